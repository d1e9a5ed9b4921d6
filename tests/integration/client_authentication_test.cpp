// SPDX-License-Identifier: BSL-1.0
//
// How the client authenticates at the token endpoint, as it looks on the wire: RFC 6749 §2.3.

#include "support/embedded.hpp"
#include "support/recording_server.hpp"
#include "support/scratch.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace client_authentication_test {
namespace {

using namespace coauth_test;
using coauth::errc;

/// A strategy as a user would write it: one awaitable member, no base class, no registration.
struct signed_by_gateway {
    std::string key_id;

    awaitable<coauth::token_request> authenticate(coauth::token_request request) const {
        asio::any_io_executor const executor = co_await asio::this_coro::executor;
        co_await asio::post(executor, asio::use_awaitable);
        request.parameter("client_id", key_id);
        request.header("X-Gateway-Signature", "signed-by-" + key_id);
        co_return request;
    }
    [[nodiscard]] std::string cache_identity() const { return "gateway " + key_id; }
};

struct refusing_strategy {
    awaitable<coauth::token_request> authenticate(coauth::token_request) const {
        throw std::runtime_error("the key is in another vault");
        co_return coauth::token_request(coauth::url::parse("https://h/").value(), "");
    }
};

class client_authentication_test : public ::testing::Test {
protected:
    coauth::token_source make(coauth::any_client_authentication client) {
        coauth::token_source_config config = endpoint.source();
        config.client = std::move(client);
        config.lifetime.min_refresh_interval = {};  // so that nothing here waits
        return coauth::token_source(io.get_executor(), std::move(config));
    }
    /// The next token request, as the server has seen it.
    server_request fetch(coauth::token_source const& source) {
        coauth::result<coauth::token_ref> token = run(io, source.try_get());
        EXPECT_TRUE(token.has_value()) << token.error().what();
        source.invalidate(*token);
        return endpoint.last();
    }
    [[nodiscard]] static std::string basic(std::string_view credentials) {
        return "Basic " + coauth::base64_encode(credentials);
    }

    asio::io_context io;
    recording_token_endpoint endpoint;
};

TEST_F(client_authentication_test,
       basic_is_in_the_header_only_and_post_in_the_body_only) {  // R-118
    server_request const header =
        fetch(make(coauth::client_secret_basic("client", coauth::secret("s3cret-not-real"))));
    EXPECT_EQ(header.fields.all("Authorization"),
              std::vector<std::string_view>{basic("client:s3cret-not-real")});
    EXPECT_EQ(header.body, "grant_type=client_credentials");
    EXPECT_EQ(header.method, "POST");
    EXPECT_EQ(header.fields.find("Content-Type"), "application/x-www-form-urlencoded");
    EXPECT_EQ(header.fields.find("Accept-Encoding"), "identity");  // R-049

    server_request const body =
        fetch(make(coauth::client_secret_post("client", coauth::secret("s3cret not=real"))));
    EXPECT_FALSE(body.fields.contains("Authorization"));
    EXPECT_EQ(body.body,
              "grant_type=client_credentials&client_id=client&client_secret=s3cret+not%3Dreal");
}

// R-097, R-098, R-099: form-urlencoded first, or not, by the switch.
TEST_F(client_authentication_test, basic_has_two_encodings_that_agree_on_ordinary_credentials) {
    coauth::basic_credentials const raw = coauth::basic_credentials::raw;
    server_request seen = fetch(
        make(coauth::client_secret_basic("a:b\r\nX", coauth::secret(" %&+\xC2\xA3\xE2\x82\xAC"))));
    EXPECT_EQ(seen.fields.find("Authorization"), basic("a%3Ab%0D%0AX:+%25%26%2B%C2%A3%E2%82%AC"));
    EXPECT_FALSE(seen.fields.contains("X"));
    seen = fetch(make(coauth::client_secret_basic("a b", coauth::secret("c+d"), raw)));
    EXPECT_EQ(seen.fields.find("Authorization"), basic("a b:c+d"));
    for (auto const encoding : {coauth::basic_credentials::rfc6749, raw}) {
        seen = fetch(
            make(coauth::client_secret_basic("Id-1.2_3*", coauth::secret("Az09*-._"), encoding)));
        EXPECT_EQ(seen.fields.find("Authorization"), basic("Id-1.2_3*:Az09*-._"));
    }
    EXPECT_THROW(coauth::client_secret_basic("a:b", coauth::secret("c"), raw), coauth::exception);
}

TEST_F(client_authentication_test, a_strategy_of_the_users_own_plugs_in) {
    server_request const seen = fetch(make(signed_by_gateway{"key-7"}));
    EXPECT_EQ(seen.fields.find("X-Gateway-Signature"), "signed-by-key-7");
    EXPECT_EQ(seen.body, "grant_type=client_credentials&client_id=key-7");
    auto const failed = run(io, make(refusing_strategy{}).try_get());
    EXPECT_TRUE(failed.error().is(errc::fetch_threw));
    EXPECT_NE(failed.error().what().find("another vault"), std::string::npos);
}

TEST_F(client_authentication_test, a_secret_is_read_again_for_every_token_request) {
    ::setenv("COAUTH_TEST_SECRET", "first", 1);
    coauth::token_source const from_env =
        make(coauth::client_secret_basic("c", coauth::secret::from_env("COAUTH_TEST_SECRET")));
    EXPECT_EQ(fetch(from_env).fields.find("Authorization"), basic("c:first"));
    ::setenv("COAUTH_TEST_SECRET", "second", 1);
    EXPECT_EQ(fetch(from_env).fields.find("Authorization"), basic("c:second"));
    ::unsetenv("COAUTH_TEST_SECRET");
    auto const gone = run(io, from_env.try_get());
    EXPECT_TRUE(gone.error().is(errc::secret_unavailable));
    EXPECT_NE(gone.error().what().find("COAUTH_TEST_SECRET"), std::string::npos);

    scratch_directory const scratch;
    std::string const file = scratch.file("secret");
    std::ofstream(file) << "in-file\n";
    coauth::token_source const from_file =
        make(coauth::client_secret_basic("c", coauth::secret::from_file(file)));
    EXPECT_EQ(fetch(from_file).fields.find("Authorization"), basic("c:in-file"));
    std::ofstream(file) << "rotated\n";
    EXPECT_EQ(fetch(from_file).fields.find("Authorization"), basic("c:rotated"));

    int asked = 0;
    auto const provider = [&asked]() -> awaitable<coauth::secret> {
        co_return coauth::secret("vault-" + std::to_string(++asked));
    };
    coauth::token_source const from_vault = make(coauth::client_secret_basic("c", provider));
    EXPECT_EQ(fetch(from_vault).fields.find("Authorization"), basic("c:vault-1"));
    EXPECT_EQ(fetch(from_vault).fields.find("Authorization"), basic("c:vault-2"));
}

TEST_F(client_authentication_test, a_source_sends_audience_resource_parameters_and_headers) {
    coauth::token_source_config config = endpoint.source();
    config.token_url = endpoint.url("/token?tenant=a");  // R-096
    config.scope = "b a b";
    config.audience = "https://api.example";
    config.resource = {"https://one.example/", "https://two.example/"};
    config.parameters = {{"custom", "a&b=c"}};
    config.headers = {{"X-Tenant", "a"}};
    server_request const seen = fetch(coauth::token_source(io.get_executor(), std::move(config)));
    EXPECT_EQ(seen.target, "/token?tenant=a");
    EXPECT_EQ(seen.body,
              "grant_type=client_credentials&scope=b+a&audience=https%3A%2F%2Fapi.example&"
              "resource=https%3A%2F%2Fone.example%2F&resource=https%3A%2F%2Ftwo.example%2F&"
              "custom=a%26b%3Dc");
    EXPECT_EQ(seen.fields.find("X-Tenant"), "a");
}

TEST_F(client_authentication_test,
       a_configuration_that_cannot_work_is_refused_before_anything_is_sent) {
    auto const refused = [&](auto change) {
        coauth::token_source_config config = endpoint.source();
        change(config);
        try {
            coauth::token_source const source(io.get_executor(), std::move(config));
        } catch (coauth::exception const& e) {
            EXPECT_EQ(e.error().code(), coauth::condition::configuration);
            return !e.error().what().empty();
        }
        return false;
    };
    using config = coauth::token_source_config;
    EXPECT_TRUE(refused([](config& c) { c.client = {}; }));
    EXPECT_TRUE(refused([](config& c) { c.token_url = "not a url"; }));
    EXPECT_TRUE(refused([](config& c) { c.token_url = "https://user@h/token"; }));   // R-095
    EXPECT_TRUE(refused([](config& c) { c.token_url = "https://h/token#x"; }));      // R-095
    EXPECT_TRUE(refused([](config& c) { c.token_url = "https://h:65536/token"; }));  // R-093
    EXPECT_TRUE(refused([](config& c) { c.parameters = {{"scope", "x"}}; }));
    EXPECT_TRUE(refused([](config& c) { c.parameters = {{"a", "1"}, {"a", "2"}}; }));
    EXPECT_TRUE(refused([](config& c) { c.resource = {"https://h/#fragment"}; }));
    EXPECT_TRUE(refused([](config& c) { c.headers = {{"Host", "evil"}}; }));  // R-103
    EXPECT_TRUE(refused([](config& c) {
        c.token_url = "https://127.0.0.1:1/";
        c.tls.system_trust = false;  // and no CA: nobody could be verified
    }));
    EXPECT_EQ(endpoint.count(), 0U);
}

// R-016, R-048: what is tolerated is counted.
TEST_F(client_authentication_test, quirks_of_token_responses_are_counted) {
    endpoint.set([](server_request const&) {
        return server_response(200, "text/plain",
                               R"({"access_token":"t","token_type":"bearer","expires_in":"60"})");
    });
    coauth::token_source const source = make(signed_by_gateway{"k"});
    fetch(source);
    fetch(source);
    coauth::token_response_quirk_counts const quirks = source.response_quirks();
    EXPECT_EQ(quirks.expires_in_string, 2U);
    EXPECT_EQ(quirks.content_type_other, 2U);
    EXPECT_EQ(quirks.expires_in_missing, 0U);
}

// R-190 in small: what goes wrong says everything but the secret.
TEST_F(client_authentication_test, hooks_and_errors_of_token_requests_show_no_secret) {
    std::string shown;
    coauth::token_source_config config = endpoint.source();
    config.client = coauth::client_secret_post("c", coauth::secret("canary-not-real"));
    config.hooks.before_send = [&](coauth::sent_request const& r) {
        shown += r.method() + r.url() + r.body();
        for (auto const field : r.headers())
            shown += std::string(field.name) + std::string(field.value);
    };
    config.hooks.after_response = [&](coauth::received_response const& r) {
        shown += std::to_string(r.status()) + r.body();
    };
    coauth::token_source const source(io.get_executor(), config);
    fetch(source);
    EXPECT_NE(shown.find("client_secret=[redacted]"), std::string::npos) << shown;
    EXPECT_NE(shown.find(R"("access_token":"[redacted]")"), std::string::npos) << shown;
    EXPECT_EQ(shown.find("canary"), std::string::npos);
    EXPECT_EQ(shown.find("token-1"), std::string::npos);
    endpoint.set([](server_request const& r) {
        return server_response::json(400, R"({"error":"invalid_scope","error_description":")" +
                                              std::to_string(r.body.size()) + R"("})");
    });
    source.retry_now();
    auto const failed = run(io, source.try_get());
    EXPECT_EQ(failed.error().what().find("canary"), std::string::npos);
    EXPECT_EQ(failed.error().oauth_error(), "invalid_scope");
}

}  // namespace
}  // namespace client_authentication_test
