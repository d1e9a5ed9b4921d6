// SPDX-License-Identifier: BSL-1.0
//
// A document from a URL, without credentials.

#ifndef COAUTH_TOOLS_COAUTH_FETCH_HPP
#define COAUTH_TOOLS_COAUTH_FETCH_HPP

#include "options.hpp"
#include "terminal.hpp"

#include <coauth/response.hpp>

#include <string>

namespace coauth_tool {

/// Trust, proxy and time limits are those of the options. Throws failure and coauth::exception.
[[nodiscard]] coauth::response fetch(std::string const& url, given_options const& given,
                                     terminal const& at);

}  // namespace coauth_tool

#endif
