// SPDX-License-Identifier: BSL-1.0
//
// The library's bodies, compiled once for the command.

#include <coauth/src.hpp>
