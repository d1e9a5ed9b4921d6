// SPDX-License-Identifier: BSL-1.0
//
// Bodies of signing_key.hpp: which keys are good for which algorithm, and signing.

#ifndef COAUTH_JOSE_SIGNING_KEY_IMPL_HPP
#define COAUTH_JOSE_SIGNING_KEY_IMPL_HPP

#include <coauth/crypto/digest.hpp>
#include <coauth/jose/key_reader.hpp>
#include <coauth/jose/signing_key.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

namespace detail {

using digest_context = openssl_ptr<EVP_MD_CTX, EVP_MD_CTX_free>;

}  // namespace detail

struct signing_key::material {
    detail::key_handle key;
    detail::digest_context begun;  ///< a signature that has been begun, to be copied
    jws_algorithm algorithm = jws_algorithm::rs256;
    std::string key_id;
    std::string public_jwk;
    std::string thumbprint;
    std::string certificate_thumbprint;
};

namespace detail {

using big_number = openssl_ptr<BIGNUM, BN_free>;

/// `begin` is EVP_DigestSignInit or EVP_DigestVerifyInit.
template <class Begin>
[[nodiscard]] bool begin_signature(Begin begin, EVP_MD_CTX* context, EVP_PKEY* key,
                                   jws_algorithm algorithm) {
    EVP_MD const* const hash = algorithm == jws_algorithm::eddsa ? nullptr : EVP_sha256();
    EVP_PKEY_CTX* options = nullptr;  // the context's
    if (context == nullptr || begin(context, &options, hash, nullptr, key) != 1) return false;
    return algorithm != jws_algorithm::ps256 ||
           (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1);
}

/// Room for the signature of an RSA key of 16,384 bits, the largest that OpenSSL takes.
using signature_room = std::array<unsigned char, 2048>;

/// As OpenSSL writes it, ECDSA in DER; its size, or 0. To copy what was begun is a tenth of what it
/// costs to begin; OpenSSL only counts references in the original, in a way that threads may share.
[[nodiscard]] inline std::size_t raw_sign(signature_room& out, EVP_MD_CTX const* begun,
                                          std::string_view message) {
    digest_context const context(EVP_MD_CTX_new());
    std::size_t size = out.size();
    bool const ok =
        context && EVP_MD_CTX_copy_ex(context.get(), begun) == 1 &&
        EVP_DigestSign(context.get(), out.data(), &size,
                       reinterpret_cast<unsigned char const*>(message.data()), message.size()) == 1;
    return ok ? size : 0;
}

[[nodiscard]] inline bool can_verify_itself(EVP_MD_CTX const* begun, EVP_PKEY* key,
                                            jws_algorithm algorithm) {
    constexpr std::string_view message = "coauth";
    signature_room signature;
    std::size_t const size = raw_sign(signature, begun, message);
    digest_context const context(EVP_MD_CTX_new());
    return size != 0 && begin_signature(EVP_DigestVerifyInit, context.get(), key, algorithm) &&
           EVP_DigestVerify(context.get(), signature.data(), size,
                            reinterpret_cast<unsigned char const*>(message.data()),
                            message.size()) == 1;
}

/// R and S in 32 bytes each, which is what JWS has in the place of DER.
[[nodiscard]] inline bool append_r_and_s(wiped_buffer& out, unsigned char const* der,
                                         std::size_t size) {
    openssl_ptr<ECDSA_SIG, ECDSA_SIG_free> const parts(
        d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size)));
    if (!parts) return false;
    constexpr int half = 32;
    std::array<unsigned char, 2 * half> flat{};
    if (BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), flat.data(), half) != half ||
        BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), flat.data() + half, half) != half) {
        return false;
    }
    out.append({reinterpret_cast<char const*>(flat.data()), flat.size()});
    return true;
}

[[nodiscard]] inline big_number number_of(EVP_PKEY const* key, char const* name) {
    BIGNUM* value = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &value) != 1) return nullptr;
    return big_number(value);
}

/// base64url of a public number, at least `size` bytes long; empty when the key does not tell.
[[nodiscard]] inline std::string public_number(EVP_PKEY const* key, char const* name,
                                               std::size_t size = 0) {
    big_number const value = number_of(key, name);
    if (!value) return {};
    std::string bytes(std::max(size, static_cast<std::size_t>(BN_num_bytes(value.get()))), '\0');
    BN_bn2binpad(value.get(), reinterpret_cast<unsigned char*>(bytes.data()),
                 static_cast<int>(bytes.size()));
    return base64url_encode(bytes);
}

/// x and y of a key on P-256 in base64url; both empty when it does not tell. A key of an engine
/// knows its point as a whole only.
[[nodiscard]] inline std::array<std::string, 2> public_point(EVP_PKEY* key) {
    std::array<std::string, 2> xy{public_number(key, OSSL_PKEY_PARAM_EC_PUB_X, 32),
                                  public_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32)};
    if (!xy[0].empty() && !xy[1].empty()) return xy;
    unsigned char* bytes = nullptr;
    std::size_t const size = EVP_PKEY_get1_encoded_public_key(key, &bytes);
    std::string const point(reinterpret_cast<char const*>(bytes), size);
    OPENSSL_free(bytes);
    bool const whole = point.size() == 65 && point.front() == '\4';  // SEC 1 §2.3.3
    if (!whole) return {};
    return {base64url_encode(point.substr(1, 32)), base64url_encode(point.substr(33))};
}

/// Empty when the key does not tell its public part.
[[nodiscard]] inline std::string public_jwk_of(EVP_PKEY* key) {
    std::string const begin = "{\"";
    if (EVP_PKEY_is_a(key, "EC") == 1) {
        auto const [x, y] = public_point(key);
        if (x.empty()) return {};
        return begin + R"(crv":"P-256","kty":"EC","x":")" + x + R"(","y":")" + y + "\"}";
    }
    if (EVP_PKEY_is_a(key, "ED25519") == 1) {
        std::string x(32, '\0');
        std::size_t size = x.size();
        if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(x.data()), &size) !=
            1)
            return {};
        return begin + R"(crv":"Ed25519","kty":"OKP","x":")" + base64url_encode(x) + "\"}";
    }
    std::string const e = public_number(key, OSSL_PKEY_PARAM_RSA_E);
    std::string const n = public_number(key, OSSL_PKEY_PARAM_RSA_N);
    if (e.empty() || n.empty()) return {};
    return begin + R"(e":")" + e + R"(","kty":"RSA","n":")" + n + "\"}";
}

/// Empty, or why this key is not to be used with this algorithm.
[[nodiscard]] inline std::string weakness_of(EVP_PKEY const* key, jws_algorithm algorithm) {
    std::string wanted = "it is not for " + std::string(to_string(algorithm));
    if (algorithm == jws_algorithm::eddsa) return EVP_PKEY_is_a(key, "ED25519") == 1 ? "" : wanted;
    if (algorithm == jws_algorithm::es256) {
        if (EVP_PKEY_is_a(key, "EC") != 1) return wanted;
        std::array<char, 32> group{};
        bool const named = EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1;
        return named && std::string_view(group.data()) == "prime256v1" ? "" : wanted;
    }
    bool const pss_only = EVP_PKEY_is_a(key, "RSA-PSS") == 1;
    bool const any_rsa = EVP_PKEY_is_a(key, "RSA") == 1;
    bool const fits = any_rsa || (pss_only && algorithm == jws_algorithm::ps256);
    if (!fits) return wanted;
    if (EVP_PKEY_get_bits(key) < 2048) return "RSA needs 2048 bits (RFC 7518)";
    big_number const exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
    bool const good = exponent && BN_is_odd(exponent.get()) == 1 && BN_is_one(exponent.get()) == 0;
    return good ? "" : "its RSA exponent is even or 1";
}

[[nodiscard]] inline jws_algorithm usual_algorithm(EVP_PKEY const* key) noexcept {
    if (EVP_PKEY_is_a(key, "EC") == 1) return jws_algorithm::es256;
    if (EVP_PKEY_is_a(key, "RSA") == 1) return jws_algorithm::rs256;
    return EVP_PKEY_is_a(key, "RSA-PSS") == 1 ? jws_algorithm::ps256 : jws_algorithm::eddsa;
}

[[nodiscard]] inline std::optional<jws_algorithm> algorithm_of(std::string_view name) noexcept {
    for (auto const a :
         {jws_algorithm::rs256, jws_algorithm::ps256, jws_algorithm::es256, jws_algorithm::eddsa}) {
        if (to_string(a) == name) return a;
    }
    return std::nullopt;
}

}  // namespace detail

COAUTH_INLINE result<signing_key> signing_key::load(secret const& text, secret const& password,
                                                    std::optional<jws_algorithm> algorithm) {
    result<detail::read_key> read = detail::read_any_key(text.reveal(), password);
    ERR_clear_error();
    if (!read) return std::move(read).error();
    if (!read->algorithm.empty()) {
        auto const named = detail::algorithm_of(read->algorithm);
        if (!named || (algorithm && *algorithm != *named)) {
            return detail::unusable_key("the JWK is for another algorithm, says its alg");
        }
        algorithm = named;
    }
    material made;
    made.key = std::move(read->key);
    made.key_id = std::move(read->key_id);
    made.certificate_thumbprint = std::move(read->certificate_thumbprint);
    return finish(std::move(made), algorithm);
}

COAUTH_INLINE result<signing_key> signing_key::adopt(EVP_PKEY* key,
                                                     std::optional<jws_algorithm> algorithm) {
    if (key == nullptr || EVP_PKEY_up_ref(key) != 1) return detail::unusable_key("there is none");
    material made;
    made.key.reset(key);
    return finish(std::move(made), algorithm);
}

COAUTH_INLINE result<signing_key> signing_key::finish(material made,
                                                      std::optional<jws_algorithm> algorithm) {
    EVP_PKEY* const key = made.key.get();
    made.algorithm = algorithm.value_or(detail::usual_algorithm(key));
    std::string why = detail::weakness_of(key, made.algorithm);
    made.begun.reset(EVP_MD_CTX_new());
    bool const works =
        why.empty() &&
        detail::begin_signature(EVP_DigestSignInit, made.begun.get(), key, made.algorithm) &&
        detail::can_verify_itself(made.begun.get(), key, made.algorithm);
    if (why.empty() && !works) { why = "what it signs cannot be verified with its public part"; }
    if (why.empty()) {
        made.public_jwk = detail::public_jwk_of(key);
        if (made.public_jwk.empty()) why = "it does not tell its public part";
    }
    if (!why.empty()) return detail::unusable_key(why);
    made.thumbprint = base64url_encode(as_bytes(sha256(made.public_jwk)));
    ERR_clear_error();
    return signing_key(std::make_shared<material const>(std::move(made)));
}

COAUTH_INLINE jws_algorithm signing_key::algorithm() const noexcept { return material_->algorithm; }
COAUTH_INLINE std::string const& signing_key::key_id() const noexcept { return material_->key_id; }
COAUTH_INLINE std::string const& signing_key::public_jwk() const noexcept {
    return material_->public_jwk;
}
COAUTH_INLINE std::string const& signing_key::thumbprint() const noexcept {
    return material_->thumbprint;
}
COAUTH_INLINE std::string const& signing_key::certificate_thumbprint() const noexcept {
    return material_->certificate_thumbprint;
}

COAUTH_INLINE void signing_key::sign_to(detail::wiped_buffer& out, std::string_view message) const {
    detail::signature_room signature;
    std::size_t const size = detail::raw_sign(signature, material_->begun.get(), message);
    bool ok = size != 0;
    if (ok && material_->algorithm == jws_algorithm::es256) {
        ok = detail::append_r_and_s(out, signature.data(), size);
    } else if (ok) {
        out.append({reinterpret_cast<char const*>(signature.data()), size});
    }
    if (!ok) throw exception(detail::unusable_key("it does not sign any more"));
}

}  // namespace coauth

#endif
