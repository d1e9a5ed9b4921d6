// SPDX-License-Identifier: BSL-1.0
//
// What it costs to find a token in memory, beside the way it is usually done: a mutex, the steady
// clock and a copy of a shared_ptr. Prints one line of JSON; nanoseconds of CPU time.
//
// cache_hit <repetitions>

#include "../support/allocations.hpp"
#include "../support/cpu_time.hpp"
#include "crew.hpp"

#include <coauth/testing/authorization_server.hpp>
#include <coauth/token_source.hpp>

#include <asio/co_spawn.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <atomic>
#include <chrono>
#include <coauth/client_auth/client_secret_basic.hpp>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using bench::keep;

/// A source that has its token.
class ready_source {
public:
    ready_source() {
        [[maybe_unused]] coauth::token_ref const token =
            asio::co_spawn(pool_, source_.get(), asio::use_future).get();
    }
    [[nodiscard]] coauth::token_source const& source() const noexcept { return source_; }

private:
    coauth::testing::authorization_server server_{
        {.clients = {{.client_id = "client", .secret = "secret"}}}};
    asio::thread_pool pool_{1};
    coauth::token_source source_{
        pool_.get_executor(),
        {.token_url = server_.token_url(),
         .client = coauth::client_secret_basic("client", coauth::secret("secret"))}};
};

/// The usual way.
class mutex_peer {
public:
    struct record {
        std::string authorization = std::string(64, 'x');
        std::chrono::steady_clock::time_point expiry =
            std::chrono::steady_clock::now() + std::chrono::hours(1);
    };
    [[nodiscard]] std::shared_ptr<record const> get() {
        std::lock_guard const lock(mutex_);
        if (std::chrono::steady_clock::now() < current_->expiry) return current_;
        return nullptr;
    }

private:
    std::mutex mutex_;
    std::shared_ptr<record const> current_ = std::make_shared<record>();
};

// Each looks at the first byte of what it finds.

struct visit {
    coauth::cache_entry& entry;
    coauth::time_point now;
    [[gnu::always_inline]] void operator()() const {
        bool due = false;
        bool const hit = entry.visit(
            now, due, [](auto const& record) { keep(record.authorization.view().front()); });
        keep(hit);
    }
};

struct visit_with_clock {
    coauth::cache_entry& entry;
    coauth::duration offset;
    [[gnu::always_inline]] void operator()() const {
        visit{entry, entry.policy().clock.coarse_now(offset)}();
    }
};

struct owned {
    coauth::token_source const& source;
    coauth::time_point now;
    [[gnu::always_inline]] void operator()() const {
        coauth::token_ref const token = source.try_cached(now);
        keep(token.authorization().front());
    }
};

struct owned_with_clock {
    coauth::token_source const& source;
    [[gnu::always_inline]] void operator()() const {
        coauth::token_ref const token = source.try_cached();
        keep(token.authorization().front());
    }
};

struct coarse_clock {
    [[gnu::always_inline]] void operator()() const {
        keep(coauth::boot_clock::read(CLOCK_MONOTONIC_COARSE));
    }
};

struct peer_hit {
    mutex_peer& peer;
    [[gnu::always_inline]] void operator()() const {
        auto const found = peer.get();
        keep(found->authorization.front());
    }
};

/// Handles are taken on one thread and dropped on another, a thousand at a time.
class crossing {
public:
    explicit crossing(coauth::token_source const& source) : source_(source) {
        for (bag& b : bags_) b.reserve(handles);
    }

    struct outcome {
        double cpu = 0;  ///< of both threads for one handle
        std::uint64_t allocations = 0;
    };
    [[nodiscard]] std::vector<outcome> run(int repetitions) {
        std::vector<outcome> taken(static_cast<std::size_t>(repetitions));
        std::vector<outcome> dropped(taken.size());
        std::thread drops([&] { repeat(dropped, [](bag& b) { drop(b); }); });
        coauth::time_point const now = coauth::boot_clock::now();
        repeat(taken, [&](bag& b) { fill(b, now); });
        drops.join();
        for (std::size_t i = 0; i < taken.size(); ++i) {
            taken[i].cpu += dropped[i].cpu;
            taken[i].allocations += dropped[i].allocations;
        }
        return taken;
    }

private:
    static constexpr std::size_t handles = 1000;
    class bag : public std::vector<coauth::token_ref> {
    public:
        std::atomic<bool> full{false};
    };

    template <class F>
    void repeat(std::vector<outcome>& outcomes, F&& with_bag) {
        constexpr int rounds = 100;
        for (outcome& o : outcomes) {
            std::uint64_t const before = bench::allocations_of_this_thread();
            double const begun = bench::thread_cpu();
            for (unsigned i = 0; i < rounds; ++i) with_bag(bags_[i % 2U]);
            o.cpu = (bench::thread_cpu() - begun) / (static_cast<double>(handles) * rounds);
            o.allocations = bench::allocations_of_this_thread() - before;
        }
    }

    void fill(bag& b, coauth::time_point now) const {
        b.full.wait(true);
        for (std::size_t i = 0; i < handles; ++i) b.push_back(source_.try_cached(now));
        b.full.store(true);
        b.full.notify_one();
    }
    static void drop(bag& b) {
        b.full.wait(false);
        b.clear();
        b.full.store(false);
        b.full.notify_one();
    }

    coauth::token_source const& source_;
    bag bags_[2];
};

void print(char const* name, double value) { std::cout << ",\"" << name << "\":" << value; }

}  // namespace

int main(int argc, char** argv) {
    int const repetitions = argc > 1 ? std::atoi(argv[1]) : 15;
    constexpr long operations = 400'000;
    ready_source const ready;
    mutex_peer mutex;
    coauth::time_point const now = coauth::boot_clock::now();
    auto& entry = *ready.source().entry();
    visit const visits{entry, now};
    visit_with_clock const visits_with_clock{entry, coauth::clock::monotonic_offset()};
    owned const handles{ready.source(), now};
    owned_with_clock const handles_with_clock{ready.source()};
    peer_hit const peer{mutex};

    handles();
    std::uint64_t const before = bench::allocations_of_this_thread();
    bench::least visit_ns, owned_ns, visit_clock_ns, owned_clock_ns, clock_ns, peer_ns;
    for (int i = 0; i < repetitions; ++i) {
        visit_ns.add(bench::cost_of_one(operations, visits));
        owned_ns.add(bench::cost_of_one(operations, handles));
        clock_ns.add(bench::cost_of_one(operations, coarse_clock()));
        visit_clock_ns.add(bench::cost_of_one(operations, visits_with_clock));
        owned_clock_ns.add(bench::cost_of_one(operations, handles_with_clock));
    }
    std::uint64_t const after = bench::allocations_of_this_thread();
    for (int i = 0; i < repetitions; ++i) peer_ns.add(bench::cost_of_one(operations, peer));

    crossing crosses(ready.source());
    bench::least crossing_ns;
    std::uint64_t crossing_growth = 0;
    for (std::vector<crossing::outcome> outcomes = crosses.run(repetitions + 1);
         crossing::outcome const& o : outcomes) {
        crossing_ns.add(o.cpu);
        if (&o != &outcomes.front()) crossing_growth += o.allocations;
    }

    std::cout << "{\"allocations\":" << after - before;
    print("visit", visit_ns.value());
    print("owned", owned_ns.value());
    print("clock", clock_ns.value());
    print("visit_clock", visit_clock_ns.value());
    print("owned_clock", owned_clock_ns.value());
    print("mutex_peer", peer_ns.value());
    print("handles_crossing", crossing_ns.value());
    print("handles_crossing_growth", static_cast<double>(crossing_growth));
    print("scaling_2_visit", bench::ratio_of_two_at_once(visits));
    print("scaling_2_owned", bench::ratio_of_two_at_once(handles));
    print("scaling_4_visit", bench::ratio_of_four(visits, repetitions));
    print("scaling_4_owned", bench::ratio_of_four(handles, repetitions));
    std::cout << "}\n";
}
