// SPDX-License-Identifier: BSL-1.0

#include <coauth/http/endpoint.hpp>
#include <coauth/testing/pki.hpp>

#include <chrono>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <new>
#include <support/allocation_counter.hpp>
#include <support/scratch.hpp>
#include <utility>

namespace endpoint_test {
namespace {

using namespace coauth;
using namespace std::chrono_literals;

TEST(endpoint, a_look_at_an_idle_connection_that_finds_no_memory_costs_no_slot) {
    coauth_test::scratch_directory const folder;
    tls_config config;
    config.system_trust = false;
    config.ca_file = folder.file("ca.pem");
    std::ofstream(config.ca_file) << coauth::testing::certificate_authority().ca_pem();
    asio::io_context io;
    http::endpoint endpoint(url::parse("https://localhost").value(),
                            http::tls_context::make(config).value(), 1);
    ASSERT_TRUE(endpoint.claim_slot());
    time_point const now = boot_clock::now();
    auto idle = std::make_shared<http::connection>(asio::ip::tcp::socket(io), now, 1);
    idle->rest(now, now + 1h);
    endpoint.put_back(std::move(idle), now);
    {
        tests::no_memory const none;
        EXPECT_THROW(static_cast<void>(endpoint.take_idle(now + 2s, true)), std::bad_alloc);
    }
    EXPECT_EQ(endpoint.slots(), endpoint.idle());
    EXPECT_FALSE(endpoint.take_idle(now + 4s, true)) << "it has never been connected";
    EXPECT_EQ(endpoint.slots(), 0U);
}

}  // namespace
}  // namespace endpoint_test
