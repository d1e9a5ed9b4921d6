// SPDX-License-Identifier: BSL-1.0
//
// What a call carries of schemes that are used together, and what no client is made of.

#include <coauth/coauth.hpp>
#include <coauth/openapi.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>

namespace authorization_test {
namespace {

namespace openapi = coauth::openapi;
using coauth::errc;
using coauth::secret;
using ::testing::HasSubstr;

/// One operation "op" that needs the schemes "a" and "b" together.
openapi::api_description both(std::string const& a, std::string const& b) {
    return openapi::parse(R"({"openapi": "3.1.0", "servers": [{"url": "https://api.example.com"}],
        "components": {"securitySchemes": {"a": {)" +
                          a + R"(}, "b": {)" + b + R"(}}},
        "paths": {"/": {"get": {"operationId": "op", "security": [{"a": [], "b": []}]}}}})");
}
openapi::credentials all() {
    return openapi::credentials()
        .bearer(coauth::bearer_token(secret("token")))
        .key("a", secret("key-a"))
        .key("b", secret("key-b"));
}
std::string header_key(std::string const& name) {
    return R"("type": "apiKey", "in": "header", "name": ")" + name + '"';
}
std::string const bearer = R"("type": "http", "scheme": "bearer")";

TEST(openapi_authorization, no_credential_takes_the_place_of_another) {
    asio::io_context io;
    for (auto const& [a, b] : {std::pair(bearer, header_key("Authorization")),
                               std::pair(bearer, header_key("authorization")),
                               std::pair(header_key("X-Key"), header_key("x-key"))}) {
        openapi::api const api(io.get_executor(), configure(both(a, b), all()));
        try {
            (void)api.prepare("op", {});
            ADD_FAILURE() << a << b;
        } catch (coauth::exception const& e) {
            EXPECT_TRUE(e.error().is(errc::unsupported_description)) << e.what();
            EXPECT_THAT(e.what(), HasSubstr("'b'"));
        }
    }
}

TEST(openapi_authorization, keys_in_different_headers_go_together) {
    asio::io_context io;
    openapi::api const api(io.get_executor(), configure(both(bearer, header_key("X-Key")), all()));
    EXPECT_EQ(api.prepare("op", {}).headers().find("X-Key"), "key-b");
}

TEST(openapi_authorization, a_plan_without_its_credentials_makes_no_client) {
    asio::io_context io;
    for (auto const& scheme :
         {bearer, std::string(R"("type": "http", "scheme": "basic")"), header_key("X-Key"),
          std::string(R"("type": "apiKey", "in": "cookie", "name": "key")"),
          std::string(R"("type": "mutualTLS")")}) {
        openapi::configuration config;
        config.description = std::make_shared<openapi::api_description const>(both(scheme, scheme));
        config.plan = decide(*config.description);
        config.client.base_url = config.plan.base_url;
        EXPECT_THROW(openapi::api(io.get_executor(), std::move(config)), coauth::exception)
            << scheme;
    }
}

}  // namespace
}  // namespace authorization_test
