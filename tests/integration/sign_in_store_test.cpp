// SPDX-License-Identifier: BSL-1.0
//
// A sign-in that outlives the process: with a token store a person is asked once.

#include "support/embedded.hpp"
#include "support/patience.hpp"
#include "support/stores.hpp"
#include <coauth/store/memory_store.hpp>
#include <coauth/testing/headless_browser.hpp>
#include <coauth/testing/manual_clock.hpp>
#include <coauth/token_endpoint.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace sign_in_store_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;

class sign_in_store : public ::testing::Test {
protected:
    sign_in_store()
        : server({.clients = {{.client_id = "desktop",
                               .method = coauth::testing::authentication_method::none,
                               .redirect_uris = {"http://127.0.0.1/callback"},
                               .refresh_tokens = true}},
                  .clock = clock}),
          browser([this](std::string const& url) { return server.visit(url); }) {}

    [[nodiscard]] coauth::authorization_code how(std::string account = "alice") const {
        return coauth::authorization_code({.account = std::move(account), .open = browser});
    }
    /// As another process makes it: with a cache of its own.
    [[nodiscard]] coauth::token_source source(std::string account = "alice") {
        coauth::token_source_config c;
        c.issuer = server.issuer();
        c.insecure_http = coauth::insecure_http_t{};
        c.client = coauth::public_client("desktop");
        c.grant = how(std::move(account));
        c.clock = clock;
        c.store = store;
        c.lifetime.min_refresh_interval = 0s;
        c.fetch_deadline = fetch_deadline;
        c.observer = canary_watch::observer();
        c.log = canary_watch::log();
        return coauth::token_source(io.get_executor(), std::move(c));
    }

    coauth::testing::manual_clock clock;
    coauth::testing::authorization_server server;
    coauth::testing::headless_browser browser;
    coauth::memory_store store;
    coauth::duration fetch_deadline = 30s;
    asio::io_context io;
};

TEST_F(sign_in_store, is_kept_for_the_next_process_and_renewed_there) {
    std::string const token(run(io, coauth::sign_in(source(), how())).access_token());
    EXPECT_EQ(run(io, source().get()).access_token(), token);
    clock.advance(2h);
    EXPECT_NE(run(io, source().get()).access_token(), token);
    EXPECT_EQ(server.counters().authorizations, 1U);
}

TEST_F(sign_in_store, takes_the_place_of_what_is_stored) {
    std::string const first(run(io, coauth::sign_in(source(), how())).access_token());
    std::string const second(run(io, coauth::sign_in(source(), how())).access_token());
    EXPECT_NE(first, second);
    EXPECT_EQ(run(io, source().get()).access_token(), second);
    clock.advance(2h);
    EXPECT_TRUE(run(io, source().try_get()));
}

TEST_F(sign_in_store, is_nobody_elses_and_needs_a_name) {
    run(io, coauth::sign_in(source(), how()));
    EXPECT_TRUE(run(io, source("bob").try_get()).error().is(errc::reauthorization_required));
    EXPECT_THROW(static_cast<void>(source("")), coauth::exception);
}

TEST_F(sign_in_store, that_has_ended_is_seen_by_all_and_mended_for_all_by_a_new_one) {
    coauth::token_source const mine = source();
    coauth::token_source const other = source();
    run(io, coauth::sign_in(mine, how()));
    ASSERT_TRUE(run(io, other.try_get()));
    server.revoke_refresh_tokens();
    clock.advance(2h);
    EXPECT_TRUE(run(io, mine.try_get()).error().is(errc::reauthorization_required));
    EXPECT_TRUE(run(io, other.try_get()).error().is(errc::reauthorization_required));
    std::uint64_t const asked = server.counters().token_requests;

    std::string const token(run(io, coauth::sign_in(mine, how())).access_token());
    clock.advance(5min);
    EXPECT_EQ(run(io, other.get()).access_token(), token) << "what the other one has stored";
    EXPECT_EQ(server.counters().token_requests, asked + 1);
}

// whoever holds the lock may be renewing the token at this moment, and no person is
// troubled.
TEST_F(sign_in_store, is_not_asked_for_where_somebody_else_holds_the_lock) {
    run(io, coauth::sign_in(source(), how()));
    clock.advance(2h);
    fetch_deadline = 100ms;
    coauth::token_source const late = source();
    auto const held = ended(store.lock(late.endpoint()->identity().in_store()));
    coauth::error const failure = run(io, late.try_get()).error();
    EXPECT_TRUE(failure.is(errc::deadline_exceeded)) << failure.what();
}

TEST_F(sign_in_store, is_kept_also_where_somebody_else_holds_the_lock) {
    run(io, coauth::sign_in(source(), how()));
    with_enough_patience(100ms, [&](coauth::duration patience) {
        fetch_deadline = patience;
        coauth::token_source const mine = source();
        auto held = ended(store.lock(mine.endpoint()->identity().in_store()));
        auto const token = run(io, coauth::try_sign_in(mine, how()));
        held = coauth::result<coauth::store_lock>(coauth::store_lock());
        if (!token) return false;
        EXPECT_EQ(run(io, source().get()).access_token(), token->access_token());
        return true;
    });
}

}  // namespace
}  // namespace sign_in_store_test
