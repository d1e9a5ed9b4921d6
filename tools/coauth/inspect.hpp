// SPDX-License-Identifier: BSL-1.0
//
// Both sides of a call for a terminal, in its width and colours. A pure function.

#ifndef COAUTH_TOOLS_COAUTH_INSPECT_HPP
#define COAUTH_TOOLS_COAUTH_INSPECT_HPP

#include "terminal.hpp"

#include <coauth/exchange_log.hpp>

#include <string>

namespace coauth_tool {

[[nodiscard]] std::string inspect(coauth::exchange_log const& log, terminal const& at);

}  // namespace coauth_tool

#endif
