// SPDX-License-Identifier: BSL-1.0

#include <model/scheduler.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sched.h>
#include <sstream>
#include <thread>
#include <utility>

namespace coauth::tests {

using hooks::access;

namespace {

constexpr std::size_t nobody = static_cast<std::size_t>(-1);
constexpr std::size_t hopeless = 200'000;  ///< Moves after which a schedule is taken for endless.

/// Destroyed after every other thread_local object of the thread: those belong to the schedule.
struct last_breath {
    std::size_t thread = nobody;
    ~last_breath() {
        self = nobody;
        active->finish(thread);
    }
};

void wait(sem_t& s) {
    while (sem_wait(&s) != 0) {}
}

}  // namespace

void scheduler::run(std::function<void(model&)> const& make,
                    std::vector<std::size_t> const* script) {
    script_ = script;
    unguided_ = deadlocked_ = cut_ = false;
    moves_.clear();
    tail_.clear();
    clocks_ = {};
    asleep_ = 0;
    moves_at_.clear();
    deaths_.clear();
    held_mutexes_.clear();
    places_.clear();
    freed_.clear();
    numbers_.clear();
    failure_.clear();
    trace_.clear();
    active = this;
    // On a thread of its own, so that no thread_local object outlives the schedule.
    std::thread([&] { play(make); }).join();
    active = nullptr;
    empty_quarantine();
}

void scheduler::play(std::function<void(model&)> const& make) {
    model m;
    make(m);
    launch(m);
    if (m.at_end_) m.at_end_();
}

void scheduler::launch(model const& m) {
    thread_count_ = m.threads_.size();
    if (thread_count_ > model::max_threads) std::abort();
    sem_init(&over_, 0, 0);
    std::vector<std::thread> threads;
    launching_ = true;
    for (std::size_t i = 0; i < thread_count_; ++i) {
        threads_[i].alive = true;
        threads_[i].paused = false;
        threads_[i].stores.clear();
        threads_[i].issued = 0;
        threads_[i].handed.clear();
        sem_init(&threads_[i].turn, 0, 0);
    }
    for (std::size_t i = 0; i < thread_count_; ++i) {
        threads.emplace_back([this, i, &work = m.threads_[i]] {
            static thread_local last_breath last;
            last.thread = i;
            if (work.prepare) work.prepare();
            self = i;
            work.body();
            if (!limits_.thread_ends) self = nobody;
        });
        wait(over_);  // up to its first access
    }
    launching_ = false;
    advance(nobody);
    wait(over_);
    for (auto& t : threads) t.join();
    for (std::size_t i = 0; i < thread_count_; ++i) sem_destroy(&threads_[i].turn);
    sem_destroy(&over_);
}

void scheduler::reach(std::size_t thread, void const* where, access what, bool drains,
                      std::size_t size) {
    thread_state& t = threads_[thread];
    t.next = {where, what, drains, size};
    if (launching_) {
        sem_post(&over_);
        wait(t.turn);
    } else {
        advance(thread);
    }
    if (where != nullptr && dead(where)) fail("access to memory that has been freed");
}

void scheduler::finish(std::size_t thread) {
    threads_[thread].alive = false;
    if (launching_) {
        sem_post(&over_);
    } else {
        advance(nobody);
    }
}

/// Lets others move until it is this thread's turn; with nobody, until somebody else is at work.
void scheduler::advance(std::size_t me) {
    for (;;) {
        std::size_t const lane = choose();
        if (lane == nobody) {
            sem_post(&over_);
            return;
        }
        if (is_buffer(lane)) {
            auto& stores = threads_[lane - model::max_threads].stores;
            waiting_store const s = stores.front();
            stores.pop_front();
            threads_[lane - model::max_threads].handed.push_back(moves_.size() - 1);
            if (s.apply == nullptr) continue;
            if (dead(s.where)) fail("a buffered store reaches memory that has been freed");
            s.apply(s.where, s.bits);
            note(lane, "written", s.where, s.bits);
            continue;
        }
        step const& s = threads_[lane].next;
        threads_[lane].paused = false;
        threads_[lane].last_move = moves_.size() - 1;
        if (s.what == access::lock) held_mutexes_[s.where] = lane;
        if (s.what == access::unlock) held_mutexes_.erase(s.where);
        if (lane == me) return;
        sem_post(&threads_[lane].turn);
        if (me != nobody) wait(threads_[me].turn);
        return;
    }
}

bool scheduler::has_step(std::size_t lane) const {
    if (is_buffer(lane)) return !threads_[lane - model::max_threads].stores.empty();
    return lane < thread_count_ && threads_[lane].alive;
}

scheduler::step scheduler::step_of(std::size_t lane) const {
    if (!is_buffer(lane)) return threads_[lane].next;
    return {threads_[lane - model::max_threads].stores.front().where, access::write, false, 1};
}

scheduler::lane_set scheduler::enabled() const {
    lane_set set = 0;
    for (std::size_t i = 0; i < thread_count_; ++i) {
        if (has_step(buffer_of(i))) set |= bit(buffer_of(i));
        if (!threads_[i].alive) continue;
        step const& s = threads_[i].next;
        bool const blocked = (s.drains && !threads_[i].stores.empty()) ||
                             waits_in_vain(threads_[i]) || !all_handed(threads_[i]) ||
                             (s.what == access::lock && held_mutexes_.contains(s.where));
        if (!blocked || deadlocked_) set |= bit(i);
    }
    return set;
}

bool scheduler::all_handed(thread_state const& t) const {
    if (t.next.what != access::barrier) return true;
    for (std::size_t i = 0; i < thread_count_; ++i) {
        if (threads_[i].handed.size() < t.awaited[i]) return false;
    }
    return true;
}

/// Each thread passes a barrier at some time after this call; right now is what promises least.
void scheduler::heavy_barrier(std::size_t thread) {
    if (limits_.barriers) reach(thread, &barrier_, access::write, true);
    for (std::size_t i = 0; i < thread_count_; ++i) {
        threads_[thread].awaited[i] = threads_[i].issued;
    }
    reach(thread, nullptr, access::barrier, true);
    note(thread, "barrier", nullptr, 0);
}

bool scheduler::waits_in_vain(thread_state const& t) const {
    if (!t.paused || unguided_) return false;
    auto const at = moves_at_.find(t.next.where);
    return at == moves_at_.end() ||
           std::none_of(at->second.begin(), at->second.end(), [&](std::size_t i) {
               return i > t.last_move && moves_[i].what == access::write;
           });
}

std::size_t scheduler::choose() {
    lane_set const can = enabled();
    if (can == 0) {
        if (std::none_of(threads_.begin(), threads_.end(), [](auto& t) { return t.alive; })) {
            return nobody;
        }
        fail("deadlock");
        unguided_ = deadlocked_ = true;
        return choose();
    }
    std::size_t const depth = moves_.size();
    if (!unguided_ && script_ == nullptr && depth >= limits_.max_steps) cut_ = unguided_ = true;
    if (unguided_) {
        std::size_t const turn = tail_.size() % lanes;
        std::size_t lane = turn;
        while ((can & bit(lane)) == 0) lane = (lane + 1) % lanes;
        tail_.push_back(lane);
        if (tail_.size() > hopeless) {
            tail_.clear();
            std::fprintf(stderr, "[  FAILED  ] endless schedule, %s, after %s\n", failure_.c_str(),
                         schedule().c_str());
            std::abort();
        }
        return lane;
    }
    if (script_ != nullptr) {
        std::size_t const lane = depth < script_->size() ? (*script_)[depth] : prefer(can);
        if ((can & bit(lane)) == 0) {
            fail("the schedule is of another program");
            unguided_ = true;
            return choose();
        }
        record(lane);
        return lane;
    }
    if (depth == path_.size()) {
        lane_set const candidates = can & ~asleep_;
        if (candidates == 0) {
            unguided_ = true;
            return choose();
        }
        std::size_t const lane = prefer(candidates);
        path_.push_back({lane, can, limits_.reduction ? bit(lane) : can, 0, asleep_});
    }
    node const& n = path_[depth];
    // What stands earlier on the way has been looked at when it was new.
    if (depth + 1 == path_.size()) want_reversals(n.chosen);
    if (n.enabled != can) {
        std::fprintf(stderr, "the program does not do the same each time\n");
        std::abort();
    }
    lane_set still = 0;
    step const chosen = step_of(n.chosen);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        if (((n.asleep | n.done) & bit(lane)) == 0 || lane == n.chosen) continue;
        if (!dependent(lane, step_of(lane), n.chosen, chosen)) still |= bit(lane);
    }
    asleep_ = limits_.reduction ? still : 0;
    record(n.chosen);
    return n.chosen;
}

/// Whoever has just moved, so that threads are switched seldom.
std::size_t scheduler::prefer(lane_set from) const {
    if (!moves_.empty() && (from & bit(moves_.back().lane)) != 0) return moves_.back().lane;
    for (std::size_t lane = lanes; lane-- > 0;) {
        if ((from & bit(lane)) != 0) return lane;
    }
    return nobody;
}

bool scheduler::dependent(std::size_t a, step const& x, std::size_t b, step const& y) const {
    if (a == b) return true;
    if (a % model::max_threads == b % model::max_threads && (x.drains || y.drains)) return true;
    auto const* const p = static_cast<char const*>(x.where);
    auto const* const q = static_cast<char const*>(y.where);
    if (p + x.size <= q || q + y.size <= p) return false;
    return x.what != access::read || y.what != access::read;
}

/// Never possible in the same state: no race, but an order.
bool scheduler::exclude(std::size_t a, step const& x, std::size_t b, step const& y) const {
    if (a % model::max_threads == b % model::max_threads && (x.drains || y.drains)) return true;
    return x.what != y.what && (x.what == access::unlock || y.what == access::unlock) &&
           x.where == y.where;
}

scheduler::clock scheduler::clock_of(std::size_t lane) const {
    clock c = clocks_[lane];
    auto const join = [&c](clock const& other) {
        for (std::size_t i = 0; i < lanes; ++i) c[i] = std::max(c[i], other[i]);
    };
    if (is_buffer(lane)) {
        join(threads_[lane - model::max_threads].stores.front().issued);
    } else if (threads_[lane].next.drains) {
        join(clocks_[buffer_of(lane)]);
    }
    if (!is_buffer(lane) && threads_[lane].next.what == access::barrier) {
        for (std::size_t i = 0; i < thread_count_; ++i) {
            std::size_t const count = threads_[lane].awaited[i];
            if (count != 0) join(moves_[threads_[i].handed[count - 1]].after);
        }
    }
    return c;
}

/// Moves that may depend on this step, in order.
std::vector<std::size_t> scheduler::related(std::size_t lane, step const& s) const {
    std::vector<std::size_t> found;
    if (s.what == access::death) {
        for (std::size_t i = 0; i < moves_.size(); ++i) found.push_back(i);
    } else {
        if (auto const it = moves_at_.find(s.where); it != moves_at_.end()) found = it->second;
        found.insert(found.end(), deaths_.begin(), deaths_.end());
        std::sort(found.begin(), found.end());
    }
    std::erase_if(found, [&](std::size_t i) {
        return moves_[i].lane == lane || !dependent(moves_[i].lane, moves_[i], lane, s);
    });
    return found;
}

/// For each earlier move that this lane's step races with, sees to it that the other order is
/// tried: from before that move, along what does not depend on it. (Abdulla, Aronis, Jonsson,
/// Sagonas, "Optimal dynamic partial order reduction", 2014: source sets.)
void scheduler::want_reversals(std::size_t lane) {
    step const s = step_of(lane);
    clock const before = clock_of(lane);
    auto const candidates = related(lane, s);
    auto const follows = [this](clock const& c, std::size_t i) {
        return c[moves_[i].lane] >= i + 1;
    };
    for (auto it = candidates.rbegin(); it != candidates.rend(); ++it) {
        std::size_t const i = *it;
        if (follows(before, i) || exclude(moves_[i].lane, moves_[i], lane, s)) continue;
        bool const direct = std::none_of(candidates.rbegin(), it, [&](std::size_t k) {
            return follows(moves_[k].after, i) && !exclude(moves_[k].lane, moves_[k], lane, s);
        });
        if (!direct) continue;
        std::vector<std::size_t> way;
        for (std::size_t j = i + 1; j < moves_.size(); ++j) {
            if (!follows(moves_[j].after, i)) way.push_back(j);
        }
        lane_set seen = 0;
        lane_set first = 0;
        auto const look = [&](std::size_t at, bool free) {
            if ((seen & bit(at)) == 0 && free) first |= bit(at);
            seen |= bit(at);
        };
        for (auto j = way.begin(); j != way.end(); ++j) {
            look(moves_[*j].lane, std::none_of(way.begin(), j, [&](std::size_t k) {
                     return follows(moves_[*j].after, k);
                 }));
        }
        look(lane, std::none_of(way.begin(), way.end(), [&](std::size_t k) {
                 return follows(before, k) || dependent(moves_[k].lane, moves_[k], lane, s);
             }));
        node& n = path_[i];
        if ((first & (n.wanted | n.asleep)) != 0) continue;
        first &= n.enabled;
        n.wanted |= first == 0 ? n.enabled : first & (~first + 1);
    }
}

void scheduler::record(std::size_t lane) {
    move m;
    static_cast<step&>(m) = step_of(lane);
    m.lane = lane;
    m.after = clock_of(lane);
    for (std::size_t const i : related(lane, m)) {
        for (std::size_t k = 0; k < lanes; ++k)
            m.after[k] = std::max(m.after[k], moves_[i].after[k]);
    }
    std::size_t const number = moves_.size();
    m.after[lane] = number + 1;
    clocks_[lane] = m.after;
    (m.what == access::death ? deaths_ : moves_at_[m.where]).push_back(number);
    moves_.push_back(m);
}

bool scheduler::next() {
    while (!path_.empty()) {
        node& n = path_.back();
        n.done |= bit(n.chosen);
        lane_set const left = n.wanted & ~n.done & ~n.asleep;
        if (left != 0) {
            n.chosen = static_cast<std::size_t>(__builtin_ctz(left));
            return true;
        }
        path_.pop_back();
    }
    return false;
}

void scheduler::buffer(std::size_t thread, void* where, std::uint64_t bits,
                       void (*apply)(void*, std::uint64_t)) {
    if (limits_.barriers) reach(thread, &barrier_, access::read, false);
    if (dead(where)) fail("store to memory that has been freed");
    ++threads_[thread].issued;
    threads_[thread].stores.push_back({where, bits, apply, clocks_[thread]});
}

bool scheduler::buffered(std::size_t thread, void const* where, std::uint64_t& bits) const {
    auto const& stores = threads_[thread].stores;
    auto const it = std::find_if(stores.rbegin(), stores.rend(),
                                 [where](auto const& s) { return s.where == where; });
    if (it == stores.rend()) return false;
    bits = it->bits;
    return true;
}

void scheduler::freed(void* memory, std::size_t size) {
    auto* const start = static_cast<char*>(memory);
    auto const place = places_.lower_bound(start);
    if (place == places_.end() || *place >= start + size) return;
    if (self != nobody) {
        reach(self, memory, access::death, false, size);
        note(self, "free", memory, 0);
        // Its own late stores end with the object; the hardware would have done them before.
        std::erase_if(threads_[self].stores,
                      [&](auto const& s) { return s.where >= start && s.where < start + size; });
    }
    freed_[start] = size;
}

bool scheduler::dead(void const* where) const {
    auto it = freed_.upper_bound(static_cast<char const*>(where));
    if (it == freed_.begin()) return false;
    --it;
    return where < it->first + it->second;
}

void scheduler::fail(std::string const& what) {
    if (failure_.empty()) failure_ = what;
    trace_ += "    ^ " + what + "\n";
}

std::string scheduler::schedule() const {
    std::string text;
    auto const add = [&text](std::size_t lane) {
        text += std::to_string(lane % model::max_threads) + (is_buffer(lane) ? "' " : " ");
    };
    for (auto const& m : moves_) add(m.lane);
    for (auto const lane : tail_) add(lane);
    return text;
}

void scheduler::note(std::size_t lane, char const* what, void const* where, std::uint64_t bits) {
    if (script_ == nullptr) return;
    std::size_t const number = numbers_.try_emplace(where, numbers_.size()).first->second;
    std::ostringstream line;
    line << "  " << lane % model::max_threads << (is_buffer(lane) ? "' " : "  ") << what << " #"
         << number << " = 0x" << std::hex << bits << '\n';
    trace_ += line.str();
}

namespace {

/// A schedule that ends in freed memory tells at least which one it was.
void crashed(int) {
    if (active != nullptr) {
        std::fprintf(stderr, "[  FAILED  ] crashed: %s\nschedule: %s\n%s",
                     active->failure().c_str(), active->schedule().c_str(),
                     active->trace().c_str());
    }
    std::_Exit(1);
}

/// All threads on one processor: they take turns, and passing the turn is fastest there.
class one_processor {
public:
    one_processor() {
        std::signal(SIGSEGV, crashed);
        sched_getaffinity(0, sizeof before_, &before_);
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
        sched_setaffinity(0, sizeof one, &one);
    }
    one_processor(one_processor const&) = delete;
    one_processor& operator=(one_processor const&) = delete;
    ~one_processor() { sched_setaffinity(0, sizeof before_, &before_); }

private:
    cpu_set_t before_{};
};

std::vector<std::size_t> parse(std::string const& schedule) {
    std::vector<std::size_t> lanes;
    std::istringstream words(schedule);
    for (std::string word; words >> word;) {
        lanes.push_back(std::stoul(word) + (word.back() == '\'' ? model::max_threads : 0));
    }
    return lanes;
}

}  // namespace

findings replay(std::function<void(model&)> const& make, std::string const& schedule,
                exploration limits) {
    one_processor const here;
    auto const script = parse(schedule);
    scheduler s(limits);
    s.run(make, &script);
    findings f;
    f.schedules = 1;
    f.failure = s.failure();
    f.schedule = s.schedule();
    f.trace = s.trace();
    return f;
}

findings explore(std::function<void(model&)> const& make, exploration limits) {
    one_processor const here;
    findings f;
    scheduler s(limits);
    do {
        s.run(make, nullptr);
        ++f.schedules;
        if (s.was_cut()) ++f.cut;
        if (!s.failure().empty()) {
            findings shown = replay(make, s.schedule(), limits);
            shown.schedules = f.schedules;
            shown.failure = s.failure();
            return shown;
        }
        if (f.schedules == limits.max_schedules) return f;
    } while (s.next());
    f.complete = true;
    return f;
}

std::string findings::text() const {
    std::ostringstream out;
    out << schedules << " schedules, " << cut << " cut, " << (complete ? "all" : "not all")
        << " tried";
    if (!failure.empty()) out << "\n" << failure << "\nschedule: " << schedule << "\n" << trace;
    return out.str();
}

void require(bool holds, char const* what) noexcept {
    if (!holds && active != nullptr) active->fail(what);
}

namespace hooks {

bool exploring() noexcept { return self != nobody; }
void reach(void const* where, access what, bool drains) noexcept {
    active->reach(self, where, what, drains);
}
bool buffering() noexcept { return active->buffering(); }
void buffer(void* where, std::uint64_t bits, void (*apply)(void*, std::uint64_t)) noexcept {
    active->buffer(self, where, bits, apply);
}
bool buffered(void const* where, std::uint64_t& bits) noexcept {
    return active->buffered(self, where, bits);
}
void born(void const* where) noexcept {
    if (active != nullptr) active->born(where);
}
void heavy_barrier() noexcept {
    if (exploring()) active->heavy_barrier(self);
}
void pause() noexcept {
    if (exploring()) active->pause(self);
}
void note(char const* what, void const* where, std::uint64_t bits) noexcept {
    if (exploring()) active->note(self, what, where, bits);
}

}  // namespace hooks
}  // namespace coauth::tests
