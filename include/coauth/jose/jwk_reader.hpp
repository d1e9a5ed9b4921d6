// SPDX-License-Identifier: BSL-1.0
//
// A private JWK (RFC 7517, RFC 7518 §6, RFC 8037 §2) as a key of OpenSSL. Strict: no member twice,
// canonical base64url, a use that allows signing. Whether private and public part belong together
// is looked at by signing_key. Pure functions.

#ifndef COAUTH_JOSE_JWK_READER_HPP
#define COAUTH_JOSE_JWK_READER_HPP

#include <coauth/codec/base64.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/crypto/pem.hpp>
#include <coauth/result.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <map>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::detail {

/// A key, and what was written beside it.
struct read_key {
    key_handle key;
    std::string key_id;
    std::string algorithm;
    std::string certificate_thumbprint;
};

[[nodiscard]] inline error unusable_key(std::string const& why) {
    return error(errc::invalid_signing_key, stage::configuration,
                 "the signing key cannot be used: " + why)
        .with_cause(take_openssl_error());
}

/// The members of a JWK whose values are strings, unescaped, and the values of `key_ops`.
class jwk_members {
public:
    /// False for what is not one JSON object with each name once.
    [[nodiscard]] bool read(std::string_view json) {
        json_object_reader members(json);
        while (members.next()) {
            auto const [at, fresh] = texts_.try_emplace(std::string(members.name()));
            if (!fresh) return false;
            json_value const& value = members.value();
            if (value.is(json_type::string)) {
                value.unescape_to(at->second);
            } else if (at->first == "key_ops" && !read_operations(value)) {
                return false;
            }
        }
        return !members.failed();
    }

    [[nodiscard]] bool has(std::string_view name) const {
        return texts_.find(name) != texts_.end();
    }
    [[nodiscard]] std::string_view text(std::string_view name) const {
        auto const found = texts_.find(name);
        return found == texts_.end() ? std::string_view() : found->second.view();
    }
    /// Appends the bytes of a base64url member; false when it is missing, empty or malformed.
    [[nodiscard]] bool bytes_to(wiped_buffer& out, std::string_view name) const {
        std::string_view const value = text(name);
        return !value.empty() && base64url_decode_to(out, value);
    }
    [[nodiscard]] bool may_sign() const {
        if (has("use") && text("use") != "sig") return false;
        return !has("key_ops") ||
               std::find(operations_.begin(), operations_.end(), "sign") != operations_.end();
    }

private:
    [[nodiscard]] bool read_operations(json_value const& list) {
        if (!list.is(json_type::array)) return false;
        json_reader reader(list.raw());
        static_cast<void>(reader.next());
        json_value item;
        while (reader.next_value(item)) {
            if (item.is(json_type::string)) operations_.push_back(item.to_string());
        }
        return !reader.failed();
    }

    std::map<std::string, wiped_buffer, std::less<>> texts_;
    std::vector<std::string> operations_;
};

/// Parameters for EVP_PKEY_fromdata; their bytes are wiped.
class key_parameters {
public:
    /// A number that a JWK has in big-endian bytes, as OSSL_PARAM wants it: in native order.
    [[nodiscard]] bool add_number(char const* name, jwk_members const& jwk,
                                  std::string_view member) {
        wiped_buffer big_endian;
        if (!jwk.bytes_to(big_endian, member)) return false;
        std::string_view const bytes = big_endian.view();
        wiped_buffer& native = buffers_.emplace_back();
        native.reserve(bytes.size());
        for (std::size_t i = 0; i != bytes.size(); ++i) {
            native.push_back(
                bytes[std::endian::native == std::endian::little ? bytes.size() - 1 - i : i]);
        }
        parameters_.push_back(OSSL_PARAM_construct_BN(
            name, reinterpret_cast<unsigned char*>(const_cast<char*>(native.view().data())),
            native.size()));
        return true;
    }
    void add_octets(char const* name, wiped_buffer octets) {
        std::string_view const bytes = buffers_.emplace_back(std::move(octets)).view();
        parameters_.push_back(
            OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size()));
    }
    void add_group(char const* group) {
        parameters_.push_back(OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                               const_cast<char*>(group), 0));
    }

    [[nodiscard]] key_handle make(char const* kind) {
        parameters_.push_back(OSSL_PARAM_construct_end());
        openssl_ptr<EVP_PKEY_CTX, EVP_PKEY_CTX_free> const context(
            EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
        EVP_PKEY* key = nullptr;
        if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
            EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters_.data()) != 1) {
            return nullptr;
        }
        return key_handle(key);
    }

private:
    // Moved, a buffer keeps its bytes where they are.
    std::vector<wiped_buffer> buffers_;
    std::vector<OSSL_PARAM> parameters_;
};

[[nodiscard]] inline key_handle rsa_key_of(jwk_members const& jwk) {
    constexpr std::array<std::pair<char const*, std::string_view>, 8> numbers{
        {{OSSL_PKEY_PARAM_RSA_N, "n"},
         {OSSL_PKEY_PARAM_RSA_E, "e"},
         {OSSL_PKEY_PARAM_RSA_D, "d"},
         {OSSL_PKEY_PARAM_RSA_FACTOR1, "p"},
         {OSSL_PKEY_PARAM_RSA_FACTOR2, "q"},
         {OSSL_PKEY_PARAM_RSA_EXPONENT1, "dp"},
         {OSSL_PKEY_PARAM_RSA_EXPONENT2, "dq"},
         {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, "qi"}}};
    // RFC 7518 §6.3.2: all of the optional ones or none; more than two primes are not supported.
    bool const with_primes = jwk.has("p");
    if (jwk.has("oth")) return nullptr;
    key_parameters parameters;
    for (std::size_t i = 0; i != (with_primes ? numbers.size() : 3U); ++i) {
        if (!parameters.add_number(numbers[i].first, jwk, numbers[i].second)) return nullptr;
    }
    return parameters.make("RSA");
}

[[nodiscard]] inline key_handle ec_key_of(jwk_members const& jwk) {
    constexpr std::size_t size = 32;
    wiped_buffer point;
    point.push_back('\x04');
    wiped_buffer scalar;
    bool const read = jwk.bytes_to(point, "x") && point.size() == 1 + size &&
                      jwk.bytes_to(point, "y") && point.size() == 1 + 2 * size &&
                      jwk.bytes_to(scalar, "d") && scalar.size() == size;
    if (jwk.text("crv") != "P-256" || !read) return nullptr;
    key_parameters parameters;
    parameters.add_group("P-256");
    parameters.add_octets(OSSL_PKEY_PARAM_PUB_KEY, std::move(point));
    static_cast<void>(parameters.add_number(OSSL_PKEY_PARAM_PRIV_KEY, jwk, "d"));
    return parameters.make("EC");
}

[[nodiscard]] inline key_handle okp_key_of(jwk_members const& jwk) {
    constexpr std::size_t size = 32;
    wiped_buffer open;
    wiped_buffer seed;
    if (jwk.text("crv") != "Ed25519" || !jwk.bytes_to(open, "x") || open.size() != size ||
        !jwk.bytes_to(seed, "d") || seed.size() != size) {
        return nullptr;
    }
    key_parameters parameters;
    parameters.add_octets(OSSL_PKEY_PARAM_PUB_KEY, std::move(open));
    parameters.add_octets(OSSL_PKEY_PARAM_PRIV_KEY, std::move(seed));
    return parameters.make("ED25519");
}

[[nodiscard]] inline result<read_key> read_jwk(std::string_view json) {
    jwk_members jwk;
    if (!jwk.read(json))
        return unusable_key("the JWK is not one JSON object with each member once");
    if (!jwk.has("d")) return unusable_key("the JWK has no private part");
    if (!jwk.may_sign()) return unusable_key("the JWK is not for signing, says its use or key_ops");
    std::string_view const kind = jwk.text("kty");
    read_key read;
    if (kind == "RSA") read.key = rsa_key_of(jwk);
    if (kind == "EC") read.key = ec_key_of(jwk);
    if (kind == "OKP") read.key = okp_key_of(jwk);
    if (!read.key) {
        return unusable_key(
            "the JWK is neither RSA, nor EC on P-256, nor OKP with Ed25519, or one "
            "of its members is missing or malformed");
    }
    read.key_id = jwk.text("kid");
    read.algorithm = jwk.text("alg");
    return read;
}

}  // namespace coauth::detail

#endif
