// SPDX-License-Identifier: BSL-1.0
//
// Anchor of the support library; owns the precompiled header.

#include "support/precompiled.hpp"
