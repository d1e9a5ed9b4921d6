// SPDX-License-Identifier: BSL-1.0

#include <coauth/detail/punycode.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace punycode_test {
namespace {

using coauth::detail::is_punycode;

// The samples of RFC 3492 §7.1 in lower case, without the last, which is all ASCII.
TEST(punycode, the_samples_of_the_rfc_are_encodings) {
    for (std::string_view const text :
         {"egbpdaj6bu4bxfgehfvwxn", "ihqwcrb4cv8a8dqg056pqjye", "ihqwctvzc91f659drss3x8bo0yb",
          "proprostnemluvesky-uyb24dma41a", "4dbcagdahymbxekheh6e0a7fei0b",
          "i1baa7eci9glrd9b2ae1bj0hfcgg6iyaf8o0a1dig0cd", "n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa",
          "989aomsvi5e83db1d2a355cv1e0vak1dwrv93d5xbh15a0dt30a5jpsd879ccm6fea98c",
          "b1abfaaepdrnnbgefbadotcwatmq2g4l", "porqunopuedensimplementehablarenespaol-fmd56a",
          "tisaohkhngthchnitingvit-kjcr8268qyxafd2f1b9g", "3b-ww4c5e180e575a65lsy2b",
          "-with-super-monkeys-pc58ag80a8qai00g7n9n", "hello-another-way--fc4qua05auwb3674vfr0b",
          "2-u9tlzr9756bt3uc0v", "majikoi5-783gue6qz075azm5e", "de-jg4avhby1noc0d",
          "d9juau41awczczp"}) {
        EXPECT_TRUE(is_punycode(text)) << text;
    }
    static_assert(is_punycode("bcher-kva"));
}

TEST(punycode, what_is_cut_off_too_large_or_encodes_nothing_is_none) {
    for (std::string_view const text : {"", "-", "--",
                                        "a-",         // nothing beyond ASCII
                                        "bcher-kv",   // cut off
                                        "bcher-kv_",  // no digit
                                        "bcher-KVA",  // the caller has it in lower case
                                        "a",          // U+0080, a control character
                                        "99999999",   // more than 32 bits
                                        "zy0c",       // U+DFFF, half a character
                                        "dn33g"})     // beyond U+10FFFF
    {
        EXPECT_FALSE(is_punycode(text)) << text;
    }
    EXPECT_FALSE(is_punycode(std::string(1000, '9')));
    EXPECT_FALSE(is_punycode(std::string(1000, 'z')));
}

}  // namespace
}  // namespace punycode_test
