// SPDX-License-Identifier: BSL-1.0

#include <coauth/http/no_proxy.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace no_proxy_test {
namespace {

using coauth::errc;
using coauth::no_proxy_rules;

bool direct(std::string const& list, std::string_view host, std::uint16_t port = 443) {
    return no_proxy_rules::parse({list}).value().contains(host, port);
}

TEST(no_proxy, no_rules_mean_that_nobody_is_reached_directly) {
    for (char const* const list : {"", " ", ",", " , ,\t,\n"}) {
        EXPECT_FALSE(direct(list, "example.com")) << list;
        EXPECT_FALSE(direct(list, "192.0.2.1")) << list;
    }
    EXPECT_FALSE(no_proxy_rules().contains("example.com", 443));
}

TEST(no_proxy, a_star_is_everybody) {
    for (char const* const list : {"*", " * ", "example.org,*", "*,example.org"}) {
        EXPECT_TRUE(direct(list, "example.com")) << list;
        EXPECT_TRUE(direct(list, "192.0.2.1", 80)) << list;
        EXPECT_TRUE(direct(list, "2001:db8::1")) << list;
    }
}

TEST(no_proxy, a_name_is_itself_and_all_below_it) {
    EXPECT_TRUE(direct("example.com", "example.com"));
    EXPECT_TRUE(direct("example.com", "api.example.com"));
    EXPECT_TRUE(direct("example.com", "a.b.example.com", 8443));
    EXPECT_FALSE(direct("example.com", "badexample.com"));
    EXPECT_FALSE(direct("example.com", "example.com.evil.org"));
    EXPECT_FALSE(direct("example.com", "example.org"));
    EXPECT_FALSE(direct("example.com", "com"));
    EXPECT_TRUE(direct("intranet", "intranet"));
    EXPECT_FALSE(direct("intranet", "myintranet"));
}

TEST(no_proxy, a_leading_dot_means_only_what_is_below) {
    for (char const* const list : {".example.com", "*.example.com"}) {
        EXPECT_TRUE(direct(list, "api.example.com")) << list;
        EXPECT_TRUE(direct(list, "a.b.example.com")) << list;
        EXPECT_FALSE(direct(list, "example.com")) << list;
        EXPECT_FALSE(direct(list, "badexample.com")) << list;
    }
    EXPECT_TRUE(direct(".com", "example.com"));
}

TEST(no_proxy, case_and_a_dot_at_the_end_do_not_matter) {
    EXPECT_TRUE(direct("EXAMPLE.Com", "example.com"));
    EXPECT_TRUE(direct("example.com", "API.Example.COM"));
    EXPECT_TRUE(direct("example.com.", "example.com"));
    EXPECT_TRUE(direct("example.com", "api.example.com."));
    EXPECT_TRUE(direct(".example.com.", "api.example.com."));
    EXPECT_TRUE(direct("[2001:DB8::1]", "2001:db8::1"));
}

TEST(no_proxy, items_are_separated_by_commas_and_white_space_in_any_number) {
    std::string const list = " ,a.test,, b.test\tc.test\r\n,d.test , ";
    for (char const* const host : {"a.test", "b.test", "c.test", "d.test"}) {
        EXPECT_TRUE(direct(list, host)) << host;
    }
    EXPECT_FALSE(direct(list, "e.test"));
    auto const both = no_proxy_rules::parse({"a.test,b.test", "c.test"}).value();
    EXPECT_TRUE(both.contains("b.test", 443));
    EXPECT_TRUE(both.contains("c.test", 443));
    EXPECT_FALSE(both.contains("d.test", 443));
}

TEST(no_proxy, a_port_limits_a_rule_to_that_port) {
    EXPECT_TRUE(direct("example.com:8443", "example.com", 8443));
    EXPECT_TRUE(direct("example.com:8443", "api.example.com", 8443));
    EXPECT_FALSE(direct("example.com:8443", "example.com", 443));
    EXPECT_TRUE(direct(".example.com:80", "api.example.com", 80));
    EXPECT_FALSE(direct(".example.com:80", "api.example.com", 443));
    EXPECT_TRUE(direct("192.0.2.1:80", "192.0.2.1", 80));
    EXPECT_FALSE(direct("192.0.2.1:80", "192.0.2.1", 81));
    EXPECT_TRUE(direct("[2001:db8::1]:80", "2001:db8::1", 80));
    EXPECT_FALSE(direct("[2001:db8::1]:80", "2001:db8::1", 443));
    EXPECT_TRUE(direct("example.com:1,example.com:2", "example.com", 2));
}

TEST(no_proxy, an_address_is_compared_as_an_address) {
    EXPECT_TRUE(direct("192.0.2.1", "192.0.2.1"));
    EXPECT_FALSE(direct("192.0.2.1", "192.0.2.10"));
    EXPECT_FALSE(direct("192.0.2.1", "1.192.0.2"));
    for (char const* const rule : {"2001:db8::1", "[2001:db8::1]", "2001:db8:0:0:0:0:0:1",
                                   "[2001:0db8:0000::0001]", "2001:DB8::0.0.0.1"}) {
        EXPECT_TRUE(direct(rule, "2001:db8::1")) << rule;
        EXPECT_FALSE(direct(rule, "2001:db8::2")) << rule;
    }
    EXPECT_FALSE(direct("2001:db8::1", "192.0.2.1"));
    EXPECT_FALSE(direct("192.0.2.1", "2001:db8::1"));
}

TEST(no_proxy, a_mapped_address_is_the_ipv4_address_that_it_maps) {
    EXPECT_TRUE(direct("192.0.2.1", "::ffff:c000:201"));
    EXPECT_TRUE(direct("::ffff:192.0.2.1", "192.0.2.1"));
    EXPECT_TRUE(direct("192.0.2.0/24", "::ffff:c000:2ff"));
    EXPECT_TRUE(direct("::ffff:192.0.2.0/120", "192.0.2.7"));
    EXPECT_FALSE(direct("::ffff:192.0.2.0/120", "192.0.3.7"));
    EXPECT_FALSE(direct("192.0.2.1", "::c000:201"));
}

TEST(no_proxy, networks_of_ipv4) {
    EXPECT_TRUE(direct("10.0.0.0/8", "10.255.255.255"));
    EXPECT_TRUE(direct("10.0.0.0/8", "10.0.0.0"));
    EXPECT_FALSE(direct("10.0.0.0/8", "11.0.0.0"));
    EXPECT_FALSE(direct("10.0.0.0/8", "9.255.255.255"));
    EXPECT_TRUE(direct("10.1.2.3/8", "10.200.0.1")) << "bits of a host do not count";
    EXPECT_TRUE(direct("172.16.0.0/12", "172.31.255.255"));
    EXPECT_FALSE(direct("172.16.0.0/12", "172.32.0.0"));
    EXPECT_TRUE(direct("192.168.0.128/25", "192.168.0.200"));
    EXPECT_FALSE(direct("192.168.0.128/25", "192.168.0.127"));
    EXPECT_TRUE(direct("192.0.2.1/32", "192.0.2.1"));
    EXPECT_FALSE(direct("192.0.2.1/32", "192.0.2.0"));
    EXPECT_TRUE(direct("192.0.2.0/31", "192.0.2.1"));
    EXPECT_TRUE(direct("0.0.0.0/0", "203.0.113.9"));
    EXPECT_FALSE(direct("0.0.0.0/0", "2001:db8::1"));
    EXPECT_FALSE(direct("10.0.0.0/8", "10.example.com")) << "names are not resolved";
}

TEST(no_proxy, networks_of_ipv6) {
    EXPECT_TRUE(direct("fd00::/8", "fd12:3456::1"));
    EXPECT_FALSE(direct("fd00::/8", "fe80::1"));
    EXPECT_TRUE(direct("2001:db8::/32", "2001:db8:ffff::"));
    EXPECT_FALSE(direct("2001:db8::/32", "2001:db9::"));
    EXPECT_TRUE(direct("2001:db8::/33", "2001:db8:7fff::"));
    EXPECT_FALSE(direct("2001:db8::/33", "2001:db8:8000::"));
    EXPECT_TRUE(direct("2001:db8::1/128", "2001:db8::1"));
    EXPECT_FALSE(direct("2001:db8::1/128", "2001:db8::2"));
    EXPECT_TRUE(direct("2001:db8::/127", "2001:db8::1"));
    EXPECT_TRUE(direct("::/0", "2001:db8::1"));
    EXPECT_FALSE(direct("::/0", "192.0.2.1"));
    EXPECT_FALSE(direct("::ffff:0.0.0.0/0", "192.0.2.1")) << "that is no network of IPv4";
}

TEST(no_proxy, what_is_no_rule_is_an_error_that_names_it) {
    std::vector<std::string> const wrong{
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/08",
        "10.0.0.0/",
        "/8",
        "10.0.0.0/8/8",
        "10.0.0.0/8:80",
        "::/129",
        "fd00::/x",
        "[fd00::]/8",
        "10.*",
        "10.0.0",
        "010.0.0.1",
        "10.0.0.256",
        "0x7f.1",
        "**",
        "*:80",
        "*example.com",
        "api.*.com",
        "a*",
        "example..com",
        "..example.com",
        ".",
        "*.",
        "http://example.com",
        "example.com:",
        "example.com:0",
        "example.com:x",
        "example.com:65536",
        "[::1",
        "::1]",
        "[example.com]",
        "[192.0.2.1]",
        "[::1]x",
        "fe80::1%eth0",
        "user@host",
        "b\xC3\xBC"
        "cher.test",
        "a_b/24",
        ":80",
        "<local>",
    };
    for (std::string const& item : wrong) {
        auto const rules = no_proxy_rules::parse({"good.test, " + item});
        ASSERT_FALSE(rules) << item;
        EXPECT_TRUE(rules.error().is(errc::invalid_configuration)) << item;
        EXPECT_FALSE(rules.error().hint().empty()) << item;
        EXPECT_EQ(rules.error().message().find('\n'), std::string::npos);
    }
    EXPECT_NE(no_proxy_rules::parse({"10.*"}).error().message().find("'10.*'"), std::string::npos);
}

TEST(no_proxy, this_machine_is_known_by_all_its_names) {
    using coauth::detail::is_local_host;
    for (char const* const host : {"localhost", "LOCALHOST", "localhost.", "api.localhost",
                                   "127.0.0.1", "127.255.0.3", "::1", "::ffff:7f00:1"}) {
        EXPECT_TRUE(is_local_host(host)) << host;
    }
    for (char const* const host : {"localhost.example.com", "mylocalhost", "128.0.0.1", "::2",
                                   "127.example.com", "0.0.0.0", "::", "10.0.0.1"}) {
        EXPECT_FALSE(is_local_host(host)) << host;
    }
}

}  // namespace
}  // namespace no_proxy_test
