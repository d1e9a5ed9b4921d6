// SPDX-License-Identifier: BSL-1.0

#include <coauth/protocol/server_metadata.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace server_metadata_test {
namespace {

using namespace coauth;

std::vector<std::string> places(std::string_view issuer) {
    std::vector<std::string> out;
    std::vector<url> const found = well_known_urls(issuer).value();
    for (url const& one : found) out.push_back(one.to_string());
    return out;
}

// R-375
TEST(well_known_urls, are_inserted_before_the_path_or_appended_to_it) {
    EXPECT_EQ(places("https://as.example/tenant/1"),
              (std::vector<std::string>{
                  "https://as.example/.well-known/oauth-authorization-server/tenant/1",
                  "https://as.example/tenant/1/.well-known/openid-configuration",
                  "https://as.example/.well-known/openid-configuration/tenant/1"}));
    EXPECT_EQ(places("https://as.example/tenant/"), places("https://as.example/tenant"));
}

TEST(well_known_urls, of_an_issuer_without_a_path_are_two) {
    std::vector<std::string> const two{
        "https://as.example:8443/.well-known/oauth-authorization-server",
        "https://as.example:8443/.well-known/openid-configuration"};
    EXPECT_EQ(places("https://as.example:8443"), two);
    EXPECT_EQ(places("https://as.example:8443/"), two);
}

TEST(well_known_urls, refuse_what_is_no_issuer) {
    for (char const* const wrong : {"", "as.example", "ftp://as.example", "https://as.example?x=1",
                                    "https://as.example#x", "https://u@as.example"}) {
        result<std::vector<url>> const r = well_known_urls(wrong);
        ASSERT_FALSE(r) << wrong;
        EXPECT_TRUE(r.error().is(errc::invalid_url)) << wrong;
    }
}

TEST(server_metadata, names_its_token_endpoint_and_the_one_for_certificates) {
    result<server_metadata> const m = parse_server_metadata(
        R"({"issuer":"https:\/\/as.example","token_endpoint":"https://as.example/token","x":[{}],
            "mtls_endpoint_aliases":{"token_endpoint":"https://mtls.as.example/token"}})",
        "https://as.example");
    ASSERT_TRUE(m) << m.error().what();
    EXPECT_EQ(m->token_endpoint, "https://as.example/token");
    EXPECT_EQ(m->mtls_token_endpoint, "https://mtls.as.example/token");
}

TEST(server_metadata, names_where_a_person_is_asked_and_whether_responses_name_the_server) {
    std::string const body = R"({"issuer":"i","token_endpoint":"t","authorization_endpoint":"a",)"
                             R"("device_authorization_endpoint":"d",)"
                             R"("mtls_endpoint_aliases":{"device_authorization_endpoint":"m"})";
    std::string const announced = R"(,"authorization_response_iss_parameter_supported":)";
    result<server_metadata> const m = parse_server_metadata(body + "}", "i");
    ASSERT_TRUE(m) << m.error().what();
    EXPECT_EQ(m->authorization_endpoint, "a");
    EXPECT_EQ(m->device_authorization_endpoint, "d");
    EXPECT_EQ(m->mtls_device_authorization_endpoint, "m");
    EXPECT_FALSE(m->iss_in_responses);
    EXPECT_TRUE(parse_server_metadata(body + announced + "true}", "i")->iss_in_responses);
    EXPECT_FALSE(parse_server_metadata(body + announced + "false}", "i")->iss_in_responses);
}

// R-374
TEST(server_metadata, of_another_issuer_is_refused_to_the_byte) {
    for (char const* const other : {"https://as.example/", "https://AS.example",
                                    "https://as.example:443", "", "http://as.example"}) {
        std::string const body =
            R"({"issuer":")" + std::string(other) + R"(","token_endpoint":"https://as.example/t"})";
        result<server_metadata> const m = parse_server_metadata(body, "https://as.example");
        ASSERT_FALSE(m) << other;
        EXPECT_TRUE(m.error().is(errc::issuer_mismatch)) << other;
    }
}

// R-377
TEST(server_metadata, that_cannot_be_understood_is_refused) {
    for (
        char const* const wrong :
        {"", "[]", "<html>", R"({"issuer":"https://as.example")", R"({"issuer":1})",
         R"({"issuer":"https://as.example"})",
         R"({"issuer":"https://as.example","token_endpoint":"a","token_endpoint":"b"})",
         R"({"issuer":"https://as.example","token_endpoint":"a","mtls_endpoint_aliases":{"token_endpoint":7}})"}) {
        result<server_metadata> const m = parse_server_metadata(wrong, "https://as.example");
        ASSERT_FALSE(m) << wrong;
        EXPECT_TRUE(m.error().is(errc::invalid_server_metadata)) << wrong << m.error().what();
    }
}

}  // namespace
}  // namespace server_metadata_test
