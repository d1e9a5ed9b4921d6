// SPDX-License-Identifier: BSL-1.0
//
// Metadata of an authorization server: taken from its own issuer only. The first line is the
// issuer, the rest is the document.

#include "target.hpp"

#include <coauth/protocol/server_metadata.hpp>
#include <coauth/url.hpp>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace server_metadata_fuzz {
namespace {

using coauth::result;
using coauth::server_metadata;
using coauth_fuzz::require;
using nlohmann::json;

void check_places(std::string_view issuer) {
    result<std::vector<coauth::url>> const places = coauth::well_known_urls(issuer);
    if (!places) return;
    std::string const origin = coauth::url::parse(issuer).value().origin();
    require(!places->empty() && places->size() <= 3, "there are one to three places");
    for (coauth::url const& place : *places) {
        require(place.origin() == origin, "metadata is at the issuer's server");
        require(place.query().empty(), "its URL has no query");
        require(place.path().find("/.well-known/") != std::string::npos, "it is well known");
    }
}

void check_member(json const& theirs, char const* name, std::string const& ours) {
    json const value = theirs.value(name, json());
    require(value.is_string() ? value == ours : ours.empty(),
            "the member is the one that is there");
}

COAUTH_FUZZ_TARGET(server_metadata, input) {
    auto const [issuer, body] = coauth_fuzz::two_lines(input);
    check_places(issuer);
    result<server_metadata> const read = coauth::parse_server_metadata(body, issuer);
    if (!read) return require(!read.error().what().empty(), "an error says what is wrong");
    require(read->issuer == issuer, "only metadata of that issuer is taken");
    require(!read->token_endpoint.empty(), "there is a token endpoint");
    json const theirs = json::parse(body, nullptr, false);
    if (theirs.is_discarded()) return;  // numbers beyond double
    check_member(theirs, "issuer", read->issuer);
    check_member(theirs, "token_endpoint", read->token_endpoint);
    check_member(theirs, "authorization_endpoint", read->authorization_endpoint);
    check_member(theirs, "device_authorization_endpoint", read->device_authorization_endpoint);
}

}  // namespace
}  // namespace server_metadata_fuzz
