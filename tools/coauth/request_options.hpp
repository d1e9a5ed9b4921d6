// SPDX-License-Identifier: BSL-1.0
//
// Headers and bodies from the command line, in curl's spelling.

#ifndef COAUTH_TOOLS_COAUTH_REQUEST_OPTIONS_HPP
#define COAUTH_TOOLS_COAUTH_REQUEST_OPTIONS_HPP

#include "options.hpp"

#include <coauth/request.hpp>

#include <optional>
#include <string>
#include <utility>

namespace coauth_tool {

[[nodiscard]] option_group request_options();

/// -H. Throws failure: exit_code::usage, also for a credential on the command line.
void put_headers(given_options const& given, coauth::request& into);

/// -d: what was given, joined by '&', and its content type: JSON where it is JSON, else a form.
[[nodiscard]] std::optional<std::pair<std::string, std::string>> read_body(
    given_options const& given);

}  // namespace coauth_tool

#endif
