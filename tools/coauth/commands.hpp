// SPDX-License-Identifier: BSL-1.0
//
// The commands: what each accepts, and what it does.

#ifndef COAUTH_TOOLS_COAUTH_COMMANDS_HPP
#define COAUTH_TOOLS_COAUTH_COMMANDS_HPP

#include "options.hpp"
#include "outcome.hpp"
#include "terminal.hpp"

#include <functional>

namespace coauth_tool {

/// All throw failure and coauth::exception.
struct command {
    command_help help;
    std::function<exit_code(given_options const&, terminal const&)> run;
};

[[nodiscard]] command token_command();
[[nodiscard]] command call_command();
[[nodiscard]] command api_command();
[[nodiscard]] command discover_command();
[[nodiscard]] command store_command();

}  // namespace coauth_tool

#endif
