// SPDX-License-Identifier: BSL-1.0
//
// The one unit of a program with COAUTH_SEPARATE_COMPILATION that has all bodies.

#include <coauth/src.hpp>
