// SPDX-License-Identifier: BSL-1.0
//
// Writes a JWT in the compact serialisation of JWS (RFC 7515 §7.1), and the text that is signed.
// Pure functions.

#ifndef COAUTH_JOSE_JWT_WRITER_HPP
#define COAUTH_JOSE_JWT_WRITER_HPP

#include <coauth/codec/base64.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/jose/jwt.hpp>
#include <coauth/secret.hpp>

#include <string_view>

namespace coauth::detail {

/// Appends them to an object that has been begun.
template <class Sink>
void write_members(json_writer<Sink>& object, jwt_members const& members) {
    for (auto const& [name, json] : members.all()) object.name(name).raw(json);
}

/// Appends the encoded header; `alg` is its first member, and none of `header`.
inline void write_jwt_header(wiped_buffer& out, std::string_view algorithm,
                             jwt_members const& header) {
    wiped_buffer json;
    json.reserve(256);
    json_writer writer(json);
    writer.begin_object().name("alg").string(algorithm);
    write_members(writer, header);
    writer.end_object();
    base64url_encode_to(out, json.view());
}

/// Appends claims, which are JSON, and signature to the encoded header that is all of `out`.
/// `sign(out, message)` appends the bytes of the signature.
template <class Sign>
void finish_jwt(wiped_buffer& out, std::string_view claims, Sign const& sign) {
    out.reserve(out.size() + claims.size() * 4 / 3 + 512);
    out.push_back('.');
    base64url_encode_to(out, claims);
    wiped_buffer signature;
    sign(signature, out.view());
    out.push_back('.');
    base64url_encode_to(out, signature.view());
}

/// The object of these members, as JSON.
inline void write_json(wiped_buffer& out, jwt_members const& members) {
    out.reserve(512);
    json_writer writer(out);
    writer.begin_object();
    write_members(writer, members);
    writer.end_object();
}

}  // namespace coauth::detail

#endif
