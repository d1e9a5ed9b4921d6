// SPDX-License-Identifier: BSL-1.0
//
// The query that a browser brings back from a sign-in: without this attempt's state nothing of it
// is believed. "$STATE" in the input stands for the state.

#include "target.hpp"

#include <coauth/codec/form.hpp>
#include <coauth/grant/authorization_code.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace redirect_fuzz {
namespace {

using coauth::errc;
using coauth_fuzz::require;

/// One sign-in, and its state as the server would see it.
struct sign_in {
    coauth::detail::authorization_attempt attempt{"http://127.0.0.1:7/callback"};
    std::string state;

    sign_in() {
        coauth::url const endpoint = coauth::url::parse("https://as.example/authorize").value();
        std::string const sent = attempt.authorization_url(endpoint, "client", {}, {});
        coauth::url const request = coauth::url::parse(sent).value();
        for (coauth::form_reader in(request.query()); in.next();) {
            if (in.encoded_name() == "state") state = in.encoded_value();
        }
        require(state.size() >= 32, "a state cannot be guessed");
    }
};

std::string with_state(std::string_view input, std::string const& state) {
    constexpr std::string_view mark = "$STATE";
    std::string text(input);
    for (std::size_t at = text.find(mark); at != text.npos;
         at = text.find(mark, at + state.size())) {
        text.replace(at, mark.size(), state);
    }
    return text;
}

void check_foreign(coauth::detail::authorization_attempt const& attempt, std::string_view query) {
    auto const read = attempt.read(query, {});
    require(!read, "nothing is believed without the state");
    require(read.error().is(errc::state_mismatch) ||
                read.error().is(errc::malformed_authorization_response),
            "and it is said that it does not belong here");
    require(read.error().oauth_error().empty(), "nor is an error believed");
}

void check_own(sign_in const& one, std::string_view query) {
    auto const read = one.attempt.read(query, {.expected = "https://as.example"});
    auto const all = coauth::form_decode(query);
    if (!read || !all) return;
    auto const count = [&](std::string_view name) {
        return std::count_if(all->begin(), all->end(),
                             [&](auto const& pair) { return pair.first == name; });
    };
    auto const value = [&](std::string_view name) {
        return std::find_if(all->begin(), all->end(),
                            [&](auto const& pair) { return pair.first == name; })
            ->second;
    };
    // A name that is written with escapes is another one to the library.
    if (query.find_first_of("%+") != query.npos) return;
    require(count("code") == 1 && value("code") == read->reveal(), "the code stands there once");
    require(count("state") == 1 && value("state") == one.state, "so does the state");
    require(count("error") == 0 || value("error").empty(), "there is no error");
    require(count("iss") == 0 || value("iss").empty() || value("iss") == "https://as.example",
            "it is from the server that was asked");
    require(!one.attempt.read(query, {.expected = "https://as.example", .required = true}) ==
                (count("iss") == 0 || value("iss").empty()),
            "a server that names itself always does");
}

COAUTH_FUZZ_TARGET(redirect, input) {
    static sign_in const one;
    check_foreign(one.attempt, input);
    check_own(one, with_state(input, one.state));
}

}  // namespace
}  // namespace redirect_fuzz
