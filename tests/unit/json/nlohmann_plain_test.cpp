// SPDX-License-Identifier: BSL-1.0
//
// The adapter where the program does not ask nlohmann/json for diagnostics.

#include <gtest/gtest.h>

#include <string>

#include "nlohmann_types.hpp"

namespace nlohmann_plain_test {
namespace {

std::string refusal(std::string_view text) {
    auto const read = coauth::read_json<person>(text);
    if (read) return "accepted";
    EXPECT_TRUE(read.error().is(coauth::errc::json_mismatch));
    EXPECT_EQ(read.error().hint(), "JSON_DIAGNOSTICS=1 tells the place");
    return read.error().message();
}

TEST(json_nlohmann_plain, errors_tell_what_the_library_knows_and_how_to_know_more) {
    EXPECT_EQ(refusal(R"({"name":"","addresses":[{"city":"a"}]})"),
              "the value: member 'zip' is missing");
    EXPECT_EQ(refusal(R"({"name":7,"addresses":[]})"),
              "the value: type must be string, but is number");
}

}  // namespace
}  // namespace nlohmann_plain_test
