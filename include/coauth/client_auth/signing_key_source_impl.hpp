// SPDX-License-Identifier: BSL-1.0
//
// Bodies of signing_key_source.hpp.

#ifndef COAUTH_CLIENT_AUTH_SIGNING_KEY_SOURCE_IMPL_HPP
#define COAUTH_CLIENT_AUTH_SIGNING_KEY_SOURCE_IMPL_HPP

#include <coauth/client_auth/signing_key_source.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

struct signing_key_source::origin {
    std::optional<secret_source> text = std::nullopt;
    signing_key_options options = {};

    std::mutex mutex = {};
    std::optional<signing_key> key = std::nullopt;  ///< the last one that could be read
    secret read_from = {};                          ///< and out of what
    secret read_with = {};

    [[nodiscard]] current_signing_key parse(secret bytes, secret password) {
        std::lock_guard const lock(mutex);
        if (key && bytes == read_from && password == read_with) return {*key};
        key = signing_key::load(bytes, password, options.algorithm).value();
        read_from = std::move(bytes);
        read_with = std::move(password);
        return {*key};
    }

    /// The key of before, where there is one and `e` is about the text of the new one.
    [[nodiscard]] std::optional<current_signing_key> keep(error const& e) {
        if (!e.is(errc::secret_unavailable) && !e.is(errc::invalid_signing_key)) return {};
        std::lock_guard const lock(mutex);
        if (!key) return {};
        return current_signing_key{*key, e};
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

COAUTH_INLINE awaitable<current_signing_key> signing_key_source::read() const {
    return read(origin_);
}

COAUTH_INLINE bool signing_key_source::is_fixed() const noexcept {
    return !origin_->text || (origin_->text->is_fixed() && (!origin_->options.password ||
                                                            origin_->options.password->is_fixed()));
}

COAUTH_INLINE awaitable<current_signing_key> signing_key_source::read(
    std::shared_ptr<origin> from) {
    if (!from->text) {
        current_signing_key fixed{*from->key};
        co_return fixed;
    }
    try {
        secret text = co_await from->text->read();
        secret password;
        if (from->options.password) password = co_await from->options.password->read();
        current_signing_key now = from->parse(std::move(text), std::move(password));
        co_return now;
    } catch (exception const& e) {
        std::optional<current_signing_key> kept = from->keep(e.error());
        if (!kept) throw;
        co_return std::move(*kept);
    }
}

COAUTH_INLINE secret signing_key_source::identity() const {
    detail::wiped_buffer all;
    auto const& algorithm = origin_->options.algorithm;
    all.append(algorithm ? to_string(*algorithm) : std::string_view());
    all.push_back(' ');
    if (origin_->text) {
        secret const text = origin_->text->identity();
        all.append(std::to_string(text.size()));
        all.push_back(':');
        all.append(text.reveal());
        if (origin_->options.password) all.append(origin_->options.password->identity().reveal());
    } else {
        all.append(to_string(origin_->key->algorithm()));
        all.append("key:");
        all.append(origin_->key->thumbprint());
    }
    return secret(all.view());
}

}  // namespace coauth

#endif
