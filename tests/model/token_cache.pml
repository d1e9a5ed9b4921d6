/* SPDX-License-Identifier: BSL-1.0

   R-243. One cache entry: its token, its remembered failure and its flights, as cache_entry, flight_control
   and ticket_cells have them, one step per atomic access; sequentially consistent. Reclamation is not
   in it: the explorer runs that for real.

   Always: NG getters that need a token; without -DSTAY the first of them may be cancelled.
   -DINVALIDATE  somebody rejects what is current       -DERASE    somebody erases the entry
   -DREFRESH     who finds a token due renews it ahead  -DOVERDUE  a getter may give a flight up
   -DFAILS=n     so many fetches may fail               -DCOLD     there is no token at first
   -DTICKS=n     so often time moves on
   tests/model/spin.py lists the mistakes that can be put in. */
#ifndef NG
#define NG 2
#endif
#ifndef MAXF
#define MAXF 6
#endif
#ifndef FAILS
#define FAILS 0
#endif
#ifndef TICKS
#define TICKS 0
#endif

#ifdef STAY
#define CANCELLED 0
#else
#define CANCELLED 1
#endif

#define EMPTY 0
#define DONE 255
#define NOTHING 0
#define FAILURE 200
#define ABORTED 201
#define REFERENCES 2   /* tickets without a cell: the entry's and the fetch's */

byte now = 0;
byte fails = FAILS;

/* Records, by number. Deadlines; 0 in soft and hard: rejected, for good. */
byte soft[MAXF + 2], hard[MAXF + 2], expiry[MAXF + 2];
byte brought_by[MAXF + 2];
byte records = 0;
#define fresh(r, t)  (r != 0 && t < soft[r])
#define valid(r, t)  (r != 0 && t < hard[r])
#define valid_now    valid(current, now)
#define fresh_now    (fresh(current, now) && hard[current] != 0)
#define usable(r, t) (r != 0 && hard[r] != 0 && t < expiry[r])

/* The entry. */
byte current = 0, failed = 0 /* until when */, flight = 0;
#define remembers(t) (t < failed)

/* Flights. */
byte flights = 0;
byte tail[MAXF + 1], left[MAXF + 1], result[MAXF + 1];
bit claimed[MAXF + 1], closed[MAXF + 1], freed[MAXF + 1], disowned[MAXF + 1], bad[MAXF + 1];
bit concluded[MAXF + 1];
bit running[MAXF + 1];   /* a fetch whose outcome is the entry's business */
typedef cells { byte c[NG + 3] }
cells cell[MAXF + 1];

/* Getters. */
byte got[NG + 1], woke[NG + 1];

/* What must hold. */
byte fetching = 0;     /* how many are running */
byte rejections = 0;   /* bits: records whose rejection is over */
bit erasing = 0;       /* what is published now is about to be erased */
byte erased = 0;       /* flights before this number have been erased; that is over */

inline free_flight(f) {
#ifdef NO_FREED
    atomic { assert(!freed[f]); freed[f] = 1 }
#else
    atomic { if :: !freed[f] -> freed[f] = 1 :: else fi }
#endif
}

inline leave(f) {
    atomic { left[f]++; last = closed[f] && left[f] == tail[f] };
    if :: last -> free_flight(f) :: else fi;
    last = 0
}

inline reject(r) {
#ifndef HALF_REJECTED
    soft[r] = 0;
#endif
    atomic { first = hard[r] != 0; hard[r] = 0 };
    atomic { if :: first -> rejections = rejections | (1 << r) :: else fi; first = 0 }
}

inline move_soft(r, at) {
    seen = soft[r];
    do
    :: if :: seen == 0 -> break :: else fi;
       latest = hard[r];
#ifdef PLAIN_SOFT
       soft[r] = (at < latest -> at : latest); break
#else
       atomic {
           if :: soft[r] == seen -> soft[r] = (at < latest -> at : latest); break
              :: else -> seen = soft[r]
           fi
       }
#endif
    od;
    seen = 0; latest = 0
}

inline close(f) {
    atomic { closed[f] = 1; n = tail[f] - REFERENCES };
    i = 0;
    do
    :: i < n ->
       atomic {
           v = cell[f].c[i]; cell[f].c[i] = DONE;
           if :: v != EMPTY && v != DONE -> assert(woke[v] == 0); woke[v] = 1 :: else fi;
           v = 0
       };
       i++
    :: else -> break
    od;
    i = 0; n = 0
}

inline take_out(f) {
    atomic { if :: flight == f -> flight = 0; mine = 1 :: else -> mine = 0 fi };
    if :: mine -> leave(f) :: else fi;
    mine = 0
}

inline land(f) { take_out(f); close(f) }

inline claim(f) {
#ifdef NO_CLAIM
    atomic { won = 1; owned = !disowned[f]; claimed[f] = 1 }
#else
    atomic { won = !claimed[f]; owned = !disowned[f]; claimed[f] = 1 }
#endif
#ifdef NO_DISOWN
    owned = 1;
#endif
}

inline publish(f, begun) {
    atomic {
        records++; r = records; assert(r <= MAXF + 1);
        soft[r] = begun + 1; hard[r] = begun + 2; expiry[r] = begun + 3; brought_by[r] = f
    };
    if :: owned -> current = r; failed = 0 :: else fi;
    result[f] = r; r = 0
}

inline remember(f) {
    if :: owned ->
          failed = now + 1;
          r = current;
          if :: usable(r, now) -> result[f] = r :: else fi;
          if :: valid(r, now) -> move_soft(r, now + 1) :: else fi;
          r = 0
       :: else
    fi;
    bad[f] = 1
}

inline settle(f, ok, begun) {
    claim(f);
    if :: won ->
          atomic { assert(!concluded[f]); concluded[f] = 1 };
#ifdef LAND_FIRST
          take_out(f);
#endif
#ifdef CLOSE_FIRST
          close(f);
#endif
          if :: ok -> publish(f, begun) :: else -> remember(f) fi;
          land(f)
       :: else
    fi;
    won = 0; owned = 0
}

/* The present token or failure, when that makes a fetch needless. */
inline settle_from_memory(f, t) {
    r = current;
    needless = (remembers(t) || valid(r, t));
    if :: needless ->
          claim(f);
          if :: won ->
                if :: remembers(t) -> bad[f] = 1; result[f] = (usable(r, t) -> r : 0) :: else -> result[f] = r fi;
                land(f)
             :: else
          fi
       :: else
    fi;
    r = 0; won = 0; owned = 0
}

proctype fetch(byte f) {
    byte i, n, v, r, seen, latest, begun;
    bit last, won, owned, mine, ok;
    begun = now;
    if :: ok = 1
       :: atomic { fails > 0 -> fails--; ok = 0 }
    fi;
    atomic { if :: running[f] -> fetching--; running[f] = 0 :: else fi };
    settle(f, ok, begun);
    leave(f)
}

inline start(f, good) {
    atomic {
        if :: flight == f ->
              assert(!(good) || erasing);       /* no fetch while there is a good token */
              assert(!remembers(now) || erasing); /* nor in a pause */
              fetching++; assert(fetching <= 1); running[f] = 1
           :: else   /* erased meanwhile: only for those who wait already */
        fi;
        run fetch(f)
    }
}

inline take_off(tickets, leader) {
    atomic {
        if :: flight == 0 ->
              assert(flights < MAXF); flights++; f = flights;
              tail[f] = tickets; cell[f].c[0] = leader; flight = f; mine = 1
           :: else -> mine = 0
        fi
    }
}

inline hand_out(r) {
    atomic {
        assert(!(dead >> r & 1));          /* rejected before this call began */
        assert(brought_by[r] >= gone);     /* erased before this call began */
        got[me] = r
    }
}

inline answer(f) {
    if :: bad[f] ->
          if :: usable(result[f], now) -> got[me] = result[f] :: else -> got[me] = FAILURE fi
       :: else ->
          assert(result[f] != NOTHING && brought_by[result[f]] >= gone);
          got[me] = result[f]
    fi
}

proctype getter(byte me; bit may_cancel) {
    byte t, dead, gone, r, f, i, n, v, at, seen, latest;
    bit last, won, owned, mine, needless, over, due;
    atomic { t = now; dead = rejections; gone = erased };

    r = current;
    if :: fresh(r, t) -> hand_out(r); goto out :: else fi;
    if :: valid(r, t) -> hand_out(r);
#ifdef REFRESH
          goto refresh
#else
          goto out
#endif
       :: else
    fi;

seek:
    r = current;
    if :: valid(r, t) -> hand_out(r); goto out :: else fi;
    f = flight;
    if :: f != 0 -> goto join :: else fi;
    if :: remembers(t) ->
          r = current;
          if :: usable(r, t) -> hand_out(r) :: else -> got[me] = FAILURE fi;
          goto out
       :: else
    fi;
    take_off(REFERENCES + 1, me);
    if :: !mine -> goto seek :: else -> mine = 0 fi;
#ifndef NO_RECHECK
    settle_from_memory(f, t);
    if :: needless -> needless = 0; woke[me] = 0; leave(f); leave(f); goto seek :: else fi;
#endif
    start(f, valid_now);
    at = 0;
    goto parked;

join:
#ifdef OVERDUE
    if :: !claimed[f] && running[f] && me == 1 ->
          atomic { over = closed[f]; tail[f]++ };
          if :: !over ->
                /* Its fetch may still be under way; nobody waits for it any more. */
                atomic { if :: running[f] -> fetching--; running[f] = 0 :: else fi };
                settle(f, 0, 0)
             :: else
          fi;
          leave(f);
          goto seek
       :: 1
    fi;
#endif
    atomic { over = closed[f]; at = tail[f] - REFERENCES; tail[f]++ };
    if :: over ->
#ifndef NO_LEAVE
          leave(f);
#endif
          goto seek
       :: else
    fi;
    atomic {
        if :: cell[f].c[at] == EMPTY -> cell[f].c[at] = me; over = 0
           :: else -> assert(cell[f].c[at] == DONE); over = 1
        fi
    };
    if :: over ->
#ifdef NO_SELF
          goto parked
#else
          assert(!freed[f]); answer(f); leave(f); goto out
#endif
       :: else
    fi;

parked:
    if :: may_cancel ->
          atomic { if :: cell[f].c[at] == me -> cell[f].c[at] = DONE; mine = 1 :: else -> mine = 0 fi };
          if :: mine -> mine = 0; assert(woke[me] == 0); got[me] = ABORTED; leave(f); goto out :: else fi
       :: 1
    fi;
    woke[me] == 1;
    assert(!freed[f]);
    answer(f);
    leave(f);
    goto out;

#ifdef REFRESH
refresh:
    if :: flight != 0 || remembers(t) -> goto out :: else fi;
    take_off(REFERENCES, EMPTY);
    if :: !mine -> goto out :: else -> mine = 0 fi;
#ifndef REFRESH_NO_RECHECK
    r = current;
    due = (valid(r, t) && !fresh(r, t));
    if :: !due || remembers(t) ->
          settle_from_memory(f, t);
          if :: needless -> leave(f); goto out :: else fi
       :: else
    fi;
#endif
    start(f, fresh_now);
#endif
out:
    assert(got[me] != NOTHING)
}

#ifdef INVALIDATE
proctype invalidator() {
    byte r;
    bit first;
    r = current;
    if :: r != 0 -> reject(r) :: else fi
}
#endif

#ifdef ERASE
proctype eraser() {
    byte f, before;
    bit last, settled;
    atomic { before = flights + 1; erasing = 1 };
#ifdef ERASE_CURRENT_FIRST
    current = 0;
#endif
    atomic {
        f = flight; flight = 0;
        if :: running[f] -> fetching--; running[f] = 0 :: else fi
    };
    if :: f != 0 ->
          atomic { disowned[f] = 1; settled = !claimed[f] || closed[f] };
#ifndef NO_WAIT
          if :: !settled -> closed[f] == 1 :: else fi;
#endif
          leave(f)
       :: else
    fi;
#ifndef ERASE_CURRENT_FIRST
    current = 0;
#endif
    failed = 0;
    atomic { erased = before; erasing = 0 }
}
#endif

#if TICKS > 0
proctype clock() {
    byte ticks = 0;
    do :: ticks < TICKS -> atomic { now++; ticks++ } :: else -> break od
}
#endif

init {
    byte k;
    atomic {
#ifndef COLD
        records = 1; current = 1; soft[1] = 1; hard[1] = 2; expiry[1] = 3;
#endif
        k = 1;
        do :: k <= NG -> run getter(k, k == CANCELLED); k++ :: else -> break od;
#ifdef INVALIDATE
        run invalidator();
#endif
#ifdef ERASE
        run eraser();
#endif
#if TICKS > 0
        run clock();
#endif
    };
    (_nr_pr == 1);
    /* Everybody has an answer, nothing has leaked, what was rejected is rejected. */
    atomic {
        assert(flight == 0);
        k = 1;
        do :: k <= flights -> assert(freed[k]); k++ :: else -> break od;
        k = 1;
        do :: k <= records -> assert(!(rejections >> k & 1) || (soft[k] == 0 && hard[k] == 0)); k++
           :: else -> break
        od
    }
}
