// SPDX-License-Identifier: BSL-1.0
//
// The key that records are sealed with, and where it comes from: 32 bytes, or a passphrase. A
// copyable handle; const use from any thread.

#ifndef COAUTH_STORE_SEALING_KEY_HPP
#define COAUTH_STORE_SEALING_KEY_HPP

#include <coauth/client_auth/secret_source.hpp>
#include <coauth/config.hpp>
#include <coauth/crypto/aead.hpp>
#include <coauth/detail/awaitable.hpp>
#include <coauth/secret.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coauth {
namespace detail {

/// A key with what a record says of it.
struct record_key {
    static constexpr std::size_t id_size = 8;

    record_key(secret bytes, aead_cipher with);

    /// Tells keys apart and nothing else about them: a keyed digest of a constant.
    std::array<char, id_size> const id;
    aead const cipher;

    [[nodiscard]] std::string_view id_text() const noexcept { return {id.data(), id.size()}; }
};

}  // namespace detail

class sealing_key {
public:
    /// A secret of 32 bytes, or of 64 hexadecimal digits (`openssl rand -hex 32`), from a value,
    /// file, environment variable or provider. It is read at its first use and kept; a key that
    /// could not be read is asked for again at the next use.
    template <class Source>
    requires(!std::same_as<std::remove_cvref_t<Source>, sealing_key>) &&
        std::convertible_to<Source, secret_source> explicit sealing_key(
            Source from, aead_cipher cipher = aead_cipher::aes_256_gcm)
        : sealing_key(secret_source(std::move(from)), std::nullopt, cipher) {}

    /// Derived by scrypt (RFC 7914, N 2^15, r 8, p 3: 32 MiB, about a quarter of a second, once, on
    /// a thread of its own). `salt` is no secret, but should be nobody else's: at least 8 bytes,
    /// for instance the name of the service and of its installation.
    [[nodiscard]] static sealing_key from_passphrase(secret_source passphrase, std::string salt,
                                                     aead_cipher cipher = aead_cipher::aes_256_gcm);

    /// Throws coauth::exception(errc::secret_unavailable) when there is no key to be had, or one of
    /// another size.
    [[nodiscard]] awaitable<std::shared_ptr<detail::record_key const>> read() const;

    /// The key where it has been read before, else null.
    [[nodiscard]] std::shared_ptr<detail::record_key const> known() const;

private:
    struct origin;

    sealing_key(secret_source from, std::optional<std::string> salt, aead_cipher cipher);
    static awaitable<std::shared_ptr<detail::record_key const>> read_from(
        std::shared_ptr<origin> from);

    std::shared_ptr<origin> origin_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/store/sealing_key_impl.hpp>
#endif

#endif
