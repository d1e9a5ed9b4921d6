// SPDX-License-Identifier: BSL-1.0
//
// What the head of a sealed record tells to somebody without its key.

#include <coauth/store/seal_head.hpp>
#include <coauth/store/sealed.hpp>

#include <cstddef>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace seal_head_test {
namespace {

using coauth::detail::seal_key_id;

std::string record() {
    return std::string("coauth\x01\xfe\x01", 9) + "12345678" + "nonce and text";
}

TEST(seal_head, names_the_key_of_a_sealed_record) {
    std::string const whole = record();
    EXPECT_EQ(seal_key_id(whole), std::string_view("12345678"));
    EXPECT_FALSE(coauth::detail::is_newer_seal(whole));
}

TEST(seal_head, names_no_key_of_what_is_too_short_or_something_else) {
    std::string const whole = record();
    for (std::size_t size = 0; size != 17; ++size) {
        EXPECT_FALSE(seal_key_id(std::string_view(whole).substr(0, size))) << size;
    }
    EXPECT_FALSE(seal_key_id("{\"access_token\": \"a token as it is\"}"));
}

TEST(seal_head, tells_a_later_version) {
    std::string later = record();
    later[6] = '\x02';
    EXPECT_FALSE(coauth::detail::is_newer_seal(later));  // a flipped bit is damage
    later[7] = '\xfd';
    EXPECT_TRUE(coauth::detail::is_newer_seal(later));
    EXPECT_FALSE(seal_key_id(later));
}

}  // namespace
}  // namespace seal_head_test
