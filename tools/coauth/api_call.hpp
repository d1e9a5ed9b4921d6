// SPDX-License-Identifier: BSL-1.0
//
// `coauth api call`: one operation of a description, called.

#ifndef COAUTH_TOOLS_COAUTH_API_CALL_HPP
#define COAUTH_TOOLS_COAUTH_API_CALL_HPP

#include "options.hpp"
#include "outcome.hpp"
#include "terminal.hpp"

#include <coauth/openapi.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace coauth_tool {

/// An id, or a method and a path, behind `call SPEC`; `used`: words so far.
struct operation_words {
    std::string id = {};
    std::string method = {};
    std::string path = {};
    std::size_t used = 0;
};
[[nodiscard]] operation_words operation_of(std::vector<std::string> const& words);

/// Throws coauth::exception(errc::unknown_operation).
[[nodiscard]] coauth::openapi::operation const& find_operation(
    coauth::openapi::api_description const& api, operation_words const& words);

[[nodiscard]] exit_code call_operation(given_options const& given, terminal const& at);

}  // namespace coauth_tool

#endif
