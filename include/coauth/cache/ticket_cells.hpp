// SPDX-License-Identifier: BSL-1.0
//
// One cell per ticket: where a waiter stands until it leaves or is called, whichever comes first by
// one atomic operation. Cells never move; the first ones need no memory of their own. Lock-free.

#ifndef COAUTH_CACHE_TICKET_CELLS_HPP
#define COAUTH_CACHE_TICKET_CELLS_HPP

#include <coauth/config.hpp>
#include <coauth/detail/atomic.hpp>
#include <coauth/detail/flight_waiter.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

namespace coauth::detail {

class ticket_cells {
public:
    using index = std::uint32_t;

    static constexpr index inline_cells = 32;
    static constexpr index first_segment = 64;
    static constexpr std::size_t segments = 22;
    static constexpr index capacity = inline_cells + first_segment * ((index(1) << segments) - 1);

    enum class entered : unsigned char {
        standing,
        closed,  ///< The caller of the line has been here: nobody will call this waiter.
        full,    ///< No memory, or no cell of this number.
    };

    ticket_cells() = default;
    ticket_cells(ticket_cells const&) = delete;
    ticket_cells& operator=(ticket_cells const&) = delete;
    ~ticket_cells() {
        for (auto& s : segments_) {
            cell* const p = s.load(std::memory_order_relaxed);  // sync: the last one to leave
            if (p != &sealed()) delete[] p;
        }
    }

    /// Puts a waiter into its cell. Once per index.
    [[nodiscard]] entered enter(index i, flight_waiter& w) noexcept {
        cell* const c = at(i);
        if (c == nullptr) return entered::full;
        COAUTH_TEST_YIELD();
        std::uintptr_t expected = empty;
        // sync: release, for the exchange in take(): the waiter as it stands here. Acquire on
        // failure, for what was written before that exchange.
        bool const standing =
            c != &sealed() &&
            c->compare_exchange_strong(expected, reinterpret_cast<std::uintptr_t>(&w),
                                       std::memory_order_release, std::memory_order_acquire);
        return standing ? entered::standing : entered::closed;
    }

    /// True when `w` was still there, and nobody will call it. Precondition: it has stood in `i`.
    [[nodiscard]] bool withdraw(index i, flight_waiter const& w) noexcept {
        cell* const c = at(i);
        auto expected = reinterpret_cast<std::uintptr_t>(&w);
        COAUTH_TEST_YIELD();
        // sync: none needed, take() reads nothing through the mark
        return c != nullptr && c != &sealed() &&
               c->compare_exchange_strong(expected, done, std::memory_order_relaxed);
    }

    /// Closes the cells below `end` in order and hands their waiters to `f`. One thread, once.
    template <class F>
    void take_all(index end, F&& f) noexcept {
        for (index i = 0; i < end && i < capacity; ++i) {
            cell* const c = sealed_or_made(i);
            if (c == &sealed()) continue;
            COAUTH_TEST_YIELD();
            // sync: acquire, for the waiter that enter() has written; release, for what an enter()
            // that fails reads.
            std::uintptr_t const seen = c->exchange(done, std::memory_order_acq_rel);
            // NOLINTNEXTLINE(performance-no-int-to-ptr): enter() put it there
            if (seen > done) f(*reinterpret_cast<flight_waiter*>(seen));
        }
    }

    /// Before anybody else sees the cells.
    void put_first(flight_waiter& w) noexcept {
        // sync: published with the whole object
        inline_[0].store(reinterpret_cast<std::uintptr_t>(&w), std::memory_order_relaxed);
    }

private:
    using cell = atomic<std::uintptr_t>;
    static_assert(std::atomic<std::uintptr_t>::is_always_lock_free);
    static_assert(std::atomic<void*>::is_always_lock_free);

    /// Nobody yet; or nobody any more.
    static constexpr std::uintptr_t empty = 0;
    static constexpr std::uintptr_t done = 1;

    /// In place of a segment that was not there when the line was called.
    [[nodiscard]] static cell& sealed() noexcept {
        static cell only{done};
        return only;
    }

    struct position {
        std::size_t segment;
        index offset;
    };
    /// Precondition: inline_cells <= i < capacity. Segments begin at powers of two, displaced.
    [[nodiscard]] static position locate(index i) noexcept {
        index const displaced = i + (first_segment - inline_cells);
        index const begins = std::bit_floor(displaced);
        return {static_cast<std::size_t>(std::countr_zero(begins / first_segment)),
                displaced - begins};
    }

    /// Null when there is no memory; sealed() when the line has been called.
    [[nodiscard]] cell* at(index i) noexcept {
        if (i < inline_cells) return &inline_[i];
        if (i >= capacity) return nullptr;
        position const p = locate(i);
        // sync: the exchange below, which publishes zeros
        cell* found = segments_[p.segment].load(std::memory_order_acquire);
        if (found == nullptr) found = make_segment(p.segment);
        return found == nullptr || found == &sealed() ? found : found + p.offset;
    }

    [[nodiscard]] cell* make_segment(std::size_t number) noexcept {
        cell* const made = new (std::nothrow) cell[std::size_t(first_segment) << number]();
        if (made == nullptr) return nullptr;
        COAUTH_TEST_YIELD();
        cell* found = nullptr;
        // sync: acq_rel among those who make it: zeros are seen before they are used
        bool const mine = segments_[number].compare_exchange_strong(
            found, made, std::memory_order_acq_rel, std::memory_order_acquire);
        if (mine) return made;
        delete[] made;
        return found;
    }

    [[nodiscard]] cell* sealed_or_made(index i) noexcept {
        if (i < inline_cells) return &inline_[i];
        position const p = locate(i);
        cell* found = segments_[p.segment].load(std::memory_order_acquire);  // sync: make_segment()
        // sync: acquire, for the zeros of make_segment(); release, for an enter() that finds it
        if (found == nullptr &&
            segments_[p.segment].compare_exchange_strong(
                found, &sealed(), std::memory_order_acq_rel, std::memory_order_acquire)) {
            return &sealed();
        }
        return found == &sealed() ? found : found + p.offset;
    }

    std::array<cell, inline_cells> inline_{};
    std::array<atomic<cell*>, segments> segments_{};
};

}  // namespace coauth::detail

#endif
