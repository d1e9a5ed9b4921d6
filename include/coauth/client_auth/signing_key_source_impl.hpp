// SPDX-License-Identifier: BSL-1.0
//
// Bodies of signing_key_source.hpp.

#ifndef COAUTH_CLIENT_AUTH_SIGNING_KEY_SOURCE_IMPL_HPP
#define COAUTH_CLIENT_AUTH_SIGNING_KEY_SOURCE_IMPL_HPP

#include <coauth/client_auth/signing_key_source.hpp>
#include <coauth/crypto/digest.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace coauth {

struct signing_key_source::origin {
    std::optional<secret_source> text = std::nullopt;
    signing_key_options options = {};

    std::mutex mutex = {};
    std::optional<signing_key> key = std::nullopt;  ///< the last one that could be read
    sha256_digest read_from = {};                   ///< what it was read from

    [[nodiscard]] signing_key parse(secret const& bytes, secret const& password) {
        sha256_hasher hasher;
        hasher.add_part(bytes.reveal());
        hasher.add_part(password.reveal());
        sha256_digest const digest = hasher.finish();
        std::lock_guard const lock(mutex);
        if (key && equal_in_constant_time(digest, read_from)) return *key;
        key = signing_key::load(bytes, password, options.algorithm).value();
        read_from = digest;
        return *key;
    }
};

COAUTH_INLINE signing_key_source::signing_key_source(signing_key key)
    : origin_(std::make_shared<origin>()) {
    origin_->key = std::move(key);
}

COAUTH_INLINE signing_key_source::signing_key_source(secret_source text,
                                                     signing_key_options options)
    : origin_(std::make_shared<origin>()) {
    origin_->text = std::move(text);
    origin_->options = std::move(options);
}

COAUTH_INLINE awaitable<signing_key> signing_key_source::read() const { return read(origin_); }

COAUTH_INLINE awaitable<signing_key> signing_key_source::read(std::shared_ptr<origin> from) {
    if (!from->text) co_return *from->key;
    secret const text = co_await from->text->read();
    secret password;
    if (from->options.password) password = co_await from->options.password->read();
    co_return from->parse(text, password);
}

COAUTH_INLINE secret signing_key_source::identity() const {
    detail::wiped_buffer all;
    auto const& algorithm = origin_->options.algorithm;
    all.append(algorithm ? to_string(*algorithm) : std::string_view());
    all.push_back(' ');
    if (origin_->text) {
        all.append(origin_->text->identity().reveal());
    } else {
        all.append(to_string(origin_->key->algorithm()));
        all.append("key:");
        all.append(origin_->key->thumbprint());
    }
    return secret(all.view());
}

}  // namespace coauth

#endif
