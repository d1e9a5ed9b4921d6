// SPDX-License-Identifier: BSL-1.0
//
// A process that is killed after the server has rotated its refresh token and before the new one
// is stored: nobody has that one, and the stored one is used up. What the other processes do.

#include "support/caller_herd.hpp"
#include "support/embedded.hpp"
#include "support/other_process.hpp"
#include "support/rotating_endpoint.hpp"
#include "support/stores.hpp"

#include <coauth/store/file_store.hpp>
#include <coauth/store/sealed.hpp>
#include <coauth/testing/authorization_server.hpp>
#include <coauth/testing/headless_browser.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace store_lost_rotation_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::any_token_store;
using coauth::store_key;

any_token_store files(std::string const& directory) {
    return coauth::sealed(coauth::file_store(directory),
                          coauth::sealing_key(coauth::secret(std::string(32, 'k'))));
}

/// Over another store. Its saves do not end once it has been told so; it says that one has begun.
class stalling_store {
public:
    stalling_store(any_token_store below, line_end talk) : below_(std::move(below)), talk_(talk) {}

    void stall() const { *stalls_ = true; }

    coauth::awaitable<std::optional<coauth::secret>> load(store_key const& key) const {
        return below_.load(key);
    }
    coauth::awaitable<void> save(store_key const& key, coauth::secret bytes) const {
        return *stalls_ ? never(talk_) : below_.save(key, std::move(bytes));
    }
    coauth::awaitable<void> erase(store_key const& key) const { return below_.erase(key); }
    coauth::awaitable<coauth::store_lock> lock(store_key const& key) const {
        return below_.lock(key);
    }

private:
    static coauth::awaitable<void> never(line_end talk) {
        coauth::any_executor const executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor, asio::steady_timer::time_point::max());
        talk.say("has begun to save");
        co_await timer.async_wait(asio::use_awaitable);
    }

    any_token_store below_;
    line_end talk_;
    std::shared_ptr<std::atomic<bool>> stalls_ = std::make_shared<std::atomic<bool>>(false);
};

/// Needs nobody to begin with.
coauth::token_source_config for_a_service(std::string const& token_url) {
    coauth::token_source_config c;
    c.token_url = token_url;
    c.client = coauth::client_secret_basic("id", coauth::secret("not-a-real-secret"));
    return c;
}

coauth::token_source_config for_a_person(std::string const& issuer) {
    coauth::token_source_config c;
    c.issuer = issuer;
    c.insecure_http = coauth::insecure_http_t{};
    c.client = coauth::public_client("desktop");
    c.grant = coauth::authorization_code({.account = "alice"});
    return c;
}

/// What each of the processes does, told line by line. The first line is where the server is.
int serve(line_end talk, std::string const& directory,
          coauth::token_source_config (*config)(std::string const&)) {
    auto const url = talk.hear();
    if (!url) return 1;
    stalling_store const store(files(directory), talk);
    coauth::token_source_config c = config(*url);
    c.store = store;
    return obey(talk, std::move(c), [&](std::string const&) { store.stall(); });
}

/// Three processes with one store.
class store_lost_rotation : public ::testing::Test {
protected:
    explicit store_lost_rotation(coauth::token_source_config (*config)(std::string const&)) {
        for (int i = 0; i != 3; ++i) {
            crowd.push_back(std::make_unique<talking_process>(
                [this, config](line_end talk) { return serve(talk, directory.path(), config); }));
        }
    }
    void tell_all(std::string const& line) const {
        for (auto const& one : crowd) one->say(line);
    }
    /// One of them, alone.
    [[nodiscard]] std::string ask(std::size_t which) const {
        crowd[which]->say("5");
        return crowd[which]->hear();
    }
    /// All of them at once; how many answered with what each of them should.
    [[nodiscard]] std::size_t ask_all(std::string const& expected) const {
        tell_all("5");
        std::size_t as_expected = 0;
        for (auto const& one : crowd) {
            std::string const got = one->hear();
            bool const good = got.find(expected) != std::string::npos;
            EXPECT_TRUE(good) << got;
            as_expected += good ? 1 : 0;
        }
        return as_expected;
    }
    /// The last one renews the token, and is killed before it has stored the new one.
    void renew_and_die() {
        crowd.back()->say("stall");
        crowd.back()->say("5");
        ASSERT_EQ(crowd.back()->hear(), "has begun to save");
        crowd.back()->kill();
        crowd.pop_back();
    }

    scratch_directory directory;
    std::vector<std::unique_ptr<talking_process>> crowd;
};

class service_that_lost_a_rotation : public store_lost_rotation {
protected:
    service_that_lost_a_rotation() : store_lost_rotation(for_a_service) {}
};

//
TEST_F(service_that_lost_a_rotation, is_refused_once_and_goes_on_by_its_initial_grant) {
    rotating_endpoint server;
    tell_all(server.url());
    ASSERT_EQ(ask_all("5 test-token-1"), 3U);
    tell_all("later");
    renew_and_die();
    ASSERT_EQ(server.count(), 2U);

    EXPECT_EQ(ask_all("5 test-token-3"), 2U) << "the second one went with its process";
    EXPECT_EQ(server.count(), 4U) << "a refusal and a grant, for both";
    EXPECT_EQ(server.refused(), 1);
    EXPECT_EQ(server.initial_grants(), 2);

    tell_all("later");
    EXPECT_EQ(ask_all("5 test-token-4"), 2U);
    EXPECT_EQ(server.count(), 5U) << "by the refresh token of the third";
    EXPECT_EQ(server.refused(), 1);
}

class person_who_lost_a_rotation : public store_lost_rotation {
protected:
    person_who_lost_a_rotation() : store_lost_rotation(for_a_person) {}

    /// In this process.
    std::string sign_in(coauth::testing::authorization_server& server) const {
        coauth::testing::headless_browser const browser(
            [&server](std::string const& url) { return server.visit(url); });
        coauth::token_source_config c = for_a_person(server.issuer());
        c.clock = clock;
        c.store = files(directory.path());
        asio::io_context io;
        coauth::token_source const tokens(io.get_executor(), std::move(c));
        coauth::authorization_code const how({.account = "alice", .open = browser});
        return std::string(run(io, coauth::sign_in(tokens, how)).access_token());
    }
    /// Everywhere.
    void pass_two_hours() const {
        clock.advance(2h);
        tell_all("later");
    }

    /// In the text of errc::reauthorization_required.
    static constexpr char const* what_to_do = "call coauth::sign_in()";

    coauth::testing::manual_clock clock;
};

//
TEST_F(person_who_lost_a_rotation, is_asked_for_once_refused_and_mended_by_one_sign_in_for_all) {
    coauth::testing::authorization_server server(
        {.clients = {{.client_id = "desktop",
                      .method = coauth::testing::authentication_method::none,
                      .redirect_uris = {"http://127.0.0.1/callback"},
                      .refresh_tokens = true}},
         .clock = clock});
    tell_all(server.issuer());
    std::string const first = sign_in(server);
    ASSERT_EQ(ask_all("5 " + first), 3U);
    pass_two_hours();
    renew_and_die();
    ASSERT_EQ(server.counters().token_requests, 2U) << "the code and the renewal";

    for (std::size_t const which : {0U, 1U, 0U}) {
        std::string const got = ask(which);
        EXPECT_EQ(got.substr(0, 2), "0 ") << got;
        EXPECT_NE(got.find(what_to_do), std::string::npos) << got;
    }
    EXPECT_EQ(server.counters().token_requests, 3U) << "the stored refresh token, once";
    EXPECT_EQ(server.counters().refused, 1U);
    pass_two_hours();
    EXPECT_EQ(ask_all(what_to_do), 2U);
    EXPECT_EQ(server.counters().token_requests, 3U);

    std::string const next = sign_in(server);
    pass_two_hours();
    std::string const renewed = ask(0);
    EXPECT_EQ(renewed.substr(0, 2), "5 ") << renewed;
    EXPECT_EQ(ask(1), renewed);
    EXPECT_EQ(server.counters().token_requests, 5U) << "the code and one renewal";
    EXPECT_EQ(server.counters().refused, 1U);
}

}  // namespace
}  // namespace store_lost_rotation_test
