// SPDX-License-Identifier: BSL-1.0
//
// Absolute http and https URLs (RFC 3986, RFC 9110 §4.2), strict: what is accepted has the host and
// the port that WHATWG's URL parser sees, what could be read in two ways is refused. Also the two
// ways to come from one URL to another: references (Location) and targets below a base URL.
// Plain values; a const url may be read from any thread.

#ifndef COAUTH_URL_HPP
#define COAUTH_URL_HPP

#include <coauth/config.hpp>
#include <coauth/detail/ascii.hpp>
#include <coauth/error.hpp>
#include <coauth/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

/// An absolute http or https URL without userinfo and fragment.
class url {
public:
    /// Refuses, with errc::invalid_url and a message that names the fault: another scheme,
    /// userinfo, fragment, backslash, whitespace and control characters, non-ASCII bytes (an
    /// international host name is given as xn--…, which has to be Punycode; whether IDNA allows
    /// what it encodes is left to DNS), broken percent escapes, an empty or malformed
    /// host, numeric hosts other than four decimal octets, port 0 and above 65535. Scheme and host
    /// become lower case, IPv6 addresses take the form of RFC 5952, dot segments are removed from
    /// the path.
    [[nodiscard]] static result<url> parse(std::string_view text);

    /// "http" or "https".
    [[nodiscard]] std::string_view scheme() const noexcept { return https_ ? "https" : "http"; }
    [[nodiscard]] bool is_https() const noexcept { return https_; }
    /// Lower case, IPv6 without brackets. A trailing dot stays: it is the same host to DNS, but
    /// not the name that a certificate holds.
    [[nodiscard]] std::string const& host() const noexcept { return host_; }
    [[nodiscard]] bool is_ipv6() const noexcept { return host_.find(':') != std::string::npos; }
    /// The default of the scheme where none is written.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] bool has_default_port() const noexcept { return port_ == (https_ ? 443 : 80); }
    /// Percent-encoded as given; at least "/".
    [[nodiscard]] std::string const& path() const noexcept { return path_; }
    /// Without '?'; empty where there is none.
    [[nodiscard]] std::string_view query() const noexcept {
        return std::string_view(query_).substr(query_.empty() ? 0 : 1);
    }
    /// Path and query, as they stand in a request line.
    [[nodiscard]] std::string target() const { return path_ + query_; }

    /// "host" or "host:port" where it is not the scheme's default, IPv6 in brackets: the Host
    /// field.
    [[nodiscard]] std::string authority() const {
        return has_default_port() ? bracketed_host() : bracketed_host() + port_suffix();
    }
    /// "https://host:port", always with the port: equal exactly for equal origins (RFC 6454).
    [[nodiscard]] std::string origin() const {
        return std::string(scheme()) + "://" + bracketed_host() + port_suffix();
    }
    [[nodiscard]] std::string to_string() const {
        return std::string(scheme()) + "://" + authority() + path_ + query_;
    }

    /// 127.0.0.0/8, ::1 and the name "localhost".
    [[nodiscard]] bool is_loopback() const noexcept {
        // A host that begins like this and ends in a number is four octets, see parse_host().
        bool const ipv4 = host_.starts_with("127.") && detail::is_digit(host_.back()) &&
                          host_.find_first_not_of("0123456789.") == std::string::npos;
        return ipv4 || host_ == "::1" || host_ == "localhost";
    }

    friend bool operator==(url const&, url const&) = default;

private:
    url() = default;

    [[nodiscard]] std::string bracketed_host() const {
        return is_ipv6() ? "[" + host_ + "]" : host_;
    }
    [[nodiscard]] std::string port_suffix() const { return ":" + std::to_string(port_); }

    [[nodiscard]] static error invalid(std::string why) {
        return error(errc::invalid_url, stage::configuration, std::move(why));
    }

    bool https_ = true;
    std::uint16_t port_ = 443;
    std::string host_;
    std::string path_ = "/";
    std::string query_;  ///< with '?', or empty
};

/// The URL that `reference` means, seen from `base` (RFC 3986 §5): what a Location field says. Its
/// fragment is dropped. Errors are those of url::parse.
[[nodiscard]] result<url> resolve_reference(url const& base, std::string_view reference);

/// Path and query of a request below `base`: "https://h/v1" and "/users?x=1" or "users?x=1" make
/// "/v1/users?x=1". A query of the base comes first. Never encodes and never guesses: refuses, with
/// errc::invalid_target, raw whitespace, control characters, non-ASCII bytes, backslash, '#',
/// broken percent escapes, a whole URL, "//" at the beginning (an authority to some readers) and
/// dot segments ("..", also as "%2e%2e") that leave the base's path.
[[nodiscard]] result<std::string> append_target(url const& base, std::string_view path_and_query);

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/url_impl.hpp>
#endif

#endif
