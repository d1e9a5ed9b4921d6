// SPDX-License-Identifier: BSL-1.0
//
// What a server says in the head of a response and wants the client to do: go elsewhere, speak
// another protocol, use another scheme. It is told to the caller, and nothing of it is done.

#include "support/embedded.hpp"
#include "support/raw_server.hpp"
#include "support/recording_server.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace response_fields_test {
namespace {

using namespace coauth_test;
using namespace std::string_view_literals;
using coauth::errc;

class response_fields : public ::testing::Test {
protected:
    /// With a token, and one connection so that what happens to it can be seen.
    [[nodiscard]] coauth::rest_client make_client() {
        coauth::rest_client_config config;
        config.base_url = api.url("/v1");
        config.authorization = coauth::token_source(io.get_executor(), endpoint.source());
        config.max_connections_per_origin = 1;
        return {io.get_executor(), std::move(config)};
    }
    void answer(int status, std::string_view name, std::string_view value) {
        api.set([status, name = std::string(name), value = std::string(value)](auto const&) {
            return server_response(status).with_field(name, value);
        });
    }
    coauth::result<coauth::response> get(coauth::rest_client const& client) {
        return run(io, client.try_send({"GET", "/a/b?key=not-a-real-secret"}));
    }

    asio::io_context io;
    recording_server api{[](server_request const&) { return server_response::json(200, "{}"); }};
    recording_server elsewhere{[](server_request const&) { return server_response(200); }};
    recording_token_endpoint endpoint;
};

//
TEST_F(response_fields, a_redirect_to_another_scheme_is_returned_refused_and_opens_nothing) {
    coauth::rest_client const client = make_client();
    std::string const there = elsewhere.origin().substr(std::string("http:").size());
    std::size_t calls = 0;
    for (std::string const& location :
         {std::string("file:///etc/passwd"), std::string("file:relative"), "ftp:" + there + "/x",
          "FTP:" + there, std::string("data:text/html,<script>1</script>"),
          std::string("javascript:alert(1)"), std::string("JavaScript:alert(1)"),
          std::string("unix:/var/run/docker.sock"), std::string("unix:///var/run/docker.sock"),
          std::string("http+unix://%2Fvar%2Frun%2Fdocker.sock/x"), "gopher:" + there, "ws:" + there,
          std::string("blob:null/1"), std::string("about:blank"),
          std::string("mailto:somebody@example.com"), std::string("view-source:https://h/")}) {
        for (int const status : {301, 302, 303, 307, 308}) {
            answer(status, "Location", location);
            auto const moved = get(client);
            ASSERT_TRUE(moved.has_value()) << location << moved.error().what();
            EXPECT_EQ(moved->status(), status);
            EXPECT_EQ(moved->header("Location"), location);
            EXPECT_TRUE(moved->location().error().is(errc::invalid_url)) << location;
            EXPECT_EQ(api.count(), ++calls) << location;
        }
    }
    EXPECT_EQ(elsewhere.http().counters().connections_opened, 0U);
}

// those of an authorization server.
TEST_F(response_fields, a_token_endpoint_that_moves_to_another_scheme_is_an_error) {
    for (char const* location : {"file:///etc/passwd", "data:,x", "javascript:1", "ftp://h/",
                                 "unix:/var/run/docker.sock"}) {
        recording_token_endpoint moving;
        moving.set([location](server_request const&) {
            return server_response(307).with_field("Location", location);
        });
        coauth::token_source const source(io.get_executor(), moving.source());
        auto const token = run(io, source.try_get());
        EXPECT_TRUE(token.error().is(errc::unexpected_redirect)) << token.error().what();
        EXPECT_EQ(moving.count(), 1U);
    }
}

// resolved by RFC 3986, or refused. Userinfo is refused, so that nothing of it goes
// anywhere.
TEST_F(response_fields, a_location_in_any_form_is_resolved_or_refused) {
    coauth::rest_client const client = make_client();
    struct {
        std::string location;
        std::string goes_to;  // empty: refused
    } const cases[] = {
        {"", api.url("/v1/a/b?key=not-a-real-secret")},
        {"#f", api.url("/v1/a/b?key=not-a-real-secret")},
        {"c", api.url("/v1/a/c")},
        {"?q", api.url("/v1/a/b?q")},
        {"../../../x", api.url("/x")},
        {"/x/./y#f", api.url("/x/y")},
        {"//other.example/x", "http://other.example/x"},
        {"HTTPS://Other.Example:443/x#a?b", "https://other.example/x"},
        {"https://user@other.example/", ""},
        {"https://user:password@other.example/", ""},
        {"//user@other.example/", ""},
        {"https://other.example@evil.example/", ""},
        {"/\xC3\xA4", ""},
        {"https://\xC3\xA4.example/", ""},
        {"/a b", ""},
        {"\\\\other.example\\x", ""},
        {"https:x", ""},
        {"/" + std::string(16'000, 'a'), api.url("/" + std::string(16'000, 'a'))},
    };
    for (auto const& c : cases) {
        answer(302, "Location", c.location);
        auto const moved = get(client);
        ASSERT_TRUE(moved.has_value()) << c.location << moved.error().what();
        auto const to = moved->location();
        EXPECT_EQ(to.has_value() ? to->to_string() : "", c.goes_to) << c.location;
        if (!to) { EXPECT_TRUE(to.error().is(errc::invalid_url)) << c.location; }
    }
    answer(302, "X-Location", "/x");
    auto const nowhere = get(client);
    EXPECT_TRUE(nowhere->location().error().is(errc::invalid_url));
    EXPECT_EQ(api.count(), std::size(cases) + 1);
    EXPECT_EQ(api.last().connection_number, 1U);
}

// a megabyte, and line ends, which would be other fields.
TEST_F(response_fields, a_location_that_is_too_long_or_holds_line_ends_is_no_response) {
    coauth::rest_client const client = make_client();
    for (auto const& [location, code] :
         {std::pair(std::string(1024 * 1024, 'a'), errc::header_too_large),
          std::pair(std::string("/a\rSet-Cookie: x=1"), errc::malformed_response),
          std::pair(std::string("/a\0b", 4), errc::malformed_response)}) {
        api.set([text = location](server_request const&) {
            return server_response::raw_bytes("HTTP/1.1 302 Found\r\nLocation: " + text +
                                              "\r\nContent-Length: 0\r\n\r\n");
        });
        auto const refused = get(client);
        EXPECT_TRUE(refused.error().is(code)) << location.size() << refused.error().what();
        answer(200, "X", "y");
        EXPECT_EQ(get(client)->status(), 200);
    }
    // Folded lines (RFC 9112 §5.2) are one line with spaces, which no URL has.
    api.set([](server_request const&) {
        return server_response::raw_bytes(
            "HTTP/1.1 302 Found\r\nLocation: /a\r\n b\r\nContent-Length: 0\r\n\r\n");
    });
    EXPECT_TRUE(get(client)->location().error().is(errc::invalid_url));
    api.set([](server_request const&) {
        return server_response::raw_bytes(
            "HTTP/1.1 302 Found\r\nLocation: /a\r\nX-Injected: 1\r\nContent-Length: 0\r\n\r\n");
    });
    EXPECT_EQ(get(client)->location()->path(), "/a");
}

// whatever has led to a request, and whatever stands in the URL before it.
TEST_F(response_fields, no_request_says_where_it_comes_from) {
    coauth::rest_client const client = make_client();
    answer(302, "Location", elsewhere.url("/x"));
    coauth::url const to = get(client)->location().value();
    coauth::request followed("GET", "");
    followed.absolute_url(to.to_string());
    EXPECT_EQ(run(io, client.send(std::move(followed))).status(), 200);
    answer(401, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
    EXPECT_EQ(get(client)->status(), 401);  // renewed, and sent again
    answer(200, "Referrer-Policy", "unsafe-url");
    EXPECT_EQ(get(client)->status(), 200);
    EXPECT_EQ(get(client)->status(), 200);
    EXPECT_GE(api.count(), 5U);
    EXPECT_EQ(elsewhere.count(), 1U);
    EXPECT_GE(endpoint.count(), 2U);
    for (recording_server const* server :
         {&api, &elsewhere, static_cast<recording_server*>(&endpoint)}) {
        for (std::size_t i = 0; i != server->count(); ++i) {
            EXPECT_FALSE(server->request(i).fields.contains("Referer"));
            EXPECT_FALSE(server->request(i).fields.contains("Origin"));
        }
    }
}

//
TEST_F(response_fields, other_services_and_protocols_are_not_taken_up) {
    std::string const other = elsewhere.origin().substr(elsewhere.origin().find("//") + 2);
    coauth::rest_client const client = make_client();
    std::vector<std::pair<std::string, std::string>> const offers = {
        {"Alt-Svc", "h2=\"" + other + "\"; ma=86400; persist=1"},
        {"Alt-Svc", "h3=\":443\", http%2F1.1=\"" + other + "\""},
        {"Alt-Svc", "clear"},
        {"Alt-Used", other},
        {"Upgrade", "h2c, websocket, TLS/1.0"},
        {"Upgrade-Insecure-Requests", "1"},
        {"HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA"},
        {"Refresh", "0; url=" + elsewhere.url("/")},
        {"Link", "<" + elsewhere.url("/") + ">; rel=preload"},
        {"Content-Location", elsewhere.url("/")},
        {"Strict-Transport-Security", "max-age=31536000"},
        {"Set-Cookie", "a=b"},
        {"Clear-Site-Data", "\"*\""},
        {"Accept-CH", "Sec-CH-UA"},
        {"NEL", "{\"report_to\":\"x\"}"},
        {"X-GOAWAY", "1"},
    };
    for (int const status : {200, 421, 426, 503}) {
        for (auto const& [name, value] : offers) {
            answer(status, name, value);
            auto const answered = get(client);
            ASSERT_TRUE(answered.has_value()) << name << answered.error().what();
            EXPECT_EQ(answered->status(), status);
            EXPECT_EQ(answered->header(name), value);
            for (auto const* gone : {"Upgrade", "HTTP2-Settings", "Alt-Used", "Cookie"}) {
                EXPECT_FALSE(api.last().fields.contains(gone)) << gone;
            }
            EXPECT_EQ(api.last().connection_number, 1U) << name;
        }
    }
    EXPECT_EQ(api.count(), 4 * offers.size());
    EXPECT_EQ(elsewhere.http().counters().connections_opened, 0U);
}

// on the wire, where another protocol would be to be seen.
TEST_F(response_fields, a_connection_stays_with_http_1_1_whatever_its_server_offers) {
    std::vector<std::string> lines;
    coauth::tests::event answered;
    coauth::tests::raw_server server([&](coauth::tests::raw_connection& c) {
        for (int i = 0; i != 3; ++i) {
            auto const request = c.read_request();
            if (!request) return;
            lines.push_back(request->substr(0, request->find("\r\n")));
            if (i == 0) c.send("HTTP/1.1 103 Early Hints\r\nUpgrade: h2c\r\n\r\n");
            c.respond("ok", "Connection: Upgrade\r\nUpgrade: h2c\r\nAlt-Svc: h2=\":1\"\r\n");
        }
        // A frame of HTTP/2, GOAWAY: to us, bytes that nobody has asked for.
        c.read_request();
        c.send(std::string("\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0", 17));
    });
    coauth::rest_client_config config;
    config.base_url = server.url();
    coauth::rest_client const client(io.get_executor(), std::move(config));
    for (int i = 0; i != 3; ++i) EXPECT_EQ(get(client)->status(), 200);
    EXPECT_EQ(lines, std::vector<std::string>(3, "GET /a/b?key=not-a-real-secret HTTP/1.1"));
    EXPECT_TRUE(get(client).error().is(errc::malformed_response));
    EXPECT_EQ(server.accepted(), 1U);
}

// a damaged challenge beside a good one of a weaker scheme; the token stays the token.
TEST_F(response_fields, no_challenge_makes_a_client_use_another_scheme) {
    coauth::rest_client const client = make_client();
    for (auto const& fields : std::vector<std::vector<std::string>>{
             {"Basic realm=\"x\""},
             {"Bearer realm=\"x", "Basic realm=\"y\""},
             {"Bearer error=invalid_token, Bearer error=, Basic"},
             {"DPoP algs=\"ES256\", Basic realm=\"y\""},
             {"Digest realm=\"x\", nonce=\"n\"", "NTLM", "Negotiate"},
             {"Bearer error=\"invalid_token\"", "Basic realm=\"y\""},
             {"\", Basic"},
             {"Basic realm=\"x\", charset=\"UTF-8\"", "realm=y"}}) {
        api.set([&fields](server_request const&) {
            server_response refusal(401);
            for (auto const& field : fields) refusal.fields.append("WWW-Authenticate", field);
            return refusal;
        });
        EXPECT_EQ(get(client)->status(), 401);
    }
    for (std::size_t i = 0; i != api.count(); ++i) {
        server_request const sent = api.request(i);
        auto const authorization = sent.fields.all("Authorization");
        ASSERT_EQ(authorization.size(), 1U);
        EXPECT_TRUE(authorization.front().starts_with("Bearer token-")) << authorization.front();
        EXPECT_FALSE(sent.fields.contains("DPoP"));
    }
}

}  // namespace
}  // namespace response_fields_test
