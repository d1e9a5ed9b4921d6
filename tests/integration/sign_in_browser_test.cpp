// SPDX-License-Identifier: BSL-1.0
//
// A person signs in through a browser: authorization code with PKCE, against the embedded
// authorization server.

#include "support/embedded.hpp"
#include "support/raw_client.hpp"
#include <coauth/testing/headless_browser.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sign_in_browser_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;
using coauth::testing::headless_browser;
using coauth::testing::person;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class sign_in_browser : public ::testing::Test {
protected:
    sign_in_browser()
        : server({.clients = {{.client_id = "desktop",
                               .scope = "users.read users.write",
                               .method = coauth::testing::authentication_method::none,
                               .redirect_uris = {"http://127.0.0.1/callback", "http://[::1]/back"},
                               .refresh_tokens = true}},
                  .clock = clock}) {}

    [[nodiscard]] coauth::token_source_config config(coauth::any_grant grant) const {
        coauth::token_source_config c;
        c.issuer = server.issuer();
        c.insecure_http = coauth::insecure_http_t{};
        c.client = coauth::public_client("desktop");
        c.grant = std::move(grant);
        c.scope = "users.read";
        c.clock = clock;
        c.lifetime.min_refresh_interval = 0s;  // it is waited for on a timer of Asio
        c.observer = canary_watch::observer();
        c.log = canary_watch::log();
        return c;
    }
    [[nodiscard]] coauth::token_source source(coauth::any_grant grant) {
        return coauth::token_source(io.get_executor(), config(std::move(grant)));
    }
    /// The browser does what `then` makes of the place it is sent to.
    [[nodiscard]] headless_browser browser(std::function<std::string(std::string)> then =
                                               [](std::string to) { return to; }) {
        return headless_browser(
            [this, then](std::string const& url) { return then(server.visit(url)); });
    }
    [[nodiscard]] static coauth::authorization_code code(
        std::function<void(std::string const&)> open, coauth::authorization_code_options o = {}) {
        o.open = std::move(open);
        return coauth::authorization_code(std::move(o));
    }
    coauth::result<coauth::token_ref> try_sign_in(coauth::token_source const& tokens,
                                                  coauth::authorization_code const& how,
                                                  coauth::duration deadline = 20s) {
        return run(io,
                   coauth::try_sign_in(tokens, how, coauth::sign_in_options().deadline(deadline)));
    }
    /// With a browser whose redirect is changed on its way.
    coauth::error failure(std::function<std::string(std::string)> then) {
        headless_browser const window = browser(std::move(then));
        coauth::authorization_code const how = code(window);
        coauth::result<coauth::token_ref> const token = try_sign_in(source(how), how);
        page = window.page();
        EXPECT_FALSE(token);
        return token ? coauth::error() : token.error();
    }

    coauth::testing::manual_clock clock;
    coauth::testing::authorization_server server;
    asio::io_context io;
    std::string page;
};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    std::size_t const at = text.find(what);
    return at == std::string::npos ? text : text.replace(at, what.size(), by);
}
/// The parameter with its value taken out.
std::string without(std::string text, std::string_view name) {
    std::size_t const at = text.find(std::string(name) + "=");
    std::size_t const end = text.find('&', at);
    return text.erase(at, end == std::string::npos ? end : end - at + 1);
}

// R-368
TEST_F(sign_in_browser, gives_the_source_a_token_with_pkce_and_no_secret) {
    headless_browser const window = browser();
    coauth::authorization_code const how = code(window);
    coauth::token_source const tokens = source(how);
    EXPECT_FALSE(tokens.try_cached());
    coauth::token_ref const token = run(io, coauth::sign_in(tokens, how));
    EXPECT_TRUE(server.is_active(token.access_token()));
    EXPECT_EQ(token.scope(), "users.read");
    EXPECT_EQ(run(io, tokens.get()).access_token(), token.access_token());
    std::string const url = window.urls().at(0);
    EXPECT_THAT(url,
                StartsWith(server.authorization_url() + "?response_type=code&client_id=desktop"
                                                        "&redirect_uri=http%3A%2F%2F127.0.0.1%"));
    EXPECT_THAT(url, HasSubstr("&code_challenge_method=S256&scope=users.read"));
    EXPECT_EQ(server.counters().token_requests, 1U);
}

TEST_F(sign_in_browser, ends_with_a_page_that_has_no_token_and_loads_nothing) {
    headless_browser const window = browser();
    coauth::authorization_code const how = code(window);
    coauth::token_ref const token = run(io, coauth::sign_in(source(how), how));
    std::string const shown = window.page();
    EXPECT_THAT(shown, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(shown, HasSubstr("You are signed in"));
    EXPECT_THAT(shown, HasSubstr("default-src 'none'"));
    EXPECT_THAT(shown, HasSubstr("Cache-Control: no-store"));
    for (char const* const nothing : {"test-", "src=", "href=", "http:", "https:"}) {
        EXPECT_THAT(shown, Not(HasSubstr(nothing)));
    }
}

TEST_F(sign_in_browser, renews_by_the_refresh_token_from_then_on) {
    coauth::authorization_code const how = code(browser());
    coauth::token_source const tokens = source(how);
    std::string const first(run(io, coauth::sign_in(tokens, how)).access_token());
    clock.advance(2h);
    std::string const second(run(io, tokens.get()).access_token());
    EXPECT_NE(first, second);
    clock.advance(2h);
    EXPECT_NE(run(io, tokens.get()).access_token(), second);
    EXPECT_EQ(server.counters().tokens_issued, 3U);
    EXPECT_EQ(server.counters().authorizations, 1U);
}

// R-253
TEST_F(sign_in_browser, is_asked_for_once_and_from_memory_when_the_refresh_token_has_ended) {
    coauth::authorization_code const how = code(browser());
    coauth::token_source const tokens = source(how);
    run(io, coauth::sign_in(tokens, how));
    server.revoke_refresh_tokens();
    clock.advance(2h);
    for (int i = 0; i < 20; ++i) {
        coauth::result<coauth::token_ref> const token = run(io, tokens.try_get());
        ASSERT_FALSE(token);
        EXPECT_TRUE(token.error().is(errc::reauthorization_required)) << token.error().what();
        if (i == 0) { EXPECT_EQ(token.error().oauth_error(), "invalid_grant"); }
        if (i >= 10) clock.advance(5min);
    }
    EXPECT_EQ(server.counters().token_requests, 2U)
        << "the refused refresh token is not sent again";

    run(io, coauth::sign_in(tokens, how));
    EXPECT_TRUE(run(io, tokens.get()));
    clock.advance(2h);
    EXPECT_TRUE(run(io, tokens.get())) << "a new refresh token is used again";
}

TEST_F(sign_in_browser, is_asked_for_without_any_request_where_nobody_ever_has_signed_in) {
    coauth::token_source const tokens = source(code(browser()));
    coauth::result<coauth::token_ref> const token = run(io, tokens.try_get());
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::reauthorization_required));
    EXPECT_THAT(token.error().hint(), HasSubstr("sign_in()"));
    EXPECT_EQ(server.http().counters().connections_opened, 0U);
}

TEST_F(sign_in_browser, is_not_asked_for_when_the_server_fails_otherwise) {
    coauth::authorization_code const how = code(browser());
    coauth::token_source const tokens = source(how);
    run(io, coauth::sign_in(tokens, how));
    for (int const status : {503, 401}) {
        clock.advance(2h);
        server.fail_next(
            1, coauth::testing::server_response::json(status, R"({"error":"invalid_client"})"));
        EXPECT_FALSE(run(io, tokens.try_get()).error().is(errc::reauthorization_required));
        clock.advance(5min);
        EXPECT_TRUE(run(io, tokens.try_get())) << "the refresh token is still good";
    }
}

TEST_F(sign_in_browser, takes_the_place_of_the_token_that_is_there) {
    coauth::authorization_code const how = code(browser());
    coauth::token_source const tokens = source(how);
    std::string const first(run(io, coauth::sign_in(tokens, how)).access_token());
    std::string const second(run(io, coauth::sign_in(tokens, how)).access_token());
    EXPECT_NE(first, second);
    EXPECT_EQ(run(io, tokens.get()).access_token(), second);
}

TEST_F(sign_in_browser, serves_all_sources_of_one_account_and_no_other_one) {
    coauth::token_cache const cache;
    auto const make = [&](std::string account) {
        return coauth::token_source(cache, io.get_executor(),
                                    config(code(browser(), {.account = std::move(account)})));
    };
    coauth::token_source const first = make("alice");
    coauth::token_source const second = make("alice");
    coauth::token_source const other = make("bob");
    coauth::token_source const nobodys = make("");
    coauth::token_ref const token = run(io, coauth::sign_in(second, code(browser())));
    EXPECT_EQ(run(io, first.get()).access_token(), token.access_token());
    EXPECT_FALSE(run(io, other.try_get()));
    EXPECT_FALSE(run(io, nobodys.try_get()));
}

TEST_F(sign_in_browser, that_is_denied_is_an_error_with_the_words_of_the_server) {
    server.set_person(person::denies);
    coauth::error const e = failure([](std::string to) { return to; });
    EXPECT_TRUE(e.is(errc::authorization_refused)) << e.what();
    EXPECT_EQ(e.oauth_error(), "access_denied");
    EXPECT_THAT(page, StartsWith("HTTP/1.1 400"));
    EXPECT_THAT(page, HasSubstr("You are not signed in"));
    EXPECT_EQ(server.counters().token_requests, 0U);
}

// R-204, R-363
TEST_F(sign_in_browser, refuses_a_redirect_with_another_state_or_none) {
    coauth::error const other =
        failure([](std::string to) { return replaced(std::move(to), "state=", "state=x"); });
    EXPECT_TRUE(other.is(errc::state_mismatch)) << other.what();
    coauth::error const none =
        failure([](std::string to) { return without(std::move(to), "state"); });
    EXPECT_TRUE(none.is(errc::state_mismatch)) << none.what();
    EXPECT_EQ(server.counters().token_requests, 0U);
}

// R-369
TEST_F(sign_in_browser, refuses_a_redirect_of_another_issuer_or_without_one_that_was_announced) {
    coauth::error const wrong =
        failure([](std::string to) { return replaced(std::move(to), "iss=http", "iss=https"); });
    EXPECT_TRUE(wrong.is(errc::issuer_mismatch)) << wrong.what();
    coauth::error const none =
        failure([](std::string to) { return without(std::move(to), "iss"); });
    EXPECT_TRUE(none.is(errc::issuer_mismatch)) << none.what();
    EXPECT_EQ(server.counters().token_requests, 0U);
}

TEST_F(sign_in_browser, takes_a_redirect_without_iss_where_only_urls_are_configured) {
    headless_browser const window =
        browser([](std::string to) { return without(std::move(to), "iss"); });
    for (bool const known : {false, true}) {
        coauth::authorization_code const how =
            code(window, {.authorization_url = server.authorization_url(),
                          .issuer = known ? server.issuer() : ""});
        coauth::token_source_config c = config(how);
        c.issuer.clear();
        c.token_url = server.token_url();
        coauth::token_source const tokens(io.get_executor(), std::move(c));
        EXPECT_EQ(static_cast<bool>(try_sign_in(tokens, how)), !known);
    }
}

TEST_F(sign_in_browser, refuses_a_redirect_with_a_repeated_parameter_or_without_a_code) {
    coauth::error const twice = failure([](std::string to) { return to + "&code=other"; });
    EXPECT_TRUE(twice.is(errc::malformed_authorization_response)) << twice.what();
    coauth::error const none =
        failure([](std::string to) { return without(std::move(to), "code"); });
    EXPECT_TRUE(none.is(errc::malformed_authorization_response)) << none.what();
}

TEST_F(sign_in_browser, is_not_ended_by_stray_requests) {
    std::vector<std::string> answers;
    coauth::authorization_code const how = code(browser([&](std::string to) {
        std::string const origin = to.substr(0, to.find("/callback"));
        for (char const* const path : {"/favicon.ico", "/", "/callback/", "/Callback?code=x"}) {
            answers.push_back(headless_browser::get(origin + path));
        }
        // One that connects and says nothing, as browsers do.
        static raw_client const silent(coauth::url::parse(to).value().port());
        raw_client posting(coauth::url::parse(to).value().port());
        answers.push_back(std::to_string(posting.send("POST", "/callback", {}, "a=b").status));
        return to;
    }));
    ASSERT_TRUE(try_sign_in(source(how), how));
    ASSERT_EQ(answers.size(), 5U);
    EXPECT_EQ(answers.back(), "405");
    answers.pop_back();
    EXPECT_THAT(answers, ::testing::Each(StartsWith("HTTP/1.1 404")));
}

TEST_F(sign_in_browser, takes_one_redirect_and_the_server_takes_its_code_once) {
    std::string sent;
    headless_browser const window = browser([&](std::string to) { return sent = std::move(to); });
    coauth::authorization_code const how = code(window);
    ASSERT_TRUE(try_sign_in(source(how), how));
    static_cast<void>(window.page());
    EXPECT_THAT(headless_browser::get(sent), IsEmpty()) << "nobody listens any more";

    // The same redirect for a sign-in that has not caused it.
    coauth::error const replayed = failure([&](std::string to) {
        return replaced(sent, std::to_string(coauth::url::parse(sent).value().port()),
                        std::to_string(coauth::url::parse(to).value().port()));
    });
    EXPECT_TRUE(replayed.is(errc::state_mismatch)) << replayed.what();

    // Its code with the right state: the server knows it has been used.
    std::size_t const at = sent.find("code=") + 5;
    std::string const used = sent.substr(at, sent.find('&', at) - at);
    coauth::error const refused =
        failure([&](std::string to) { return without(std::move(to), "code") + "&code=" + used; });
    EXPECT_TRUE(refused.is(errc::token_refused)) << refused.what();
    EXPECT_EQ(refused.oauth_error(), "invalid_grant");
    EXPECT_THAT(page, HasSubstr("You are not signed in"));
}

TEST_F(sign_in_browser, works_on_ipv6_with_a_port_and_parameters_of_its_own) {
    headless_browser const window = browser();
    coauth::authorization_code const how =
        code(window, {.redirect_uri = "http://[::1]/back", .parameters = {{"prompt", "login"}}});
    coauth::result<coauth::token_ref> const token = try_sign_in(source(how), how);
    if (!token && token.error().is(errc::redirect_unavailable)) GTEST_SKIP() << "no IPv6 here";
    ASSERT_TRUE(token) << token.error().what();
    EXPECT_THAT(window.urls().at(0), HasSubstr("&prompt=login"));
    EXPECT_THAT(window.urls().at(0), HasSubstr("http%3A%2F%2F%5B%3A%3A1%5D%3A"));
}

TEST_F(sign_in_browser, that_nobody_finishes_ends_at_its_deadline) {
    server.set_person(person::does_nothing);
    coauth::authorization_code const how = code(browser());
    coauth::result<coauth::token_ref> const token = try_sign_in(source(how), how, 20ms);
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::deadline_exceeded)) << token.error().what();
}

TEST_F(sign_in_browser, that_is_cancelled_closes_its_port_and_leaves_the_token_alone) {
    coauth::authorization_code const how = code(browser());
    coauth::token_source const tokens = source(how);
    std::string const before(run(io, coauth::sign_in(tokens, how)).access_token());
    asio::cancellation_signal cancel;
    std::string waiting_at;
    coauth::authorization_code const hanging = code([&](std::string const& url) {
        waiting_at = url;
        asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
    });
    std::optional<coauth::error> ended;
    asio::co_spawn(io, coauth::try_sign_in(tokens, hanging),
                   asio::bind_cancellation_slot(
                       cancel.slot(), [&](std::exception_ptr, coauth::result<coauth::token_ref> t) {
                           if (!t) ended = t.error();
                       }));
    io.restart();
    io.run();
    ASSERT_TRUE(ended);
    EXPECT_TRUE(ended->is(errc::cancelled)) << ended->what();
    auto const redirect = server.visit(waiting_at);
    EXPECT_THAT(headless_browser::get(redirect), IsEmpty());
    EXPECT_EQ(run(io, tokens.get()).access_token(), before);
}

TEST_F(sign_in_browser, that_waits_for_a_person_is_ended_by_a_stop) {
    coauth::authorization_code const any = code(browser());
    coauth::token_source const tokens = source(any);
    auto const how =
        code([&](std::string const&) { asio::co_spawn(io, tokens.stop(0s), asio::detached); });
    coauth::result<coauth::token_ref> const token = try_sign_in(tokens, how);
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::stopped)) << token.error().what();
}

TEST_F(sign_in_browser, needs_a_port_that_is_free) {
    coauth::authorization_code const how =
        code(browser(), {.redirect_uri = server.http().url("/callback")});
    coauth::result<coauth::token_ref> const token = try_sign_in(source(how), how);
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::redirect_unavailable)) << token.error().what();
}

TEST_F(sign_in_browser, says_so_where_no_place_to_ask_is_known) {
    coauth::authorization_code const how = code(browser());
    coauth::token_source_config c = config(how);
    c.issuer.clear();
    c.token_url = server.token_url();
    coauth::token_source const tokens(io.get_executor(), std::move(c));
    coauth::result<coauth::token_ref> const token = try_sign_in(tokens, how);
    EXPECT_TRUE(token.error().is(errc::invalid_configuration)) << token.error().what();
    EXPECT_THAT(token.error().what(), HasSubstr("authorization endpoint"));
}

TEST_F(sign_in_browser, is_refused_where_the_grant_needs_no_person) {
    coauth::token_source_config c = config(coauth::client_credentials());
    c.client = coauth::client_secret_post("desktop", coauth::secret("not-a-real-secret"));
    coauth::token_source const tokens(io.get_executor(), std::move(c));
    coauth::result<coauth::token_ref> const token = try_sign_in(tokens, code(browser()));
    EXPECT_TRUE(token.error().is(errc::invalid_configuration)) << token.error().what();
}

TEST_F(sign_in_browser, takes_no_openid_and_no_redirect_but_to_a_loopback_address) {
    coauth::token_source_config c = config(code(browser()));
    c.scope = "openid users.read";
    EXPECT_THROW(coauth::token_source(io.get_executor(), c), coauth::exception);
    for (char const* const place :
         {"https://127.0.0.1/x", "http://localhost/x", "http://example.com/", "x", ""}) {
        EXPECT_THROW(static_cast<void>(code(browser(), {.redirect_uri = place})), coauth::exception)
            << place;
    }
    EXPECT_THROW(static_cast<void>(code(browser(), {.parameters = {{"state", "x"}}})),
                 coauth::exception);
}

TEST_F(sign_in_browser, is_needed_for_a_public_client_which_has_no_client_credentials) {
    try {
        static_cast<void>(source(coauth::client_credentials()));
        ADD_FAILURE() << "a public client has no credentials";
    } catch (coauth::exception const& e) {
        EXPECT_TRUE(e.error().is(errc::invalid_configuration)) << e.what();
        EXPECT_THAT(e.what(), HasSubstr("public client"));
    }
}

}  // namespace
}  // namespace sign_in_browser_test
