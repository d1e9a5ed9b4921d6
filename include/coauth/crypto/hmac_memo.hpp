// SPDX-License-Identifier: BSL-1.0
//
// HMAC-SHA-256 (RFC 2104) with a key that is mostly that of the last time: what belongs to the key
// is half of the work, and is done once. Any thread.

#ifndef COAUTH_CRYPTO_HMAC_MEMO_HPP
#define COAUTH_CRYPTO_HMAC_MEMO_HPP

#include <coauth/crypto/digest.hpp>
#include <coauth/crypto/openssl_error.hpp>
#include <coauth/secret.hpp>

#include <array>
#include <cstddef>
#include <mutex>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string_view>

namespace coauth::detail {

class hmac_memo {
public:
    hmac_memo() {
        openssl_ptr<EVP_MAC, EVP_MAC_free> const mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
        digest_check(mac != nullptr);
        context_.reset(EVP_MAC_CTX_new(mac.get()));
        digest_check(context_ != nullptr);
    }

    /// Precondition: the key is not empty.
    [[nodiscard]] sha256_digest digest(secret const& key, std::string_view data) {
        std::lock_guard const lock(mutex_);
        if (!(key == key_)) {
            key_ = secret();  // until the new one is in place
            begin(key.reveal());
            key_ = key.clone();
        } else {
            digest_check(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1);
        }
        sha256_digest out{};
        std::size_t size = 0;
        digest_check(EVP_MAC_update(context_.get(), bytes(data), data.size()) == 1 &&
                     EVP_MAC_final(context_.get(), out.data(), &size, out.size()) == 1);
        return out;
    }

private:
    static unsigned char const* bytes(std::string_view text) noexcept {
        return reinterpret_cast<unsigned char const*>(text.data());
    }
    void begin(std::string_view key) {
        std::array<char, 7> sha256{"SHA256"};
        OSSL_PARAM const with[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256.data(), 0),
            OSSL_PARAM_construct_end()};
        digest_check(EVP_MAC_init(context_.get(), bytes(key), key.size(), with) == 1);
    }

    std::mutex mutex_;
    openssl_ptr<EVP_MAC_CTX, EVP_MAC_CTX_free> context_;
    secret key_;
};

}  // namespace coauth::detail

#endif
