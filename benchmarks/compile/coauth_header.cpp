// SPDX-License-Identifier: BSL-1.0
//
// The umbrella header alone.

#include <coauth/coauth.hpp>
