// SPDX-License-Identifier: BSL-1.0
//
// The one unit that has the bodies.

#include <coauth/src.hpp>
