// SPDX-License-Identifier: BSL-1.0
//
// What goes on for long takes no more in the end than in the beginning: memory, descriptors,
// threads, objects of OpenSSL.

#include "support/allocation_counter.hpp"
#include "support/effort.hpp"
#include "support/http_driver.hpp"
#include "support/resident.hpp"
#include "support/tortured_call.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <openssl/ssl.h>
#include <utility>

namespace growth_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;

std::uint64_t outstanding() {
    return coauth::tests::allocations_of_this_thread() -
           coauth::tests::deallocations_of_this_thread();
}

/// Calls among which things go wrong on the side of the servers, 5 of 100.
class soak : public ::testing::Test {
protected:
    void batch(tortured_client& c, std::size_t calls) {
        using coauth::testing::server_response;
        for (std::size_t i = 0; i != calls; ++i) {
            std::uint64_t const before = outstanding();
            switch (i % 100) {
                case 10: servers.authorization.revoke_all(); break;
                case 30: fault(server_response(503)); break;
                case 50: fault(cut_short({.close_before_response = true})); break;
                case 70: fault(cut_short({.reset = true})); break;
                case 90: fault(cut_short({.truncate_body_at = 1})); break;
                default: break;
            }
            given_away += outstanding() - before;
            auto const call = c.start();
            c.run();
            if (call->status == 200) ++good;
        }
        all += calls;
    }

    [[nodiscard]] static coauth::testing::server_response cut_short(
        coauth::testing::server_faults how) {
        return coauth::testing::server_response(200, "text/plain", "cut short")
            .with_faults(std::move(how));
    }
    void fault(coauth::testing::server_response answer) {
        servers.api.fail_next(1, std::move(answer));
    }

    [[nodiscard]] tortured_client make() const {
        coauth::token_source_config source = servers.source();
        source.observer = {};
        source.lifetime.min_refresh_interval = 0s;
        coauth::rest_client_config client = servers.client({});
        client.observer = {};
        client.log.reset();
        return tortured_client(std::move(source), std::move(client));
    }

    embedded_servers servers;
    std::uint64_t given_away = 0;  ///< Allocations that a thread of a server gives back.
    std::size_t good = 0;
    std::size_t all = 0;
};

std::size_t threads() {
    auto const tasks = std::filesystem::directory_iterator("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

/// The short form of an hour: counts in the place of rates.
//
TEST_F(soak, thousands_of_calls_with_faults_leave_nothing_behind) {
    tortured_client c = make();
    std::size_t const calls = times(4'000);
    batch(c, times(1'000));
    std::uint64_t const allocations = outstanding() - given_away;
    std::size_t const descriptors = coauth::tests::open_descriptors().size();
    std::size_t const running = threads();
    std::size_t const memory = resident();
    batch(c, calls);
    EXPECT_LE(outstanding() - given_away, allocations + 2);
    EXPECT_LE(coauth::tests::open_descriptors().size(), descriptors + 2);
    EXPECT_EQ(threads(), running);
    EXPECT_LE(resident(), memory + 2 * 1024 * 1024);
    EXPECT_GE(good, all * 95 / 100);
    EXPECT_LT(good, all);
}

/// OpenSSL's objects of this thread: those that are made, less those that are freed.
struct openssl_objects {
    static int& of(int kind) {
        thread_local int counts[2] = {};
        return counts[kind == CRYPTO_EX_INDEX_SSL ? 0 : 1];
    }
    static void count(int kind) {
        static_cast<void>(CRYPTO_get_ex_new_index(
            kind, kind, nullptr,
            [](void*, void*, CRYPTO_EX_DATA*, int, long k, void*) { ++of(static_cast<int>(k)); },
            nullptr,
            [](void*, void*, CRYPTO_EX_DATA*, int, long k, void*) { --of(static_cast<int>(k)); }));
    }
};

//
TEST_F(soak, hundreds_of_handshakes_leave_no_object_of_openssl_behind) {
    static bool const once = [] {
        openssl_objects::count(CRYPTO_EX_INDEX_SSL);
        openssl_objects::count(CRYPTO_EX_INDEX_SSL_CTX);
        return true;
    }();
    ASSERT_TRUE(once);
    for (std::size_t i = 0; i != times(200); ++i) {
        tortured_client c = make();
        auto const call = c.start();
        c.run();
        EXPECT_EQ(call->status, 200) << call->verdict();
        EXPECT_EQ(openssl_objects::of(CRYPTO_EX_INDEX_SSL), 2);
    }
    EXPECT_EQ(openssl_objects::of(CRYPTO_EX_INDEX_SSL), 0);
    EXPECT_EQ(openssl_objects::of(CRYPTO_EX_INDEX_SSL_CTX), 0);
}

}  // namespace
}  // namespace growth_test
