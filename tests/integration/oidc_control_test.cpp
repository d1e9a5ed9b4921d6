// SPDX-License-Identifier: BSL-1.0

#include "support/oidc_server.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>

namespace coauth::tests::oidc_control_test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class oidc_control : public ::testing::Test {
protected:
    void SetUp() override { COAUTH_REQUIRE_OIDC(); }
    void TearDown() override {
        if (!oidc_ready_file().empty()) oidc().reset();
    }

    /// One request on a connection of its own, over the plain listener; empty when the server
    /// closes or resets the connection.
    static std::string exchange(std::string const& head, std::string const& body) {
        std::string const& origin = oidc().origin("http");
        asio::io_context io;
        asio::ip::tcp::socket socket(io);
        socket.connect(
            {asio::ip::address_v4::loopback(),
             static_cast<unsigned short>(std::stoi(origin.substr(origin.rfind(':') + 1)))});
        asio::write(socket, asio::buffer(head + "Host: localhost\r\nContent-Length: " +
                                         std::to_string(body.size()) + "\r\n\r\n" + body));
        std::string answer;
        asio::error_code ec;
        asio::read(socket, asio::dynamic_buffer(answer), ec);
        return answer;
    }

    static std::string token_request(std::string const& secret = oidc_secret) {
        return exchange(
            "POST /token HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\n",
            "grant_type=client_credentials&scope=read&client_id=cc-post&client_secret=" + secret);
    }

    static std::string access_token() {
        std::string const answer = token_request();
        std::string const member = "\"access_token\":\"";
        auto const begin = answer.find(member) + member.size();
        return answer.substr(begin, answer.find('"', begin) - begin);
    }

    static std::string call(std::string const& token) {
        return exchange("GET /rs/echo HTTP/1.0\r\nAuthorization: Bearer " + token + "\r\n", "");
    }
};

TEST_F(oidc_control, ready_file_names_all_listeners_and_the_ca) {
    for (char const* name : {"https", "mtls", "mtls_strict", "tls12", "tls_wronghost",
                             "tls_expired", "tls_untrusted"}) {
        EXPECT_THAT(oidc().origin(name), StartsWith("https://localhost:"));
    }
    EXPECT_THAT(oidc().origin("http"), StartsWith("http://localhost:"));
    EXPECT_THAT(oidc().origin("control"), StartsWith("http://localhost:"));
    EXPECT_THROW((void)oidc().origin("other"), std::out_of_range);
    EXPECT_TRUE(std::ifstream(oidc().ca_file()).good());
}

TEST_F(oidc_control, counters_follow_token_requests_and_reset_clears_them) {
    EXPECT_THAT(token_request(), HasSubstr(" 200 "));
    EXPECT_THAT(token_request("wrong"), HasSubstr(" 401 "));
    oidc_counters const counters = oidc().counters();
    EXPECT_EQ(counters.token_total(), 2);
    EXPECT_EQ(counters.token_ok(), 1);
    EXPECT_EQ(counters.token_error(), 1);
    EXPECT_GE(counters.token_by_client("cc-post"), 1);
    EXPECT_EQ(counters.token_by_client("nobody"), 0);
    EXPECT_EQ(counters.connections("http"), 2);

    oidc().reset();
    EXPECT_EQ(oidc().counters().token_total(), 0);
    EXPECT_EQ(oidc().counters().connections("http"), 0);
}

TEST_F(oidc_control, armed_fault_answers_as_often_as_asked) {
    oidc().fault("on=token&status=503&times=1&headers=" +
                 percent_encoded(R"({"retry-after":"7"})"));
    EXPECT_THAT(token_request(), ::testing::AllOf(HasSubstr(" 503 "), HasSubstr("retry-after: 7")));
    EXPECT_THAT(token_request(), HasSubstr(" 200 "));
    oidc().fault("on=token&close=1&times=1");
    EXPECT_EQ(token_request(), "");
}

TEST_F(oidc_control, revoked_token_is_refused_by_the_resource) {
    std::string const token = access_token();
    EXPECT_THAT(call(token), HasSubstr(" 200 "));
    EXPECT_GE(oidc().revoke("cc-post"), 1);
    EXPECT_THAT(call(token), HasSubstr(" 401 "));
    oidc_counters const counters = oidc().counters();
    EXPECT_EQ(counters.resource_total(), 2);
    EXPECT_EQ(counters.resource_ok(), 1);
    EXPECT_EQ(counters.resource_error(), 1);
}

TEST_F(oidc_control, lifetime_of_a_client_can_be_changed) {
    oidc().ttl("cc-post", 1234);
    EXPECT_THAT(token_request(), HasSubstr("\"expires_in\":1234"));
}

TEST_F(oidc_control, log_holds_each_request) {
    (void)token_request();
    EXPECT_THAT(oidc().log(), HasSubstr("\"path\": \"/token\""));
}

TEST_F(oidc_control, unknown_control_path_is_an_error) {
    EXPECT_THROW(oidc().control("/no-such-path"), std::runtime_error);
}

TEST_F(oidc_control, clock_that_is_moved_on_ends_the_tokens_of_before) {
    std::string const token = access_token();
    EXPECT_THAT(call(token), HasSubstr(" 200 "));
    oidc().advance(std::chrono::seconds(61));
    EXPECT_THAT(call(token), HasSubstr(" 401 "));
    EXPECT_THAT(call(access_token()), HasSubstr(" 200 "));
}

}  // namespace
}  // namespace coauth::tests::oidc_control_test
