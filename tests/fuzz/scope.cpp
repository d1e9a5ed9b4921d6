// SPDX-License-Identifier: BSL-1.0
//
// Scopes: a set of tokens, whatever text they are read from.

#include "target.hpp"

#include <coauth/scope.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace scope_fuzz {
namespace {

using coauth::scope;
using coauth_fuzz::require;

bool may_stand_in_scope(char c) {  // RFC 6749 §3.3
    return c == '\x21' || (c >= '\x23' && c <= '\x5B') || (c >= '\x5D' && c <= '\x7E');
}

COAUTH_FUZZ_TARGET(scope, input) {
    coauth::result<scope> const read = scope::parse(input);
    bool const good = std::all_of(input.begin(), input.end(),
                                  [](char c) { return c == ' ' || may_stand_in_scope(c); });
    require(read.has_value() == good, "exactly the characters of RFC 6749 are taken");
    if (!read) return;

    std::vector<std::string> const tokens = read->tokens();
    std::set<std::string> const unique(tokens.begin(), tokens.end());
    require(unique.size() == tokens.size() && !unique.contains(""), "each token stands once");
    require(read->empty() == tokens.empty(), "a scope without tokens is empty");
    require(read->to_string().size() <= input.size(), "a scope does not grow");

    scope const again(read->to_string());
    require(again.to_string() == read->to_string(), "what is written is read");
    scope const sorted(read->canonical());
    require(sorted.canonical() == read->canonical(), "the canonical text has itself as canonical");
    require(std::equal(unique.begin(), unique.end(), sorted.tokens().begin()),
            "the canonical text is sorted");
    require(read->includes(sorted) && sorted.includes(*read), "it is the same set");
    scope const without_last =
        tokens.empty() ? scope()
                       : scope(std::string_view(read->to_string())
                                   .substr(0, read->to_string().size() - tokens.back().size()));
    require(read->includes(without_last) && without_last.includes(*read) == tokens.empty(),
            "a part is included and does not include the whole");
}

}  // namespace
}  // namespace scope_fuzz
