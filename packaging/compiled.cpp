// SPDX-License-Identifier: BSL-1.0
//
// The one translation unit of coauth::compiled.

#include <coauth/src.hpp>
