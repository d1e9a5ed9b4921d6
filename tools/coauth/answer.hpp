// SPDX-License-Identifier: BSL-1.0
//
// What an API answered, as the caller wants to have it: the body, with its head, as JSON, in a
// file, or both exchanges; and the exit code that it means.

#ifndef COAUTH_TOOLS_COAUTH_ANSWER_HPP
#define COAUTH_TOOLS_COAUTH_ANSWER_HPP

#include "options.hpp"
#include "outcome.hpp"
#include "session.hpp"
#include "terminal.hpp"

#include <coauth/coauth.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace coauth_tool {

/// The options about what is shown of a call.
[[nodiscard]] option_group showing_options();

/// How a request is sent.
struct sending {
    coauth::rest_client api;
    std::string waiting_for;  ///< at first
    /// What is to be done afterwards, so that a token store has the token.
    std::optional<coauth::awaitable<void>> keeping = std::nullopt;
};

/// Sends it, and shows what came. Throws failure where no answer came, after the log was shown.
[[nodiscard]] exit_code send_and_show(session& with, sending by, coauth::request what,
                                      given_options const& given, terminal const& at);

/// For --dry-run: what would go out, credentials redacted. `authorized` says in words by what.
[[nodiscard]] std::string dry_run_text(coauth::request const& what, std::string_view base_url,
                                       std::string const& authorized);

/// `coauth: TEXT`, and what to do next, on standard error.
void report(failure const& why, terminal const& at);

}  // namespace coauth_tool

#endif
