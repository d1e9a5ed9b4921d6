// SPDX-License-Identifier: BSL-1.0
//
// The yardstick of separate compilation: the least that a program with coroutines of Asio parses.

#include <asio/awaitable.hpp>
