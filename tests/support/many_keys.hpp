// SPDX-License-Identifier: BSL-1.0
//
// A cache of many keys, by number, and a clock that stands still.

#ifndef COAUTH_TESTS_SUPPORT_MANY_KEYS_HPP
#define COAUTH_TESTS_SUPPORT_MANY_KEYS_HPP

#include "support/fake_fetcher.hpp"

#include <coauth/cache/cache_key.hpp>
#include <coauth/cache/token_cache.hpp>
#include <coauth/crypto/sha256_digest.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>

namespace coauth::tests {

using entry_handle = std::shared_ptr<cache_entry>;

inline cache_key numbered_key(std::uint64_t n) {
    sha256_digest d{};
    std::memcpy(d.data(), &n, sizeof n);
    return cache_key(d);
}

class many_keys_test : public ::testing::Test {
protected:
    explicit many_keys_test(token_cache_options options) : cache(options) {}

    entry_handle bind(std::uint64_t n) { return cache.bind(numbered_key(n), policy); }
    call_handle call(entry_handle const& entry, std::shared_ptr<fake_fetcher> const& fetcher) {
        auto made = std::make_shared<token_call>();
        start(io.get_executor(), made, entry, fetcher);
        return made;
    }
    void poll() {
        io.restart();
        io.poll();
    }

    asio::io_context io{1};
    coauth::testing::manual_clock clock;
    cache_policy policy = [this] {
        cache_policy p;
        p.clock = clock;
        p.lifetime.min_refresh_interval = duration(0);
        return p;
    }();
    token_cache cache;
};

}  // namespace coauth::tests

#endif
