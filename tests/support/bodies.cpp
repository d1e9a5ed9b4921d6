// SPDX-License-Identifier: BSL-1.0
//
// The bodies of the library, for test programs that are compiled apart from them.

#include <coauth/src.hpp>
