// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/json_writer.hpp>

#include <gtest/gtest.h>

#include <string>

namespace json_writer_test {
namespace {

TEST(json_writer, puts_the_commas) {
    std::string out;
    coauth::json_writer(out)
        .begin_object()
        .name("a")
        .number(-1)
        .name("b")
        .begin_array()
        .string("x")
        .boolean(true)
        .begin_object()
        .end_object()
        .null()
        .end_array()
        .name("c")
        .begin_array()
        .end_array()
        .name("d")
        .raw("{\"e\":1}")
        .name("f")
        .boolean(false)
        .end_object();
    EXPECT_EQ(out, R"({"a":-1,"b":["x",true,{},null],"c":[],"d":{"e":1},"f":false})");
}

TEST(json_writer, escapes_so_that_the_reader_gives_every_character_back) {
    std::string text;
    for (int i = 0; i != 128; ++i) text.push_back(static_cast<char>(i));
    text += "\xC3\xA4\xF0\x9F\x98\x80";
    std::string out;
    coauth::json_writer(out).string(text);
    EXPECT_TRUE(out.starts_with("\"\\u0000\\u0001")) << out;
    coauth::json_reader reader(out);
    ASSERT_EQ(reader.next(), coauth::json_event::string);
    EXPECT_EQ(reader.scalar().to_string(), text);
    EXPECT_EQ(reader.next(), coauth::json_event::end);
}

TEST(json_writer, escapes_names_too) {
    std::string out;
    coauth::json_writer(out).begin_object().name("a\"\n").null().end_object();
    EXPECT_EQ(out, "{\"a\\\"\\n\":null}");
}

TEST(json_writer, writes_into_a_wiped_buffer) {
    coauth::detail::wiped_buffer out;
    coauth::json_writer(out).begin_object().name("k").string("s").end_object();
    EXPECT_EQ(out.view(), "{\"k\":\"s\"}");
}

}  // namespace
}  // namespace json_writer_test
