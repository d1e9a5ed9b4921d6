# SPDX-License-Identifier: BSL-1.0
"""The mutants: which text of which file becomes what, and which tests are to notice, the likeliest
first. The old text must stand in its file exactly once."""

from dataclasses import dataclass

CACHE = "include/coauth/cache/"
DETAIL = "include/coauth/detail/"

# name: a source with tests, or a script
KILLERS = {
    "hazard": "tests/model/hazard_domain_test.cpp",
    "flight": "tests/model/flight_test.cpp",
    "entry": "tests/model/cache_entry_test.cpp",
    "litmus": "tests/model/litmus.py",
    "unit hazard": "tests/unit/detail/hazard_domain_test.cpp",
    "unit timeline": "tests/unit/cache/timeline_test.cpp",
    "unit entry": "tests/unit/cache/cache_entry_test.cpp",
    "unit erase": "tests/unit/cache/cache_entry_erase_test.cpp",
    "unit acquire": "tests/unit/cache/acquire_test.cpp",
    "threads": "tests/threads/cache_test.cpp",
    "store": "tests/integration/token_store_test.cpp",
    "processes": "tests/integration/store_herd_test.cpp",
}


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    old: str
    new: str
    killers: tuple = ()


@dataclass(frozen=True)
class Equivalent:
    name: str
    file: str
    old: str
    new: str
    reason: str


def mutant(name, file, old, new, *killers):
    MUTANTS.append(Mutant(name, file, old, new, killers))


def equivalent(name, file, old, new, reason):
    EQUIVALENT.append(Equivalent(name, file, old, new, reason))


MUTANTS, EQUIVALENT = [], []

# Reclamation.
H = DETAIL + "hazard_domain.hpp"
HI = DETAIL + "hazard_domain_impl.hpp"
mutant("protect: no second look", H, "return object == seen;", "return true;", "hazard")
mutant("protect: announces nothing", H, "set(s, reinterpret_cast<std::uintptr_t>(seen));", "", "hazard")
mutant("protect: second look only acquire", H, "object = source.load(std::memory_order_seq_cst);",
       "object = source.load(std::memory_order_acquire);", "litmus")
mutant("set: announcement only relaxed", H, "s.word.store(word, std::memory_order_release);  // sync: look(), claim()\n"
       "            asymmetric", "s.word.store(word, std::memory_order_relaxed);\n            asymmetric", "litmus")
mutant("set: no light barrier", H, "asymmetric_barrier::light();", "", "litmus")
mutant("set: without membarrier, only release", H,
       "s.word.store(word, std::memory_order_seq_cst);  // sync: look(), claim()",
       "s.word.store(word, std::memory_order_release);", "litmus")
mutant("clear: nobody asks whether the slot is wanted", H, "if (s.wanted.load(std::memory_order_seq_cst)) [[unlikely]]",
       "if (false)", "hazard")
mutant("clear: asks only with acquire", H, "s.wanted.load(std::memory_order_seq_cst)",
       "s.wanted.load(std::memory_order_acquire)", "litmus")
mutant("take: leaves the slot at hand", H, "list->at_hand = nullptr;\n        return s;", "return s;", "unit hazard")
mutant("release: loses the slot that is at hand", H, "if (list->domain != this || list->at_hand != nullptr)",
       "if (list->domain != this)", "unit hazard")
mutant("give_back: forgets the slot at hand", H, "if (at_hand != nullptr) give_up(*std::exchange(at_hand, nullptr));",
       "", "unit hazard")
mutant("give_back: only relaxed", H, "s.word.store(unowned, std::memory_order_release);",
       "s.word.store(unowned, std::memory_order_relaxed);", "litmus")
mutant("give_back: keeps the slots", H, "s.word.store(unowned, std::memory_order_release);", "",
       "unit hazard")
mutant("claim: only relaxed", HI,
       "compare_exchange_strong(expected, idle, std::memory_order_acquire,\n"
       "                                           std::memory_order_relaxed)",
       "compare_exchange_strong(expected, idle, std::memory_order_relaxed)", "litmus")
mutant("look: no heavy barrier", HI, "if (asymmetric_ && !asymmetric_barrier::heavy()) return false;", "", "hazard",
       "litmus")
mutant("look: only acquire", HI, "std::uintptr_t const word = s.word.load(std::memory_order_seq_cst);\n        if (word > idle)",
       "std::uintptr_t const word = s.word.load(std::memory_order_acquire);\n        if (word > idle)", "litmus")
mutant("look: sees nothing", HI, "if (word > idle) in_use_.push_back({word, &s});", "", "hazard")
mutant("sweep: marks nothing", HI, "r->holder_->wanted.store(true, std::memory_order_seq_cst);", "", "hazard")
mutant("sweep: does not look again after the mark", HI, "} while (!all_still_held());", "} while (false);", "hazard")
mutant("still held: no heavy barrier", HI, "if (asymmetric_ && !asymmetric_barrier::heavy()) return true;", "", "hazard",
       "litmus")
equivalent("grow: publishes with release", HI, "blocks_.store(added.release(), std::memory_order_seq_cst);",
           "blocks_.store(added.release(), std::memory_order_release);",
           "the mutex orders it before any scan that could miss it, see the comment there")

# The line of those who wait, and the control word.
T = CACHE + "ticket_cells.hpp"
C = CACHE + "flight_control.hpp"
mutant("enter: who finds the cell done stands in it all the same", T,
       "return standing ? entered::standing : entered::closed;", "return entered::standing;", "flight")
mutant("enter: by a plain store", T,
       "c->compare_exchange_strong(expected, reinterpret_cast<std::uintptr_t>(&w),\n"
       "                                       std::memory_order_release, std::memory_order_acquire);",
       "(c->store(reinterpret_cast<std::uintptr_t>(&w)), expected == empty);", "flight")
mutant("withdraw: by a plain store", T, "c->compare_exchange_strong(expected, done, std::memory_order_relaxed);",
       "(c->load() == expected) && (c->store(done), true);", "flight")
mutant("take_all: looks, but leaves the cell open", T,
       "std::uintptr_t const seen = c->exchange(done, std::memory_order_acq_rel);",
       "std::uintptr_t const seen = c->load(std::memory_order_acquire);", "flight")
mutant("take_all: skips the last one", T, "i < end && i < capacity", "i + 1 < end && i < capacity", "flight")
mutant("join: a closed flight is joined", C, "if ((before & closed) != 0) return joined::closed;", "", "flight")
mutant("leave: no freed mark", C, "(next & closed) != 0 && (next & freed) == 0 && left(next) == tail(next);",
       "(next & closed) != 0 && left(next) == tail(next);", "flight")
equivalent("leave: before the flight is closed", C,
           "(next & closed) != 0 && (next & freed) == 0 && left(next) == tail(next);",
           "(next & freed) == 0 && left(next) == tail(next);",
           "whoever closes the flight keeps a ticket until after that")
mutant("leave: marks the flight as freed in a second step", C, "if (last) next |= freed;", "", "flight")
mutant("settle: by everybody", C, "if ((before & claimed) != 0) return claim::lost;", "", "flight")
mutant("settle: does not see that it is disowned", C,
       "return (before & disowned) != 0 ? claim::won_disowned : claim::won;", "return claim::won;", "unit erase", "entry")
mutant("disown: does not see that it is being published", C,
       "return (before & claimed) == 0 || (before & closed) != 0;", "return true;", "entry")
mutant("close: takes the line before it is closed", C,
       "std::uint64_t const before = word_.fetch_or(closed, std::memory_order_acq_rel);\n"
       "        cells_.take_all(tail(before) - references, deliver);",
       "std::uint64_t const before = word_.load();\n"
       "        cells_.take_all(tail(before) - references, deliver);\n"
       "        word_.fetch_or(closed);", "flight")

# The entry.
E = CACHE + "cache_entry.hpp"
EI = CACHE + "cache_entry_impl.hpp"
ES = CACHE + "cache_entry_settle.hpp"
mutant("publish: unlinked with acq_rel only", ES,
       "drop(current_.exchange(record.share().release(), std::memory_order_seq_cst));",
       "drop(current_.exchange(record.share().release(), std::memory_order_acq_rel));", "litmus")
mutant("publish: also what has been erased", ES, "    if (owned) {\n        bool vouched_for = false;",
       "    {\n        bool vouched_for = false;", "entry")
mutant("publish: success does not end the failure", ES,
       "drop(failed_.exchange(nullptr, std::memory_order_seq_cst));  // sync: as above", "", "unit entry",
       "unit acquire")
mutant("publish: the same token again counts as renewed", ES, "f.same_token = vouched_for;", "", "unit entry")
mutant("publish: the same token again is due at once", ES,
       "if (same && !vouched_for) record->move_soft(soft_after_same_token(times, now));", "", "unit entry")
mutant("launch: no second look after winning the flight", EI,
       "    if (settle_from_memory(f, who.now)) return false;\n", "", "entry")
mutant("refresh: no second look after winning the flight", EI,
       "    if (settle_from_memory(f, now)) return a;  // as in launch()\n", "", "entry")
equivalent("refresh: also during the pause after a failure", EI,
           "if (remembers_failure(now)) return false;\n    detail::hazard_guard const current",
           "detail::hazard_guard const current",
           "a failure has moved the soft deadline behind its pause; the check is for the model, which has no such move")
mutant("take off: by a plain store", EI,
       "if (flight_.compare_exchange_strong(none, made.get(), std::memory_order_seq_cst)) {",
       "if (flight_.load() == none && (flight_.store(made.get()), true)) {", "entry")
mutant("land: closed before it is taken out of the entry", ES,
       "if (flight_.compare_exchange_strong(mine, nullptr, std::memory_order_seq_cst)) f.leave();",
       "if (flight_.load() == mine) { flight_.store(nullptr); f.leave(); }", "entry")
mutant("erase: does not disown the flight", ES, "if (!f->control.disown()) {", "if (false) {", "unit erase", "entry")
mutant("erase: does not wait for a flight that is publishing", ES,
       "while (!f->control.is_closed()) COAUTH_TEST_PAUSE();", "", "entry", "unit erase")
mutant("erase: keeps its ticket", ES, "        f->leave();\n    }\n    drop(current_", "    }\n    drop(current_", "entry")
mutant("minimum refresh interval ignored", EI, "if (last == never || why == fetch_reason::rejected) return now;",
       "return now;", "unit entry", "unit acquire")
mutant("rejection held by the minimum refresh interval", EI,
       "if (last == never || why == fetch_reason::rejected) return now;", "if (last == never) return now;",
       "unit entry", "unit acquire")
mutant("reject: without comparing the generation", EI,
       "current && current->generation == generation && !current->rejected();",
       "current && !current->rejected();", "unit entry", "unit acquire")
mutant("invalidate: without comparing the generation", EI,
       "if (!current || current->generation != generation || !current->reject()) return;",
       "if (!current || !current->reject()) return;", "unit entry")
mutant("reject: an origin that cools down is believed", EI, "if (origins_->cooling(origin, now)) return false;", "",
       "unit entry")
mutant("failures are not answered from memory", EI, "if (!failed || now >= failed->retry_at) return false;",
       "return false;", "unit entry", "unit acquire")
mutant("overdue flight is joined", EI, "    if (give_up_overdue(f, who.now)) return false;\n", "", "unit acquire",
       "unit entry")

# Records.
R = CACHE + "token_record.hpp"
mutant("move_soft: by a plain store", R,
       "if (soft.compare_exchange_weak(seen, std::min(latest, at.time_since_epoch().count()),\n"
       "                                           std::memory_order_release, std::memory_order_relaxed)) {\n"
       "                return;\n            }",
       "soft.store(std::min(latest, at.time_since_epoch().count()));\n            return;", "entry")
mutant("move_soft: also what has been rejected", R,
       "while (seen != 0) {\n            std::int64_t const latest", "for (;;) {\n            std::int64_t const latest", "entry", "unit entry")
mutant("move_soft: beyond the hard deadline", R, "std::min(latest, at.time_since_epoch().count())",
       "at.time_since_epoch().count()", "unit entry")
mutant("reject: the soft deadline stays", R, "soft.store(0, std::memory_order_release);", "", "unit entry")
mutant("reject: everybody is the first", R, "hard.exchange(0, std::memory_order_acq_rel) != 0;",
       "(hard.exchange(0), true);", "unit entry")
mutant("share: of a record that nobody owns any more", R,
       "while (seen != 0) {\n            // sync: none needed", "for (;;) {\n            // sync: none needed", "unit entry")
mutant("share: the last owner does not retire the record", R,
       "record_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1", "false", "entry", "unit entry")
mutant("rejected token is good enough after a failure", R,
       "return !rejected() && now < expiry;", "return now < expiry;", "unit entry", "unit acquire")

# Arithmetic.
TL = CACHE + "timeline.hpp"
mutant("hard deadline at expiry", TL, "t.hard = std::max(started, t.hard);", "t.hard = t.expiry;", "unit timeline")
mutant("jitter makes the renewal later", TL, "due - detail::share_of(spread, random)",
       "due + detail::share_of(spread, random)", "unit timeline")
mutant("refresh_in ignored", TL, "bool const told = refresh_in &&", "bool const told = false && refresh_in &&",
       "unit timeline")
mutant("lifetime not bounded", TL, "duration(std::min(*expires_in, longest))", "duration(*expires_in)", "unit timeline")
B = CACHE + "backoff.hpp"
mutant("backoff does not grow", B, "step_ = step;", "", "unit timeline", "unit entry")
mutant("backoff is not bounded", B, "std::min(longest, step_ == duration::zero() ? first : scaled(step_, factor))",
       "step_ == duration::zero() ? first : scaled(step_, factor)", "unit timeline", "unit entry")
mutant("Retry-After is not bounded", B,
       "return std::clamp(*retry_after, std::chrono::seconds(0), longest_retry_after);", "return *retry_after;",
       "unit timeline", "unit entry")
mutant("jitter shortens the pause", B, "return step + scaled(step, jitter * random);",
       "return step - scaled(step, jitter * random);", "unit timeline", "unit entry")
O = CACHE + "origin_cooldown.hpp"
mutant("cool-down does not double", O, "std::min(longest, 2 * s.step)", "s.step", "unit entry")
mutant("cool-down counts a generation twice", O, "if (s.generation == generation) return false;", "", "unit entry",
       "unit acquire")
mutant("cool-down outlives an accepted token", O, "        origins_.erase(origin);\n", "", "unit entry")

# A fetch with a store.
KF = "include/coauth/kept_fetch.hpp"
KP = "include/coauth/token_keeping.hpp"
mutant("no second look under the lock", KF, "        found = self->adopt();\n        if (found) self->lock_.release();",
       "        if (found) self->lock_.release();", "processes")
mutant("callers do not wait for a new refresh token to be saved", KF, "if (!changed) {", "if (true || changed) {", "store")
mutant("a record is taken for newer than what could not be saved", KF,
       "seen_->issued_at + same_time >= token_keeping::wall_time(by.started)", "true", "store")
mutant("a refresh token is sent beside the holder of the lock", KF,
       "if (held_elsewhere_) by.refresh_token = secret();", "", "store")
mutant("saves over the holder of the lock", KF, "if (by_others) co_return;", "", "store")
mutant("what was erased is saved", KF, "if (!wanted) co_return result<void>();", "", "store")
mutant("a save under way outlives an erasure", KF, "if (forgotten) done = co_await token_keeping::erase(keeping);", "",
       "store")
mutant("what could not be erased is loaded", KF, "if (self->keeping_->erase_is_due())", "if (false)", "store")
mutant("a refused refresh token stays in its record", KF, "record.refresh_token = secret();\n        if (rec", "if (rec",
       "store")
mutant("a save that takes long is cancelled", KF, "abandoned::goes_on", "abandoned::is_cancelled", "store")
mutant("a third refresh token is tried", "include/coauth/token_endpoint.hpp", "if (!another || refusals == 2) break;", "if (!another) break;", "store")
mutant("a stored token is used to its very end", KP, "if (at >= times.hard) return std::nullopt;", "", "store")
