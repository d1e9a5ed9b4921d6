// SPDX-License-Identifier: BSL-1.0
//
// An API description from a file, standard input or a URL, and what options decide about it.

#ifndef COAUTH_TOOLS_COAUTH_SPEC_HPP
#define COAUTH_TOOLS_COAUTH_SPEC_HPP

#include "options.hpp"
#include "outcome.hpp"
#include "terminal.hpp"

#include <coauth/openapi.hpp>

#include <string>

namespace coauth_tool {

/// `name`: a file, `-`, or a URL, which is fetched without credentials.
[[nodiscard]] coauth::openapi::api_description read_spec(std::string const& name,
                                                         given_options const& given,
                                                         terminal const& at);

/// The options that answer the questions of a plan.
[[nodiscard]] option_group choice_options();
[[nodiscard]] coauth::openapi::choices read_choices(given_options const& given);

/// How the command line answers a question.
[[nodiscard]] std::string answered_by(coauth::openapi::question const& one);
/// Throws failure(exit_code::configuration) with all questions of the plan, if there are any.
void require_decided(coauth::openapi::plan const& made);

/// JSON, and YAML where the command was built with it.
[[nodiscard]] coauth::openapi::import_options spec_syntax();

}  // namespace coauth_tool

#endif
