// SPDX-License-Identifier: BSL-1.0
//
// What it costs to wait for a token that somebody else fetches: 100,000 callbacks join a flight,
// are called, or leave it; beside the way with a mutex, a list and a post each. Prints one line of
// JSON; nanoseconds of CPU time for one waiter.
//
// cache_waiters <repetitions>

#include "../support/cpu_time.hpp"

#include <coauth/cache/flight_control.hpp>
#include <coauth/detail/flight_waiter.hpp>

#include <asio/io_context.hpp>
#include <coauth/cache/acquire.hpp>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <malloc.h>
#include <memory>
#include <stdexcept>
#include <support/fake_fetcher.hpp>
#include <support/mutex_flight.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace {

using coauth::detail::flight_control;
using coauth::detail::flight_delivery;
using coauth::detail::flight_waiter;

constexpr std::size_t herd = 100'000;

/// Bytes that the program holds.
[[nodiscard]] double memory() {
    struct ::mallinfo2 const now = ::mallinfo2();
    return static_cast<double>(now.uordblks + now.hblkhd);
}

/// CPU time of `f`, for one waiter.
template <class F>
[[nodiscard]] double for_one(F&& f) {
    return bench::cost_of_one(1, f) / static_cast<double>(herd);
}

struct costs {
    bench::least join;
    bench::least resume;
    bench::least cancel;
    double bytes = 0;
};

struct plain_waiter : flight_waiter {
    plain_waiter() noexcept : flight_waiter(&plain_waiter::called) {}
    static void called(flight_waiter& self, call) {
        auto& w = static_cast<plain_waiter&>(self);
        ++*w.count;
        (void)w.flight->leave();
    }
    flight_control* flight = nullptr;
    std::size_t* count = nullptr;
    flight_control::ticket ticket = 0;
};

/// Waiters of one flight, before they wait.
struct crowd {
    explicit crowd(asio::io_context& context) : waiters(std::make_unique<plain_waiter[]>(herd)) {
        for (std::size_t i = 0; i < herd; ++i) {
            waiters[i].bind(context.get_executor());
            waiters[i].flight = &flight;
            waiters[i].count = &called;
        }
    }
    void join() {
        for (std::size_t i = 0; i < herd; ++i) {
            plain_waiter& w = waiters[i];
            if (flight.join(&w, w.ticket) != flight_control::joined::waiting) {
                throw std::runtime_error("the flight has no place");
            }
        }
    }

    flight_control flight;
    std::size_t called = 0;
    std::unique_ptr<plain_waiter[]> waiters;
};

void measure_flight(costs& c) {
    asio::io_context context;
    crowd resumed(context);
    double const before = memory();
    c.join.add(for_one([&] { resumed.join(); }));
    c.bytes = (memory() - before) / static_cast<double>(herd);
    c.resume.add(for_one([&] {
        if (resumed.flight.settle() != flight_control::claim::won) std::abort();
        {
            flight_delivery delivery;
            resumed.flight.close([&](flight_waiter& w) { delivery.add(w); });
        }
        context.run();
    }));
    if (resumed.called != herd) throw std::runtime_error("not everybody was called");

    crowd cancelled(context);
    cancelled.join();
    c.cancel.add(for_one([&] {
        for (std::size_t i = 0; i < herd; ++i) {
            plain_waiter& w = cancelled.waiters[i];
            if (!cancelled.flight.withdraw(w, w.ticket)) std::abort();
            (void)cancelled.flight.leave();
        }
    }));
}

void measure_peer(costs& c) {
    using coauth::tests::mutex_flight;
    asio::io_context context;
    std::vector<mutex_flight::place> places(herd);
    std::size_t called = 0;
    auto const join = [&](mutex_flight& flight) {
        for (auto& place : places) {
            place = flight.arrive(context.get_executor(),
                                  [&](mutex_flight::outcome const&) { ++called; });
        }
    };
    mutex_flight resumed;
    double const before = memory();
    c.join.add(for_one([&] { join(resumed); }));
    c.bytes = (memory() - before) / static_cast<double>(herd);
    c.resume.add(for_one([&] {
        resumed.settle({"token", {}});
        context.run();
    }));
    if (called != herd) throw std::runtime_error("not everybody was called");

    mutex_flight cancelled;
    join(cancelled);
    c.cancel.add(for_one([&] {
        for (auto& place : places) {
            if (!cancelled.leave(place)) std::abort();
        }
    }));
}

/// The same through coroutines, as callers of token_source::get() do: starting one is part of its
/// joining, its end of its resuming.
void measure_awaitable(costs& c) {
    using coauth::tests::fake_fetcher;
    asio::io_context context;
    coauth::tests::cached_key const key{coauth::cache_policy()};
    auto const fetcher = std::make_shared<fake_fetcher>(context.get_executor(), coauth::clock());
    fetcher->hold();
    std::size_t got = 0;
    auto const caller = [&]() -> coauth::awaitable<void> {
        coauth::detail::token_demand demand(coauth::time_point::max());
        coauth::result<coauth::token_ref> const token =
            co_await coauth::detail::acquire(key.entry, fetcher, std::move(demand));
        if (token) ++got;
    };
    c.join.add(for_one([&] {
        for (std::size_t i = 0; i < herd; ++i) {
            asio::co_spawn(context, caller(), asio::detached);
        }
        context.poll();
    }));
    c.resume.add(for_one([&] {
        if (!fetcher->let_go()) std::abort();
        context.poll();
    }));
    if (got != herd) throw std::runtime_error("not everybody got the token");
}

void print(char const* name, double value) { std::cout << ",\"" << name << "\":" << value; }

}  // namespace

int main(int argc, char** argv) try {
    int const repetitions = argc > 1 ? std::atoi(argv[1]) : 15;
    // Memory that has been given back once is used again, instead of being mapped anew.
    ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
    ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
    costs flight;
    costs peer;
    costs awaitable;
    std::thread([] {}).join();  // from here on glibc and libstdc++ lock what they lock in servers
    for (int i = 0; i < repetitions; ++i) {
        measure_flight(flight);
        measure_peer(peer);
    }
    for (int i = 0; i < (repetitions + 2) / 3; ++i) measure_awaitable(awaitable);
    std::cout << "{\"waiters\":" << herd;
    print("join", flight.join.value());
    print("resume", flight.resume.value());
    print("cancel", flight.cancel.value());
    print("bytes_per_waiter", flight.bytes);
    print("join_mutex_peer", peer.join.value());
    print("resume_mutex_peer", peer.resume.value());
    print("cancel_mutex_peer", peer.cancel.value());
    print("bytes_per_waiter_mutex_peer", peer.bytes);
    print("join_awaitable", awaitable.join.value());
    print("resume_awaitable", awaitable.resume.value());
    std::cout << "}\n";
} catch (std::exception const& e) {
    std::cerr << "cache_waiters: " << e.what() << '\n';
    return 1;
}
