// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/path_segment.hpp>
#include <coauth/url.hpp>

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <unit/vector_file.hpp>

namespace url_test {
namespace {

using namespace std::string_view_literals;
using coauth::append_target;
using coauth::errc;
using coauth::resolve_reference;
using coauth::result;
using coauth::url;

[[nodiscard]] url parse(std::string_view text) { return url::parse(text).value(); }

TEST(url, is_taken_apart) {
    url const u = parse("HTTPS://API.Example.COM:8443/v1/Users?limit=10&x");
    EXPECT_EQ(u.scheme(), "https");
    EXPECT_TRUE(u.is_https());
    EXPECT_EQ(u.host(), "api.example.com");
    EXPECT_EQ(u.port(), 8443);
    EXPECT_FALSE(u.has_default_port());
    EXPECT_EQ(u.path(), "/v1/Users");
    EXPECT_EQ(u.query(), "limit=10&x");
    EXPECT_EQ(u.target(), "/v1/Users?limit=10&x");
    EXPECT_EQ(u.authority(), "api.example.com:8443");
    EXPECT_EQ(u.origin(), "https://api.example.com:8443");
    EXPECT_EQ(u.to_string(), "https://api.example.com:8443/v1/Users?limit=10&x");
}

TEST(url, the_default_port_is_not_written_in_the_authority) {
    for (std::string_view const text : {"https://h", "https://h:443/", "https://h/"}) {
        EXPECT_EQ(parse(text).authority(), "h");
        EXPECT_EQ(parse(text).origin(), "https://h:443");
        EXPECT_EQ(parse(text), parse("https://h"));
    }
    EXPECT_EQ(parse("http://h").origin(), "http://h:80");
    EXPECT_EQ(parse("http://h:443").authority(), "h:443");
    EXPECT_NE(parse("http://h"), parse("https://h"));
}

// R-096
TEST(url, a_query_is_kept_as_it_is) {
    EXPECT_EQ(parse("https://h/token?tenant=a%20b&c[]=1").target(), "/token?tenant=a%20b&c[]=1");
    EXPECT_EQ(parse("https://h?x").target(), "/?x");
    EXPECT_EQ(parse("https://h/p?").to_string(), "https://h/p?");
    EXPECT_EQ(parse("https://h/p?").query(), "");
    EXPECT_EQ(parse("https://h/p?a?b/../c").query(), "a?b/../c");
}

TEST(url, knows_loopback) {
    for (std::string_view const text : {"http://127.0.0.1/", "http://127.255.0.9:1", "http://[::1]",
                                        "http://[0:0::0:1]", "http://LocalHost"}) {
        EXPECT_TRUE(parse(text).is_loopback()) << text;
    }
    for (std::string_view const text :
         {"http://128.0.0.1", "http://127.0.0.1.example", "http://[::2]",
          "http://localhost.example", "http://127.example", "http://[::ffff:128.0.0.1]"}) {
        EXPECT_FALSE(parse(text).is_loopback()) << text;
    }
}

/// What WHATWG's URL parser gives as hostname (without brackets) and effective port.
struct agreement {
    std::string_view text;
    std::string_view host;
    int port;
};

// R-093, R-111
TEST(url, host_and_port_are_those_that_whatwg_sees) {
    constexpr agreement cases[] = {
        {"https://example.com", "example.com", 443},
        {"https://EXAMPLE.com:443", "example.com", 443},
        {"http://example.com:8080/a:9090", "example.com", 8080},
        {"http://example.com:65535", "example.com", 65535},
        {"https://example.com./", "example.com.", 443},
        {"https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443},
        {"https://XN--Bcher-KVA.example/", "xn--bcher-kva.example", 443},
        {"https://a_b-c.example/", "a_b-c.example", 443},
        {"https://1.2.3.4/", "1.2.3.4", 443},
        {"https://255.255.255.255:1/", "255.255.255.255", 1},
        {"https://4.example/", "4.example", 443},
        {"https://0x7f.example/", "0x7f.example", 443},
        {"https://1.2.3.4.5x/", "1.2.3.4.5x", 443},
        {"https://[::]/", "::", 443},
        {"https://[::1]:8443/", "::1", 8443},
        {"https://[0:0:0:0:0:0:0:1]/", "::1", 443},
        {"https://[2001:DB8:0:0:1:0:0:1]/", "2001:db8::1:0:0:1", 443},
        {"https://[2001:db8:0:1:1:1:1:1]/", "2001:db8:0:1:1:1:1:1", 443},
        {"https://[1:0:0:2:0:0:0:3]/", "1:0:0:2::3", 443},
        {"https://[1:2:3:4:5:6:7::]/", "1:2:3:4:5:6:7:0", 443},
        {"https://[::2:3:4:5:6:7:8]/", "0:2:3:4:5:6:7:8", 443},
        {"https://[0001:00::0]/", "1::", 443},
        {"https://[::ffff:127.0.0.1]/", "::ffff:7f00:1", 443},
        {"https://[1:2:3:4:5:6:7.8.9.10]/", "1:2:3:4:5:6:708:90a", 443},
        {"https://h/@evil.example", "h", 443},
        {"https://h/a//evil.example:1", "h", 443},
        {"https://h?@evil.example", "h", 443},
    };
    for (agreement const& c : cases) {
        result<url> const u = url::parse(c.text);
        ASSERT_TRUE(u.has_value()) << c.text << ": " << u.error().message();
        EXPECT_EQ(u->host(), c.host) << c.text;
        EXPECT_EQ(u->port(), c.port) << c.text;
        EXPECT_EQ(url::parse(u->to_string()).value(), *u) << c.text;
    }
}

// R-093, R-095, R-107, R-110, R-111
TEST(url, what_can_be_misread_is_refused) {
    for (std::string_view const text : {"https://good.example@evil.example/"sv,
                                        "https://evil.example\\@good.example"sv,
                                        "https://user:pass@h/"sv,
                                        "https://@h/"sv,
                                        "https://h/#f"sv,
                                        "https://h#"sv,
                                        "https://h/\t"sv,
                                        "https://h\n/"sv,
                                        " https://h/"sv,
                                        "https://h/ "sv,
                                        "https://h/a b"sv,
                                        "https://h/\0"sv,
                                        "https://good.example\r\nX:"sv,
                                        "https://good.example:80@evil"sv,
                                        "https://evil#.good"sv,
                                        "https://h\\x"sv,
                                        "https:\\\\h\\"sv,
                                        "https://h/\\..\\x"sv,
                                        "https:h"sv,
                                        "https:/h"sv,
                                        "https:///h"sv,
                                        "https://"sv,
                                        "https://?x"sv,
                                        "https://:80/"sv,
                                        "//h/"sv,
                                        "h"sv,
                                        ""sv,
                                        "/path"sv,
                                        "ftp://h/"sv,
                                        "httpss://h"sv,
                                        "javascript:1"sv,
                                        "://h"sv,
                                        "https://h:0/"sv,
                                        "https://h:65536/"sv,
                                        "https://h:/"sv,
                                        "https://h:080/"sv,
                                        "https://h:8a/"sv,
                                        "https://h:+80/"sv,
                                        "https://h:-1"sv,
                                        "https://h:99999999999"sv,
                                        "https://h:80:80/"sv,
                                        "https://b\xC3\xBC"
                                        "cher.example/"sv,
                                        "https://h/\xC3\xBC"sv,
                                        "https://\xEF\xBC\x85\xEF\xBC\x94\xEF\xBC\x91.com"sv,
                                        "https://a%2eb/"sv,
                                        "https://%41/"sv,
                                        "https://a b/"sv,
                                        "https://a<b/"sv,
                                        "https://a^b"sv,
                                        "https://a|b"sv,
                                        "https://a,b"sv,
                                        "https://xn--/"sv,
                                        "https://a.xn--b-/"sv,
                                        "https://xn--a.example/"sv,
                                        "https://a.xn--99999999/"sv,
                                        "https://xn--bcher-k_a.example/"sv,
                                        "https://a..b/"sv,
                                        "https://.a/"sv,
                                        "https://./"sv,
                                        "https://a../"sv,
                                        "https://*.a/"sv,
                                        "https://127.1/"sv,
                                        "https://2130706433/"sv,
                                        "https://0x7f000001/"sv,
                                        "https://0177.0.0.1/"sv,
                                        "https://1.2.3.4./"sv,
                                        "https://1.2.3.04/"sv,
                                        "https://1.2.3.256/"sv,
                                        "https://1.2.3/"sv,
                                        "https://1.2.3.4.5/"sv,
                                        "https://a.0x/"sv,
                                        "https://a.0X1f./"sv,
                                        "https://foo.4/"sv,
                                        "https://[::1"sv,
                                        "https://::1/"sv,
                                        "https://[]/"sv,
                                        "https://[1:2:3:4:5:6:7]/"sv,
                                        "https://[1:2:3:4:5:6:7:8:9]/"sv,
                                        "https://[1::2::3]/"sv,
                                        "https://[:1::]/"sv,
                                        "https://[1::2:]/"sv,
                                        "https://[12345::]/"sv,
                                        "https://[::g]/"sv,
                                        "https://[::1%25eth0]/"sv,
                                        "https://[::1.2.3]/"sv,
                                        "https://[::1.2.3.4:1]/"sv,
                                        "https://[::01.2.3.4]/"sv,
                                        "https://[1:2:3:4:5:6:7:1.2.3.4]/"sv,
                                        "https://[1:2:3:4:5:6:7:8::]/"sv,
                                        "https://[::1]x/"sv,
                                        "https://x[::1]/"sv,
                                        "https://[v1.a]/"sv,
                                        "https://h/%"sv,
                                        "https://h/%2"sv,
                                        "https://h/%zz"sv,
                                        "https://h/?%f"sv,
                                        "https://h/{id}"sv,
                                        "https://h/a|b"sv,
                                        "https://h/\"x\""sv,
                                        "https://h/[x]"sv,
                                        "https://h/?a b"sv,
                                        "https://h/?<"sv}) {
        result<url> const u = url::parse(text);
        ASSERT_FALSE(u.has_value()) << text;
        EXPECT_TRUE(u.error().is(errc::invalid_url));
        EXPECT_EQ(u.error().where(), coauth::stage::configuration);
        EXPECT_FALSE(u.error().message().empty());
    }
}

// R-093
TEST(url, names_have_the_lengths_of_dns) {
    std::string const label(63, 'a');
    EXPECT_TRUE(url::parse("https://" + label + ".example").has_value());
    EXPECT_FALSE(url::parse("https://" + label + "a.example").has_value());
    std::string const name = label + "." + label + "." + label + "." + std::string(61, 'b');
    EXPECT_TRUE(url::parse("https://" + name).has_value());
    EXPECT_TRUE(url::parse("https://" + name + ".").has_value());
    EXPECT_FALSE(url::parse("https://" + name + "b").has_value());
}

// R-093, R-095
TEST(url, a_message_names_the_fault) {
    struct {
        std::string_view text;
        std::string_view says;
    } const cases[] = {{"h/path", "no scheme"},
                       {"ftp://h", "neither http nor https"},
                       {"https:h", "'//'"},
                       {"https://u@h", "userinfo"},
                       {"https://h/#x", "fragment"},
                       {"https://", "no host"},
                       {"https://h:0", "port"},
                       {"https://h:65536", "port"},
                       {"https://a..b", "empty label"},
                       {"https://\xC3\xBC", "0xC3"},
                       {"https://127.1", "four decimal octets"},
                       {"https://[::1", "IPv6"},
                       {"https://h/a b", "path holds 0x20"},
                       {"https://h/?a%", "query has '%'"}};
    for (auto const& c : cases) {
        std::string const message = url::parse(c.text).error().message();
        EXPECT_NE(message.find(c.says), std::string::npos) << c.text << ": " << message;
    }
}

TEST(url, dot_segments_are_removed_from_the_path) {
    EXPECT_EQ(parse("https://h/a/./b/../c").path(), "/a/c");
    EXPECT_EQ(parse("https://h/../..").path(), "/");
    EXPECT_EQ(parse("https://h/a/%2e%2E/b/%2E/.%2e").path(), "/");
    EXPECT_EQ(parse("https://h/a/...").path(), "/a/...");
    EXPECT_EQ(parse("https://h/a//../b").path(), "/a/b");
}

// R-167
TEST(url, all_examples_of_rfc_3986_resolve_exactly) {
    std::string const text = coauth_test::read_vector("rfc3986_resolution.json");
    coauth::json_object_reader document(text);
    std::string base;
    std::size_t count = 0;
    std::size_t http = 0;
    while (document.next()) {
        if (document.name() == "base") base = document.value().to_string();
        if (document.name() != "cases") continue;
        coauth::json_reader cases(document.value().raw());
        ASSERT_EQ(cases.next(), coauth::json_event::begin_array);
        for (coauth::json_value item; cases.next_value(item); ++count) {
            coauth::json_reader pair(item.raw());
            ASSERT_EQ(pair.next(), coauth::json_event::begin_array);
            coauth::json_value reference, expected;
            ASSERT_TRUE(pair.next_value(reference) && pair.next_value(expected));
            std::string const target = expected.to_string();
            EXPECT_EQ(coauth::detail::resolve_uri(base, reference.to_string()), target);
            // As a Location: without the fragment, and only what is an http URL with a host.
            result<url> const u = resolve_reference(parse(base), reference.to_string());
            EXPECT_EQ(u.has_value(), target.starts_with("http://")) << reference.to_string();
            if (!u) continue;
            ++http;
            EXPECT_EQ(*u, parse(target.substr(0, target.find('#'))));
        }
    }
    EXPECT_EQ(count, 42U);
    EXPECT_EQ(http, 40U);
}

// R-111, R-167
TEST(url, a_reference_cannot_smuggle_an_authority) {
    url const base = parse("https://h/a/b");
    for (std::string_view const reference :
         {"//u@evil/", "///evil", "/\\evil", "\\\\evil", "https:/..//evil", "https:evil",
          "http:", "https:///evil", "\\/../x", "a b/..", "%/../x", "javascript:alert(1)",
          "//evil:0/", "/a b", "\t/a", "/a\r\nX: y", "//\xC3\xBC/"}) {
        EXPECT_FALSE(resolve_reference(base, reference).has_value()) << reference;
    }
    EXPECT_EQ(resolve_reference(base, "//other:81/x#y").value().to_string(), "https://other:81/x");
    EXPECT_EQ(resolve_reference(base, "HTTP://other").value().to_string(), "http://other/");
    EXPECT_EQ(resolve_reference(base, "/..//x").value().to_string(), "https://h//x");
    EXPECT_EQ(resolve_reference(base, "#only").value(), base);
}

TEST(url, a_target_is_put_below_the_path_of_the_base) {
    struct {
        std::string_view base;
        std::string_view target;
        std::string_view result;
    } const cases[] = {
        {"https://h/v1", "/users?x=1", "/v1/users?x=1"},
        {"https://h/v1", "users", "/v1/users"},
        {"https://h/v1/", "/users", "/v1/users"},
        {"https://h/v1/", "users/", "/v1/users/"},
        {"https://h", "/users", "/users"},
        {"https://h", "users", "/users"},
        {"https://h/v1", "", "/v1"},
        {"https://h", "", "/"},
        {"https://h/v1", "/", "/v1/"},
        {"https://h", "/", "/"},
        {"https://h/v1", "?a=b", "/v1?a=b"},
        {"https://h/v1", "x?", "/v1/x"},
        {"https://h/v1?api-version=2", "x", "/v1/x?api-version=2"},
        {"https://h/v1?api-version=2", "x?a=b", "/v1/x?api-version=2&a=b"},
        {"https://h/v1", "a/../b/./c", "/v1/b/c"},
        {"https://h/v1", "a/..", "/v1/"},
        {"https://h/v1", "users:batchGet", "/v1/users:batchGet"},
        {"https://h/v1", "a%2Fb", "/v1/a%2Fb"},
        {"https://h/v1", "a?r=/../..//x", "/v1/a?r=/../..//x"},
        {"https://h/v1", "a?f[b]=c", "/v1/a?f[b]=c"},
        {"https://h/v1", "a//b", "/v1/a//b"},
    };
    for (auto const& c : cases) {
        result<std::string> const target = append_target(parse(c.base), c.target);
        ASSERT_TRUE(target.has_value()) << c.target << ": " << target.error().message();
        EXPECT_EQ(*target, c.result) << c.base << ' ' << c.target;
    }
}

// R-107, R-109
TEST(url, a_target_that_leaves_its_base_or_needs_encoding_is_refused) {
    for (std::string_view const base : {"https://h/v1", "https://h/"}) {
        for (std::string_view const target : {".."sv,
                                              "/.."sv,
                                              "a/../.."sv,
                                              "/%2e%2e/x"sv,
                                              "%2E./x"sv,
                                              ".%2e"sv,
                                              "a/%2e%2E/../b"sv,
                                              "../v1/x"sv,
                                              "//evil.example/x"sv,
                                              "https://evil.example/"sv,
                                              "a b"sv,
                                              "a\tb"sv,
                                              "a\r\nHost: x"sv,
                                              "a\0b"sv,
                                              "\xC3\xBC"sv,
                                              "a\\b"sv,
                                              "..\\x"sv,
                                              "a#b"sv,
                                              "a?b#c"sv,
                                              "%zz"sv,
                                              "%"sv,
                                              "a?%1"sv,
                                              "a?b c"sv,
                                              "a?\xC3\xBC"sv,
                                              "{id}"sv,
                                              "a?\n"sv,
                                              "[x]"sv}) {
            result<std::string> const refused = append_target(parse(base), target);
            ASSERT_FALSE(refused.has_value()) << base << ' ' << target << " -> " << *refused;
            EXPECT_TRUE(refused.error().is(errc::invalid_target));
            EXPECT_EQ(refused.error().where(), coauth::stage::configuration);
        }
    }
    // To a proxy or a server this would begin with an authority.
    EXPECT_FALSE(append_target(parse("https://h/"), "a/..//b").has_value());
    EXPECT_FALSE(append_target(parse("https://h/"), ".//b").has_value());
    EXPECT_FALSE(append_target(parse("https://h//evil.example"), "").has_value());
    EXPECT_FALSE(append_target(parse("https://h//evil.example"), "?x=1").has_value());
}

// R-109
TEST(url, a_path_parameter_is_one_segment) {
    EXPECT_EQ(coauth::encode_path_segment("../admin").value(), "..%2Fadmin");
    EXPECT_EQ(coauth::encode_path_segment("a/b").value(), "a%2Fb");
    EXPECT_EQ(coauth::encode_path_segment("%2e%2e").value(), "%252e%252e");
    EXPECT_EQ(coauth::encode_path_segment("a b?c#d\\\xC3\xBC").value(), "a%20b%3Fc%23d%5C%C3%BC");
    EXPECT_EQ(coauth::encode_path_segment("...").value(), "...");
    for (std::string_view const value : {"", ".", ".."}) {
        EXPECT_TRUE(coauth::encode_path_segment(value).error().is(errc::invalid_target)) << value;
    }
    std::string const target = "/users/" + coauth::encode_path_segment("%2e%2e").value() + "/x";
    EXPECT_EQ(append_target(parse("https://h/v1"), target).value(), "/v1/users/%252e%252e/x");
}

}  // namespace
}  // namespace url_test
