// SPDX-License-Identifier: BSL-1.0

#include <coauth/crypto/digest.hpp>

#include <gtest/gtest.h>

#include <string>

namespace digest_test {
namespace {

using namespace coauth;

TEST(digest, sha256_of_fips_180_4) {
    EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(digest, pieces_make_the_same_digest_as_the_whole) {
    sha256_hasher hasher;
    hasher.add("a");
    hasher.add("");
    hasher.add("bc");
    EXPECT_EQ(hasher.finish(), sha256("abc"));
}

TEST(digest, lists_of_parts_are_equal_only_if_their_parts_are) {
    auto const of = [](std::initializer_list<std::string_view> parts) {
        sha256_hasher hasher;
        for (std::string_view const part : parts) hasher.add_part(part);
        return hasher.finish();
    };
    EXPECT_EQ(of({"ab", "c"}), of({"ab", "c"}));
    EXPECT_NE(of({"ab", "c"}), of({"a", "bc"}));
    EXPECT_NE(of({"ab", "c"}), of({"ab", "c", ""}));
}

TEST(digest, hmac_sha256_of_rfc_4231) {
    EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'),
                              "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(digest, an_empty_key_is_not_the_key_of_the_call_before) {
    auto const expected = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
    static_cast<void>(hmac_sha256("another key", ""));
    EXPECT_EQ(hex(hmac_sha256({}, "")), expected);
    EXPECT_EQ(hex(hmac_sha256("", "")), expected);
}

//
TEST(digest, digests_are_compared_in_constant_time) {
    EXPECT_TRUE(equal_in_constant_time(sha256("a"), sha256("a")));
    EXPECT_FALSE(equal_in_constant_time(sha256("a"), sha256("b")));
}

}  // namespace
}  // namespace digest_test
