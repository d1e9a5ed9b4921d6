// SPDX-License-Identifier: BSL-1.0
//
// Answers of a token endpoint with status 200: whatever is granted is fit for use, and no error
// tells a token. The first byte chooses the options.

#include "target.hpp"

#include <coauth/codec/http_fields.hpp>
#include <coauth/protocol/token_response.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace token_response_fuzz {
namespace {

using coauth::result;
using coauth::token_response;
using coauth_fuzz::require;
using nlohmann::json;

constexpr std::size_t largest = 256;

void check_token(token_response const& token, coauth::token_response_options const& options) {
    std::string_view const text = token.access_token.reveal();
    require(!text.empty() && text.size() <= largest, "an access token has a size within bounds");
    require(std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; }),
            "an access token fits into a header");
    require(token.token_type == to_string(options.scheme), "the scheme is the one asked for");
    for (auto const& seconds : {token.expires_in, token.refresh_in}) {
        require(!seconds || (*seconds > std::chrono::seconds(0) &&
                             *seconds <= coauth::detail::max_token_lifetime),
                "a lifetime is positive and at most ten years");
    }
    require(token.scope_unknown ? !token.scope : true, "an unknown scope has no text");
    require(!token.scope || !token.scope->empty(), "a granted scope is not empty");
    require(token.refresh_token.empty() || !options.ignore_refresh_token,
            "a refresh token is dropped when asked");
}

/// Against another reader: the token is the one that stands in the body, once.
void check_origin(token_response const& token, std::string_view body) {
    int tokens = 0;
    auto const count = [&](int depth, json::parse_event_t event, json& value) {
        tokens +=
            depth == 1 && event == json::parse_event_t::key && value == "access_token" ? 1 : 0;
        return true;
    };
    json const theirs = json::parse(body, count, false);
    if (theirs.is_discarded()) return;  // a form, or numbers beyond double
    require(theirs.is_object() && theirs.value("access_token", json()).is_string(),
            "only an object with a token is a token");
    require(tokens == 1, "a token stands there once");
    require(theirs["access_token"] == std::string(token.access_token.reveal()), "the same token");
    if (token.refresh_token.empty()) return;
    require(theirs["refresh_token"] == std::string(token.refresh_token.reveal()),
            "the same refresh token");
}

using reading = std::function<result<token_response>(std::string_view body)>;

/// Which visible characters a token has makes no difference to what an error says.
void check_error(std::string_view body, reading const& read) {
    json const theirs = json::parse(body, nullptr, false);
    if (!theirs.is_object()) return;
    result<token_response> const plain = read(theirs.dump());
    for (char const* name : {"access_token", "refresh_token"}) {
        auto const found = theirs.find(name);
        if (found == theirs.end() || !found->is_string()) continue;
        auto value = found->get<std::string>();
        for (char& c : value) c = c > ' ' && c <= '~' ? 'A' : c;
        json masked = theirs;
        masked[name] = value;
        result<token_response> const other = read(masked.dump());
        require(
            plain.has_value() == other.has_value() && plain.error().what() == other.error().what(),
            "no error tells a token");
    }
}

COAUTH_FUZZ_TARGET(token_response, input) {
    coauth_fuzz::choices choose(input);
    unsigned const how = choose.byte();
    std::string_view const body = choose.rest();
    coauth::token_response_options options;
    if ((how & 1U) != 0) options.scheme = coauth::token_scheme::dpop;
    options.strict = (how & 2U) != 0;
    options.assume_bearer = (how & 4U) != 0;
    options.form_encoded_responses = (how & 8U) != 0;
    options.ignore_refresh_token = (how & 16U) != 0;
    options.max_access_token = largest;
    if ((how & 32U) != 0) options.require_scopes = {"a"};
    char const* const type =
        (how & 64U) != 0 ? "application/x-www-form-urlencoded" : "application/json; charset=utf-8";
    auto const reader = [&](std::string_view text) {
        return coauth::parse_token_response(200, type, std::nullopt, text, options);
    };
    result<token_response> const read = reader(body);
    if (!read) {
        require(read.error().http_status() == 200, "an error has its status");
        return check_error(body, reader);
    }
    check_token(*read, options);
    if (!read->quirks.form_encoded) check_origin(*read, body);

    options.strict = false;
    require(reader(body).has_value(), "what is taken strictly is taken otherwise, too");
}

}  // namespace
}  // namespace token_response_fuzz
