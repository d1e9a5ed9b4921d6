// SPDX-License-Identifier: BSL-1.0
//
// What an API description says, for people and as JSON. Pure functions.

#ifndef COAUTH_TOOLS_COAUTH_API_TEXT_HPP
#define COAUTH_TOOLS_COAUTH_API_TEXT_HPP

#include "terminal.hpp"

#include <coauth/openapi.hpp>

#include <string>

namespace coauth_tool {

using coauth::openapi::api_description;
using coauth::openapi::operation;
using coauth::openapi::plan;

/// The operations: id, method and path, what is needed.
[[nodiscard]] std::string list_text(api_description const& api, terminal const& at);
[[nodiscard]] std::string list_json(api_description const& api);

/// Servers, authentication, scopes, and what is left to ask.
[[nodiscard]] std::string show_text(api_description const& api, plan const& made,
                                    terminal const& at);
[[nodiscard]] std::string show_json(api_description const& api, plan const& made);

/// One operation with its parameters.
[[nodiscard]] std::string show_text(operation const& one, terminal const& at);

}  // namespace coauth_tool

#endif
