// SPDX-License-Identifier: BSL-1.0
//
// Who takes part in a flight, and how far it is: one control word and the cells of those who wait.
// Joining is an addition and a compare-exchange, leaving a compare-exchange and an addition. The
// flight ends when all who ever took a ticket have left; whoever settles it holds one. Lock-free.

#ifndef COAUTH_CACHE_FLIGHT_CONTROL_HPP
#define COAUTH_CACHE_FLIGHT_CONTROL_HPP

#include <coauth/cache/ticket_cells.hpp>
#include <coauth/config.hpp>
#include <coauth/detail/atomic.hpp>

#include <cstdint>

namespace coauth::detail {

class flight_control {
public:
    using ticket = std::uint32_t;

    /// Tickets that exist from the start and have no cell: the entry's, and that of the fetch.
    static constexpr ticket references = 2;

    enum class joined : unsigned char {
        waiting,
        settled,  ///< The outcome is there; the waiter is not called.
        closed,   ///< The flight has ended before; look again for what it brought.
        full,     ///< No memory.
    };
    enum class claim : unsigned char { lost, won, won_disowned };

    /// With the ticket of a leader too; `leader` may be null and is not called by a flight that
    /// nobody gets to see.
    flight_control(bool led, flight_waiter* leader) noexcept
        : word_(led ? references + 1 : references) {
        if (leader != nullptr) cells_.put_first(*leader);
    }
    explicit flight_control(flight_waiter* leader = nullptr) noexcept
        : flight_control(leader != nullptr, leader) {}

    /// Takes a ticket, which the caller leaves in any case, and a place to wait unless `w` is null.
    /// The caller is protected from the end of the flight by a hazard pointer or another ticket.
    [[nodiscard]] joined join(flight_waiter* w, ticket& mine) noexcept {
        // sync: acquire, for close(): who finds the flight closed finds what it published.
        // Release, for leave(): whoever ends the flight has seen this ticket.
        std::uint64_t const before = word_.fetch_add(one_ticket, std::memory_order_acq_rel);
        mine = tail(before);
        if ((before & closed) != 0) return joined::closed;
        if (w == nullptr) return joined::waiting;
        COAUTH_TEST_YIELD();
        switch (cells_.enter(mine - references, *w)) {
            case ticket_cells::entered::standing: return joined::waiting;
            case ticket_cells::entered::closed: return joined::settled;
            case ticket_cells::entered::full: break;
        }
        return joined::full;
    }

    /// One more ticket for the holder of a ticket.
    void share() noexcept {
        word_.fetch_add(one_ticket, std::memory_order_relaxed);  // sync: the caller's own leave()
    }

    /// True when the waiter was still waiting: it will not be called.
    [[nodiscard]] bool withdraw(flight_waiter const& w, ticket mine) noexcept {
        return cells_.withdraw(mine - references, w);
    }

    /// Gives a ticket back. True for the one who has to free the flight.
    [[nodiscard]] bool leave() noexcept {
        // sync: acq_rel among all who leave: the last one comes after what the others did
        std::uint64_t const now = word_.fetch_add(one_left, std::memory_order_acq_rel) + one_left;
        if ((now & closed) == 0 || left(now) != tail(now)) return false;
        COAUTH_TEST_YIELD();
        // Somebody who came late, and left, finds all tickets given back a second time.
        // sync: as above
        return (word_.fetch_or(freed, std::memory_order_acq_rel) & freed) == 0;
    }

    /// The first one settles the flight. Precondition of this and the rest: the caller's ticket.
    [[nodiscard]] claim settle() noexcept {
        // sync: acq_rel, with disown(): one of the two sees the other
        std::uint64_t const before = word_.fetch_or(claimed, std::memory_order_acq_rel);
        if ((before & claimed) != 0) return claim::lost;
        return (before & disowned) != 0 ? claim::won_disowned : claim::won;
    }

    /// Calls everybody who waits, through `deliver(waiter)`. By the one who has settled, when the
    /// outcome is written and published.
    template <class F>
    void close(F&& deliver) noexcept {
        // sync: release, for join(): what was published comes before. Acquire, for the tickets.
        std::uint64_t const before = word_.fetch_or(closed, std::memory_order_acq_rel);
        cells_.take_all(tail(before) - references, deliver);
    }

    /// Its outcome is no longer the entry's business. False when it is being published right now.
    [[nodiscard]] bool disown() noexcept {
        // sync: acq_rel, with settle()
        std::uint64_t const before = word_.fetch_or(disowned, std::memory_order_acq_rel);
        return (before & claimed) == 0 || (before & closed) != 0;
    }

    [[nodiscard]] bool is_claimed() const noexcept {
        return (word_.load(std::memory_order_relaxed) & claimed) != 0;  // sync: a hint
    }
    [[nodiscard]] bool is_closed() const noexcept {
        return (word_.load(std::memory_order_acquire) & closed) != 0;  // sync: close()
    }

private:
    static constexpr std::uint64_t claimed = std::uint64_t(1) << 63;
    static constexpr std::uint64_t closed = std::uint64_t(1) << 62;
    static constexpr std::uint64_t freed = std::uint64_t(1) << 61;
    static constexpr std::uint64_t disowned = std::uint64_t(1) << 60;
    // Both counts are as wide, and leave room above ticket_cells::capacity for those who come late.
    static constexpr unsigned count_bits = 30;
    static constexpr std::uint64_t count_mask = (std::uint64_t(1) << count_bits) - 1;
    static constexpr std::uint64_t one_ticket = 1;
    static constexpr std::uint64_t one_left = std::uint64_t(1) << count_bits;
    static_assert(ticket_cells::capacity < count_mask / 2);

    [[nodiscard]] static ticket tail(std::uint64_t word) noexcept {
        return static_cast<ticket>(word & count_mask);
    }
    [[nodiscard]] static ticket left(std::uint64_t word) noexcept {
        return static_cast<ticket>((word >> count_bits) & count_mask);
    }

    /// [63] claimed [62] closed [61] freed [60] disowned [59:30] left [29:0] tickets taken
    atomic<std::uint64_t> word_;
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
    ticket_cells cells_;
};

}  // namespace coauth::detail

#endif
