// SPDX-License-Identifier: BSL-1.0

#include <coauth/json/nlohmann.hpp>
