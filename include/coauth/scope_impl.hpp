// SPDX-License-Identifier: BSL-1.0
//
// How scope is read and compared: bodies of scope.hpp.

#ifndef COAUTH_SCOPE_IMPL_HPP
#define COAUTH_SCOPE_IMPL_HPP

#include <coauth/detail/ascii.hpp>
#include <coauth/scope.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace coauth {

namespace detail {

[[nodiscard]] constexpr bool is_scope_char(char c) noexcept {
    return c > ' ' && c <= '~' && c != '"' && c != '\\';
}

[[nodiscard]] inline std::vector<std::string_view> split_scope(std::string_view text) {
    std::vector<std::string_view> tokens;
    while (!text.empty()) {
        std::size_t const end = std::min(text.find(' '), text.size());
        if (end != 0) tokens.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return tokens;
}

template <class Tokens>
[[nodiscard]] std::string join_scope(Tokens const& tokens) {
    std::string text;
    for (std::string_view const token : tokens) {
        if (!text.empty()) text += ' ';
        text += token;
    }
    return text;
}

}  // namespace detail

COAUTH_INLINE scope::scope(std::string_view text) : text_(parse(text).value().text_) {}

COAUTH_INLINE scope::scope(std::initializer_list<std::string_view> tokens)
    : scope(detail::join_scope(tokens)) {}

COAUTH_INLINE std::string scope::canonical() const {
    std::vector<std::string_view> sorted = detail::split_scope(text_);
    std::sort(sorted.begin(), sorted.end());
    return detail::join_scope(sorted);
}

COAUTH_INLINE std::vector<std::string> scope::tokens() const {
    std::vector<std::string_view> const views = detail::split_scope(text_);
    return {views.begin(), views.end()};
}

COAUTH_INLINE bool scope::includes(scope const& other) const {
    std::vector<std::string_view> mine = detail::split_scope(text_);
    std::vector<std::string_view> theirs = detail::split_scope(other.text_);
    std::sort(mine.begin(), mine.end());
    std::sort(theirs.begin(), theirs.end());
    return std::includes(mine.begin(), mine.end(), theirs.begin(), theirs.end());
}

COAUTH_INLINE result<scope> scope::parse(std::string_view text) {
    for (char const c : text) {
        if (c == ' ' || detail::is_scope_char(c)) continue;
        return error(errc::invalid_scope, stage::configuration,
                     "a scope cannot hold " + detail::name_byte(c));
    }
    std::vector<std::string_view> unique = detail::split_scope(text);
    std::unordered_set<std::string_view> seen;
    std::erase_if(unique, [&](std::string_view token) { return !seen.insert(token).second; });
    scope parsed;
    parsed.text_ = detail::join_scope(unique);
    return parsed;
}

}  // namespace coauth

#endif
