// SPDX-License-Identifier: BSL-1.0
//
// The hosts that are reached without the proxy: the rules of NO_PROXY, for which there is no
// standard; where programs differ, these are Go's. Pure; a const value may be read from any thread.

#ifndef COAUTH_HTTP_NO_PROXY_HPP
#define COAUTH_HTTP_NO_PROXY_HPP

#include <coauth/detail/ascii.hpp>
#include <coauth/detail/uri_host.hpp>
#include <coauth/error.hpp>
#include <coauth/result.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {

namespace detail {

/// IPv4 as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2), so that both spellings of one address are equal.
struct ip_address {
    ipv6_groups groups{};
    bool v4 = false;

    /// Without brackets.
    [[nodiscard]] static std::optional<ip_address> parse(std::string_view text) noexcept {
        if (auto const v4 = parse_ipv4(text)) {
            return ip_address{{0, 0, 0, 0, 0, 0xFFFF, static_cast<std::uint16_t>(*v4 >> 16U),
                               static_cast<std::uint16_t>(*v4 & 0xFFFFU)},
                              true};
        }
        auto const v6 = parse_ipv6(text);
        if (!v6) return std::nullopt;
        bool const zeros = std::all_of(v6->begin(), v6->begin() + 5, [](auto g) { return g == 0; });
        return ip_address{*v6, zeros && (*v6)[5] == 0xFFFF};
    }

    /// Whether the first `bits` of all 128 are the same.
    [[nodiscard]] bool begins_like(ip_address const& other, unsigned bits) const noexcept {
        if (v4 != other.v4) return false;
        for (std::size_t i = 0; i < groups.size() && bits != 0; ++i) {
            unsigned const here = std::min(bits, 16U);
            if ((groups[i] ^ other.groups[i]) >> (16U - here) != 0) return false;
            bits -= here;
        }
        return true;
    }

    [[nodiscard]] bool is_loopback() const noexcept {
        return v4 ? groups[6] >> 8U == 127 : groups == ipv6_groups{0, 0, 0, 0, 0, 0, 0, 1};
    }
};

/// In lower case and without the dot at the end, which means nothing here.
[[nodiscard]] inline std::string plain_host_name(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    std::string name(host.size(), '\0');
    std::transform(host.begin(), host.end(), name.begin(), ascii_lower);
    return name;
}

/// A host of this machine (RFC 6761 §6.3, RFC 1122 §3.2.1.3): no proxy leads there, and what would
/// be sent to one is meant for nobody else.
[[nodiscard]] inline bool is_local_host(std::string_view host) {
    if (auto const address = ip_address::parse(host)) return address->is_loopback();
    std::string const name = plain_host_name(host);
    return name == "localhost" || name.ends_with(".localhost");
}

}  // namespace detail

/// Who is in it is reached directly. Names are compared as they are written, never resolved.
///
///     *                         every host
///     example.com               this host and all below it
///     .example.com              all below it, not itself; `*.example.com` is the same
///     192.0.2.1, 2001:db8::1    an address; IPv6 also in brackets
///     10.0.0.0/8, fd00::/8      a network
///     example.com:8443, [::1]:80  a host or an address, on this port alone
///
/// Case and a dot at the end do not matter.
class no_proxy_rules {
public:
    no_proxy_rules() = default;

    /// Each text may hold several items, between commas or white space. An item that is none of the
    /// above is errc::invalid_configuration: a rule that was meant and is not applied would send a
    /// request to the wrong place.
    [[nodiscard]] static result<no_proxy_rules> parse(std::vector<std::string> const& texts) {
        no_proxy_rules rules;
        for (std::string_view rest : texts) {
            constexpr std::string_view separators = ", \t\r\n";
            for (;;) {
                rest.remove_prefix(std::min(rest.find_first_not_of(separators), rest.size()));
                if (rest.empty()) break;
                std::string_view const item = rest.substr(0, rest.find_first_of(separators));
                rest.remove_prefix(item.size());
                if (!rules.add(item)) return not_a_rule(item);
            }
        }
        return rules;
    }

    /// `host` as in url::host(): IPv6 without brackets.
    [[nodiscard]] bool contains(std::string_view host, std::uint16_t port) const {
        if (all_) return true;
        auto const address = detail::ip_address::parse(host);
        std::string const name = address ? std::string() : detail::plain_host_name(host);
        return std::any_of(rules_.begin(), rules_.end(), [&](rule const& r) {
            if (r.port && *r.port != port) return false;
            return address ? r.matches(*address) : r.matches(name);
        });
    }

private:
    struct rule {
        std::string name = {};  ///< Empty where there is an address.
        bool below_only = false;
        std::optional<detail::ip_address> address = std::nullopt;
        unsigned bits = 128;
        std::optional<std::uint16_t> port = std::nullopt;

        [[nodiscard]] bool matches(detail::ip_address const& other) const noexcept {
            return address && other.begins_like(*address, bits);
        }
        [[nodiscard]] bool matches(std::string_view host) const noexcept {
            if (address || !host.ends_with(name)) return false;
            std::size_t const more = host.size() - name.size();
            return more == 0 ? !below_only : host[more - 1] == '.';
        }
    };

    [[nodiscard]] static error not_a_rule(std::string_view item) {
        std::string shown;
        for (char const c : item.substr(0, 80)) shown += c > ' ' && c <= '~' ? c : '?';
        return error(errc::invalid_configuration, stage::configuration,
                     "no_proxy: '" + shown + "' is no rule")
            .with_hint("write *, a name, .name, an address or a network as 10.0.0.0/8");
    }

    [[nodiscard]] bool add(std::string_view item) {
        if (item == "*") {
            all_ = true;
            return true;
        }
        rule r;
        if (!(item.find('/') == item.npos ? parse_host(item, r) : parse_network(item, r))) {
            return false;
        }
        rules_.push_back(std::move(r));
        return true;
    }

    [[nodiscard]] static bool parse_network(std::string_view item, rule& r) {
        std::size_t const slash = item.find('/');
        std::string_view const digits = item.substr(slash + 1);
        r.address = detail::ip_address::parse(item.substr(0, slash));
        std::uint16_t bits = 0;
        if (!r.address || (digits != "0" && !detail::parse_port(digits, bits))) return false;
        bool const four = item.find(':') == item.npos;
        if (bits > (four ? 32 : 128)) return false;
        r.bits = four ? bits + 96U : bits;
        // ::ffff:0:0/96 is the IPv4 Internet; a shorter prefix is no IPv4 network.
        r.address->v4 = r.address->v4 && r.bits >= 96;
        return true;
    }

    [[nodiscard]] static bool parse_host(std::string_view item, rule& r) {
        r.address = detail::ip_address::parse(item);
        if (r.address) return true;
        auto const [host, port] = detail::split_authority(item);
        if (port && !detail::parse_port(*port, r.port.emplace())) return false;
        if (host.starts_with('[')) {
            if (!host.ends_with(']') || host.find(':') == host.npos) return false;
            r.address = detail::ip_address::parse(host.substr(1, host.size() - 2));
            return r.address.has_value();
        }
        r.address = detail::ip_address::parse(host);
        return r.address || parse_name(host, r);
    }

    [[nodiscard]] static bool parse_name(std::string_view text, rule& r) {
        if (text.starts_with("*.")) text.remove_prefix(1);
        r.below_only = text.starts_with('.');
        if (r.below_only) text.remove_prefix(1);
        r.name = detail::plain_host_name(text);
        return !detail::ends_in_number(r.name) && detail::check_host_name(r.name).empty();
    }

    bool all_ = false;
    std::vector<rule> rules_;
};

}  // namespace coauth

#endif
