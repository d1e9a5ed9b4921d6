// SPDX-License-Identifier: BSL-1.0
//
// Both sides of a call for a terminal: next to each other where it is wide enough, else one after
// the other. A pure function.

#ifndef COAUTH_TOOLS_COAUTH_INSPECT_HPP
#define COAUTH_TOOLS_COAUTH_INSPECT_HPP

#include "terminal.hpp"

#include <coauth/exchange_log.hpp>

#include <cstddef>
#include <string>

namespace coauth_tool {

/// From this width on the authorization server stands left, the API right.
inline constexpr std::size_t wide_enough = 120;

[[nodiscard]] std::string inspect(coauth::exchange_log const& log, terminal const& at);

}  // namespace coauth_tool

#endif
