// SPDX-License-Identifier: BSL-1.0
//
// Calls to the API beside oidc-provider: what arrives there, what comes back, and what a 401 or a
// broken connection does.

#include "support/oidc_fixture.hpp"

#include <stdexcept>

namespace coauth::tests::oidc_api_test {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class oidc_api : public oidc_test {
protected:
    rest_client client(authorization a) { return {io.get_executor(), api(std::move(a))}; }

    static std::vector<int> statuses() {
        std::vector<int> all;
        for (logged_request const& r : oidc_resource_log()) all.push_back(r.status);
        return all;
    }
};

/// What the server counts as the credentials of a call.
std::vector<std::string> authorization_of_last_call() {
    auto const log = oidc_resource_log();
    return log.empty() ? std::vector<std::string>{"no call"} : log.back().all("Authorization");
}

TEST_F(oidc_api, each_method_arrives_with_query_and_body) {
    token_source const tokens(io.get_executor(), source());
    rest_client const c = client(tokens);
    std::string const body = R"({"name":"Zoë","n":1})";
    struct {
        char const* method;
        response answer;
    } const calls[] = {{"GET", run(c.get("/echo?limit=10"))},
                       {"POST", run(c.post("echo?limit=10", body))},
                       {"PUT", run(c.put("/echo?limit=10", body))},
                       {"PATCH", run(c.patch("/echo?limit=10", body))},
                       {"DELETE", run(c.delete_("/echo?limit=10"))}};
    for (auto const& call : calls) {
        ASSERT_EQ(call.answer.status(), 200) << call.method << ' ' << call.answer.body();
        EXPECT_EQ(call.answer.header("content-type"), "application/json");
        oidc_echo const echo = read_echo(call.answer.body());
        bool const has_body = echo.method.starts_with('P');
        EXPECT_EQ(echo.method, call.method);
        EXPECT_EQ(echo.query, "?limit=10");
        EXPECT_EQ(echo.body, has_body ? body : "");
        EXPECT_EQ(echo.client_id, "cc-basic");
        EXPECT_EQ(echo.scope, "read write");
    }
    response const head = run(c.head("/echo?limit=10"));
    EXPECT_EQ(head.status(), 200);
    EXPECT_EQ(head.body(), "");
    EXPECT_TRUE(head.header("Content-Length"));

    auto const log = oidc_resource_log();
    ASSERT_EQ(log.size(), 6U);
    EXPECT_EQ(log[5].method, "HEAD");
    for (logged_request const& r : log) {
        EXPECT_EQ(r.path, "/rs/echo?limit=10");
        EXPECT_THAT(r.all("Authorization"), ElementsAre(StartsWith("Bearer ")));
        EXPECT_EQ(r.connection, log[0].connection) << "kept alive, also after HEAD";
    }
    EXPECT_THAT(log[1].all("Content-Type"), ElementsAre("application/json"));
    EXPECT_THAT(log[1].all("Content-Length"), ElementsAre(std::to_string(body.size())));
    EXPECT_THAT(log[4].all("Content-Length"), IsEmpty());
    EXPECT_EQ(oidc().counters().token_total(), 1);
}

// R-108
TEST_F(oidc_api, query_helper_encodes_and_a_large_body_arrives_whole) {
    token_source const tokens(io.get_executor(), source());
    std::string const body(300'000, 'x');
    response const answer = run(client(tokens).send(request("POST", "/echo")
                                                        .query("a&b", "c=d&e=f")
                                                        .query("q", "open sesame £")
                                                        .header("X-Trace", "1")
                                                        .body(body, "text/plain")));
    ASSERT_EQ(answer.status(), 200) << answer.body();
    oidc_echo const echo = read_echo(answer.body());
    EXPECT_EQ(echo.query, "?a%26b=c%3Dd%26e%3Df&q=open%20sesame%20%C2%A3");
    EXPECT_EQ(echo.body, body);
}

TEST_F(oidc_api, missing_scope_is_a_response_with_its_challenge_and_no_renewal) {
    token_source const tokens(io.get_executor(), source());
    response const answer = run(client(tokens).get("/admin"));
    EXPECT_EQ(answer.status(), 403);
    auto const challenges = answer.challenges();
    ASSERT_THAT(challenges, SizeIs(1));
    EXPECT_EQ(challenges[0].scheme, "Bearer");
    EXPECT_EQ(challenges[0].parameter("error"), "insufficient_scope");
    EXPECT_EQ(challenges[0].parameter("scope"), "admin");
    EXPECT_EQ(challenges[0].parameter("resource_metadata"),
              oidc().origin("https") + "/.well-known/oauth-protected-resource/rs/admin");
    EXPECT_EQ(oidc().counters().token_total(), 1);
    EXPECT_EQ(oidc().counters().resource_total(), 1);
}

TEST_F(oidc_api, token_revoked_behind_our_back_is_renewed_and_the_call_resent_once) {
    token_source const tokens(io.get_executor(), source());
    rest_client const c = client(tokens);
    EXPECT_EQ(run(c.get("/echo")).status(), 200);
    EXPECT_GE(oidc().revoke("cc-basic"), 1);
    response const answer = run(c.post("/echo", "again", "text/plain"));
    ASSERT_EQ(answer.status(), 200) << answer.body();
    EXPECT_EQ(read_echo(answer.body()).body, "again");
    EXPECT_THAT(statuses(), ElementsAre(200, 401, 200));
    EXPECT_EQ(oidc().counters().token_total(), 2);
}

TEST_F(oidc_api, call_that_may_leave_once_keeps_its_401_and_the_next_one_has_a_new_token) {
    token_source const tokens(io.get_executor(), source());
    rest_client const c = client(tokens);
    EXPECT_EQ(run(c.get("/echo")).status(), 200);
    oidc().revoke("cc-basic");
    response const kept = run(c.send(request("GET", "/echo").one_shot(true)));
    EXPECT_EQ(kept.status(), 401);
    EXPECT_EQ(run(c.get("/echo")).status(), 200);
    EXPECT_THAT(statuses(), ElementsAre(200, 401, 200));
    EXPECT_EQ(oidc().counters().token_total(), 2);
}

TEST_F(oidc_api, api_that_refuses_every_token_gets_two_sends_and_cannot_drive_the_server) {
    token_source_config config = source();
    config.clock = clock(std::make_shared<test_clock>(test_clock::kind::standing));
    token_source const tokens(io.get_executor(), config);
    rest_client const c = client(tokens);
    oidc().fault("on=resource&status=401");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(run(c.get("/echo")).status(), 401);
    EXPECT_EQ(oidc().counters().token_total(), 2);
    EXPECT_EQ(oidc().counters().resource_total(), 6);
    oidc().fault("on=resource");
    EXPECT_EQ(run(c.get("/echo")).status(), 200) << "the token itself is kept";
    EXPECT_EQ(oidc().counters().token_total(), 2);
}

// R-114
TEST_F(oidc_api, authorization_set_by_hand_wins_and_is_the_only_one) {
    token_source const tokens(io.get_executor(), source());
    rest_client const c = client(tokens);
    response const answer =
        run(c.send(request("GET", "/echo").header("authorization", "Bearer x")));
    EXPECT_EQ(answer.status(), 401);
    EXPECT_THAT(authorization_of_last_call(), ElementsAre("Bearer x"));
    EXPECT_EQ(oidc().counters().token_total(), 0);
    EXPECT_EQ(oidc().counters().resource_total(), 1);
}

// R-115
TEST_F(oidc_api, hook_that_throws_ends_its_call_and_costs_neither_token_nor_connection) {
    token_source const tokens(io.get_executor(), source());
    rest_client_config config = api(tokens);
    bool broken = false;
    config.hooks.before_call = [&broken](request& r) {
        if (broken) throw std::domain_error("from the hook");
        r.header("X-Hook", "ran");
    };
    rest_client const c(io.get_executor(), config);
    EXPECT_EQ(run(c.get("/echo")).status(), 200);
    broken = true;
    EXPECT_THROW(run(c.get("/echo")), std::domain_error);
    result<response> const failed = run(c.try_get("/echo"));
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error().is(errc::hook_failed)) << failed.error().what();
    broken = false;
    EXPECT_EQ(run(c.get("/echo")).status(), 200);
    auto const log = oidc_resource_log();
    ASSERT_EQ(log.size(), 2U);
    EXPECT_EQ(log[0].connection, log[1].connection);
    EXPECT_THAT(log[1].all("X-Hook"), ElementsAre("ran"));
    EXPECT_EQ(oidc().counters().token_total(), 1);
}

// R-116
TEST_F(oidc_api, hook_that_moves_a_call_to_another_origin_leaves_the_token_behind) {
    token_source const tokens(io.get_executor(), source());
    rest_client_config config = api(tokens);
    config.hooks.before_call = [](request& r) {
        r.absolute_url(oidc().origin("tls12") + "/rs/echo?moved=1");
    };
    rest_client const c(io.get_executor(), config);
    response const answer = run(c.get("/echo"));
    EXPECT_EQ(answer.status(), 401);
    ASSERT_TRUE(answer.request_url());
    EXPECT_EQ(answer.request_url()->to_string(), oidc().origin("tls12") + "/rs/echo?moved=1");
    EXPECT_THAT(authorization_of_last_call(), IsEmpty());
    EXPECT_EQ(oidc().counters().token_total(), 0);
}

TEST_F(oidc_api, http_basic_sends_utf8) {
    http_basic const basic("Aladdin", secret("open sesame £"));
    response const answer = run(client(basic).get("/basic"));
    EXPECT_EQ(answer.status(), 200) << answer.body();
    EXPECT_THAT(authorization_of_last_call(),
                ElementsAre("Basic QWxhZGRpbjpvcGVuIHNlc2FtZSDCow=="));

    http_basic const wrong("Aladdin", secret("open sesame"));
    response const refused = run(client(wrong).get("/basic"));
    EXPECT_EQ(refused.status(), 401);
    ASSERT_THAT(refused.challenges(), SizeIs(1));
    EXPECT_EQ(refused.challenges()[0].parameter("charset"), "UTF-8");
    EXPECT_EQ(oidc().counters().resource_total(), 2) << "nothing to renew";
}

TEST_F(oidc_api, static_credentials_are_sent_as_they_are) {
    token_source const tokens(io.get_executor(), source());
    result<token_ref> const token = fetch(tokens);
    ASSERT_TRUE(token) << token.error().what();
    bearer_token const bearer{secret(token->access_token())};
    EXPECT_EQ(run(client(bearer).get("/echo")).status(), 200);
    EXPECT_THAT(authorization_of_last_call(), ElementsAre(std::string(token->authorization())));

    api_key const key("X-Api-Key", secret("k-123"));
    EXPECT_EQ(run(client(key).get("/echo")).status(), 401);
    EXPECT_THAT(oidc_resource_log().back().all("X-Api-Key"), ElementsAre("k-123"));
    EXPECT_THAT(authorization_of_last_call(), IsEmpty());
    EXPECT_EQ(run(client(authorization()).get("/echo")).status(), 401);
    EXPECT_THAT(authorization_of_last_call(), IsEmpty());
}

TEST_F(oidc_api, one_client_serves_many_tenants) {
    token_cache const cache;
    token_source const a(cache, io.get_executor(), source());
    token_source const b(cache, io.get_executor(), post_source());
    rest_client const c = client(authorization());
    for (int round = 0; round < 2; ++round) {
        response const from_a = run(c.send(request("GET", "/echo").authorization(a)));
        response const from_b = run(c.send(request("GET", "/echo").authorization(b)));
        EXPECT_EQ(read_echo(from_a.body()).client_id, "cc-basic");
        EXPECT_EQ(read_echo(from_b.body()).client_id, "cc-post");
    }
    auto const log = oidc_resource_log();
    EXPECT_EQ(log.front().connection, log.back().connection);
    EXPECT_EQ(log.back().request_on_connection, 4);
    EXPECT_EQ(oidc().counters().token_total(), 2);
}

TEST_F(oidc_api, token_for_a_resource_works_there) {
    token_source_config config = source();
    config.resource = {"https://rs.test/jwt-eddsa"};
    token_source const tokens(io.get_executor(), config);
    response const answer = run(client(tokens).get("/echo"));
    ASSERT_EQ(answer.status(), 200) << answer.body();
    EXPECT_EQ(read_echo(answer.body()).audience, "https://rs.test/jwt-eddsa");
}

TEST_F(oidc_api, broken_reused_connection_is_resent_for_get_and_reported_for_post) {
    token_source const tokens(io.get_executor(), source());
    rest_client const c = client(tokens);
    EXPECT_EQ(run(c.get("/echo")).status(), 200);
    oidc().fault("on=resource&close=1&times=1");
    EXPECT_EQ(run(c.get("/echo")).status(), 200);
    EXPECT_THAT(statuses(), ElementsAre(200, 0, 200));

    oidc().fault("on=resource&close=1&times=1");
    result<response> const lost = run(c.try_post("/echo", "x", "text/plain"));
    ASSERT_FALSE(lost);
    EXPECT_TRUE(lost.error().is(errc::connection_reset)) << lost.error().what();
    EXPECT_TRUE(lost.error().maybe_processed());
    EXPECT_EQ(lost.error().endpoint(), oidc().origin("https"));
    EXPECT_EQ(oidc().counters().resource_total(), 4);
    EXPECT_EQ(run(c.get("/echo")).status(), 200);
}

TEST_F(oidc_api, broken_answers_are_typed_errors) {
    token_source const tokens(io.get_executor(), source());
    rest_client_config config = api(tokens);
    config.max_response_body = 100;
    rest_client const patient(io.get_executor(), config);
    config.first_byte_deadline = milliseconds(200);
    rest_client const hasty(io.get_executor(), config);
    struct {
        std::string fault;
        errc expected;
        stage where;
    } const cases[] = {
        {"reset=1", errc::connection_reset, stage::wait},
        {"hang=1", errc::deadline_exceeded, stage::wait},
        {"status=200&truncate=1&body=halfhalf", errc::truncated, stage::read},
        {"status=200&body=" + std::string(101, 'x'), errc::body_too_large, stage::read}};
    for (auto const& one : cases) {
        oidc().fault("on=resource&" + one.fault);
        bool const hangs = one.expected == errc::deadline_exceeded;
        rest_client const& c = hangs ? hasty : patient;
        result<response> const failed = run(c.try_send(request("POST", "/echo")));
        ASSERT_FALSE(failed) << one.fault;
        EXPECT_TRUE(failed.error().is(one.expected)) << one.fault << failed.error().what();
        EXPECT_EQ(failed.error().where(), one.where) << one.fault << failed.error().what();
    }
    EXPECT_EQ(oidc().counters().token_total(), 1);
}

TEST_F(oidc_api, hooks_see_both_exchanges_redacted) {
    std::string seen;
    auto const note = [&seen](auto const& exchange) {
        for (http_field const f : exchange.headers()) (seen += f.name).append(": ").append(f.value);
        seen += exchange.body();
    };
    token_source_config from = post_source();
    from.hooks.before_send = [&](sent_request const& r) { seen += r.url() + "\n", note(r); };
    from.hooks.after_response = [&](received_response const& r) { note(r); };
    token_source const tokens(io.get_executor(), from);
    rest_client_config config = api(tokens);
    config.hooks.before_send = [&](sent_request const& r) { seen += r.url() + "\n", note(r); };
    rest_client const c(io.get_executor(), config);
    EXPECT_EQ(run(c.get("/echo")).status(), 200);
    EXPECT_THAT(seen, AllOf(HasSubstr("/token\n"), HasSubstr("/rs/echo\n"),
                            HasSubstr("Authorization: Bearer ")));
    EXPECT_THAT(seen, HasSubstr("access_token"));
    EXPECT_THAT(seen, Not(HasSubstr(std::string(tokens.try_cached().access_token()))));
    EXPECT_THAT(seen, Not(HasSubstr(oidc_secret)));
}

TEST_F(oidc_api, stop_ends_calls_in_flight_after_the_grace_and_leaves_no_work) {
    oidc().fault("on=token&hang=1");
    token_source const tokens(io.get_executor(), source());
    rest_client const c = client(tokens);
    auto call = asio::co_spawn(io, c.try_get("/echo"), asio::use_future);
    auto stop_client = asio::co_spawn(io, c.stop(milliseconds(50)), asio::use_future);
    auto stop_source = asio::co_spawn(io, tokens.stop(milliseconds(50)), asio::use_future);
    io.run();
    stop_client.get();
    stop_source.get();
    result<response> const ended = call.get();
    ASSERT_FALSE(ended);
    EXPECT_TRUE(ended.error().is(errc::stopped)) << ended.error().what();
    EXPECT_TRUE(run(c.try_get("/echo")).error().is(errc::stopped));
    EXPECT_TRUE(failure(tokens).is(errc::stopped));
}

}  // namespace
}  // namespace coauth::tests::oidc_api_test
