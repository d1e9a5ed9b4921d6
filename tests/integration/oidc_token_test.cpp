// SPDX-License-Identifier: BSL-1.0
//
// Token requests to oidc-provider: how the client authenticates, what is asked for, how long what
// comes back is kept.

#include "support/effort.hpp"
#include "support/oidc_fixture.hpp"
#include "support/scratch.hpp"

#include <coauth/codec/base64.hpp>

#include <fstream>

namespace coauth::tests::oidc_token_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char const* awkward_id = R"(we:ird+id %41/?&=#@!$'()*,;[]~)";
constexpr char const* awkward_secret = R"( s:e+c%r%2Bt &=?/#"<>\^`{|}~%zz )";

class oidc_token : public oidc_test {
protected:
    static std::string basic_credentials_of(logged_request const& r) {
        std::vector<std::string> const values = r.all("Authorization");
        if (values.size() != 1 || !values[0].starts_with("Basic ")) return "not one Basic header";
        return base64_decode(std::string_view(values[0]).substr(6)).value_or("not base64");
    }
};

// R-118
TEST_F(oidc_token, client_secret_basic_puts_the_credentials_into_one_header_and_not_the_body) {
    token_source const tokens(io.get_executor(), source("cc-basic"));
    result<token_ref> const token = fetch(tokens);
    ASSERT_TRUE(token) << token.error().what();
    EXPECT_EQ(token->token_type(), "Bearer");
    EXPECT_EQ(token->scope(), "read write");
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 1U);
    EXPECT_EQ(basic_credentials_of(log[0]), std::string("cc-basic:") + oidc_secret);
    EXPECT_EQ(log[0].body, "grant_type=client_credentials&scope=read+write");
    EXPECT_THAT(log[0].all("Content-Type"), ElementsAre("application/x-www-form-urlencoded"));
    EXPECT_THAT(log[0].all("Accept"), ElementsAre("application/json"));
    EXPECT_THAT(log[0].all("Accept-Encoding"), ElementsAre("identity"));
}

// R-118
TEST_F(oidc_token, client_secret_post_puts_the_credentials_into_the_body_and_not_a_header) {
    token_source const tokens(io.get_executor(), post_source());
    result<token_ref> const token = fetch(tokens);
    ASSERT_TRUE(token) << token.error().what();
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 1U);
    EXPECT_THAT(log[0].all("Authorization"), IsEmpty());
    EXPECT_THAT(log[0].body, HasSubstr("&client_id=cc-post&client_secret="));
}

TEST_F(oidc_token, wrong_method_is_refused_with_a_hint_that_names_the_other_one) {
    token_source const post(io.get_executor(), post_source("cc-basic"));
    error const wants_header = failure(post);
    EXPECT_TRUE(wants_header.is(errc::client_refused)) << wants_header.what();
    EXPECT_EQ(wants_header.code(), condition::credentials_refused);
    EXPECT_EQ(wants_header.http_status(), 401);
    EXPECT_EQ(wants_header.oauth_error(), "invalid_client");
    EXPECT_EQ(wants_header.endpoint(), oidc().origin("https"));
    EXPECT_THAT(wants_header.hint(), HasSubstr("client_secret_basic"));

    token_source const basic(io.get_executor(), source("cc-post"));
    error const wants_body = failure(basic);
    EXPECT_TRUE(wants_body.is(errc::client_refused)) << wants_body.what();
    EXPECT_THAT(wants_body.hint(), HasSubstr("client_secret_post"));
    EXPECT_THAT(wants_body.hint(), Not(HasSubstr("raw")));
}

// R-097
TEST_F(oidc_token, awkward_characters_of_id_and_secret_arrive_encoded_as_rfc6749_says) {
    token_source_config config = source();
    config.client = client_secret_basic(awkward_id, secret(awkward_secret));
    token_source const basic(io.get_executor(), config);
    EXPECT_FALSE(failure(basic));
    token_source const post(io.get_executor(), post_source(awkward_id, awkward_secret));
    EXPECT_FALSE(failure(post));
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 2U);
    EXPECT_THAT(basic_credentials_of(log[0]),
                StartsWith("we%3Aird%2Bid+%2541%2F%3F%26%3D%23%40%21%24%27%28%29*%2C%3B%5B%5D%7E:"
                           "+s%3Ae%2Bc%25r%252Bt+%26"));
}

TEST_F(oidc_token, raw_credentials_are_hinted_at_where_the_two_encodings_differ) {
    EXPECT_THROW(client_secret_basic(awkward_id, secret("x"), basic_credentials::raw), exception);
    token_source_config config = source();
    config.client = client_secret_basic("a b", secret("x"), basic_credentials::raw);
    token_source const tokens(io.get_executor(), config);
    EXPECT_THAT(failure(tokens).hint(), AllOf(HasSubstr("client_secret_post"), HasSubstr("raw")));
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 1U);
    EXPECT_EQ(basic_credentials_of(log[0]), "a b:x");
}

// R-099
TEST_F(oidc_token, line_breaks_in_a_client_id_make_no_header) {
    std::string const id = "x\r\nX-Evil: 1";
    token_source const basic(io.get_executor(), source(id));
    token_source const post(io.get_executor(), post_source(id));
    EXPECT_NE(failure(basic).oauth_error(), "");
    EXPECT_NE(failure(post).oauth_error(), "");
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 2U);
    for (logged_request const& r : log) EXPECT_THAT(r.all("X-Evil"), IsEmpty());
    EXPECT_THAT(basic_credentials_of(log[0]), StartsWith("x%0D%0AX-Evil%3A+1:"));
    EXPECT_THAT(log[1].body, HasSubstr("client_id=x%0D%0AX-Evil%3A+1&"));
}

// R-072
TEST_F(oidc_token, wrong_secret_is_remembered_for_its_own_source_and_until_retry_now) {
    auto const time = std::make_shared<test_clock>(test_clock::kind::standing);
    token_cache const cache;
    token_source_config config = source();
    config.clock = clock(time);
    config.lifetime.min_refresh_interval = duration::zero();
    config.client = client_secret_basic("cc-basic", secret("wrong"));
    token_source const wrong(cache, io.get_executor(), config);
    error const first = failure(wrong);
    EXPECT_TRUE(first.is(errc::client_refused)) << first.what();
    EXPECT_EQ(failure(wrong).what(), first.what());
    EXPECT_EQ(oidc().counters().token_total(), 1);
    EXPECT_THAT(first.what(), Not(HasSubstr("wrong")));

    config.client = client_secret_basic("cc-basic", secret(oidc_secret));
    token_source const right(cache, io.get_executor(), config);
    EXPECT_FALSE(failure(right));
    EXPECT_EQ(oidc().counters().token_total(), 2);
    EXPECT_FALSE(wrong.try_cached());

    wrong.retry_now();
    EXPECT_TRUE(failure(wrong).is(errc::client_refused));
    EXPECT_EQ(oidc().counters().token_total(), 3);
}

TEST_F(oidc_token, secret_in_a_file_is_read_again_for_every_token_request) {
    coauth_test::scratch_directory const scratch;
    std::string const path = scratch.file("secret");
    std::ofstream(path) << "outdated\n";
    token_source_config config = source();
    config.lifetime.min_refresh_interval = duration::zero();
    config.client = client_secret_basic("cc-basic", secret::from_file(path));
    token_source const tokens(io.get_executor(), config);
    EXPECT_TRUE(failure(tokens).is(errc::client_refused));
    std::ofstream(path) << oidc_secret << '\n';
    tokens.retry_now();
    EXPECT_FALSE(failure(tokens));
}

// R-074
TEST_F(oidc_token, scope_that_is_not_allowed_is_definitive_and_keeps_the_words_of_the_server) {
    token_source_config config = source("cc-narrow");
    config.scope = "read admin";
    token_source const tokens(io.get_executor(), config);
    error const refused = failure(tokens);
    EXPECT_TRUE(refused.is(errc::token_refused)) << refused.what();
    EXPECT_EQ(refused.http_status(), 400);
    EXPECT_EQ(refused.oauth_error(), "invalid_scope");
    EXPECT_THAT(refused.oauth_error_description(), Not(IsEmpty()));
    EXPECT_THAT(refused.hint(), HasSubstr("scope"));
    EXPECT_NE(refused.code(), condition::retryable);
    EXPECT_EQ(failure(tokens).oauth_error(), "invalid_scope");
    EXPECT_EQ(oidc().counters().token_total(), 1);
}

// R-021: this server ignores what it does not know.
TEST_F(oidc_token, unknown_scope_that_is_ignored_shows_in_what_was_granted) {
    token_source_config config = source();
    config.scope = "read unheard-of";
    token_source const tokens(io.get_executor(), config);
    result<token_ref> const token = fetch(tokens);
    ASSERT_TRUE(token) << token.error().what();
    EXPECT_EQ(token->scope(), "read");
    EXPECT_TRUE(tokens.try_cached());

    config.response.require_scopes = {"read", "unheard-of"};
    token_source const strict(io.get_executor(), config);
    error const too_little = failure(strict);
    EXPECT_TRUE(too_little.is(errc::insufficient_scope)) << too_little.what();
}

TEST_F(oidc_token, source_that_requires_a_scope_is_not_given_a_token_without_it_from_memory) {
    token_cache const cache;
    token_source_config config = source();
    config.scope = "read unheard-of";
    token_source const lenient(cache, io.get_executor(), config);
    EXPECT_FALSE(failure(lenient));
    config.response.require_scopes = {"unheard-of"};
    token_source const strict(cache, io.get_executor(), config);
    EXPECT_TRUE(failure(strict).is(errc::insufficient_scope));
    EXPECT_FALSE(failure(lenient)) << "the failure of the other one is not remembered here";
}

// R-121
TEST_F(oidc_token, secret_of_a_mebibyte_is_refused_by_the_server_and_not_by_our_patience) {
    // A mebibyte, where the machine is not in slow motion: the deadline is the user's.
    secret const large(std::string(coauth_test::times(1 << 20), '%'));
    token_source const post(io.get_executor(), post_source("cc-post", large.reveal()));
    error const in_body = failure(post);
    EXPECT_EQ(in_body.http_status(), 400) << in_body.what();
    token_source_config config = source();
    config.client = client_secret_basic("cc-basic", large.clone());
    token_source const basic(io.get_executor(), config);
    error const in_header = failure(basic);
    EXPECT_EQ(in_header.code(), condition::transport) << in_header.what();
}

TEST_F(oidc_token, audience_and_resource_are_asked_for_and_granted) {
    token_source_config config = source();
    config.audience = "https://api.test/ä";
    config.resource = {"https://rs.test/jwt"};
    token_source const tokens(io.get_executor(), config);
    result<token_ref> const token = fetch(tokens);
    ASSERT_TRUE(token) << token.error().what();
    EXPECT_THAT(std::string(token->access_token()), StartsWith("eyJ"));
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 1U);
    EXPECT_THAT(log[0].body, HasSubstr("&audience=https%3A%2F%2Fapi.test%2F%C3%A4"));
    EXPECT_THAT(log[0].body, HasSubstr("&resource=https%3A%2F%2Frs.test%2Fjwt"));
}

TEST_F(oidc_token, each_resource_is_a_parameter_of_its_own) {
    token_source_config config = source();
    config.resource = {"https://rs.test/jwt", "https://unknown.test/"};
    token_source const tokens(io.get_executor(), config);
    error const refused = failure(tokens);
    EXPECT_EQ(refused.oauth_error(), "invalid_target") << refused.what();
    EXPECT_THAT(refused.hint(), HasSubstr("resource"));
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 1U);
    EXPECT_THAT(log[0].body, HasSubstr("&resource=https%3A%2F%2Frs.test%2Fjwt"
                                       "&resource=https%3A%2F%2Funknown.test%2F"));
}

TEST_F(oidc_token, extra_parameters_and_headers_are_sent) {
    token_source_config config = source();
    config.parameters = {{"tenant", "a&b=c"}, {"claims", "{}"}};
    config.headers = {{"X-Correlation", "42"}, {"User-Agent", "coauth-test"}};
    token_source const tokens(io.get_executor(), config);
    EXPECT_FALSE(failure(tokens));
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 1U);
    EXPECT_THAT(log[0].body, HasSubstr("&tenant=a%26b%3Dc&claims=%7B%7D"));
    EXPECT_THAT(log[0].all("X-Correlation"), ElementsAre("42"));
    EXPECT_THAT(log[0].all("User-Agent"), ElementsAre("coauth-test"));
}

// R-096
TEST_F(oidc_token, query_of_the_token_url_is_kept_and_nothing_is_added_to_it) {
    token_source_config config = source();
    config.token_url += "?p=b2c_1%20x";
    token_source const tokens(io.get_executor(), config);
    EXPECT_FALSE(failure(tokens));
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 1U);
    EXPECT_EQ(log[0].path, "/token?p=b2c_1%20x");
    EXPECT_THAT(log[0].body, Not(HasSubstr("b2c")));
}

// R-001, R-052
TEST_F(oidc_token, expiry_counts_from_the_request_on_the_clock_of_the_source) {
    auto const time = std::make_shared<test_clock>(test_clock::kind::standing);
    token_source_config config = source("cc-ttl3600");
    config.clock = clock(time);
    token_source const tokens(io.get_executor(), config);
    result<token_ref> const token = fetch(tokens);
    ASSERT_TRUE(token) << token.error().what();
    EXPECT_EQ(token->expires_at(), time->now() + seconds(3600));

    fake_token_answer(200, R"({"access_token":"t","token_type":"Bearer","expires_in":100})",
                      R"({"date":"Thu, 01 Jan 2032 00:00:00 GMT"})");
    time->advance(seconds(3600));
    result<token_ref> const next = fetch(tokens);
    ASSERT_TRUE(next) << next.error().what();
    EXPECT_EQ(next->expires_at(), time->now() + seconds(100));
}

// R-012
TEST_F(oidc_token, short_tokens_are_renewed_in_time_and_not_too_often) {
    auto const time = std::make_shared<test_clock>(test_clock::kind::running);
    token_source_config config = source("cc-ttl2");
    config.clock = clock(time);
    token_source const tokens(io.get_executor(), config);
    rest_client const client(io.get_executor(), api(tokens));
    time_point const start = time->now();
    int calls = 0;
    while (time->now() < start + seconds(20)) {
        response const answer = run(client.get("/echo"));
        ASSERT_EQ(answer.status(), 200) << answer.body();
        ++calls;
        time->advance(milliseconds(100));
    }
    // At most one at the start, and one per minimum refresh interval.
    EXPECT_THAT(oidc().counters().token_total(), AllOf(Gt(8), Lt(22)));
    EXPECT_EQ(oidc().counters().resource_error(), 0);
    EXPECT_GT(calls, 20);
}

TEST_F(oidc_token, token_past_its_hard_deadline_makes_the_caller_wait_for_another) {
    auto const time = std::make_shared<test_clock>(test_clock::kind::standing);
    token_source_config config = source("cc-ttl2");
    config.clock = clock(time);
    token_source const tokens(io.get_executor(), config);
    EXPECT_FALSE(failure(tokens));
    time->advance(milliseconds(1790));
    EXPECT_TRUE(tokens.try_cached());
    time->advance(milliseconds(20));
    EXPECT_FALSE(tokens.try_cached());
    result<token_ref> const token = fetch(tokens);
    ASSERT_TRUE(token) << token.error().what();
    EXPECT_EQ(token->expires_at(), time->now() + seconds(2));
}

TEST_F(oidc_token,
       minimum_refresh_interval_holds_a_fetch_back_and_each_caller_waits_as_long_as_it_likes) {
    auto const time = std::make_shared<test_clock>(test_clock::kind::standing);
    token_source_config config = source("cc-ttl2");
    config.clock = clock(time);
    config.lifetime.min_refresh_interval = milliseconds(1900);
    token_source const tokens(io.get_executor(), config);
    EXPECT_FALSE(failure(tokens));
    time->advance(milliseconds(1850));
    // Held back for 50 ms, which is longer than this caller waits.
    error const impatient = failure(tokens, get_options().deadline(milliseconds(10)));
    EXPECT_TRUE(impatient.is(errc::deadline_exceeded)) << impatient.what();
    EXPECT_FALSE(failure(tokens));
    EXPECT_EQ(oidc().counters().token_total(), 2);
}

// R-011
TEST_F(oidc_token, lifetime_of_zero_is_an_unknown_one_and_not_a_loop) {
    auto const time = std::make_shared<test_clock>(test_clock::kind::standing);
    token_source_config config = source();
    config.clock = clock(time);
    fake_token_answer(200, R"({"access_token":"t","token_type":"bearer","expires_in":0})");
    token_source const tokens(io.get_executor(), config);
    for (int i = 0; i < 100; ++i) ASSERT_FALSE(failure(tokens));
    EXPECT_EQ(oidc().counters().token_total(), 1);
    time->advance(std::chrono::minutes(8));
    EXPECT_TRUE(tokens.try_cached());
    EXPECT_EQ(tokens.statistics().fetches, 1U);
    time->advance(std::chrono::minutes(2));
    EXPECT_FALSE(failure(tokens));
    EXPECT_EQ(oidc().counters().token_total(), 2);
}

}  // namespace
}  // namespace coauth::tests::oidc_token_test
