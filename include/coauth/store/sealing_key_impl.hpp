// SPDX-License-Identifier: BSL-1.0
//
// Bodies of sealing_key.hpp.

#ifndef COAUTH_STORE_SEALING_KEY_IMPL_HPP
#define COAUTH_STORE_SEALING_KEY_IMPL_HPP

#include <coauth/store/sealing_key.hpp>

#include <coauth/crypto/digest.hpp>
#include <coauth/crypto/scrypt.hpp>
#include <coauth/detail/ascii.hpp>
#include <coauth/detail/offload.hpp>

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {
namespace detail {

[[nodiscard]] inline std::array<char, record_key::id_size> id_of_key(secret const& key,
                                                                     aead_cipher with) {
    std::string text = "coauth sealing key ";
    text += static_cast<char>(with);
    sha256_digest const digest = hmac_sha256(key.reveal(), text);
    std::array<char, record_key::id_size> id{};
    as_bytes(digest).copy(id.data(), id.size());
    return id;
}

COAUTH_INLINE record_key::record_key(secret bytes, aead_cipher with)
    : id(id_of_key(bytes, with)), cipher(with, std::move(bytes)) {}

/// 32 bytes as they are, or written as hexadecimal digits.
[[nodiscard]] inline secret key_bytes(secret given) {
    std::string_view const text = given.reveal();
    if (text.size() == aead_key_size) return given;
    wiped_buffer bytes;
    bytes.reserve(aead_key_size);
    bool good = text.size() == 2 * aead_key_size;
    for (std::size_t i = 0; good && i != text.size(); i += 2) {
        int const high = hex_digit(text[i]);
        int const low = hex_digit(text[i + 1]);
        good = high >= 0 && low >= 0;
        bytes.push_back(static_cast<char>(high * 16 + low));
    }
    if (good) return secret(bytes.view());
    throw exception(error(errc::secret_unavailable, stage::store,
                          "a sealing key has 32 bytes, or 64 hexadecimal digits")
                        .with_hint("make one with: openssl rand -hex 32"));
}

}  // namespace detail

struct sealing_key::origin {
    origin(secret_source from, std::optional<std::string> with, aead_cipher c)
        : source(std::move(from)), salt(std::move(with)), cipher(c) {}

    std::shared_ptr<detail::record_key const> keep(secret bytes) {
        auto made = std::make_shared<detail::record_key const>(std::move(bytes), cipher);
        std::lock_guard const lock(mutex);
        if (!known) known = std::move(made);
        return known;
    }
    std::shared_ptr<detail::record_key const> find() {
        std::lock_guard const lock(mutex);
        return known;
    }

    secret_source const source;
    /// Of a passphrase.
    std::optional<std::string> const salt;
    aead_cipher const cipher;
    std::mutex mutex;
    std::shared_ptr<detail::record_key const> known;
    /// One: derivations that come together wait for the first, and find its key.
    detail::worker_pool threads{1};

    // Named, since the frame of a function with external linkage holds it.
    struct derivation {
        derivation(std::shared_ptr<origin> of, secret given)
            : from(std::move(of)), passphrase(std::make_shared<secret const>(std::move(given))) {}
        std::shared_ptr<detail::record_key const> operator()() const {
            std::shared_ptr<detail::record_key const> there = from->find();
            if (there) return there;
            return from->keep(scrypt(passphrase->reveal(), *from->salt, aead_key_size));
        }
        std::shared_ptr<origin> from;
        std::shared_ptr<secret const> passphrase;
    };
};

COAUTH_INLINE sealing_key::sealing_key(secret_source from, std::optional<std::string> salt,
                                       aead_cipher cipher)
    : origin_(std::make_shared<origin>(std::move(from), std::move(salt), cipher)) {}

COAUTH_INLINE sealing_key sealing_key::from_passphrase(secret_source passphrase, std::string salt,
                                                       aead_cipher cipher) {
    if (salt.size() < 8) {
        throw exception(error(errc::invalid_configuration, stage::configuration,
                              "the salt of a passphrase has less than 8 bytes"));
    }
    return {std::move(passphrase), std::move(salt), cipher};
}

COAUTH_INLINE std::shared_ptr<detail::record_key const> sealing_key::known() const {
    return origin_->find();
}

COAUTH_INLINE awaitable<std::shared_ptr<detail::record_key const>> sealing_key::read() const {
    return read_from(origin_);
}

COAUTH_INLINE awaitable<std::shared_ptr<detail::record_key const>> sealing_key::read_from(
    std::shared_ptr<origin> from) {
    std::shared_ptr<detail::record_key const> const known = from->find();
    if (known) co_return known;
    secret given = co_await from->source.read();
    if (!from->salt) co_return from->keep(detail::key_bytes(std::move(given)));
    // What has been derived is kept also for a caller who did not wait so long.
    origin::derivation const derive(from, std::move(given));
    std::shared_ptr<detail::worker_pool> pool(from, &from->threads);
    auto derived = co_await detail::offload(std::move(pool), derive);
    co_return derived;
}

}  // namespace coauth

#endif
