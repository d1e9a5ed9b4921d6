// SPDX-License-Identifier: BSL-1.0
//
// What it costs to find a token by its key, at a thousand and at a million keys asked for in random
// order, beside tbb::concurrent_hash_map with a shared_ptr. Prints one line of JSON; nanoseconds of
// CPU time.
//
// cache_keyed <repetitions>

#include "../support/cpu_time.hpp"

#include <coauth/cache/cache_entry.hpp>
#include <coauth/cache/cache_key.hpp>
#include <coauth/cache/token_cache.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <random>
#include <support/fake_fetcher.hpp>
#include <tbb/concurrent_hash_map.h>
#include <thread>
#include <utility>
#include <vector>

namespace {

using bench::keep;

constexpr long operations = 200'000;

/// As digests are: uniform.
[[nodiscard]] std::vector<coauth::cache_key> make_keys(std::size_t count) {
    std::mt19937_64 random(count);
    std::vector<coauth::cache_key> keys;
    keys.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        coauth::sha256_digest digest{};
        for (std::size_t at = 0; at < digest.size(); at += sizeof(std::uint64_t)) {
            std::uint64_t const word = random();
            std::memcpy(digest.data() + at, &word, sizeof word);
        }
        keys.emplace_back(digest);
    }
    return keys;
}

/// Which key is asked for when; the same for both maps.
[[nodiscard]] std::vector<std::uint32_t> make_order(std::size_t count) {
    std::mt19937 random(7);
    std::vector<std::uint32_t> order(static_cast<std::size_t>(operations));
    for (auto& i : order) i = static_cast<std::uint32_t>(random() % count);
    return order;
}

template <class F>
[[nodiscard]] double cost(std::vector<std::uint32_t> const& order, F const& f) {
    auto const* next = order.data();
    return bench::cost_of_one(operations, [&] { f(*next++); });
}

/// Ours, filled as if each token had been fetched.
[[nodiscard]] coauth::token_cache fill(std::vector<coauth::cache_key> const& keys) {
    coauth::token_cache_options options;
    options.max_entries = keys.size() * 2;
    coauth::token_cache const cache(options);
    coauth::cache_policy const policy;
    coauth::time_point const now = coauth::boot_clock::now();
    asio::io_context context;
    for (auto const& key : keys) {
        auto const entry = cache.bind(key, policy);
        auto const a = entry->miss(now, context.get_executor());
        entry->settle(*a.flight, coauth::tests::granted("token", 86400, now));
    }
    return cache;
}

class tbb_peer {
public:
    explicit tbb_peer(std::vector<coauth::cache_key> const& keys) {
        for (auto const& key : keys) { map_.insert({key, std::make_shared<record const>()}); }
    }
    [[nodiscard]] auto find(coauth::cache_key const& key) const {
        map::const_accessor found;
        map_.find(found, key);
        return found->second;
    }

    struct record {
        coauth::time_point expiry = coauth::boot_clock::now() + std::chrono::hours(1);
        std::string authorization = "Bearer token";
    };

private:
    struct compare {
        [[nodiscard]] static std::size_t hash(coauth::cache_key const& key) {
            std::size_t word = 0;
            std::memcpy(&word, key.digest().data(), sizeof word);
            return word;
        }
        [[nodiscard]] static bool equal(coauth::cache_key const& a, coauth::cache_key const& b) {
            return a == b;
        }
    };
    using map = tbb::concurrent_hash_map<coauth::cache_key, std::shared_ptr<record const>, compare>;
    map map_;
};

void print(char const* name, double value) { std::cout << ",\"" << name << "\":" << value; }

void measure(char const* ours, char const* theirs, std::size_t count, int repetitions) {
    std::vector<coauth::cache_key> const keys = make_keys(count);
    std::vector<std::uint32_t> const order = make_order(count);
    coauth::token_cache const cache = fill(keys);
    tbb_peer const peer(keys);
    coauth::time_point const now = coauth::boot_clock::now();
    bench::least cache_ns;
    bench::least peer_ns;
    for (int i = 0; i < repetitions; ++i) {
        cache_ns.add(cost(order, [&](std::uint32_t k) {
            bool due = false;
            coauth::token_ref const token = cache.find(keys[k], now, due);
            keep(token.authorization().front());
        }));
        peer_ns.add(cost(order, [&](std::uint32_t k) {
            auto const found = peer.find(keys[k]);
            keep(now < found->expiry);
            keep(found->authorization.front());
        }));
    }
    print(ours, cache_ns.value());
    print(theirs, peer_ns.value());
}

}  // namespace

int main(int argc, char** argv) {
    int const repetitions = argc > 1 ? std::atoi(argv[1]) : 15;
    std::thread([] {}).join();  // from here on libstdc++ counts references as it does in servers
    std::cout << "{\"operations\":" << operations;
    measure("keyed_1k", "keyed_1k_tbb", 1000, repetitions);
    measure("keyed_1m", "keyed_1m_tbb", 1'000'000, repetitions);
    std::cout << "}\n";
}
