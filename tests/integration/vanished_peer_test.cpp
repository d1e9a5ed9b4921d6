// SPDX-License-Identifier: BSL-1.0
//
// A peer that is gone without a word: its packets are dropped, and so no connection says that it is
// dead. What a server does that goes silent and keeps the connection looks the same from here.

#include "support/embedded.hpp"
#include "support/patience.hpp"
#include "support/recording_server.hpp"

#include <coauth/testing/manual_clock.hpp>

#include <gtest/gtest.h>

namespace vanished_peer_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;

/// False where `first_byte` was too short for one of the peers that do answer.
bool survives_a_silent_peer(coauth::duration first_byte) {
    asio::io_context io;
    coauth::testing::manual_clock const clock;
    recording_token_endpoint endpoint;
    coauth::token_source_config config = endpoint.source();
    config.clock = clock;
    config.lifetime.min_refresh_interval = {};  // so that nothing here waits
    config.first_byte_deadline = first_byte;
    coauth::token_source const source(io.get_executor(), std::move(config));
    coauth::result<coauth::token_ref> const before = run(io, source.try_get());
    if (!before) return false;
    EXPECT_EQ(before->access_token(), "token-1");

    endpoint.set([](server_request const& r) {
        if (r.connection_number != 1) return token_answer("token-of-a-new-connection");
        return server_response(200).with_faults({.hang = true});
    });
    clock.advance(2h);
    coauth::result<coauth::token_ref> const silent = run(io, source.try_get());
    EXPECT_TRUE(silent.error().is(errc::deadline_exceeded)) << silent.error().what();
    EXPECT_EQ(endpoint.last().connection_number, 1U);

    source.retry_now();
    coauth::result<coauth::token_ref> const after = run(io, source.try_get());
    if (!after) return false;
    EXPECT_EQ(after->access_token(), "token-of-a-new-connection");
    return true;
}

//
TEST(vanished_peer, ends_at_a_deadline_and_its_idle_connection_is_not_used_again) {
    with_enough_patience(100ms, &survives_a_silent_peer);
}

}  // namespace
}  // namespace vanished_peer_test
