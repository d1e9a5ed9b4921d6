// SPDX-License-Identifier: BSL-1.0
//
// Decides which thread of an explored program goes next. A "lane" is a thread, or the store buffer
// of one, which hands one store to memory when its turn comes.

#ifndef COAUTH_TESTS_MODEL_SCHEDULER_HPP
#define COAUTH_TESTS_MODEL_SCHEDULER_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <model/explorer.hpp>
#include <semaphore.h>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace coauth::tests {

class scheduler {
public:
    static constexpr std::size_t lanes = 2 * model::max_threads;
    using lane_set = std::uint32_t;
    /// For each lane, the number of its last move that comes before.
    using clock = std::array<std::size_t, lanes>;

    explicit scheduler(exploration limits) : limits_(limits) {}

    /// One schedule: the next one, or the given one.
    void run(std::function<void(model&)> const& make, std::vector<std::size_t> const* script);
    /// Moves on to the next schedule; false when there is none.
    [[nodiscard]] bool next();

    void fail(std::string const& what);
    [[nodiscard]] std::string const& failure() const { return failure_; }
    [[nodiscard]] std::string schedule() const;
    [[nodiscard]] std::string const& trace() const { return trace_; }
    [[nodiscard]] bool was_cut() const { return cut_; }

    // What explored threads call.
    void reach(std::size_t thread, void const* where, hooks::access what, bool drains,
               std::size_t size = 1);
    void buffer(std::size_t thread, void* where, std::uint64_t bits,
                void (*apply)(void*, std::uint64_t));
    [[nodiscard]] bool buffered(std::size_t thread, void const* where, std::uint64_t& bits) const;
    [[nodiscard]] bool buffering() const { return limits_.store_buffers; }
    void finish(std::size_t thread);
    void heavy_barrier(std::size_t thread);
    void pause(std::size_t thread) { threads_[thread].paused = true; }
    void note(std::size_t thread, char const* what, void const* where, std::uint64_t bits);
    void born(void const* where) { places_.insert(where); }
    /// Memory is given back: kept until the schedule is over.
    void freed(void* memory, std::size_t size);

private:
    struct step {
        void const* where = nullptr;
        hooks::access what = hooks::access::read;
        bool drains = false;
        std::size_t size = 1;
    };
    struct move : step {
        std::size_t lane = 0;
        clock after{};
    };
    struct waiting_store {
        void* where;
        std::uint64_t bits;
        void (*apply)(void*, std::uint64_t);
        clock issued;
    };
    struct thread_state {
        bool alive = false;
        /// Its next step is to wait for a write to the place of its last one.
        bool paused = false;
        std::size_t last_move = 0;
        step next;
        std::deque<waiting_store> stores;
        std::size_t issued = 0;           ///< Stores that have ever been put into the buffer.
        std::vector<std::size_t> handed;  ///< The moves that handed them to memory.
        /// What a barrier of this thread waits for: so many stores of each thread.
        std::array<std::size_t, model::max_threads> awaited{};
        sem_t turn{};
    };
    /// A state of the program on the present way, and what is still to be tried from it.
    struct node {
        std::size_t chosen = 0;
        lane_set enabled = 0, wanted = 0, done = 0, asleep = 0;
    };

    static constexpr lane_set bit(std::size_t lane) { return lane_set{1} << lane; }
    static bool is_buffer(std::size_t lane) { return lane >= model::max_threads; }
    static std::size_t buffer_of(std::size_t thread) { return thread + model::max_threads; }

    void launch(model const& m);
    void advance(std::size_t self);
    [[nodiscard]] std::size_t choose();
    [[nodiscard]] std::size_t prefer(lane_set from) const;
    [[nodiscard]] bool has_step(std::size_t lane) const;
    [[nodiscard]] step step_of(std::size_t lane) const;
    [[nodiscard]] clock clock_of(std::size_t lane) const;
    [[nodiscard]] lane_set enabled() const;
    [[nodiscard]] bool waits_in_vain(thread_state const& t) const;
    [[nodiscard]] bool all_handed(thread_state const& t) const;
    void play(std::function<void(model&)> const& make);
    [[nodiscard]] bool dependent(std::size_t a, step const& x, std::size_t b, step const& y) const;
    [[nodiscard]] bool exclude(std::size_t a, step const& x, std::size_t b, step const& y) const;
    [[nodiscard]] std::vector<std::size_t> related(std::size_t lane, step const& s) const;
    void want_reversals(std::size_t lane);
    void record(std::size_t lane);
    [[nodiscard]] bool dead(void const* where) const;

    exploration const limits_;
    std::vector<node> path_;  ///< Lives from schedule to schedule; the rest is one schedule's.

    std::vector<std::size_t> const* script_ = nullptr;
    std::array<thread_state, model::max_threads> threads_;
    char barrier_ = 0;  ///< A place that barriers write to and buffered stores read.
    std::size_t thread_count_ = 0;
    bool launching_ = false;
    bool unguided_ = false;  ///< Only to be ended: too long, redundant, or deadlocked.
    bool deadlocked_ = false;
    bool cut_ = false;
    sem_t over_{};
    std::vector<move> moves_;
    std::vector<std::size_t> tail_;
    std::array<clock, lanes> clocks_{};
    lane_set asleep_ = 0;
    std::unordered_map<void const*, std::vector<std::size_t>> moves_at_;
    std::vector<std::size_t> deaths_;
    std::map<void const*, std::size_t> held_mutexes_;
    std::set<void const*> places_;
    std::map<char const*, std::size_t> freed_;
    std::unordered_map<void const*, std::size_t> numbers_;
    std::string failure_, trace_;
};

/// The one that explores now, and the number of this thread in it.
inline scheduler* active = nullptr;
inline thread_local std::size_t self = static_cast<std::size_t>(-1);

/// Memory that was given back during a schedule, until its end.
void empty_quarantine() noexcept;

}  // namespace coauth::tests

#endif
