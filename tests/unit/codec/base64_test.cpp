// SPDX-License-Identifier: BSL-1.0

#include <coauth/codec/base64.hpp>
#include <coauth/codec/json_reader.hpp>

#include "../vector_file.hpp"

#include <gtest/gtest.h>

#include <string>

namespace base64_test {
namespace {

std::string all_bytes() {
    std::string bytes;
    for (int i = 0; i != 256; ++i) bytes.push_back(static_cast<char>(i));
    return bytes;
}

TEST(base64, writes_and_reads_the_values_printed_in_the_rfcs) {
    //
    int seen = 0;
    coauth_test::for_each_scalar("RFC4648-10 base64", [&](std::string in, std::string out) {
        EXPECT_EQ(coauth::base64_encode(in), out);
        EXPECT_EQ(coauth::base64_decode(out), in);
        ++seen;
    });
    EXPECT_EQ(seen, 7);
    for (char const* id : {"RFC7617-2 basic", "RFC7617-2.1 utf8", "RFC6749-2.3.1 client basic",
                           "RFC6749-4.1.3 client basic"}) {
        coauth_test::for_each_scalar(id, [&](std::string in, std::string out) {
            EXPECT_EQ(coauth::base64_encode(in), out);
            ++seen;
        });
    }
    EXPECT_EQ(seen, 11);
}

TEST(base64, gives_back_every_byte_at_every_length) {
    //
    std::string const bytes = all_bytes();
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        std::string const part = bytes.substr(bytes.size() - size);
        EXPECT_EQ(coauth::base64_decode(coauth::base64_encode(part)), part);
        EXPECT_EQ(coauth::base64url_decode(coauth::base64url_encode(part)), part);
    }
    for (char const c : bytes) {
        std::string const one(1, c);
        EXPECT_EQ(coauth::base64_decode(coauth::base64_encode(one)), one);
    }
}

TEST(base64, appends_the_same_text_to_a_wiped_buffer) {
    coauth::detail::wiped_buffer out;
    out.append("Basic ");
    coauth::base64_encode_to(out, "Aladdin:open sesame");
    EXPECT_EQ(out.view(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST(base64, refuses_everything_that_is_not_canonical) {
    for (char const* text : {"Z", "Zg", "Zg=", "Zg===", "Zg==Zg==", "=", "====", "Z===", "Zg==\n",
                             " Zg==", "Z g==", "Zh==", "Zm9=", "Zm-_", "Zm9v=", "Zm9v====", "Zm9vZ",
                             "Zm\x80v", "Z=g="}) {
        EXPECT_FALSE(coauth::base64_decode(text)) << text;
    }
    for (char const* text : {"Z", "Zg==", "Zh", "Zm9", "Zm+/", "Zm9vZ", "Zg="}) {
        EXPECT_FALSE(coauth::base64url_decode(text)) << text;
    }
    EXPECT_EQ(coauth::base64url_decode("Zg"), "f");
    EXPECT_EQ(coauth::base64url_decode("-_8"), "\xFB\xFF");
    EXPECT_EQ(coauth::base64_decode("+/8="), "\xFB\xFF");
}

}  // namespace
}  // namespace base64_test
