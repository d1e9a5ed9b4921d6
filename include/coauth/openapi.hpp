// SPDX-License-Identifier: BSL-1.0
//
// From an API description (OpenAPI 3.0, 3.1, Swagger 2.0, in JSON) to calls. Opt-in: coauth.hpp
// does not include it. For YAML include <coauth/openapi_yaml.hpp>.

#ifndef COAUTH_OPENAPI_HPP
#define COAUTH_OPENAPI_HPP

#include <coauth/openapi/api.hpp>
#include <coauth/openapi/load.hpp>

#endif
