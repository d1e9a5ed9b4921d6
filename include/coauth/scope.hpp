// SPDX-License-Identifier: BSL-1.0
//
// Access token scope (RFC 6749 §3.3): an ordered set of case-sensitive tokens. A plain value; a
// const scope may be read from any thread.

#ifndef COAUTH_SCOPE_HPP
#define COAUTH_SCOPE_HPP

#include <coauth/config.hpp>
#include <coauth/error.hpp>
#include <coauth/result.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
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
    scope(std::string_view text);
    scope(std::initializer_list<std::string_view> tokens);

    /// The same without an exception: for text that came from a server.
    [[nodiscard]] static result<scope> parse(std::string_view text);

    /// In the order in which they were given, separated by single spaces: the parameter's value.
    [[nodiscard]] std::string const& to_string() const noexcept { return text_; }
    /// Sorted by bytes: the same text for the same set.
    [[nodiscard]] std::string canonical() const;
    /// In the order in which they were given.
    [[nodiscard]] std::vector<std::string> tokens() const;
    /// Whether each token of `other` is one of this scope's.
    [[nodiscard]] bool includes(scope const& other) const;
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

private:
    std::string text_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/scope_impl.hpp>
#endif

#endif
