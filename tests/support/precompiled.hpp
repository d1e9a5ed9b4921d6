// SPDX-License-Identifier: BSL-1.0
//
// What nearly every test parses. Nothing of the library itself: its headers are compiled in each
// test as a user would, and by tests/headers without any help.

#ifndef COAUTH_TESTS_SUPPORT_PRECOMPILED_HPP
#define COAUTH_TESTS_SUPPORT_PRECOMPILED_HPP

#include <asio.hpp>
#include <asio/ssl.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#endif
