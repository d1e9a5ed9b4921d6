// SPDX-License-Identifier: BSL-1.0
//
// Our way to read a private key against OpenSSL's own, which has written it.

#include <coauth/crypto/private_key.hpp>

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string>
#include <string_view>
#include <vector>

namespace private_key_test {
namespace {

struct free_key {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using key = std::unique_ptr<EVP_PKEY, free_key>;

constexpr std::string_view password = "correct horse";

int give(char* out, int, int, void* user) {
    std::string_view const text = *static_cast<std::string_view const*>(user);
    std::copy(text.begin(), text.end(), out);
    return static_cast<int>(text.size());
}

key read(std::string_view pem, std::string_view with = password) {
    key found(coauth::detail::read_private_key(pem, give, &with));
    ERR_clear_error();
    return found;
}

template <class Write>
std::string text(Write write) {
    BIO* const bio = BIO_new(BIO_s_mem());
    EXPECT_EQ(write(bio), 1);
    char* bytes = nullptr;
    long const size = BIO_get_mem_data(bio, &bytes);
    std::string pem(bytes, static_cast<std::size_t>(size));
    BIO_free(bio);
    return pem;
}

std::string pkcs8(EVP_PKEY* k, EVP_CIPHER const* cipher) {
    return text([&](BIO* bio) {
        return PEM_write_bio_PKCS8PrivateKey(bio, k, cipher, password.data(),
                                             static_cast<int>(password.size()), nullptr, nullptr);
    });
}
std::string traditional(EVP_PKEY* k, EVP_CIPHER const* cipher) {
    return text([&](BIO* bio) {
        return PEM_write_bio_PrivateKey_traditional(
            bio, k, cipher, reinterpret_cast<unsigned char const*>(password.data()),
            static_cast<int>(password.size()), nullptr, nullptr);
    });
}

std::vector<key> of_every_kind() {
    std::vector<key> keys;
    for (char const* const curve : {"P-256", "P-384", "P-521", "secp256k1"}) {
        keys.emplace_back(EVP_EC_gen(curve));
    }
    keys.emplace_back(EVP_RSA_gen(2048));
    keys.emplace_back(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    keys.emplace_back(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"));
    keys.emplace_back(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
    return keys;
}

bool signs_alike(EVP_PKEY* ours, EVP_PKEY* theirs) {
    EVP_MD const* const digest =
        EVP_PKEY_is_a(ours, "ED25519") == 1 || EVP_PKEY_is_a(ours, "ED448") == 1 ? nullptr
                                                                                 : EVP_sha256();
    std::vector<unsigned char> signature(512);
    std::size_t size = signature.size();
    unsigned char const data[] = "signed";
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    bool const made = EVP_DigestSignInit(context, nullptr, digest, nullptr, ours) == 1 &&
                      EVP_DigestSign(context, signature.data(), &size, data, sizeof data) == 1;
    EVP_MD_CTX_free(context);
    context = EVP_MD_CTX_new();
    bool const good = EVP_DigestVerifyInit(context, nullptr, digest, nullptr, theirs) == 1 &&
                      EVP_DigestVerify(context, signature.data(), size, data, sizeof data) == 1;
    EVP_MD_CTX_free(context);
    return made && good;
}

TEST(private_key, of_every_kind_is_the_one_that_openssl_wrote) {
    for (key const& k : of_every_kind()) {
        SCOPED_TRACE(EVP_PKEY_get0_type_name(k.get()));
        for (EVP_CIPHER const* const cipher :
             {static_cast<EVP_CIPHER const*>(nullptr), EVP_aes_256_cbc()}) {
            key const found = read(pkcs8(k.get(), cipher));
            ASSERT_TRUE(found);
            EXPECT_EQ(EVP_PKEY_eq(found.get(), k.get()), 1);
            bool const agrees_only = EVP_PKEY_is_a(k.get(), "X25519") == 1;
            EXPECT_TRUE(agrees_only || signs_alike(found.get(), k.get()));
        }
    }
}

TEST(private_key, in_its_traditional_form_is_the_one_that_openssl_wrote) {
    for (key const& k : of_every_kind()) {
        bool const has_one =
            EVP_PKEY_is_a(k.get(), "EC") == 1 || EVP_PKEY_is_a(k.get(), "RSA") == 1;
        if (!has_one) continue;
        for (EVP_CIPHER const* const cipher :
             {static_cast<EVP_CIPHER const*>(nullptr), EVP_aes_256_cbc()}) {
            key const found = read(traditional(k.get(), cipher));
            ASSERT_TRUE(found);
            EXPECT_EQ(EVP_PKEY_eq(found.get(), k.get()), 1);
            EXPECT_TRUE(signs_alike(found.get(), k.get()));
        }
    }
}

TEST(private_key, that_is_encrypted_needs_its_password) {
    key const k(EVP_EC_gen("P-256"));
    EXPECT_FALSE(read(pkcs8(k.get(), EVP_aes_256_cbc()), "wrong"));
    EXPECT_FALSE(read(traditional(k.get(), EVP_aes_256_cbc()), "wrong"));
}

TEST(private_key, is_found_after_what_else_stands_in_the_text) {
    key const k(EVP_EC_gen("P-256"));
    std::string const pem =
        "Bag Attributes\n-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
        "-----END EC PARAMETERS-----\r\n\r\n" +
        pkcs8(k.get(), nullptr);
    key const found = read(pem);
    ASSERT_TRUE(found);
    EXPECT_EQ(EVP_PKEY_eq(found.get(), k.get()), 1);
}

TEST(private_key, that_is_cut_off_or_garbled_anywhere_is_none_or_another) {
    for (key const& k : of_every_kind()) {
        std::string const pem = pkcs8(k.get(), nullptr);
        std::size_t const step = pem.size() / 97 + 1;
        for (std::size_t i = 0; i < pem.size() - 30; i += step) {
            EXPECT_FALSE(read(pem.substr(0, i)));
            std::string garbled = pem;
            garbled[i] = garbled[i] == 'A' ? 'B' : 'A';
            key const found = read(garbled);  // must not crash, must not be over-read
            EXPECT_TRUE(!found || EVP_PKEY_get0_type_name(found.get()) != nullptr);
        }
    }
    for (char const* const none : {"", "-----BEGIN PRIVATE KEY-----", "-----BEGIN ",
                                   "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"}) {
        EXPECT_FALSE(read(none));
    }
}

}  // namespace
}  // namespace private_key_test
