// SPDX-License-Identifier: BSL-1.0
//
// Both sides of a call next to each other in a wide terminal.

#include <coauth/exchange_log_columns.hpp>

#include "sample_calls.hpp"

#include <cstddef>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <vector>

namespace exchange_log_columns_test {
namespace {

using namespace coauth_test;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> lines_of(std::string const& text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

TEST(exchange_log_columns, has_the_authorization_server_left_and_the_api_right) {
    std::vector<std::string> const lines = lines_of(coauth::to_columns(resent_call(), 120));
    std::size_t seen = 0;
    for (std::string const& line : lines) {
        std::size_t const bar = line.find(" |");
        if (bar == std::string::npos) continue;
        ++seen;
        EXPECT_EQ(bar, 58U) << line;
        EXPECT_LE(line.size(), 120U);
        EXPECT_NE(line.back(), ' ');
        EXPECT_EQ(line.substr(0, bar).find("api.example.com"), std::string::npos) << line;
        EXPECT_EQ(line.substr(bar).find("auth.example.com"), std::string::npos) << line;
    }
    EXPECT_GT(seen, 10U);
    std::string const text = coauth::to_columns(resent_call(), 120);
    EXPECT_THAT(text, HasSubstr("  [1] authorization server  +1.000 ms"));
    EXPECT_THAT(text, HasSubstr(" |   [2] API  +"));
}

TEST(exchange_log_columns, stand_one_after_the_other_where_it_is_narrow_or_there_is_one_side) {
    EXPECT_EQ(coauth::to_columns(resent_call(), 119), coauth::to_text(resent_call(), 119));
    coauth::call_record one_side = resent_call();
    one_side.exchanges = {token_exchange()};
    EXPECT_EQ(coauth::to_columns(one_side, 200), coauth::to_text(one_side, 200));
}

TEST(exchange_log_columns, paint_keeps_every_column_in_its_place) {
    auto const paint = [](std::string const& line) { return "<" + line + ">"; };
    std::string bare;
    for (char const c : coauth::to_columns(resent_call(), 120, paint)) {
        if (c != '<' && c != '>') bare += c;
    }
    std::string expected;
    for (char const c : coauth::to_columns(resent_call(), 120)) {
        if (c != '<' && c != '>') expected += c;
    }
    EXPECT_EQ(bare, expected);
    EXPECT_THAT(coauth::to_columns(resent_call(), 80, paint), StartsWith("<call "));
}

TEST(exchange_log_columns, of_a_log_are_all_of_its_calls) {
    coauth::exchange_log const log({.max_calls = 1});
    EXPECT_EQ(coauth::to_columns(log), "");
    log.add(resent_call());
    log.add(resent_call());
    EXPECT_THAT(coauth::to_columns(log),
                StartsWith("(1 earlier calls had to make room)\n\ncall 2  "));
}

}  // namespace
}  // namespace exchange_log_columns_test
