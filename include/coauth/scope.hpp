// SPDX-License-Identifier: BSL-1.0
//
// Access token scope (RFC 6749 §3.3): an ordered set of case-sensitive tokens. A plain value; a
// const scope may be read from any thread.

#ifndef COAUTH_SCOPE_HPP
#define COAUTH_SCOPE_HPP

#include <coauth/detail/ascii.hpp>
#include <coauth/error.hpp>
#include <coauth/result.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace coauth {

/// What is asked for, or was granted. Written as text, `.scope = "users.read users.write"`, or as a
/// list, `.scope = {"users.read", "users.write"}`. Tokens are separated by one or more spaces; one
/// that comes again is dropped. The constructors throw coauth::exception with errc::invalid_scope
/// when a byte is not one of %x21 / %x23-5B / %x5D-7E.
class scope {
public:
    /// No scope: the parameter is not sent, the server chooses.
    scope() = default;
    scope(char const* text) : scope(std::string_view(text)) {}
    scope(std::string const& text) : scope(std::string_view(text)) {}
    scope(std::string_view text) : text_(parse(text).value().text_) {}
    scope(std::initializer_list<std::string_view> tokens) : scope(join(tokens)) {}

    /// The same without an exception: for text that came from a server.
    [[nodiscard]] static result<scope> parse(std::string_view text);

    /// In the order in which they were given, separated by single spaces: the parameter's value.
    [[nodiscard]] std::string const& to_string() const noexcept { return text_; }
    /// Sorted by bytes: the same text for the same set.
    [[nodiscard]] std::string canonical() const {
        std::vector<std::string_view> sorted = split(text_);
        std::sort(sorted.begin(), sorted.end());
        return join(sorted);
    }
    /// In the order in which they were given.
    [[nodiscard]] std::vector<std::string> tokens() const {
        std::vector<std::string_view> const views = split(text_);
        return {views.begin(), views.end()};
    }
    /// Whether each token of `other` is one of this scope's.
    [[nodiscard]] bool includes(scope const& other) const {
        std::vector<std::string_view> mine = split(text_);
        std::vector<std::string_view> theirs = split(other.text_);
        std::sort(mine.begin(), mine.end());
        std::sort(theirs.begin(), theirs.end());
        return std::includes(mine.begin(), mine.end(), theirs.begin(), theirs.end());
    }
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

private:
    [[nodiscard]] static constexpr bool is_scope_char(char c) noexcept {
        return c > ' ' && c <= '~' && c != '"' && c != '\\';
    }

    [[nodiscard]] static std::vector<std::string_view> split(std::string_view text) {
        std::vector<std::string_view> tokens;
        while (!text.empty()) {
            std::size_t const end = std::min(text.find(' '), text.size());
            if (end != 0) tokens.push_back(text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return tokens;
    }

    template <class Tokens>
    [[nodiscard]] static std::string join(Tokens const& tokens) {
        std::string text;
        for (std::string_view const token : tokens) {
            if (!text.empty()) text += ' ';
            text += token;
        }
        return text;
    }

    std::string text_;
};

inline result<scope> scope::parse(std::string_view text) {
    for (char const c : text) {
        if (c == ' ' || is_scope_char(c)) continue;
        return error(errc::invalid_scope, stage::configuration,
                     "a scope cannot hold " + detail::name_byte(c));
    }
    std::vector<std::string_view> unique = split(text);
    std::unordered_set<std::string_view> seen;
    std::erase_if(unique, [&](std::string_view token) { return !seen.insert(token).second; });
    scope parsed;
    parsed.text_ = join(unique);
    return parsed;
}

}  // namespace coauth

#endif
