// SPDX-License-Identifier: BSL-1.0

#include <coauth/crypto/aead.hpp>
#include <coauth/crypto/digest.hpp>
#include <coauth/crypto/scrypt.hpp>
#include <coauth/detail/ascii.hpp>

#include <gtest/gtest.h>
#include <ostream>
#include <string>
#include <string_view>

namespace aead_test {
namespace {

using coauth::aead_cipher;
using coauth::secret;

std::string bytes(std::string_view hex) {
    std::string out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        int const value =
            coauth::detail::hex_digit(hex[i]) * 16 + coauth::detail::hex_digit(hex[i + 1]);
        out += static_cast<char>(value);
    }
    return out;
}

std::string hex(std::string_view text) { return coauth::hex(text); }

struct vector {
    aead_cipher cipher;
    std::string key, nonce, associated, plain, sealed;
};

void PrintTo(vector const& v, std::ostream* out) {
    *out << (v.cipher == aead_cipher::aes_256_gcm ? "AES-256-GCM" : "ChaCha20-Poly1305");
}

vector const gcm_test_case_16{
    aead_cipher::aes_256_gcm,
    bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
    bytes("cafebabefacedbaddecaf888"),
    bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
    bytes("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24"
          "49a6b525b16aedf5aa0de657ba637b39"),
    bytes("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10"
          "56828838c5f61e6393ba7a0abcc9f662"
          "76fc6ece0f4e1768cddf8853bb2d551b")};

vector const rfc_8439_section_2_8_2{
    aead_cipher::chacha20_poly1305,
    bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
    bytes("070000004041424344454647"),
    bytes("50515253c0c1c2c3c4c5c6c7"),
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
    "sunscreen would be it.",
    bytes("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69"
          "da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad67594"
          "5585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691")};

class aead : public ::testing::TestWithParam<vector> {};

TEST_P(aead, seals_and_opens_the_published_vector) {
    vector const& v = GetParam();
    coauth::aead const with(v.cipher, secret(v.key));
    std::string sealed;
    with.seal(sealed, v.nonce, v.associated, v.plain);
    EXPECT_EQ(hex(sealed), hex(v.sealed));
    auto const plain = with.open(v.nonce, v.associated, v.sealed);
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->reveal(), v.plain);
}

TEST_P(aead, opens_nothing_when_any_byte_differs) {
    vector const& v = GetParam();
    for (auto const part : {&vector::key, &vector::nonce, &vector::associated, &vector::sealed}) {
        for (std::size_t i = 0; i != (v.*part).size(); ++i) {
            vector changed = v;
            (changed.*part)[i] = static_cast<char>((changed.*part)[i] ^ 0x10);
            coauth::aead const with(changed.cipher, secret(changed.key));
            EXPECT_FALSE(with.open(changed.nonce, changed.associated, changed.sealed));
        }
    }
    coauth::aead const with(v.cipher, secret(v.key));
    EXPECT_FALSE(with.open(v.nonce, v.associated, v.sealed + "x"));
    EXPECT_FALSE(with.open(v.nonce, v.associated, "short"));
}

TEST_P(aead, takes_an_empty_text_and_refuses_a_short_key_or_nonce) {
    vector const& v = GetParam();
    coauth::aead const with(v.cipher, secret(v.key));
    std::string sealed;
    with.seal(sealed, v.nonce, {}, {});
    EXPECT_EQ(sealed.size(), coauth::aead_tag_size);
    EXPECT_TRUE(with.open(v.nonce, {}, sealed));
    EXPECT_FALSE(with.open(v.nonce, "x", sealed));
    EXPECT_THROW(with.seal(sealed, "short", {}, {}), coauth::exception);
    EXPECT_EQ(sealed.size(), coauth::aead_tag_size);
    EXPECT_THROW(coauth::aead(v.cipher, secret("short")), coauth::exception);
}

INSTANTIATE_TEST_SUITE_P(ciphers, aead,
                         ::testing::Values(gcm_test_case_16, rfc_8439_section_2_8_2));

TEST(scrypt, derives_what_rfc_7914_section_12_says) {
    EXPECT_EQ(hex(coauth::scrypt("", "", 64, {16, 1, 1}).reveal()),
              "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
              "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
    EXPECT_EQ(hex(coauth::scrypt("password", "NaCl", 64, {1024, 8, 16}).reveal()),
              "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
              "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
    EXPECT_THROW(static_cast<void>(coauth::scrypt("p", "s", 65)), coauth::exception);
}

}  // namespace
}  // namespace aead_test
