// SPDX-License-Identifier: BSL-1.0
//
// How a command ends: exit codes that scripts can rely on, and a failure that says what to do next.

#ifndef COAUTH_TOOLS_COAUTH_OUTCOME_HPP
#define COAUTH_TOOLS_COAUTH_OUTCOME_HPP

#include <coauth/error.hpp>

#include <exception>
#include <string>
#include <utility>

namespace coauth_tool {

enum class exit_code : int {
    ok = 0,
    other = 1,  ///< For instance a file that cannot be written.
    usage = 2,
    configuration = 3,          ///< Nothing has been sent.
    authorization_refused = 4,  ///< The authorization server gave no token.
    api_refused = 5,            ///< The API answered 400 or above.
    network = 6,                ///< A server was not reached, or did not answer in time.
    interrupted = 130,
};

/// Ends the command. Texts are for people and hold no secret.
class failure : public std::exception {
public:
    failure(exit_code code, std::string text, std::string next = {})
        : code_(code), text_(std::move(text)), next_(std::move(next)) {}

    [[nodiscard]] exit_code code() const noexcept { return code_; }
    [[nodiscard]] std::string const& text() const noexcept { return text_; }
    /// What to do about it.
    [[nodiscard]] std::string const& next() const noexcept { return next_; }
    [[nodiscard]] char const* what() const noexcept override { return text_.c_str(); }

private:
    exit_code code_;
    std::string text_;
    std::string next_;
};

[[nodiscard]] exit_code code_of(coauth::error const& why);
[[nodiscard]] failure failure_of(coauth::error const& why);

}  // namespace coauth_tool

#endif
