// SPDX-License-Identifier: BSL-1.0
//
// Private keys and certificates out of PEM text (RFC 7468, RFC 5958) that leave no copy behind:
// OpenSSL's own decoders wipe neither what they skip nor what they have decoded. EC, RSA and
// Edwards keys are made from their numbers; others by those decoders. Any thread.

#ifndef COAUTH_CRYPTO_PRIVATE_KEY_HPP
#define COAUTH_CRYPTO_PRIVATE_KEY_HPP

#include <coauth/codec/base64.hpp>
#include <coauth/secret.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <optional>
#include <string>
#include <string_view>

namespace coauth::detail {

/// Goes through the values of one DER structure (X.690), as far as keys need it.
class der_reader {
public:
    enum tag : unsigned char {
        integer = 0x02,
        bit_string = 0x03,
        octet_string = 0x04,
        object_identifier = 0x06,
        sequence = 0x30,
        context_0 = 0xA0,
        context_1 = 0xA1,
    };

    explicit der_reader(std::string_view bytes) noexcept : rest_(bytes) {}

    [[nodiscard]] bool at(tag t) const noexcept { return !rest_.empty() && byte(0) == t; }

    /// The content of the next value; empty when that has another tag, or is cut off.
    [[nodiscard]] std::string_view next(tag t) noexcept {
        if (!at(t) || rest_.size() < 2) return {};
        std::size_t head = 2;
        std::size_t size = byte(1);
        if (size >= 0x80) {
            std::size_t const digits = size - 0x80;
            if (digits == 0 || digits > 2 || rest_.size() < 2 + digits) return {};
            size = 0;
            for (; head != 2 + digits; ++head) size = size << 8U | byte(head);
        }
        if (rest_.size() - head < size) return {};
        std::string_view const content = rest_.substr(head, size);
        rest_.remove_prefix(head + size);
        return content;
    }

private:
    [[nodiscard]] std::size_t byte(std::size_t i) const noexcept {
        return static_cast<unsigned char>(rest_[i]);
    }
    std::string_view rest_;
};

/// Makes a key from its numbers; they are wiped afterwards.
class key_numbers {
public:
    void add(char const* name, std::string_view big_endian) {
        wiped_buffer& native = numbers_[count_];
        native.append(big_endian);
        if constexpr (std::endian::native == std::endian::little) {
            std::reverse(native.data(), native.data() + native.size());
        }
        params_[count_++] = OSSL_PARAM_construct_BN(
            name, reinterpret_cast<unsigned char*>(native.data()), native.size());
    }
    void add_octets(char const* name, std::string_view octets) {
        params_[count_++] = OSSL_PARAM_construct_octet_string(
            name, const_cast<char*>(octets.data()), octets.size());
    }
    void add_text(char const* name, char const* text) {
        params_[count_++] = OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(text), 0);
    }
    /// Null when they are no key of this type.
    [[nodiscard]] EVP_PKEY* make(char const* type) {
        params_[count_] = OSSL_PARAM_construct_end();
        EVP_PKEY* key = nullptr;
        EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr);
        bool const ok = context != nullptr && EVP_PKEY_fromdata_init(context) == 1 &&
                        EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params_.data()) == 1;
        EVP_PKEY_CTX_free(context);
        return ok ? key : nullptr;
    }

private:
    std::array<wiped_buffer, 8> numbers_;
    std::array<OSSL_PARAM, 9> params_{};
    std::size_t count_ = 0;
};

/// RSAPrivateKey (RFC 8017 §A.1.2) with two primes.
[[nodiscard]] inline EVP_PKEY* make_rsa_key(std::string_view der) {
    constexpr std::array<char const*, 8> names{
        OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
        OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
        OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
        OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
    der_reader key(der_reader(der).next(der_reader::sequence));
    if (key.next(der_reader::integer) != std::string_view("\0", 1)) return nullptr;
    key_numbers numbers;
    for (char const* const name : names) {
        std::string_view const number = key.next(der_reader::integer);
        if (number.empty()) return nullptr;
        numbers.add(name, number);
    }
    return numbers.make("RSA");
}

/// ECPrivateKey (RFC 5915) with its public key. `curve`: empty where it says that itself.
[[nodiscard]] inline EVP_PKEY* make_ec_key(std::string_view der, char const* curve) {
    der_reader key(der_reader(der).next(der_reader::sequence));
    if (key.next(der_reader::integer) != "\1") return nullptr;
    std::string_view const number = key.next(der_reader::octet_string);
    if (key.at(der_reader::context_0)) {
        std::string_view const oid = key.next(der_reader::context_0);
        auto const* at = reinterpret_cast<unsigned char const*>(oid.data());
        ASN1_OBJECT* const named = d2i_ASN1_OBJECT(nullptr, &at, static_cast<long>(oid.size()));
        if (named != nullptr) curve = OBJ_nid2sn(OBJ_obj2nid(named));
        ASN1_OBJECT_free(named);
    }
    std::string_view point =
        der_reader(key.next(der_reader::context_1)).next(der_reader::bit_string);
    if (number.empty() || point.size() < 2 || curve == nullptr) return nullptr;
    point.remove_prefix(1);  // no unused bits
    key_numbers numbers;
    numbers.add_text(OSSL_PKEY_PARAM_GROUP_NAME, curve);
    numbers.add(OSSL_PKEY_PARAM_PRIV_KEY, number);
    numbers.add_octets(OSSL_PKEY_PARAM_PUB_KEY, point);
    return numbers.make("EC");
}

/// PrivateKeyInfo (RFC 5958).
[[nodiscard]] inline EVP_PKEY* make_key(PKCS8_PRIV_KEY_INFO const* info) {
    ASN1_OBJECT const* type = nullptr;
    unsigned char const* bytes = nullptr;
    int size = 0;
    X509_ALGOR const* algorithm = nullptr;
    if (PKCS8_pkey_get0(&type, &bytes, &size, &algorithm, info) != 1) return nullptr;
    std::string_view const der(reinterpret_cast<char const*>(bytes),
                               static_cast<std::size_t>(size));
    int const nid = OBJ_obj2nid(type);
    if (nid == NID_rsaEncryption) return make_rsa_key(der);
    if (nid == NID_X9_62_id_ecPublicKey) {
        int parameter_type = 0;
        void const* parameter = nullptr;
        X509_ALGOR_get0(nullptr, &parameter_type, &parameter, algorithm);
        if (parameter_type != V_ASN1_OBJECT) return nullptr;
        return make_ec_key(der,
                           OBJ_nid2sn(OBJ_obj2nid(static_cast<ASN1_OBJECT const*>(parameter))));
    }
    if (nid == NID_ED25519 || nid == NID_ED448) {
        std::string_view const raw = der_reader(der).next(der_reader::octet_string);
        return EVP_PKEY_new_raw_private_key(
            nid, nullptr, reinterpret_cast<unsigned char const*>(raw.data()), raw.size());
    }
    return nullptr;
}

/// The blocks of a PEM text, one after the other.
class pem_reader {
public:
    explicit pem_reader(std::string_view text) noexcept : rest_(text) {}

    /// Goes to the next block; false at the end.
    [[nodiscard]] bool next() noexcept {
        std::size_t const begin = rest_.find(begin_mark);
        if (begin == std::string_view::npos) return false;
        rest_.remove_prefix(begin);
        std::size_t const head = rest_.find(dashes, begin_mark.size());
        std::size_t const foot = rest_.find("-----END ", begin_mark.size());
        if (head == std::string_view::npos || foot == std::string_view::npos || foot < head) {
            return false;
        }
        name_ = rest_.substr(begin_mark.size(), head - begin_mark.size());
        body_ = rest_.substr(head + dashes.size(), foot - head - dashes.size());
        std::size_t const end = rest_.find('\n', foot);
        whole_ = rest_.substr(0, end);
        rest_.remove_prefix(whole_.size());
        return true;
    }

    [[nodiscard]] std::string_view name() const noexcept { return name_; }
    /// With both marks.
    [[nodiscard]] std::string_view whole() const noexcept { return whole_; }

    /// Empty where it is not plain base64: it has headers, is encrypted in the old way, or broken.
    [[nodiscard]] wiped_buffer bytes() const {
        wiped_buffer text;
        text.reserve(body_.size());
        for (char const c : body_) {
            if (c != '\r' && c != '\n' && c != ' ' && c != '\t') text.push_back(c);
        }
        wiped_buffer bytes;
        std::optional<std::string> decoded = base64_decode(text.view());
        if (!decoded) return bytes;
        bytes.append(*decoded);
        wipe(decoded->data(), decoded->size());
        return bytes;
    }

private:
    static constexpr std::string_view begin_mark = "-----BEGIN ";
    static constexpr std::string_view dashes = "-----";

    std::string_view rest_;
    std::string_view name_;
    std::string_view body_;
    std::string_view whole_;
};

/// The next certificate of a PEM text; null at its end. What stands before it is skipped.
[[nodiscard]] inline X509* read_certificate(pem_reader& text) {
    while (text.next()) {
        bool const trusted = text.name() == PEM_STRING_X509_TRUSTED;
        if (!trusted && text.name() != PEM_STRING_X509 && text.name() != PEM_STRING_X509_OLD) {
            continue;
        }
        wiped_buffer const der = text.bytes();
        auto const size = static_cast<long>(der.size());
        auto const* at = reinterpret_cast<unsigned char const*>(der.view().data());
        return trusted ? d2i_X509_AUX(nullptr, &at, size) : d2i_X509(nullptr, &at, size);
    }
    return nullptr;
}

[[nodiscard]] inline PKCS8_PRIV_KEY_INFO* decrypt_key(wiped_buffer const& der,
                                                      pem_password_cb* password, void* user) {
    std::array<char, PEM_BUFSIZE> given{};
    int const length = password(given.data(), PEM_BUFSIZE, 0, user);
    auto const* at = reinterpret_cast<unsigned char const*>(der.view().data());
    X509_SIG* const sealed = d2i_X509_SIG(nullptr, &at, static_cast<long>(der.size()));
    bool const ok = sealed != nullptr && length >= 0;
    PKCS8_PRIV_KEY_INFO* const info = ok ? PKCS8_decrypt(sealed, given.data(), length) : nullptr;
    X509_SIG_free(sealed);
    wipe(given.data(), given.size());
    return info;
}

/// The first private key of a PEM text; null, perhaps with OpenSSL's error queue filled, when there
/// is none or the password is missing or wrong. `password` is asked for an encrypted one only.
[[nodiscard]] inline EVP_PKEY* read_private_key(std::string_view pem, pem_password_cb* password,
                                                void* user) {
    pem_reader text(pem);
    do {
        if (!text.next()) return nullptr;
    } while (!text.name().ends_with("PRIVATE KEY"));
    wiped_buffer const der = text.bytes();
    if (der.empty()) {
        std::string_view const whole = text.whole();
        BIO* const bio = BIO_new_mem_buf(whole.data(), static_cast<int>(whole.size()));
        EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio, nullptr, password, user);
        BIO_free(bio);
        return key;
    }
    auto const* at = reinterpret_cast<unsigned char const*>(der.view().data());
    auto const size = static_cast<long>(der.size());
    bool const sealed = text.name() == PEM_STRING_PKCS8;
    if (!sealed && text.name() != PEM_STRING_PKCS8INF) {
        EVP_PKEY* key = nullptr;
        if (text.name() == PEM_STRING_RSA) key = make_rsa_key(der.view());
        if (text.name() == PEM_STRING_ECPRIVATEKEY) key = make_ec_key(der.view(), nullptr);
        return key != nullptr ? key : d2i_AutoPrivateKey(nullptr, &at, size);
    }
    PKCS8_PRIV_KEY_INFO* const info =
        sealed ? decrypt_key(der, password, user) : d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, size);
    if (info == nullptr) return nullptr;
    EVP_PKEY* key = make_key(info);
    if (key == nullptr) key = EVP_PKCS82PKEY(info);
    PKCS8_PRIV_KEY_INFO_free(info);
    return key;
}

}  // namespace coauth::detail

#endif
