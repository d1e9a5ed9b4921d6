// SPDX-License-Identifier: BSL-1.0
//
// WWW-Authenticate: what is read has the grammar's parts, can be written, and does not depend on
// what stands beside it in the list.

#include "target.hpp"

#include <coauth/codec/challenge.hpp>
#include <coauth/codec/http_fields.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace challenge_fuzz {
namespace {

using coauth::challenge;
using coauth_fuzz::require;

std::string in_quotes(std::string_view value) {
    std::string text = "\"";
    for (char const c : value) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + '"';
}

std::string written(std::vector<challenge> const& list) {
    std::string text;
    for (challenge const& one : list) {
        text += (text.empty() ? "" : ", ") + one.scheme;
        if (!one.token68.empty()) text += " " + one.token68;
        char const* separator = " ";
        for (auto const& [name, value] : one.parameters) {
            text += separator + name + "=" + in_quotes(value);
            separator = ", ";
        }
    }
    return text;
}

bool same(std::vector<challenge> const& a, std::vector<challenge> const& b) {
    bool equal = a.size() == b.size();
    for (std::size_t i = 0; equal && i != a.size(); ++i) {
        equal = a[i].scheme == b[i].scheme && a[i].token68 == b[i].token68 &&
                a[i].parameters == b[i].parameters;
    }
    return equal;
}

void check_parts(challenge const& one) {
    require(coauth::is_token(one.scheme), "a scheme is a token");
    require(one.token68.empty() || one.parameters.empty(), "never both kinds of parts");
    for (auto const& [name, value] : one.parameters) {
        require(coauth::is_token(name), "the name of a parameter is a token");
        require(coauth::is_field_value(value), "a value fits into a field");
        require(one.parameter(name) == value, "no parameter stands there twice");
    }
}

COAUTH_FUZZ_TARGET(challenge, input) {
    auto const [first, second] = coauth_fuzz::two_lines(input);
    auto const read = coauth::parse_challenges(first);
    if (!read) return;
    require(!read->empty(), "a list that is read is not empty");
    require(coauth::is_field_value(first), "what is read fits into a field");
    for (challenge const& one : *read) check_parts(one);
    auto const again = coauth::parse_challenges(written(*read));
    require(again && same(*read, *again), "what is written is read");

    auto const other = coauth::parse_challenges(second);
    if (!other) return;
    std::vector<challenge> both = *read;
    both.insert(both.end(), other->begin(), other->end());
    auto const joined = coauth::parse_challenges(std::string(first) + ", " + std::string(second));
    require(joined && same(*joined, both), "two lists are one list with a comma between them");
}

}  // namespace
}  // namespace challenge_fuzz
