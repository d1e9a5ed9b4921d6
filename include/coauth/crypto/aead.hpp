// SPDX-License-Identifier: BSL-1.0
//
// Authenticated encryption through OpenSSL's EVP: AES-256-GCM (NIST SP 800-38D) and
// ChaCha20-Poly1305 (RFC 8439). Functions; any thread.

#ifndef COAUTH_CRYPTO_AEAD_HPP
#define COAUTH_CRYPTO_AEAD_HPP

#include <coauth/error.hpp>
#include <coauth/secret.hpp>

#include <climits>
#include <cstddef>
#include <memory>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <optional>
#include <string>
#include <string_view>

namespace coauth {

enum class aead_cipher : unsigned char { aes_256_gcm = 1, chacha20_poly1305 = 2 };

inline constexpr std::size_t aead_key_size = 32;
inline constexpr std::size_t aead_nonce_size = 12;
inline constexpr std::size_t aead_tag_size = 16;

namespace detail {

/// One use of a cipher. The context is wiped by OpenSSL when it is freed.
class aead_context {
public:
    aead_context(aead_cipher cipher, bool encrypt, std::string_view key, std::string_view nonce,
                 std::string_view associated)
        : context_(EVP_CIPHER_CTX_new()) {
        EVP_CIPHER const* const c =
            cipher == aead_cipher::aes_256_gcm ? EVP_aes_256_gcm() : EVP_chacha20_poly1305();
        int ignored = 0;
        good_ = context_ != nullptr && key.size() == aead_key_size &&
                nonce.size() == aead_nonce_size && associated.size() <= INT_MAX &&
                EVP_CipherInit_ex(context_.get(), c, nullptr, bytes(key), bytes(nonce),
                                  encrypt ? 1 : 0) == 1 &&
                EVP_CipherUpdate(context_.get(), nullptr, &ignored, bytes(associated),
                                 static_cast<int>(associated.size())) == 1;
    }
    aead_context(aead_context const&) = delete;
    aead_context& operator=(aead_context const&) = delete;
    ~aead_context() { ERR_clear_error(); }

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
    struct free {
        void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
    };
    std::unique_ptr<EVP_CIPHER_CTX, free> context_;
    bool good_ = false;
};

}  // namespace detail

/// Appends the ciphertext of `plain` and its tag to `out`. `associated` is authenticated as well,
/// and is not part of the output. A nonce must never be used twice under one key. Throws
/// coauth::exception(errc::out_of_memory) when OpenSSL cannot, which also means a wrong size of key
/// or nonce.
inline void aead_seal(std::string& out, aead_cipher cipher, std::string_view key,
                      std::string_view nonce, std::string_view associated, std::string_view plain) {
    std::size_t const from = out.size();
    out.resize(from + plain.size() + aead_tag_size);
    char* const tag = out.data() + from + plain.size();
    detail::aead_context context(cipher, true, key, nonce, associated);
    if (context.update(plain, out.data() + from) && context.finish() &&
        context.tag(EVP_CTRL_AEAD_GET_TAG, tag)) {
        return;
    }
    out.resize(from);
    throw exception(error(errc::out_of_memory, stage::none, "OpenSSL cannot encrypt"));
}

/// The plain text of what aead_seal() has appended; nothing when anything of it, of the key, the
/// nonce or `associated` differs. Bytes that are not authentic are wiped and never given out.
[[nodiscard]] inline std::optional<secret> aead_open(aead_cipher cipher, std::string_view key,
                                                     std::string_view nonce,
                                                     std::string_view associated,
                                                     std::string_view sealed) {
    if (sealed.size() < aead_tag_size) return std::nullopt;
    std::string_view const body = sealed.substr(0, sealed.size() - aead_tag_size);
    std::string tag(sealed.substr(body.size()));
    struct wiped {
        std::size_t size;
        std::unique_ptr<char[]> bytes = std::make_unique<char[]>(size);
        ~wiped() { detail::wipe(bytes.get(), size); }
    } const plain{body.size() + 1};
    detail::aead_context context(cipher, false, key, nonce, associated);
    bool const good = context.update(body, plain.bytes.get()) &&
                      context.tag(EVP_CTRL_AEAD_SET_TAG, tag.data()) && context.finish();
    if (!good) return std::nullopt;
    return secret(std::string_view(plain.bytes.get(), body.size()));
}

}  // namespace coauth

#endif
