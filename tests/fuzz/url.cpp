// SPDX-License-Identifier: BSL-1.0
//
// URLs: what is accepted is written and read as the same, names the host that stands in the text,
// and neither a reference nor a target below a base can change whom a request goes to unseen.

#include "target.hpp"

#include <coauth/url.hpp>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace url_fuzz {
namespace {

using coauth::result;
using coauth::url;
using coauth_fuzz::require;

std::string lower(std::string_view text) {
    std::string made(text);
    std::transform(made.begin(), made.end(), made.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    return made;
}

void check_same_again(url const& one) {
    result<url> const again = url::parse(one.to_string());
    require(again && *again == one, "what is written is read");
    require(again->to_string() == one.to_string(), "and is written the same again");
    require(one.target().starts_with('/'), "a target begins with '/'");
    for (char const c : one.to_string()) require(c > ' ' && c <= '~', "a URL is visible ASCII");
    result<url> const origin = url::parse(one.origin());
    require(origin && origin->origin() == one.origin(), "an origin is a URL of that origin");
}

/// An independent look at where the host stands.
void check_host(url const& one, std::string_view text) {
    std::size_t const begin = text.find("//") + 2;
    std::string authority = lower(text.substr(begin, text.find_first_of("/?#\\", begin) - begin));
    require(authority.find('@') == std::string::npos, "there is no userinfo");
    if (one.is_ipv6()) {
        require(authority.starts_with('['), "an IPv6 address stands in brackets");
        return;
    }
    std::string const port = ":" + std::to_string(one.port());
    bool const written = authority.ends_with(port);
    require(written || one.has_default_port(), "the port is the one that is written");
    if (written) authority.resize(authority.size() - port.size());
    require(authority == one.host(), "the host is the one that is written");
}

void check_reference(url const& base, std::string_view reference) {
    result<url> const found = coauth::resolve_reference(base, reference);
    if (!found) return;
    check_same_again(*found);
    bool const names_server =
        reference.starts_with("//") || url::parse(reference.substr(0, reference.find('#')));
    require(names_server || found->origin() == base.origin(),
            "only a reference that names a server leads to another one");
    result<url> const itself = coauth::resolve_reference(base, found->to_string());
    require(itself && *itself == *found, "an absolute reference is what it says");
}

void check_target(url const& base, std::string_view text) {
    result<std::string> const target = coauth::append_target(base, text);
    if (!target) return;
    require(target->starts_with('/') && !target->starts_with("//"), "a target begins with one '/'");
    result<url> const whole =
        url::parse(std::string(base.scheme()) + "://" + base.authority() + *target);
    require(whole && whole->origin() == base.origin(), "a target stays at its server");
    require(whole->target() == *target, "a target has no dot segments left");
    std::string folder = base.path();
    if (folder.ends_with('/')) folder.pop_back();
    require(whole->path() == base.path() || whole->path().starts_with(folder + "/"),
            "a target stays below its base");
}

COAUTH_FUZZ_TARGET(url, input) {
    static url const base = url::parse("https://api.example.com:8443/v1/a?key=1").value();
    check_reference(base, input);
    check_target(base, input);
    auto const [first, second] = coauth_fuzz::two_lines(input);
    result<url> const read = url::parse(first);
    if (!read) return;
    check_same_again(*read);
    check_host(*read, first);
    check_reference(*read, second);
    check_target(*read, second);
}

}  // namespace
}  // namespace url_fuzz
