// SPDX-License-Identifier: BSL-1.0
//
// Private keys out of JWK and PEM: what is taken signs, and gives away nothing but its public part.
// Of PEM the input has the name in its first line and then DER. PKCS#12 is left out: how long its
// password takes to check, its author decides.

#include "target.hpp"

#include <coauth/codec/base64.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/jose/signing_key.hpp>

#include <openssl/err.h>

#include <string>
#include <string_view>

namespace signing_key_fuzz {
namespace {

using coauth::errc;
using coauth::result;
using coauth::secret;
using coauth::signing_key;
using coauth_fuzz::require;

void check_public(signing_key const& key) {
    coauth::json_object_reader members(key.public_jwk());
    bool with_type = false;
    while (members.next()) {
        with_type = with_type || members.name() == "kty";
        for (char const* hidden : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
            require(members.name() != hidden, "the public part holds nothing else");
        }
    }
    require(!members.failed() && with_type, "the public part is a JWK");
    require(key.thumbprint().size() == 43, "a thumbprint is SHA-256 in base64url");
    result<signing_key> const open = signing_key::load(secret(key.public_jwk()));
    require(!open && open.error().is(errc::invalid_signing_key), "a public key does not sign");
}

std::string key_text(std::string_view input) {
    if (input.starts_with('{') || input.find("-----BEGIN ") != input.npos)
        return std::string(input);
    auto const [name, der] = coauth_fuzz::two_lines(input);
    return "-----BEGIN " + std::string(name) + "-----\n" + coauth::base64_encode(der) +
           "\n-----END " + std::string(name) + "-----\n";
}

COAUTH_FUZZ_TARGET(signing_key, input) {
    std::string const text = key_text(input);
    result<signing_key> const read = signing_key::load(secret(text));
    require(ERR_peek_error() == 0, "nothing is left in OpenSSL's queue of errors");
    if (!read) {
        require(read.error().is(errc::invalid_signing_key), "a key that is refused is one error");
        return;
    }
    check_public(*read);
    coauth::detail::wiped_buffer signature;
    read->sign_to(signature, "message");
    require(!signature.empty(), "a key that is taken signs");
    result<signing_key> const again = signing_key::load(secret(text));
    require(again && again->thumbprint() == read->thumbprint(), "the same text is the same key");
}

}  // namespace
}  // namespace signing_key_fuzz
