// SPDX-License-Identifier: BSL-1.0
//
// Authenticated encryption through OpenSSL's EVP: AES-256-GCM (NIST SP 800-38D) and
// ChaCha20-Poly1305 (RFC 8439). const use from any thread.

#ifndef COAUTH_CRYPTO_AEAD_HPP
#define COAUTH_CRYPTO_AEAD_HPP

#include <coauth/crypto/openssl_error.hpp>
#include <coauth/error.hpp>
#include <coauth/secret.hpp>

#include <array>
#include <climits>
#include <cstddef>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

enum class aead_cipher : unsigned char { aes_256_gcm = 1, chacha20_poly1305 = 2 };

inline constexpr std::size_t aead_key_size = 32;
inline constexpr std::size_t aead_nonce_size = 12;
inline constexpr std::size_t aead_tag_size = 16;

namespace detail {

/// One use of a cipher. The context is wiped by OpenSSL when it is freed.
class aead_context {
public:
    aead_context(EVP_CIPHER const* cipher, bool encrypt, std::string_view key,
                 std::string_view nonce, std::string_view associated)
        : context_(EVP_CIPHER_CTX_new()) {
        int ignored = 0;
        good_ = context_ != nullptr && nonce.size() == aead_nonce_size &&
                associated.size() <= INT_MAX &&
                EVP_CipherInit_ex(context_.get(), cipher, nullptr, bytes(key), bytes(nonce),
                                  encrypt ? 1 : 0) == 1 &&
                EVP_CipherUpdate(context_.get(), nullptr, &ignored, bytes(associated),
                                 static_cast<int>(associated.size())) == 1;
    }

    [[nodiscard]] bool update(std::string_view in, char* out) {
        int size = 0;
        return good_ && in.size() <= INT_MAX &&
               EVP_CipherUpdate(context_.get(), reinterpret_cast<unsigned char*>(out), &size,
                                bytes(in), static_cast<int>(in.size())) == 1;
    }
    [[nodiscard]] bool finish() {
        unsigned char none[EVP_MAX_BLOCK_LENGTH];
        int size = 0;
        return good_ && EVP_CipherFinal_ex(context_.get(), none, &size) == 1;
    }
    [[nodiscard]] bool tag(int control, void* tag) {
        return good_ && EVP_CIPHER_CTX_ctrl(context_.get(), control,
                                            static_cast<int>(aead_tag_size), tag) == 1;
    }

private:
    static unsigned char const* bytes(std::string_view text) noexcept {
        return reinterpret_cast<unsigned char const*>(text.data());
    }
    openssl_ptr<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context_;
    bool good_ = false;
};

}  // namespace detail

/// One cipher under one key.
class aead {
public:
    /// Throws coauth::exception(errc::out_of_memory) when OpenSSL does not have the cipher, or the
    /// key has another size than aead_key_size.
    aead(aead_cipher cipher, secret key)
        // OpenSSL finds a cipher by its name, under locks: once, not at each use.
        : algorithm_(EVP_CIPHER_fetch(
              nullptr, cipher == aead_cipher::aes_256_gcm ? "AES-256-GCM" : "ChaCha20-Poly1305",
              nullptr)),
          key_(std::move(key)),
          cipher_(cipher) {
        if (algorithm_ == nullptr || key_.size() != aead_key_size) throw unable();
    }

    [[nodiscard]] aead_cipher cipher() const noexcept { return cipher_; }

    /// Appends the ciphertext of `plain` and its tag to `out`. `associated` is authenticated as
    /// well, and is not part of the output. A nonce has aead_nonce_size bytes, and must never be
    /// used twice under one key. Throws coauth::exception(errc::out_of_memory) when OpenSSL cannot.
    void seal(std::string& out, std::string_view nonce, std::string_view associated,
              std::string_view plain) const {
        std::size_t const from = out.size();
        out.resize(from + plain.size() + aead_tag_size);
        char* const tag = out.data() + from + plain.size();
        detail::aead_context context(algorithm_.get(), true, key_.reveal(), nonce, associated);
        if (context.update(plain, out.data() + from) && context.finish() &&
            context.tag(EVP_CTRL_AEAD_GET_TAG, tag)) {
            return;
        }
        out.resize(from);
        throw unable();
    }

    /// The plain text of what seal() has appended; nothing when anything of it, of the key, the
    /// nonce or `associated` differs. Bytes that are not authentic are wiped and never given out.
    [[nodiscard]] std::optional<secret> open(std::string_view nonce, std::string_view associated,
                                             std::string_view sealed) const {
        if (sealed.size() < aead_tag_size) return std::nullopt;
        std::string_view const body = sealed.substr(0, sealed.size() - aead_tag_size);
        std::array<char, aead_tag_size> tag{};
        sealed.copy(tag.data(), tag.size(), body.size());
        detail::wiped_buffer plain;
        char* const out = plain.extend(body.size());
        detail::aead_context context(algorithm_.get(), false, key_.reveal(), nonce, associated);
        // Without a place for it, a text would be taken for associated data.
        bool const good = (body.empty() || context.update(body, out)) &&
                          context.tag(EVP_CTRL_AEAD_SET_TAG, tag.data()) && context.finish();
        if (good) return std::move(plain).take();
        ERR_clear_error();
        return std::nullopt;
    }

private:
    [[nodiscard]] static exception unable() {
        ERR_clear_error();
        return exception(error(errc::out_of_memory, stage::none, "OpenSSL cannot encrypt"));
    }

    detail::openssl_ptr<EVP_CIPHER, EVP_CIPHER_free> algorithm_;
    secret key_;
    aead_cipher cipher_;
};

}  // namespace coauth

#endif
