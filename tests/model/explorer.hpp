// SPDX-License-Identifier: BSL-1.0
//
// Runs the real code of the library under every interleaving of two to four threads, and with store
// buffers: a store that is not seq_cst may reach the others late, until the next seq_cst store,
// read-modify-write or lock of its thread (x86-TSO). To be included before any header of the
// library, by every file of a program: it takes the place of detail/atomic.hpp's types.
//
// Threads are real, so that thread_local means what it says, and take turns: each stops before an
// access to shared memory. Schedules that differ only in the order of independent accesses are
// tried once (dynamic partial-order reduction with sleep sets).

#ifndef COAUTH_TESTS_MODEL_EXPLORER_HPP
#define COAUTH_TESTS_MODEL_EXPLORER_HPP

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace coauth::tests {

/// What one schedule runs. Made anew for each; must do the same each time.
class model {
public:
    static constexpr std::size_t max_threads = 4;

    /// `prepare` runs first, one thread after the other, and is not explored.
    void thread(std::function<void()> body, std::function<void()> prepare = {}) {
        threads_.push_back({std::move(prepare), std::move(body)});
    }
    /// When all threads, and what their thread_local objects do at their end, are over.
    void at_end(std::function<void()> check) { at_end_ = std::move(check); }

private:
    friend class scheduler;
    struct work {
        std::function<void()> prepare, body;
    };
    std::vector<work> threads_;
    std::function<void()> at_end_;
};

struct exploration {
    bool store_buffers = true;
    /// Whether a store goes into its buffer before or after a barrier that another thread sets up
    /// for all is tried too. Costs much; for what rests on such barriers.
    bool barriers = false;
    /// What thread_local objects do at the end of their thread is part of the schedule. Otherwise
    /// it happens at once.
    bool thread_ends = false;
    /// False tries also what differs only in the order of independent accesses.
    bool reduction = true;
    /// Of one schedule. What is longer ends unexplored and is counted in `cut`.
    std::size_t max_steps = 2000;
    /// Reaching it leaves `complete` false.
    std::size_t max_schedules = 1'000'000;
};

struct findings {
    std::size_t schedules = 0;
    std::size_t cut = 0;
    bool complete = false;
    /// Empty when every schedule was right. Otherwise the first mistake, the schedule that shows
    /// it, for replay(), and its accesses one by one.
    std::string failure, schedule, trace;

    [[nodiscard]] bool right() const { return complete && cut == 0 && failure.empty(); }
    [[nodiscard]] std::string text() const;
};

[[nodiscard]] findings explore(std::function<void(model&)> const& make, exploration limits = {});

/// Runs one schedule: of findings::schedule.
[[nodiscard]] findings replay(std::function<void(model&)> const& make, std::string const& schedule,
                              exploration limits = {});

/// Notes a mistake of the present schedule.
void require(bool holds, char const* what) noexcept;

namespace hooks {

enum class access : unsigned char { read, write, lock, unlock, death, barrier };

/// Whether this thread is explored, right now.
[[nodiscard]] bool exploring() noexcept;
/// Returns when it is this thread's turn to do this access. `drains`: its store buffer is empty.
void reach(void const* where, access what, bool drains) noexcept;
[[nodiscard]] bool buffering() noexcept;
void buffer(void* where, std::uint64_t bits, void (*apply)(void*, std::uint64_t)) noexcept;
/// The youngest store of this thread to that place which others do not see yet.
[[nodiscard]] bool buffered(void const* where, std::uint64_t& bits) noexcept;
void born(void const* where) noexcept;
/// membarrier(2): goes on when what any thread has stored before is seen by all.
void heavy_barrier() noexcept;
/// Not before somebody has written to what this thread has read last.
void pause() noexcept;
void note(char const* what, void const* where, std::uint64_t bits) noexcept;

}  // namespace hooks

template <class T>
class explored_atomic {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));

public:
    using value_type = T;
    static constexpr bool is_always_lock_free = std::atomic<T>::is_always_lock_free;

    constexpr explored_atomic() noexcept : explored_atomic(T{}) {}
    constexpr explored_atomic(T value) noexcept : value_(value) {
        if (!std::is_constant_evaluated()) hooks::born(this);
    }
    explored_atomic(explored_atomic const&) = delete;
    explored_atomic& operator=(explored_atomic const&) = delete;

    T load(std::memory_order = std::memory_order_seq_cst) const noexcept {
        if (!hooks::exploring()) return value_;
        hooks::reach(this, hooks::access::read, false);
        std::uint64_t bits = 0;
        T const value = hooks::buffered(this, bits) ? from(bits) : value_;
        hooks::note("load", this, to(value));
        return value;
    }
    operator T() const noexcept { return load(); }

    void store(T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
        if (!hooks::exploring()) {
            value_ = value;
        } else if (order != std::memory_order_seq_cst && hooks::buffering()) {
            hooks::buffer(this, to(value), [](void* self, std::uint64_t bits) {
                static_cast<explored_atomic*>(self)->value_ = from(bits);
            });
            hooks::note("store, buffered", this, to(value));
        } else {
            hooks::reach(this, hooks::access::write, true);
            value_ = value;
            hooks::note("store", this, to(value));
        }
    }
    T operator=(T value) noexcept {
        store(value);
        return value;
    }

    T exchange(T value, std::memory_order = std::memory_order_seq_cst) noexcept {
        return change("exchange", [value](T) { return value; });
    }
    bool compare_exchange_strong(T& expected, T value,
                                 std::memory_order = std::memory_order_seq_cst,
                                 std::memory_order = std::memory_order_seq_cst) noexcept {
        bool equal = false;
        T const old = change("compare-exchange", [&](T present) {
            equal = present == expected;
            return equal ? value : present;
        });
        if (!equal) expected = old;
        return equal;
    }
    bool compare_exchange_weak(T& expected, T value, std::memory_order = std::memory_order_seq_cst,
                               std::memory_order = std::memory_order_seq_cst) noexcept {
        return compare_exchange_strong(expected, value);
    }

    T fetch_add(T by,
                std::memory_order = std::memory_order_seq_cst) noexcept requires std::integral<T> {
        return change("add", [by](T present) { return static_cast<T>(present + by); });
    }
    T fetch_sub(T by,
                std::memory_order = std::memory_order_seq_cst) noexcept requires std::integral<T> {
        return change("subtract", [by](T present) { return static_cast<T>(present - by); });
    }
    T fetch_or(T bits,
               std::memory_order = std::memory_order_seq_cst) noexcept requires std::integral<T> {
        return change("or", [bits](T present) { return static_cast<T>(present | bits); });
    }
    T fetch_and(T bits,
                std::memory_order = std::memory_order_seq_cst) noexcept requires std::integral<T> {
        return change("and", [bits](T present) { return static_cast<T>(present & bits); });
    }

private:
    static std::uint64_t to(T value) noexcept {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof value);
        return bits;
    }
    static T from(std::uint64_t bits) noexcept {
        T value;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }
    template <class F>
    T change(char const* what, F&& f) noexcept {
        if (hooks::exploring()) hooks::reach(this, hooks::access::write, true);
        T const old = value_;
        value_ = f(old);
        hooks::note(what, this, to(value_));
        return old;
    }

    T value_;
};

class explored_mutex {
public:
    explored_mutex() noexcept { hooks::born(this); }
    explored_mutex(explored_mutex const&) = delete;
    explored_mutex& operator=(explored_mutex const&) = delete;

    void lock() noexcept {
        if (hooks::exploring()) hooks::reach(this, hooks::access::lock, true);
        hooks::note("lock", this, 0);
    }
    void unlock() noexcept {
        if (hooks::exploring()) hooks::reach(this, hooks::access::unlock, true);
        hooks::note("unlock", this, 0);
    }
};

}  // namespace coauth::tests

#define COAUTH_TEST_ATOMIC ::coauth::tests::explored_atomic
#define COAUTH_TEST_MUTEX ::coauth::tests::explored_mutex
#define COAUTH_TEST_HAZARD_SLOTS 2
#define COAUTH_TEST_PAUSE() ::coauth::tests::hooks::pause()
#define COAUTH_TEST_HEAVY_BARRIER() ::coauth::tests::hooks::heavy_barrier()

#endif
