// SPDX-License-Identifier: BSL-1.0
//
// The table of all codes in docs/errors.md says what the library says.

#include <coauth/error.hpp>

#include <cstddef>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <string>

namespace error_table_test {
namespace {

struct row {
    std::string name;
    std::string retry;
    friend bool operator==(row const&, row const&) = default;
};

void PrintTo(row const& r, std::ostream* out) { *out << r.name << ", retry: " << r.retry; }

using table = std::map<int, row>;

constexpr int numbers = 1000;

table documented() {
    std::ifstream file(std::string(COAUTH_TEST_VECTORS) + "/../../docs/errors.md");
    std::regex const line(R"(\| (\d+) \| `(\w+)` \| (\w+) \| .{10,} \|)");
    table rows;
    for (std::string text; std::getline(file, text);) {
        std::smatch part;
        if (std::regex_match(text, part, line)) rows[std::stoi(part[1])] = {part[2], part[3]};
    }
    return rows;
}

table known() {
    table rows;
    for (int number = 0; number != numbers; ++number) {
        auto const code = static_cast<coauth::errc>(number);
        std::string const name(to_string(code));
        bool const retry = make_error_code(code) == coauth::condition::retryable;
        if (!name.empty()) rows[number] = {name, retry ? "yes" : "no"};
    }
    return rows;
}

TEST(error_table, has_every_code_and_tells_whether_to_retry) { EXPECT_EQ(documented(), known()); }

}  // namespace
}  // namespace error_table_test
