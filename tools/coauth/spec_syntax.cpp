// SPDX-License-Identifier: BSL-1.0

#include "spec.hpp"

#ifdef COAUTH_TOOL_YAML
#include <coauth/openapi_yaml.hpp>
#endif

namespace coauth_tool {

coauth::openapi::import_options spec_syntax() {
#ifdef COAUTH_TOOL_YAML
    return coauth::openapi::with_yaml();
#else
    return {};
#endif
}

}  // namespace coauth_tool
