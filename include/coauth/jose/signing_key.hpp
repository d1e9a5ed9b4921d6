// SPDX-License-Identifier: BSL-1.0
//
// A private key that signs (RFC 7515), bound to one algorithm (RFC 8725 §3.1): read from PEM,
// encrypted PEM, PKCS#12 or a JWK, or taken over from OpenSSL. A copyable handle of something
// immutable; any thread.

#ifndef COAUTH_JOSE_SIGNING_KEY_HPP
#define COAUTH_JOSE_SIGNING_KEY_HPP

#include <coauth/config.hpp>
#include <coauth/result.hpp>
#include <coauth/secret.hpp>

#include <memory>
#include <openssl/types.h>
#include <optional>
#include <string>
#include <string_view>

namespace coauth {

/// RFC 7518 §3.1, RFC 8037 §3.1. EdDSA means Ed25519.
enum class jws_algorithm : unsigned char { rs256, ps256, es256, eddsa };

/// As registered with IANA: "RS256".
[[nodiscard]] inline std::string_view to_string(jws_algorithm algorithm) noexcept {
    switch (algorithm) {
        case jws_algorithm::rs256: return "RS256";
        case jws_algorithm::ps256: return "PS256";
        case jws_algorithm::es256: return "ES256";
        case jws_algorithm::eddsa: return "EdDSA";
    }
    return "";
}

class signing_key {
public:
    /// Reads PEM (PKCS#8, PKCS#1, SEC 1; encrypted with `password`), PKCS#12 in DER (opened with
    /// `password`) or a private JWK (RFC 7517). Certificates beside the key are welcome. Without an
    /// `algorithm` it is the JWK's `alg`, else RS256, ES256 or EdDSA by the kind of key.
    ///
    /// errc::invalid_signing_key for anything else, for a wrong password, RSA below 2048 bits or
    /// with an exponent below 3, other curves than P-256 and Ed25519, a JWK that is not for
    /// signing, an algorithm of another kind of key, and for a key that cannot verify what it has
    /// signed. No error shows anything of the key.
    [[nodiscard]] static result<signing_key> load(
        secret const& text, secret const& password = {},
        std::optional<jws_algorithm> algorithm = std::nullopt);

    /// A key that OpenSSL has already, for instance from a provider that leads to a hardware
    /// module; counted up, not copied. Errors as those of load().
    [[nodiscard]] static result<signing_key> adopt(
        EVP_PKEY* key, std::optional<jws_algorithm> algorithm = std::nullopt);

    [[nodiscard]] jws_algorithm algorithm() const noexcept;
    /// The `kid` of a JWK; empty for the rest.
    [[nodiscard]] std::string const& key_id() const noexcept;
    /// The public key as a JWK: the required members in the order of RFC 7638 §3.2.
    [[nodiscard]] std::string const& public_jwk() const noexcept;
    /// RFC 7638 with SHA-256, base64url.
    [[nodiscard]] std::string const& thumbprint() const noexcept;
    /// `x5t#S256` of the certificate that stood with the key; empty without one.
    [[nodiscard]] std::string const& certificate_thumbprint() const noexcept;

    /// Appends the signature as a JWS has it, not encoded (ECDSA: R and S, RFC 7518 §3.4). Blocks
    /// for the time of one signature. Throws coauth::exception(errc::invalid_signing_key) when the
    /// key does not work any more, which happens to keys outside of this process only.
    void sign_to(detail::wiped_buffer& out, std::string_view message) const;

private:
    struct material;

    explicit signing_key(std::shared_ptr<material const> m) noexcept : material_(std::move(m)) {}
    [[nodiscard]] static result<signing_key> finish(material made,
                                                    std::optional<jws_algorithm> algorithm);

    std::shared_ptr<material const> material_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/jose/signing_key_impl.hpp>
#endif

#endif
