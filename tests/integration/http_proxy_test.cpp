// SPDX-License-Identifier: BSL-1.0
//
// Exchanges through a proxy that is scripted byte by byte. "api.test" is known to no resolver: only
// a proxy leads there.

#include <support/http_driver.hpp>
#include <support/patience.hpp>
#include <support/raw_server.hpp>
#include <support/tls_party.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http_proxy_test {
namespace {

using namespace coauth;
using namespace coauth::tests;

constexpr char const* user = "proxy-user";
constexpr char const* password = "not-a-real-proxy-secret";
// base64("proxy-user:not-a-real-proxy-secret")
constexpr char const* basic = "Basic cHJveHktdXNlcjpub3QtYS1yZWFsLXByb3h5LXNlY3JldA==";

proxy_credentials credentials() { return {user, secret(password)}; }

std::string http_url(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

/// No CA certificates of this machine need to be read.
http::transport_options trusting_nobody() {
    static http::transport_options const options = tls_party().options();
    return options;
}

http::transport_options through(std::uint16_t port,
                                http::transport_options options = trusting_nobody(),
                                std::optional<proxy_credentials> with = std::nullopt,
                                std::vector<std::string> no_proxy = {}) {
    proxy_config config;
    config.url = http_url(port);
    config.credentials = std::move(with);
    config.no_proxy = std::move(no_proxy);
    options.proxy = std::make_shared<http::proxy const>(config);
    return options;
}

/// A certificate for "api.test", or another name, and a server that starts TLS when it is told to.
raw_tls behind_connect(tls_party const& party, std::string name = "api.test") {
    coauth::testing::certificate_options names;
    names.dns_names = {std::move(name)};
    names.ip_addresses = {};
    raw_tls tls = tls_with(party.authority.server(names));
    tls.at_once = false;
    return tls;
}

constexpr char const* established = "HTTP/1.1 200 Connection established\r\n\r\n";

/// A GET of https://api.test:8443/ through a proxy that answers CONNECT with these bytes and
/// closes.
call_handle answered_with(std::string const& answer, bool with_credentials = false) {
    raw_server proxy([&](raw_connection& c) {
        c.read_request();
        c.send(answer);
        c.half_close();
        c.read_to_end();
    });
    std::optional<proxy_credentials> own;
    if (with_credentials) own = credentials();
    http_client client(through(proxy.port(), trusting_nobody(), std::move(own)));
    auto const call = client.run(get_from(client.at("https://api.test:8443/")));
    EXPECT_EQ(proxy.accepted(), 1U) << "and it is not asked twice";
    EXPECT_EQ(client.open(), 0U);
    EXPECT_EQ(call->composed, 0U);
    EXPECT_FALSE(call->error.maybe_processed());
    EXPECT_EQ(call->error.endpoint(), http_url(proxy.port()));
    EXPECT_EQ(call->error.what().find(password), std::string::npos);
    EXPECT_EQ(call->error.what().find(basic + 6), std::string::npos);
    return call;
}

TEST(http_proxy, connect_names_the_server_and_has_no_more_fields_than_it_needs) {
    for (bool const with_credentials : {false, true}) {
        std::string seen;
        event told;
        raw_server proxy([&](raw_connection& c) {
            seen = c.read_request().value_or("");
            told.set();
        });
        std::optional<proxy_credentials> own;
        if (with_credentials) own = credentials();
        http_client client(through(proxy.port(), trusting_nobody(), std::move(own)));
        client.run(get_from(client.at("https://api.test/v1?secret=query")));
        ASSERT_TRUE(told.wait());
        std::string const fields =
            with_credentials ? "Proxy-Authorization: " + std::string(basic) + "\r\n" : "";
        EXPECT_EQ(seen,
                  "CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n" + fields + "\r\n");
    }
}

TEST(http_proxy, an_ipv6_address_has_brackets_in_connect) {
    std::string seen;
    event told;
    raw_server proxy([&](raw_connection& c) {
        seen = c.read_request().value_or("");
        told.set();
    });
    http_client client(through(proxy.port()));
    client.run(get_from(client.at("https://[2001:db8::1]:8443/")));
    ASSERT_TRUE(told.wait());
    EXPECT_EQ(seen.substr(0, seen.find('\r')), "CONNECT [2001:db8::1]:8443 HTTP/1.1");
}

/// Inside of the tunnel TLS is made with the server, by its own name, and the next call finds the
/// tunnel open.
TEST(http_proxy, a_tunnel_is_used_again_and_speaks_tls_with_the_server) {
    tls_party const party;
    std::string sni;
    raw_server proxy(
        [&](raw_connection& c) {
            c.read_request();
            c.send(established);
            if (!c.start_tls(proxy.context())) return;
            sni = c.sni();
            c.serve("through");
        },
        behind_connect(party));
    unsigned reused = 0;
    http::transport_options options = party.options();
    struct watcher {
        std::vector<std::string>* hosts;
        unsigned* reused;
        void operator()(connection_opened const& e) const {
            hosts->push_back(std::string(e.server_address) + (e.tls ? " tls" : ""));
        }
        void operator()(connection_reused const&) const { ++*reused; }
    };
    std::vector<std::string> hosts;
    options.observer = watcher{&hosts, &reused};
    http_client client(through(proxy.port(), options));
    http::exchange_trace trace;
    auto const first = get_from(client.at("https://api.test/"));
    first->options.trace = &trace;
    client.run(first);
    ASSERT_FALSE(first->error) << first->error.what();
    EXPECT_EQ(first->body, "through");
    auto const second = client.run(get_from(client.at("https://api.test/")));
    EXPECT_FALSE(second->error) << second->error.what();
    EXPECT_TRUE(second->reused);
    EXPECT_EQ(proxy.accepted(), 1U);
    proxy.stop();
    EXPECT_EQ(sni, "api.test");
    EXPECT_EQ(hosts, std::vector<std::string>{"api.test tls"});
    EXPECT_EQ(reused, 1U);
    ASSERT_EQ(trace.size(), 1U);
    ASSERT_TRUE(trace[0].connected && trace[0].tunnelled && trace[0].secured);
    EXPECT_LE(*trace[0].connected, *trace[0].tunnelled);
    EXPECT_LE(*trace[0].tunnelled, *trace[0].secured);
}

TEST(http_proxy, any_2xx_opens_the_tunnel_whatever_its_fields_say) {
    tls_party const party;
    for (std::string const& head : std::vector<std::string>{
             "HTTP/1.0 200 Connection established\r\n\r\n",
             "HTTP/1.1 201 \r\nContent-Length: 5\r\n\r\n",
             "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\nConnection: close\r\n\r\n",
             "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 299 x\r\nVia: 1.1 p\r\n\r\n"}) {
        raw_server proxy(
            [&](raw_connection& c) {
                c.read_request();
                for (char const byte : head) c.send({&byte, 1});
                if (c.start_tls(proxy.context())) c.serve();
            },
            behind_connect(party));
        http_client client(through(proxy.port(), party.options()));
        auto const call = client.run(get_from(client.at("https://api.test/")));
        EXPECT_FALSE(call->error) << head << call->error.what();
        EXPECT_EQ(call->body, "ok");
    }
}

TEST(http_proxy, a_407_says_which_schemes_the_proxy_offers) {
    auto const without = answered_with(
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n"
        "Proxy-Authenticate: Basic realm=\"corp\", NTLM\r\nContent-Length: 2\r\n\r\nno");
    EXPECT_TRUE(without->error.is(errc::proxy_authentication_required));
    EXPECT_EQ(without->error.http_status(), 407);
    EXPECT_EQ(without->error.where(), stage::proxy);
    EXPECT_TRUE(without->error.code() == condition::proxy);
    EXPECT_FALSE(without->error.code() == condition::retryable);
    EXPECT_EQ(without->error.hint(),
              "the proxy offers Negotiate, Basic, NTLM: set proxy_config::credentials");
    EXPECT_NE(without->error.message().find("api.test:8443"), std::string::npos);

    auto const with =
        answered_with("HTTP/1.1 407 x\r\nProxy-Authenticate: basic realm=\"corp\"\r\n\r\n", true);
    EXPECT_TRUE(with->error.is(errc::proxy_authentication_required));
    EXPECT_EQ(with->error.hint(), "the proxy offers basic, and does not accept these credentials");

    auto const other =
        answered_with("HTTP/1.1 407 x\r\nProxy-Authenticate: Negotiate\r\n\r\n", true);
    EXPECT_EQ(other->error.hint(),
              "the proxy offers Negotiate, and Basic is all that there is here");
    auto const silent = answered_with("HTTP/1.1 407 x\r\nProxy-Authenticate: ,=\"\x01\r\n\r\n");
    EXPECT_TRUE(silent->error.code() == condition::proxy) << silent->error.what();
}

TEST(http_proxy, a_refusal_is_an_error_with_its_status) {
    struct expectation {
        int status;
        errc code;
        bool retryable;
    };
    for (auto const& e : std::vector<expectation>{{502, errc::proxy_failed, true},
                                                  {503, errc::proxy_failed, true},
                                                  {504, errc::proxy_failed, true},
                                                  {429, errc::proxy_failed, true},
                                                  {400, errc::proxy_refused, false},
                                                  {401, errc::proxy_refused, false},
                                                  {403, errc::proxy_refused, false},
                                                  {405, errc::proxy_refused, false},
                                                  {302, errc::proxy_refused, false},
                                                  {304, errc::proxy_refused, false}}) {
        auto const call = answered_with("HTTP/1.1 " + std::to_string(e.status) +
                                        " x\r\nLocation: http://127.0.0.1/\r\n"
                                        "Content-Length: 99999999999999\r\n\r\n<html>");
        EXPECT_TRUE(call->error.is(e.code)) << call->error.what();
        EXPECT_EQ(call->error.http_status(), e.status);
        EXPECT_EQ(call->error.where(), stage::proxy);
        EXPECT_TRUE(call->error.code() == condition::proxy);
        EXPECT_EQ(call->error.code() == condition::retryable, e.retryable);
        EXPECT_FALSE(call->error.hint().empty());
    }
}

TEST(http_proxy, a_proxy_that_ends_before_it_has_answered_has_failed) {
    for (char const* const answer : {"", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nVia: 1.1 p\r\n"}) {
        auto const call = answered_with(answer);
        EXPECT_TRUE(call->error.is(errc::proxy_failed)) << call->error.what();
        EXPECT_EQ(call->error.where(), stage::proxy);
        EXPECT_TRUE(call->error.code() == condition::retryable);
    }
    raw_server resetting([](raw_connection& c) {
        c.read_request();
        c.reset();
    });
    http_client client(through(resetting.port()));
    auto const call = client.run(get_from(client.at("https://api.test/")));
    EXPECT_TRUE(call->error.is(errc::proxy_failed)) << call->error.what();
    EXPECT_EQ(call->error.endpoint(), http_url(resetting.port()));
}

TEST(http_proxy, what_is_no_http_is_no_answer) {
    std::vector<std::string> const answers{
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\x15\x03\x01\x00\x02\x02\x28",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200 OK\nVia: 1.1 p\n\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 502 x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n",
        "HTTP/1.1 200 OK\r\n" + std::string(300, 'x') + "\r\n\r\n",
    };
    for (auto const& answer : answers) {
        auto const call = answered_with(answer);
        EXPECT_TRUE(call->error.is(errc::proxy_malformed_response))
            << answer.substr(0, 40) << ": " << call->error.what();
        EXPECT_EQ(call->error.where(), stage::proxy);
        EXPECT_TRUE(call->error.code() == condition::proxy);
    }
    std::string interim;
    for (int i = 0; i != 20; ++i) interim += "HTTP/1.1 103 x\r\n\r\n";
    EXPECT_TRUE(answered_with(interim + established)->error.is(errc::proxy_malformed_response));
}

TEST(http_proxy, bytes_behind_its_answer_are_not_taken_for_the_server) {
    for (char const* const more : {"\x16\x03\x03", "x", "HTTP/1.1 200 OK\r\n\r\n"}) {
        auto const call = answered_with(std::string(established) + more);
        EXPECT_TRUE(call->error.is(errc::proxy_malformed_response)) << call->error.what();
    }
}

TEST(http_proxy, an_answer_before_the_question_is_none) {
    raw_server proxy([](raw_connection& c) {
        c.send(std::string(established) + established);
        c.read_to_end();
    });
    http_client client(through(proxy.port()));
    auto const call = client.run(get_from(client.at("https://api.test/")));
    EXPECT_TRUE(call->error.is(errc::proxy_malformed_response)) << call->error.what();
}

/// Whom a call through a proxy names when the deadline for connecting has passed at that stage.
std::string endpoint_where_connecting_ends(std::uint16_t proxy_port, stage wanted) {
    std::string named;
    coauth_test::with_enough_patience(std::chrono::milliseconds(50), [&](duration patience) {
        http::transport_options options = trusting_nobody();
        options.connect_deadline = patience;
        http_client client(through(proxy_port, options));
        auto const call = client.run(get_from(client.at("https://api.test/")));
        EXPECT_TRUE(call->error.is(errc::deadline_exceeded)) << call->error.what();
        EXPECT_EQ(client.open(), 0U);
        named = call->error.endpoint();
        return call->error.where() == wanted;
    });
    return named;
}

TEST(http_proxy, one_that_hangs_is_left_at_the_deadline_for_connecting) {
    for (std::string const& before : std::vector<std::string>{"", "HTTP/1.1 200 OK\r\nVia: "}) {
        raw_server proxy([&](raw_connection& c) {
            c.read_request();
            c.send(before);
            c.read_to_end();
        });
        EXPECT_EQ(endpoint_where_connecting_ends(proxy.port(), stage::proxy),
                  http_url(proxy.port()));
    }
}

TEST(http_proxy, one_deadline_covers_tunnel_and_handshake) {
    raw_server proxy([&](raw_connection& c) {
        c.read_request();
        c.send(established);
        c.read_to_end();
    });
    EXPECT_EQ(endpoint_where_connecting_ends(proxy.port(), stage::tls), "https://api.test:443");
}

TEST(http_proxy, one_that_cannot_be_reached_is_named_and_not_gone_around) {
    raw_server origin([](raw_connection& c) { c.serve(); });
    std::uint16_t dead = 0;
    {
        raw_server const gone([](raw_connection&) {});
        dead = gone.port();
    }
    http_client client(through(dead));
    // 0.0.0.0 leads to this machine, and is none of its names: without the proxy it would answer.
    std::string const server = "0.0.0.0:" + std::to_string(origin.port());
    for (std::string const& scheme : std::vector<std::string>{"http://", "https://"}) {
        auto const call = client.run(get_from(client.at(scheme + server)));
        EXPECT_TRUE(call->error.is(errc::proxy_unreachable)) << call->error.what();
        EXPECT_TRUE(call->error.code() == condition::proxy);
        EXPECT_TRUE(call->error.code() == condition::retryable);
        EXPECT_EQ(call->error.endpoint(), http_url(dead));
        EXPECT_EQ(call->error.where(), stage::connect);
    }
    EXPECT_EQ(origin.accepted(), 0U);
}

TEST(http_proxy, the_servers_name_is_verified_inside_of_the_tunnel) {
    tls_party const party;
    event handshake;
    std::string in_tunnel;
    raw_server proxy(
        [&](raw_connection& c) {
            c.read_request();
            c.send(established);
            if (c.start_tls(proxy.context())) in_tunnel = c.read_some();
            handshake.set();
        },
        behind_connect(party, "proxy.test"));
    http_client client(through(proxy.port(), party.options(), credentials()));
    auto const call = client.run(get_from(client.at("https://api.test/")));
    EXPECT_TRUE(call->error.is(errc::certificate_host_mismatch)) << call->error.what();
    EXPECT_EQ(call->error.endpoint(), "https://api.test:443");
    EXPECT_EQ(call->error.where(), stage::tls);
    EXPECT_EQ(call->composed, 0U);
    ASSERT_TRUE(handshake.wait());
    EXPECT_EQ(in_tunnel, "");
}

TEST(http_proxy, a_tunnel_that_breaks_in_the_handshake_names_the_proxy_on_the_way) {
    tls_party const party;
    raw_server proxy([&](raw_connection& c) {
        c.read_request();
        c.send(established);
        c.read_some();
    });
    http_client client(through(proxy.port(), party.options()));
    auto const call = client.run(get_from(client.at("https://api.test/")));
    EXPECT_TRUE(call->error.is(errc::tls_handshake_failed)) << call->error.what();
    EXPECT_NE(call->error.what().find(http_url(proxy.port())), std::string::npos);
}

TEST(http_proxy, an_idle_tunnel_that_was_closed_is_replaced_by_a_new_one) {
    tls_party const party;
    event first_gone;
    raw_server proxy(
        [&](raw_connection& c) {
            c.read_request();
            c.send(established);
            if (!c.start_tls(proxy.context())) return;
            if (!c.read_request()) return;
            c.respond("ok");
            if (c.index() == 0) {
                c.close();
                first_gone.set();
            } else {
                c.serve();
            }
        },
        behind_connect(party));
    http_client client(through(proxy.port(), party.options(), credentials()));
    auto const first = client.run(get_from(client.at("https://api.test/")));
    EXPECT_FALSE(first->error) << first->error.what();
    ASSERT_TRUE(first_gone.wait());
    auto const second = client.run(get_from(client.at("https://api.test/")));
    EXPECT_FALSE(second->error) << second->error.what();
    EXPECT_EQ(proxy.accepted(), 2U);
}

/// The race of a request with the server's goodbye, in which the request is lost.
TEST(http_proxy, a_request_lost_in_a_used_tunnel_is_sent_again_through_a_new_one) {
    tls_party const party;
    std::vector<std::string> connects;  // one connection after the other
    raw_server proxy(
        [&](raw_connection& c) {
            connects.push_back(c.read_request().value_or(""));
            c.send(established);
            if (!c.start_tls(proxy.context())) return;
            if (!c.read_request()) return;
            c.respond("ok");
            if (!c.read_request() || c.index() == 0) return;
            c.respond("again");
        },
        behind_connect(party));
    http_client client(through(proxy.port(), party.options(), credentials()));
    client.run(get_from(client.at("https://api.test/")));
    auto const second = client.run(get_from(client.at("https://api.test/")));
    EXPECT_FALSE(second->error) << second->error.what();
    EXPECT_EQ(second->sends, 2U);
    proxy.stop();
    ASSERT_EQ(connects.size(), 2U);
    EXPECT_EQ(connects[0], connects[1]);
}

TEST(http_proxy, a_password_that_cannot_be_read_is_the_error_and_nothing_is_asked) {
    for (std::string const& url :
         std::vector<std::string>{"https://api.test/", "http://api.test/"}) {
        std::string seen;
        event over;
        raw_server proxy([&](raw_connection& c) {
            seen = c.read_some();
            over.set();
        });
        proxy_credentials const missing(user, secret::from_file("/nonexistent/password"));
        http_client client(through(proxy.port(), trusting_nobody(), missing));
        auto const call = client.run(get_from(client.at(url)));
        EXPECT_TRUE(call->error.is(errc::secret_unavailable)) << call->error.what();
        EXPECT_EQ(client.open(), 0U);
        ASSERT_TRUE(over.wait());
        EXPECT_EQ(seen, "");
    }
}

TEST(http_proxy, an_http_request_is_forwarded_with_its_whole_url) {
    std::vector<std::string> seen;
    raw_server proxy([&](raw_connection& c) {
        while (auto request = c.read_request()) {
            seen.push_back(std::move(*request));
            c.respond("forwarded");
        }
    });
    http_client client(through(proxy.port(), trusting_nobody(), credentials()));
    auto const get = get_from(client.at("http://api.test/"));
    get->target = "/v1/users?limit=10";
    client.run(get);
    auto const post = post_to(client.at("http://api.test/"), std::string(20'000, 'x'));
    client.run(post);
    auto const other = client.run(get_from(client.at("http://api.test:8080/")));
    client.run(other);
    EXPECT_EQ(get->body, "forwarded");
    EXPECT_TRUE(post->reused);
    EXPECT_EQ(proxy.accepted(), 2U) << "one pool for each server";
    proxy.stop();
    ASSERT_GE(seen.size(), 3U);
    std::string const fields =
        "Host: localhost\r\nProxy-Authorization: " + std::string(basic) + "\r\n";
    EXPECT_EQ(seen[0], "GET http://api.test/v1/users?limit=10 HTTP/1.1\r\n" + fields + "\r\n");
    EXPECT_EQ(seen[1], "POST http://api.test/ HTTP/1.1\r\n" + fields +
                           "Content-Length: 20000\r\n\r\n" + std::string(20'000, 'x'));
    EXPECT_EQ(seen[2].substr(0, seen[2].find('\r')), "GET http://api.test:8080/ HTTP/1.1");
}

TEST(http_proxy, a_407_to_a_forwarded_request_is_the_same_error_and_other_refusals_are_responses) {
    std::string const fields = "Proxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n";
    raw_server proxy([&](raw_connection& c) {
        c.read_request();
        c.send((c.index() == 0 ? "HTTP/1.1 407 x\r\n" : "HTTP/1.1 502 x\r\n") + fields);
        c.read_to_end();
    });
    http_client client(through(proxy.port()));
    auto const call = client.run(get_from(client.at("http://api.test/")));
    EXPECT_TRUE(call->error.is(errc::proxy_authentication_required)) << call->error.what();
    EXPECT_EQ(call->error.endpoint(), http_url(proxy.port()));
    EXPECT_EQ(call->error.where(), stage::proxy);
    EXPECT_FALSE(call->error.maybe_processed());
    EXPECT_EQ(client.open(), 0U);
    EXPECT_EQ(client.run(get_from(client.at("http://api.test/")))->status, 502);
}

TEST(http_proxy, a_407_from_the_server_itself_is_a_response) {
    tls_party const party;
    raw_server proxy(
        [&](raw_connection& c) {
            c.read_request();
            c.send(established);
            if (!c.start_tls(proxy.context())) return;
            c.read_request();
            c.send("HTTP/1.1 407 x\r\nContent-Length: 0\r\n\r\n");
            c.read_to_end();
        },
        behind_connect(party));
    http_client client(through(proxy.port(), party.options(), credentials()));
    auto const call = client.run(get_from(client.at("https://api.test/")));
    EXPECT_FALSE(call->error) << call->error.what();
    EXPECT_EQ(call->status, 407);
}

TEST(http_proxy, rules_decide_who_is_reached_directly) {
    raw_server origin([](raw_connection& c) { c.serve("direct"); });
    raw_server proxy([](raw_connection& c) { c.serve("proxy"); });
    std::string const port = std::to_string(origin.port());
    struct expectation {
        std::string host;
        std::vector<std::string> rules;
        char const* body;
    };
    for (auto const& e : std::vector<expectation>{{"0.0.0.0", {}, "proxy"},
                                                  {"0.0.0.0", {"0.0.0.0"}, "direct"},
                                                  {"0.0.0.0", {"0.0.0.0/8"}, "direct"},
                                                  {"0.0.0.0", {"*"}, "direct"},
                                                  {"0.0.0.0", {"0.0.0.0:" + port}, "direct"},
                                                  {"0.0.0.0", {"0.0.0.0:1"}, "proxy"},
                                                  {"0.0.0.0", {"10.0.0.0/8,.test"}, "proxy"},
                                                  {"127.0.0.1", {}, "direct"},
                                                  {"localhost", {}, "direct"}}) {
        http_client client(through(proxy.port(), trusting_nobody(), std::nullopt, e.rules));
        auto const call = client.run(get_from(client.at("http://" + e.host + ":" + port)));
        EXPECT_FALSE(call->error) << call->error.what();
        EXPECT_EQ(call->body, e.body) << e.host << (e.rules.empty() ? "" : " " + e.rules[0]);
    }
}

}  // namespace
}  // namespace http_proxy_test
