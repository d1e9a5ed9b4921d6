// SPDX-License-Identifier: BSL-1.0
//
// The reader against another well-known one, on the test suite's files damaged in many ways.

#include <coauth/codec/json_reader.hpp>

#include "../vector_file.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace json_reader_differential_test {
namespace {

enum class verdict { accepted, refused, open };

verdict theirs(std::string const& text) {
    // What the other one decides differently: a byte order mark is skipped, a NUL ends the text,
    // numbers beyond double are an error.
    if (text.starts_with("\xEF\xBB\xBF") || text.find('\0') != std::string::npos) {
        return verdict::open;
    }
    try {
        [[maybe_unused]] auto const parsed = nlohmann::json::parse(text);
    } catch (nlohmann::json::parse_error const&) {
        return verdict::refused;
    } catch (nlohmann::json::out_of_range const&) { return verdict::open; }
    return verdict::accepted;
}

verdict ours(std::string const& text) {
    coauth::json_reader reader(text, {.max_depth = 100'000});
    for (;;) {
        coauth::json_event const event = reader.next();
        if (event == coauth::json_event::end) return verdict::accepted;
        if (event == coauth::json_event::failure) return verdict::refused;
    }
}

std::vector<std::string> seeds() {
    std::vector<std::string> texts;
    for (auto const& file :
         std::filesystem::directory_iterator(COAUTH_TEST_VECTORS "/JSONTestSuite")) {
        std::string const name = file.path().filename().string();
        if (!name.ends_with(".json") || file.file_size() > 1000) continue;
        texts.push_back(coauth_test::read_vector("JSONTestSuite/" + name));
    }
    std::sort(texts.begin(), texts.end());
    return texts;
}

TEST(json_reader, decides_as_another_reader_does_on_damaged_texts) {
    std::mt19937 random(8259);
    auto const below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
    std::string const pieces = "{}[]\",:\\/ubfnrt0123456789.eE+-dD8c\x80\xBF\xC3\xED\xF0 \t\n\x01";
    int compared = 0;
    for (std::string const& seed : seeds()) {
        for (int round = 0; round != 60; ++round) {
            std::string text = seed;
            for (std::size_t edits = below(3); edits != 0; --edits) {
                std::size_t const at = below(text.size() + 1);
                char const piece = pieces[below(pieces.size())];
                if (at < text.size() && below(3) == 0)
                    text.erase(at, 1);
                else if (at < text.size() && below(2) == 0)
                    text[at] = piece;
                else
                    text.insert(at, 1, piece);
            }
            verdict const expected = theirs(text);
            if (expected == verdict::open) continue;
            ASSERT_EQ(ours(text), expected) << text;
            ++compared;
        }
    }
    EXPECT_GT(compared, 15'000);
}

TEST(json_reader, gives_the_same_strings_as_another_reader) {
    for (std::string const& text : seeds()) {
        if (theirs(text) != verdict::accepted) continue;
        std::vector<std::string> expected;
        auto const keep = [&](int, nlohmann::json::parse_event_t, nlohmann::json& value) {
            if (value.is_string()) expected.push_back(value.get<std::string>());
            return true;
        };
        [[maybe_unused]] auto const parsed = nlohmann::json::parse(text, keep);
        std::vector<std::string> found;
        coauth::json_reader reader(text, {.max_depth = 1000});
        for (auto event = reader.next(); event != coauth::json_event::end; event = reader.next()) {
            ASSERT_NE(event, coauth::json_event::failure) << text;
            if (event == coauth::json_event::string || event == coauth::json_event::member_name) {
                found.push_back(reader.scalar().to_string());
            }
        }
        EXPECT_EQ(found, expected) << text;
    }
}

}  // namespace
}  // namespace json_reader_differential_test
