// SPDX-License-Identifier: BSL-1.0
//
// Where a signing key comes from, each time it is needed: a key that is there already, or text that
// is read anew, so that rotation needs no restart. Copyable handle; const use from any thread.

#ifndef COAUTH_CLIENT_AUTH_SIGNING_KEY_SOURCE_HPP
#define COAUTH_CLIENT_AUTH_SIGNING_KEY_SOURCE_HPP

#include <coauth/client_auth/secret_source.hpp>
#include <coauth/config.hpp>
#include <coauth/detail/awaitable.hpp>
#include <coauth/error.hpp>
#include <coauth/jose/signing_key.hpp>
#include <coauth/secret.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace coauth {

struct signing_key_options {
    /// Opens an encrypted PEM or a PKCS#12; read whenever the key is.
    std::optional<secret_source> password = std::nullopt;
    /// Empty: see signing_key::load().
    std::optional<jws_algorithm> algorithm = std::nullopt;
};

/// What a source of keys has at this time.
struct current_signing_key {
    signing_key key;
    /// Why it is not a newer one: what is there now cannot be read or used. None where it is.
    error stale = {};
};

class signing_key_source {
public:
    signing_key_source(signing_key key);
    /// PEM, PKCS#12 or a JWK, see signing_key::load(), as a value, from a file or variable, or from
    /// a provider. It is read for every token request, and parsed when it has changed. While what
    /// is there is no key, the last one that was is used: half a file may still be to come.
    signing_key_source(secret_source text, signing_key_options options = {});
    template <class Text>
    requires(!std::same_as<std::remove_cvref_t<Text>, signing_key_source>) &&
        (!std::same_as<std::remove_cvref_t<Text>, signing_key>)&&std::convertible_to<
            Text, secret_source> signing_key_source(Text&& text, signing_key_options options = {})
        : signing_key_source(secret_source(std::forward<Text>(text)), std::move(options)) {}

    /// The key as it is now. Throws coauth::exception where there has not been one yet:
    /// errc::secret_unavailable, errc::invalid_signing_key; and what a provider throws, other than
    /// these two.
    [[nodiscard]] awaitable<current_signing_key> read() const;

    /// It is always the same key.
    [[nodiscard]] bool is_fixed() const noexcept;

    /// Tells two sources apart without reading them: for a key its thumbprint, else that of the
    /// text. To be digested under a key, never stored.
    [[nodiscard]] secret identity() const;

private:
    struct origin;

    static awaitable<current_signing_key> read(std::shared_ptr<origin> from);

    std::shared_ptr<origin> origin_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/client_auth/signing_key_source_impl.hpp>
#endif

#endif
