// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/utf8.hpp>

#include <gtest/gtest.h>

#include <string>

namespace utf8_test {
namespace {

using coauth::is_valid_utf8;
using coauth::printable;

TEST(utf8, accepts_every_scalar_value_and_no_surrogate) {
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        bool const surrogate = c >= 0xD800 && c <= 0xDFFF;
        std::string text;
        coauth::detail::append_utf8(text, c);
        ASSERT_EQ(is_valid_utf8(text), !surrogate) << static_cast<unsigned>(c);
        if (surrogate) continue;
        char32_t back = 0;
        ASSERT_EQ(coauth::detail::utf8_front(text, back), text.size());
        ASSERT_EQ(back, c);
    }
}

TEST(utf8, refuses_overlong_truncated_and_stray_bytes) {
    for (std::string const bad : {"\x80",
                                  "\xBF",
                                  "\xC0\x80",
                                  "\xC1\xBF",
                                  "\xC2",
                                  "\xC2\x41",
                                  "\xE0\x80\x80",
                                  "\xE0\x9F\xBF",
                                  "\xE2\x82",
                                  "\xED\xA0\x80",
                                  "\xED\xBF\xBF",
                                  "\xF0\x80\x80\x80",
                                  "\xF0\x8F\xBF\xBF",
                                  "\xF0\x9F\x98",
                                  "\xF4\x90\x80\x80",
                                  "\xF5\x80\x80\x80",
                                  "\xF8\x88\x80\x80\x80",
                                  "\xFE",
                                  "\xFF",
                                  "\xFF\xFE"}) {
        EXPECT_FALSE(is_valid_utf8(bad));
        // The same at every place around the blocks of eight bytes.
        for (std::size_t before = 0; before != 17; ++before) {
            EXPECT_FALSE(is_valid_utf8(std::string(before, 'a') + bad + "0123456789"));
            EXPECT_FALSE(is_valid_utf8(std::string(before, 'a') + bad));
        }
    }
    EXPECT_TRUE(is_valid_utf8(""));
    EXPECT_TRUE(is_valid_utf8(std::string_view("\0", 1)));
    EXPECT_TRUE(is_valid_utf8("12345678\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80 12345678"));
}

TEST(utf8, printable_escapes_what_cannot_be_seen) {
    //
    EXPECT_EQ(printable("plain <b>text</b> \xC3\xA4", 100), "plain <b>text</b> \xC3\xA4");
    EXPECT_EQ(printable(std::string_view("a\r\n\t\0\x1B[31m\x7F", 11), 100),
              "a\\x0D\\x0A\\x09\\x00\\x1B[31m\\x7F");
    EXPECT_EQ(printable("\xC2\x85|\xE2\x80\xAE|\xE2\x80\xA8|\xEF\xBB\xBF|\xF3\xA0\x80\x81", 100),
              "\\x85|\\u{202E}|\\u{2028}|\\u{FEFF}|\\u{E0001}");
    EXPECT_EQ(printable("\xFF\xC3", 100), "\\xFF\\xC3");
    EXPECT_EQ(printable("\\x41", 100), "\\\\x41");
}

TEST(utf8, printable_cuts_at_the_limit_and_never_inside_of_a_character) {
    //
    std::string const euros = "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC";
    EXPECT_EQ(printable(euros, 12), euros);
    for (std::size_t limit = 0; limit != 12; ++limit) {
        std::string const cut = printable(euros, limit);
        EXPECT_LE(cut.size(), limit);
        EXPECT_TRUE(is_valid_utf8(cut));
        EXPECT_EQ(cut.ends_with("..."), limit >= 3);
    }
    EXPECT_EQ(printable(std::string(1 << 20, 'x'), 1024), std::string(1021, 'x') + "...");
    EXPECT_EQ(printable("\n\n\n", 8), "\\x0A...");
}

}  // namespace
}  // namespace utf8_test
