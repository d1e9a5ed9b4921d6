#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""What the C++ memory model (RC11) allows the few accesses on which reclamation and publication rest.

An x86 machine, ThreadSanitizer and an explorer with store buffers forbid more than C++ does, so they
cannot see that an order is too weak. Here all candidate executions of a handful of accesses are
enumerated (who reads from whom, in which order the writes of a place stand) and judged by the axioms
of Lahav, Vafeiadis, Kang, Hur, Dreyer, "Repairing sequential consistency in C/C++11" (2017). The two
sides of detail/asymmetric_barrier.hpp stand as seq_cst fences, which is what membarrier(2) makes of one
light and one heavy side (P1202, asymmetric fences). The orders are read from the library's own headers: weaken one there and this fails."""

# with ./check --tsan, which has no suppressions.
import itertools
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path

INCLUDE = Path(__file__).resolve().parents[2] / "include/coauth"

PLAIN, RELAXED, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST = (
    "plain", "relaxed", "acquire", "release", "acq_rel", "seq_cst")


@dataclass(frozen=True)
class Event:
    kind: str  # R, W, U for a read-modify-write, F for a seq_cst fence
    place: str
    order: str = SEQ_CST
    value: int = 0
    name: str = ""  # of what it reads
    thread: int = -1

    reads = property(lambda self: self.kind in "RU")
    writes = property(lambda self: self.kind in "WU")
    acquires = property(lambda self: self.reads and self.order in (ACQUIRE, ACQ_REL, SEQ_CST))
    releases = property(lambda self: self.writes and self.order in (RELEASE, ACQ_REL, SEQ_CST))


def read(name, place, order):
    return Event("R", place, order, name=name)


def write(place, value, order):
    return Event("W", place, order, value)


def exchange(name, place, value, order):
    return Event("U", place, order, value, name)


def fence():
    return Event("F", "")


class Relation:
    """Over n events, a set of successors as bits for each."""

    def __init__(self, size, pairs=()):
        self.rows = [0] * size
        for a, b in pairs:
            self.rows[a] |= 1 << b

    def __or__(self, other):
        joined = Relation(len(self.rows))
        joined.rows = [a | b for a, b in zip(self.rows, other.rows)]
        return joined

    def then(self, other):
        joined = Relation(len(self.rows))
        for a, row in enumerate(self.rows):
            for b, further in enumerate(other.rows):
                if row >> b & 1:
                    joined.rows[a] |= further
        return joined

    def closure(self):
        closed = Relation(len(self.rows))
        closed.rows = list(self.rows)
        for k, _ in enumerate(closed.rows):
            for a, row in enumerate(closed.rows):
                if row >> k & 1:
                    closed.rows[a] |= closed.rows[k]
        return closed

    def where(self, holds):
        kept = Relation(len(self.rows))
        kept.rows = [sum(1 << b for b in range(len(self.rows)) if row >> b & 1 and holds(a, b))
                     for a, row in enumerate(self.rows)]
        return kept

    def has(self, a, b):
        return bool(self.rows[a] >> b & 1)

    def irreflexive(self):
        return not any(row >> a & 1 for a, row in enumerate(self.rows))

    def acyclic(self):
        return self.closure().irreflexive()


class Execution:
    """One candidate: events, reads-from, and the order of the writes to each place."""

    def __init__(self, events, program_order, source, write_order):
        self.events = events
        size = len(events)
        self.read = {e.name: events[source[i]].value for i, e in enumerate(events) if e.reads}
        self.position = {w: k for order in write_order for k, w in enumerate(order)}
        sb = self.sb = Relation(size, program_order)
        rf = Relation(size, ((w, r) for r, w in source.items()))
        mo = Relation(size, ((a, b) for order in write_order for a, b in itertools.combinations(order, 2)))
        rb = Relation(size, ((r, b) for r, w in source.items() for b in range(size) if mo.has(w, b) and b != r))
        # A release is read directly, or through a chain of read-modify-writes.
        chain = rf
        for _ in range(size):
            chain = chain | chain.where(lambda a, b: events[b].kind == "U").then(rf)
        fences = [i for i, e in enumerate(events) if e.kind == "F"]
        before = sb.where(lambda a, b: a in fences and events[b].writes)
        after = sb.where(lambda a, b: events[a].reads and b in fences)
        sw = (chain | before.then(chain) | chain.then(after) | before.then(chain).then(after)).where(
            lambda a, b: (events[a].releases or a in fences) and (events[b].acquires or b in fences))
        hb = self.hb = (sb | sw).closure()
        eco = (rf | mo | rb).closure()
        self.rf, self.mo, self.rb, self.eco = rf, mo, rb, eco
        self.source = source

    def consistent(self):
        e, hb = self.events, self.hb
        if not hb.irreflexive() or not hb.then(self.eco).irreflexive():
            return False
        for r, w in self.source.items():  # atomicity
            if e[r].kind == "U" and self.position[r] != self.position[w] + 1:
                return False
        if not (self.sb | self.rf).acyclic():  # nothing out of thin air
            return False
        other = self.sb.where(lambda a, b: e[a].place != e[b].place)
        scb = (self.sb | other.then(hb).then(other) | self.mo | self.rb
               | hb.where(lambda a, b: e[a].place == e[b].place))
        sc = {i for i, event in enumerate(e) if event.order == SEQ_CST}
        fences = {i for i in sc if e[i].kind == "F"}
        enter = hb.where(lambda a, b: a in fences)
        leave = hb.where(lambda a, b: b in fences)
        base = scb | enter.then(scb) | scb.then(leave) | enter.then(scb).then(leave)
        between = (hb | hb.then(self.eco).then(hb)).where(lambda a, b: a in fences and b in fences)
        ends = lambda edges: edges.where(lambda a, b: a in sc and b in sc)
        # Without a fence at that end, only a seq_cst access itself may begin or end the edge.
        return (ends(scb) | ends(base) | between).acyclic()

    def races(self, place):
        """Whether two plain accesses to the place are unordered."""
        at = [i for i, e in enumerate(self.events) if e.place == place and e.thread >= 0]
        return any(not self.hb.has(a, b) and not self.hb.has(b, a)
                   for a, b in itertools.combinations(at, 2)
                   if self.events[a].writes or self.events[b].writes)


def executions(initial, *threads):
    """All consistent executions. `initial`: the values of the places, written before anything."""
    events = [Event("W", place, RELAXED, value) for place, value in initial.items()]
    first = len(events)
    program_order = []
    for number, thread in enumerate(threads):
        start = len(events)
        events += [replace(e, thread=number) for e in thread]
        mine = range(start, len(events))
        program_order += [(i, j) for i in range(first) for j in mine]
        program_order += list(itertools.combinations(mine, 2))
    at = {place: [i for i, e in enumerate(events) if e.place == place and e.writes] for place in initial}
    readers = [i for i, e in enumerate(events) if e.reads]
    sources = [[w for w in at[events[r].place] if w != r] for r in readers]
    orders = [[(writes[0], *rest) for rest in itertools.permutations(writes[1:])] for writes in at.values()]
    for write_order in itertools.product(*orders):
        for chosen in itertools.product(*sources):
            candidate = Execution(events, program_order, dict(zip(readers, chosen)), write_order)
            if candidate.consistent():
                yield candidate


def allowed(bad, initial, *threads):
    return any(bad(x) for x in executions(initial, *threads))


def known_programs():
    """The enumerator agrees with what is known of the model. Yields (name, as expected)."""
    both_old = lambda x: x.read["a"] == 0 and x.read["b"] == 0
    zero = {"x": 0, "y": 0}

    def store_buffering(w, r, last=SEQ_CST):
        return allowed(both_old, zero, [write("x", 1, w), read("a", "y", r)],
                       [write("y", 1, w), read("b", "x", last)])

    def message(w, r):
        return allowed(lambda x: x.read["a"] == 1 and x.read["b"] == 0, zero,
                       [write("x", 1, RELAXED), write("y", 1, w)], [read("a", "y", r), read("b", "x", RELAXED)])

    def independent_reads(r):
        return allowed(lambda x: (x.read["a"], x.read["b"], x.read["c"], x.read["d"]) == (1, 0, 1, 0), zero,
                       [write("x", 1, SEQ_CST)], [write("y", 1, SEQ_CST)],
                       [read("a", "x", r), read("b", "y", r)], [read("c", "y", r), read("d", "x", r)])

    yield "store buffering, seq_cst", not store_buffering(SEQ_CST, SEQ_CST)
    yield "store buffering, one load acquire", store_buffering(SEQ_CST, SEQ_CST, ACQUIRE)
    fenced = lambda *between: allowed(
        both_old, zero, [write("x", 1, RELAXED), *between, read("a", "y", RELAXED)],
        [write("y", 1, RELAXED), fence(), read("b", "x", RELAXED)])
    yield "store buffering, fences", not fenced(fence())
    yield "store buffering, one fence", fenced()
    yield "store buffering, release and acquire", store_buffering(RELEASE, ACQUIRE, ACQUIRE)
    yield "message passing", not message(RELEASE, ACQUIRE)
    yield "message passing, relaxed store", message(RELAXED, ACQUIRE)
    yield "message passing, relaxed load", message(RELEASE, RELAXED)
    yield "independent reads of independent writes", not independent_reads(SEQ_CST)
    yield "the same with acquire", independent_reads(ACQUIRE)
    yield "load buffering", not allowed(
        lambda x: x.read["a"] == 1 and x.read["b"] == 1, zero,
        [read("a", "x", RELAXED), write("y", 1, RELAXED)], [read("b", "y", RELAXED), write("x", 1, RELAXED)])
    yield "coherence of two reads", not allowed(
        lambda x: x.read["a"] == 1 and x.read["b"] == 0, {"x": 0},
        [write("x", 1, RELAXED)], [read("a", "x", RELAXED), read("b", "x", RELAXED)])
    yield "two exchanges read different values", not allowed(
        lambda x: x.read["a"] == x.read["b"], {"x": 0},
        [exchange("a", "x", 1, RELAXED)], [exchange("b", "x", 2, RELAXED)])


# name of an access: (header, function in whose body it stands, the access with its order as a group)
ORDER = r"std::memory_order_(\w+)"
H, HI = "detail/hazard_domain.hpp", "detail/hazard_domain_impl.hpp"
ACCESSES = {
    "announce": (H, "void set(slot& s", r"s\.word\.store\([^;]*?" + ORDER),
    "announce without barriers": (H, "void set_in_order(slot& s", r"s\.word\.store\([^;]*?" + ORDER),
    "look again": (H, "bool announce(slot& s", r"object = source\.load\(" + ORDER),
    "scan": (HI, "hazard_domain::look()", r"s\.word\.load\(" + ORDER),
    "is it wanted": (H, "void clear(slot& s", r"s\.wanted\.load\(" + ORDER),
    "it is wanted": (HI, "hazard_domain::sweep()", r"wanted\.store\(true, " + ORDER),
    "is it still held": (HI, "hazard_domain::all_still_held()", r"holder_->word\.load\(" + ORDER),
    "give back": (H, "void give_up(slot& s)", r"word\.store\([^;]*?" + ORDER),
    "claim": (HI, "hazard_domain::claim_from(block&", r"compare_exchange_strong\([^;]*?" + ORDER),
    "unlink token": ("cache/cache_entry_settle.hpp", "cache_entry::publish(",
                     r"current_\.(?:store|exchange)\([^;]*?" + ORDER),
    "unlink failure": ("cache/cache_entry_settle.hpp", "cache_entry::remember(",
                       r"failed_\.(?:store|exchange)\([^;]*?" + ORDER),
    "unlink flight": ("cache/cache_entry_settle.hpp", "cache_entry::land(",
                      r"flight_\.compare_exchange_strong\([^;]*?" + ORDER),
}
# name of a barrier: where it has to stand
BARRIERS = {
    "light": (H, "void set(slot& s", r"s\.word\.store\([^;]*;[^;]*asymmetric_barrier::light\(\);"),
    "heavy before the scan": (HI, "hazard_domain::look()", r"asymmetric_barrier::heavy\(\).*for_each_slot"),
    "heavy after the mark": (HI, "hazard_domain::all_still_held()", r"asymmetric_barrier::heavy\(\).*word\.load"),
}


def body(text, function):
    """From the function's name to the brace that closes it."""
    start = text.index(function)
    while True:  # a definition, not a call or a declaration
        opening = text.index("{", start)
        if ";" not in text[start:opening]:
            break
        start = text.index(function, start + 1)
    depth, at = 0, opening
    while True:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[opening:at]
        at += 1


def found_in(places, name):
    header, function, access = places[name]
    try:
        found = re.findall(access, body((INCLUDE / header).read_text(), function), re.S)
    except ValueError:
        found = []
    if len(found) != 1:
        sys.exit(f"litmus: {header}: {len(found)} accesses look like '{name}' in '{function}'; mend litmus.py, or the header")
    return found[0]


def sides(announce, barriers):
    """A store that what follows must not overtake: with a light barrier, or by itself. A light barrier
    to which no heavy one corresponds orders nothing."""
    return [announce, fence()] if barriers else [announce]


def read_after_free(o, unlink="unlink token", barriers=True, light=True, heavy=True):
    """A reader announces the record, looks again, uses it and clears its slot; a writer unlinks it,
    scans and frees it."""
    store = o["announce"] if barriers else o["announce without barriers"]
    reader = [*sides(write("slot", 1, store), barriers and light and heavy), read("again", "current", o["look again"]),
              read("bytes", "record", PLAIN), write("slot", 0, store)]
    writer = [exchange("old", "current", 2, o[unlink]), *([fence()] if barriers and heavy else []),
              read("announced", "slot", o["scan"]), write("record", 1, PLAIN)]
    return allowed(lambda x: x.read["again"] == 1 and x.read["announced"] == 0 and x.races("record"),
                   {"slot": 0, "current": 1, "record": 0}, reader, writer)


def forgotten(o, barriers=True, light=True, heavy=True):
    """A reader clears its slot and asks whether somebody waits for that; a writer marks the slot and
    looks whether it is still held. One of them must see the other, or nobody frees the record."""
    store = o["announce"] if barriers else o["announce without barriers"]
    reader = [*sides(write("slot", 0, store), barriers and light and heavy), read("asked", "wanted", o["is it wanted"])]
    writer = [write("wanted", 1, o["it is wanted"]), *([fence()] if barriers and heavy else []),
              read("held", "slot", o["is it still held"])]
    return allowed(lambda x: x.read["asked"] == 0 and x.read["held"] == 1, {"slot": 1, "wanted": 0}, reader, writer)


def half_made_record(o, unlink="unlink token"):
    """A writer fills a record and publishes it; a reader that sees it uses it."""
    return allowed(lambda x: x.read["seen"] == 2 and x.races("record"), {"current": 1, "record": 0},
                   [write("record", 1, PLAIN), exchange("old", "current", 2, o[unlink])],
                   [read("seen", "current", o["look again"]), read("bytes", "record", PLAIN)])


def lost_hits(o, given_up):
    """A thread counts in its slot and gives it up; the next holder of the slot goes on counting."""
    return allowed(lambda x: x.read["taken"] == 0 and x.read["hits"] == 0, {"slot": 1, "hits": 0},
                   [write("hits", 1, RELAXED), write("slot", 0, o[given_up])],
                   [exchange("taken", "slot", 1, o["claim"]), read("hits", "hits", RELAXED)])


def main():
    wrong = 0

    def say(right, what):
        nonlocal wrong
        wrong += not right
        print(f"{'ok   ' if right else 'WRONG'} {what}", flush=True)

    for name, right in known_programs():
        say(right, f"known: {name}")
    for name in BARRIERS:
        found_in(BARRIERS, name)
    o = {name: found_in(ACCESSES, name) for name in ACCESSES}
    for name, order in o.items():
        print(f"      {name}: {order} ({ACCESSES[name][0]})")

    for unlink in (name for name in o if name.startswith("unlink")):
        for barriers in (True, False):
            how = "" if barriers else ", without membarrier"
            say(not read_after_free(o, unlink, barriers), f"{unlink}: nothing is freed while it is read{how}")
        say(not half_made_record(o, unlink), f"{unlink}: nothing is seen half made")
    for barriers in (True, False):
        say(not forgotten(o, barriers), f"nothing waits for a release for ever{'' if barriers else ', without membarrier'}")
    for name in ("announce", "give back"):
        say(not lost_hits(o, name), f"after '{name}' no hit is lost when the slot changes hands")

    # What each of them is there for.
    say(read_after_free(o, light=False), "without the light barrier something could be freed while it is read")
    say(read_after_free(o, heavy=False), "without the heavy barrier something could be freed while it is read")
    say(forgotten(o, light=False), "without the light barrier something could wait for ever")
    say(forgotten(o, heavy=False), "without the heavy barrier something could wait for ever")
    say(read_after_free({**o, "announce": RELAXED}), "with 'announce' only relaxed something could be freed while it is read")
    weaker = {"announce without barriers": RELEASE, "look again": ACQUIRE, "unlink token": ACQ_REL, "scan": ACQUIRE}
    for name, order in weaker.items():
        say(read_after_free({**o, name: order}, barriers=False),
            f"with '{name}' only {order}, without membarrier, something could be freed while it is read")
    weaker = {"announce without barriers": RELEASE, "is it wanted": ACQUIRE, "it is wanted": RELEASE,
              "is it still held": ACQUIRE}
    for name, order in weaker.items():
        say(forgotten({**o, name: order}, barriers=False),
            f"with '{name}' only {order}, without membarrier, something could wait for ever")
    say(half_made_record({**o, "unlink token": RELAXED}), "with 'unlink' only relaxed something could be seen half made")
    say(half_made_record({**o, "look again": RELAXED}), "with 'look again' only relaxed something could be seen half made")
    say(lost_hits({**o, "claim": RELAXED}, "give back"), "with 'claim' only relaxed hits could be lost")
    say(lost_hits({**o, "give back": RELAXED}, "give back"), "with 'give back' only relaxed hits could be lost")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
