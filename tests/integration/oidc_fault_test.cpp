// SPDX-License-Identifier: BSL-1.0
//
// A token endpoint that fails: what each fault becomes, how many requests it costs, and how long it
// is remembered.

#include "support/oidc_fixture.hpp"

#include <asio/ip/tcp.hpp>

#include <filesystem>
#include <iterator>
#include <optional>

namespace coauth::tests::oidc_fault_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;

class oidc_fault : public oidc_test {
protected:
    /// A source whose time passes only when a test says so.
    token_source make(token_source_config config = source()) {
        config.clock = clock(time);
        return {io.get_executor(), std::move(config)};
    }

    /// One more caller gets the same error, and the server no further request.
    void expect_remembered(token_source const& tokens, error const& first) {
        std::int64_t const requests = oidc().counters().token_total();
        EXPECT_EQ(failure(tokens).what(), first.what());
        EXPECT_EQ(oidc().counters().token_total(), requests);
        EXPECT_EQ(tokens.statistics().answered_from_memory, 1U);
    }

    std::shared_ptr<test_clock> time = std::make_shared<test_clock>(test_clock::kind::standing);
};

// R-069
TEST_F(oidc_fault, retry_after_of_a_503_silences_its_key_until_it_ends_or_retry_now) {
    fake_token_answer(503, "{}", R"({"retry-after":"7"})", "&times=1");
    token_source const tokens = make();
    error const busy = failure(tokens);
    EXPECT_TRUE(busy.is(errc::token_endpoint_failed)) << busy.what();
    EXPECT_EQ(busy.code(), condition::retryable);
    EXPECT_EQ(busy.http_status(), 503);
    EXPECT_EQ(busy.retry_after(), seconds(7));
    time->advance(milliseconds(6999));
    expect_remembered(tokens, busy);

    token_source const other(io.get_executor(), post_source());
    EXPECT_FALSE(failure(other));
    tokens.retry_now();
    EXPECT_FALSE(failure(tokens));
    EXPECT_EQ(oidc().counters().token_total(), 3);
}

// R-069
TEST_F(oidc_fault, retry_after_of_a_429_ends_by_itself) {
    fake_token_answer(429, "", R"({"retry-after":"5"})", "&times=1");
    token_source const tokens = make();
    error const busy = failure(tokens);
    EXPECT_EQ(busy.http_status(), 429);
    time->advance(milliseconds(4999));
    expect_remembered(tokens, busy);
    time->advance(milliseconds(1));
    EXPECT_FALSE(failure(tokens));
}

// R-070
TEST_F(oidc_fault, retry_after_of_any_other_form_is_capped_or_ignored) {
    struct {
        char const* value;
        std::optional<seconds> expected;
    } const cases[] = {{"100000000000000000000", seconds(60)},
                       {"Thu, 01 Jan 1998 00:00:00 GMT", seconds(0)},
                       {"Fri, 31 Dec 9999 23:59:59 GMT", seconds(60)},
                       {"-1", std::nullopt},
                       {"soon", std::nullopt}};
    for (auto const& one : cases) {
        fake_token_answer(503, "", std::string(R"({"retry-after":")") + one.value + "\"}");
        token_source const tokens = make();
        EXPECT_EQ(failure(tokens).retry_after(), one.expected) << one.value;
        time->advance(seconds(60));
        oidc().fault("on=token");
        EXPECT_FALSE(failure(tokens)) << one.value;
    }
}

// R-071, R-080
TEST_F(oidc_fault, statuses_are_transient_or_definitive_and_never_asked_twice) {
    for (int const status : {408, 421, 425, 429, 500, 502, 503, 504, 400, 403, 404, 501, 505}) {
        oidc().reset();
        fake_token_answer(status, "<html>no</html>", R"({"content-type":"text/html"})");
        token_source const tokens = make();
        error const first = failure(tokens);
        EXPECT_EQ(first.http_status(), status) << first.what();
        EXPECT_EQ(oidc().counters().token_total(), 1) << status;
        expect_remembered(tokens, first);
        bool const definitive = status < 408 || status == 501 || status == 505;
        EXPECT_EQ(tokens.statistics().failures_definitive, definitive ? 1U : 0U) << status;
    }
}

// R-088
TEST_F(oidc_fault, endpoint_that_is_down_for_an_hour_sees_one_request_per_backoff_step) {
    oidc().fault("on=token&status=500");
    token_source const tokens = make();
    for (int second = 0; second < 3600; ++second) {
        ASSERT_TRUE(failure(tokens).is(errc::token_endpoint_failed));
        time->advance(seconds(1));
    }
    // 1, 1.6, 2.56 ... 30 s, each up to 20 % longer, and rounded up to a whole second here.
    EXPECT_THAT(oidc().counters().token_total(), AllOf(Ge(3600 / 37), Le(3600 / 30 + 9)));
    oidc().fault("on=token");
    time->advance(seconds(36));
    EXPECT_FALSE(failure(tokens));
}

// R-054
TEST_F(oidc_fault, refused_connection_is_remembered) {
    token_source_config config = source();
    {
        asio::ip::tcp::acceptor const free(io, {asio::ip::address_v4::loopback(), 0});
        config.token_url =
            "https://127.0.0.1:" + std::to_string(free.local_endpoint().port()) + "/token";
    }
    token_source const tokens = make(config);
    error const refused = failure(tokens);
    EXPECT_TRUE(refused.is(errc::connect_failed)) << refused.what();
    EXPECT_EQ(refused.where(), stage::connect);
    EXPECT_EQ(refused.cause(), std::errc::connection_refused) << refused.what();
    EXPECT_EQ(refused.code(), condition::retryable);
    expect_remembered(tokens, refused);
    EXPECT_EQ(tokens.statistics().fetches, 1U);
}

// R-062
TEST_F(oidc_fault, reset_or_close_of_a_fresh_connection_is_not_tried_again_inside_the_fetch) {
    for (char const* const how : {"reset=1", "close=1"}) {
        oidc().reset();
        oidc().fault(std::string("on=token&") + how);
        token_source const tokens = make();
        error const broken = failure(tokens);
        EXPECT_TRUE(broken.is(errc::connection_reset)) << how << ": " << broken.what();
        EXPECT_EQ(broken.where(), stage::wait) << how;
        EXPECT_EQ(oidc().counters().token_total(), 1) << how;
        expect_remembered(tokens, broken);
    }
}

// R-087
TEST_F(oidc_fault, reused_connection_that_closes_costs_one_more_send_and_a_fresh_one_none) {
    token_source const tokens = make();
    result<token_ref> const first = fetch(tokens);
    ASSERT_TRUE(first) << first.error().what();
    tokens.invalidate(*first);
    time->advance(seconds(1));
    oidc().fault("on=token&close=1&times=1");
    EXPECT_FALSE(failure(tokens));
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 3U);
    EXPECT_EQ(log[1].connection, log[0].connection);
    EXPECT_NE(log[2].connection, log[1].connection);
    EXPECT_EQ(tokens.statistics().fetches, 2U);

    oidc().reset();
    oidc().fault("on=token&close=1&times=3");
    token_source const cold = make(post_source());
    for (int attempt = 0; attempt < 3; ++attempt) {
        EXPECT_TRUE(failure(cold).is(errc::connection_reset));
        EXPECT_EQ(oidc().counters().token_total(), attempt + 1);
        time->advance(seconds(10));
    }
    EXPECT_FALSE(failure(cold));
}

// R-061
TEST_F(oidc_fault, half_a_body_is_never_a_token_even_where_it_parses) {
    std::string const token = R"({"access_token":"t","token_type":"Bearer","expires_in":60})";
    std::string const body = token + std::string(token.size(), ' ');
    for (std::string const& head :
         {R"({"content-length":")" + std::to_string(body.size()) + "\"}", std::string("{}")}) {
        fake_token_answer(200, body, head, "&truncate=1");
        token_source const tokens = make();
        error const half = failure(tokens);
        EXPECT_TRUE(half.is(errc::truncated)) << half.what();
        EXPECT_FALSE(tokens.try_cached());
        expect_remembered(tokens, half);
    }
}

// R-068
TEST_F(oidc_fault, html_page_is_a_typed_error_whatever_its_status) {
    for (int const status : {200, 502, 503}) {
        oidc().reset();
        fake_token_answer(status, "<html><p>Bad gateway", R"({"content-type":"text/html"})");
        token_source const tokens = make();
        error const page = failure(tokens);
        EXPECT_EQ(page.http_status(), status) << page.what();
        EXPECT_TRUE(
            page.is(status == 200 ? errc::unexpected_content_type : errc::token_endpoint_failed))
            << page.what();
        EXPECT_EQ(oidc().counters().token_total(), 1);
    }
}

// R-079, R-081
TEST_F(oidc_fault, answers_that_cannot_carry_a_token_are_errors) {
    struct {
        int status;
        errc expected;
    } const cases[] = {{101, errc::malformed_response},
                       {200, errc::empty_body},
                       {204, errc::empty_body},
                       {202, errc::unexpected_status}};
    for (auto const& one : cases) {
        fake_token_answer(one.status, "");
        token_source const tokens = make();
        error const failed = failure(tokens);
        EXPECT_TRUE(failed.is(one.expected)) << one.status << ": " << failed.what();
    }
}

// R-078
TEST_F(oidc_fault, redirect_is_not_followed_and_nobody_else_hears_of_the_secret) {
    for (int const status : {301, 302, 303, 307, 308}) {
        oidc().reset();
        fake_token_answer(status, "", R"({"location":")" + oidc().origin("tls12") + "/token\"}");
        token_source const tokens = make(post_source());
        error const moved = failure(tokens);
        EXPECT_TRUE(moved.is(errc::unexpected_redirect)) << moved.what();
        EXPECT_THAT(moved.hint(), Not(IsEmpty()));
        oidc_counters const seen = oidc().counters();
        EXPECT_EQ(seen.token_total(), 1) << status;
        EXPECT_EQ(seen.connections("tls12"), 0) << status;
    }
}

// R-058
TEST_F(oidc_fault, silent_endpoint_ends_at_the_fetch_deadline_and_leaves_no_socket) {
    auto const open_files = [] {
        auto const all = std::filesystem::directory_iterator("/proc/self/fd");
        return std::distance(begin(all), end(all));
    };
    EXPECT_EQ(failure(make()).what(), error().what());  // descriptors that are kept anyway
    auto const before = open_files();
    oidc().fault("on=token&hang=1");
    token_source_config config = source();
    config.fetch_deadline = milliseconds(200);
    token_source const tokens = make(config);
    error const late = failure(tokens);
    EXPECT_TRUE(late.is(errc::deadline_exceeded)) << late.what();
    EXPECT_EQ(late.where(), stage::token);
    EXPECT_EQ(late.code(), condition::retryable);
    expect_remembered(tokens, late);
    EXPECT_EQ(open_files(), before);
}

TEST_F(oidc_fault, silent_endpoint_ends_at_the_first_byte_deadline) {
    oidc().fault("on=token&hang=1");
    token_source_config config = source();
    config.first_byte_deadline = milliseconds(200);
    error const late = failure(make(config));
    EXPECT_TRUE(late.is(errc::deadline_exceeded)) << late.what();
    EXPECT_EQ(late.where(), stage::wait);
}

// R-090
TEST_F(oidc_fault, caller_with_a_short_deadline_leaves_and_the_fetch_serves_the_others) {
    oidc().fault("on=token&delay_ms=1500");
    token_source const tokens = make();
    auto hasty = asio::co_spawn(io, tokens.try_get(get_options().deadline(milliseconds(20))),
                                asio::use_future);
    auto patient = asio::co_spawn(io, tokens.try_get(), asio::use_future);
    EXPECT_FALSE(failure(tokens));
    result<token_ref> const left = hasty.get();
    ASSERT_FALSE(left);
    EXPECT_TRUE(left.error().is(errc::deadline_exceeded)) << left.error().what();
    EXPECT_TRUE(patient.get());
    EXPECT_EQ(tokens.statistics().leaves, 1U);
    EXPECT_EQ(oidc().counters().token_total(), 1);
}

// R-090
TEST_F(oidc_fault, deadline_of_a_call_covers_its_token_and_the_token_is_kept) {
    oidc().fault("on=token&delay_ms=1500");
    token_source const tokens = make();
    rest_client const client(io.get_executor(), api(tokens));
    result<response> const late =
        run(client.try_send(request("GET", "/echo").deadline(milliseconds(20))));
    ASSERT_FALSE(late);
    EXPECT_TRUE(late.error().is(errc::deadline_exceeded)) << late.error().what();
    EXPECT_EQ(late.error().where(), stage::token);
    EXPECT_EQ(run(client.get("/echo")).status(), 200);
    EXPECT_EQ(oidc().counters().token_total(), 1);
    EXPECT_EQ(oidc().counters().resource_total(), 1);
}

TEST_F(oidc_fault, valid_token_outlives_a_failed_renewal) {
    token_source_config config = source();
    token_source const tokens = make(config);
    result<token_ref> const first = fetch(tokens);
    ASSERT_TRUE(first) << first.error().what();
    std::string const value(first->access_token());
    oidc().fault("on=token&status=500");
    for (int second = 0; second < 59; ++second) {
        time->advance(seconds(1));
        result<token_ref> const token = fetch(tokens);
        ASSERT_TRUE(token) << "after " << second + 1 << " s: " << token.error().what();
        EXPECT_EQ(token->access_token(), value);
    }
    EXPECT_THAT(oidc().counters().token_error(), Ge(2));
    time->advance(seconds(1));
    EXPECT_TRUE(failure(tokens).is(errc::token_endpoint_failed));
}

}  // namespace
}  // namespace coauth::tests::oidc_fault_test
