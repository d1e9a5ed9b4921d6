// SPDX-License-Identifier: BSL-1.0
//
// Bodies of client_secret_basic.hpp.

#ifndef COAUTH_CLIENT_AUTH_CLIENT_SECRET_BASIC_IMPL_HPP
#define COAUTH_CLIENT_AUTH_CLIENT_SECRET_BASIC_IMPL_HPP

#include <coauth/client_auth/client_secret_basic.hpp>
#include <coauth/codec/base64.hpp>
#include <coauth/codec/form.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace coauth {

COAUTH_INLINE client_secret_basic::client_secret_basic(std::string client_id,
                                                       secret_source client_secret,
                                                       basic_credentials encoding)
    : client_id_(std::move(client_id)), secret_(std::move(client_secret)), encoding_(encoding) {
    if (encoding == basic_credentials::raw && client_id_.find(':') != std::string::npos) {
        throw exception(error(errc::invalid_credentials, stage::configuration,
                              "a client id with ':' cannot be sent raw in a Basic header"));
    }
}

COAUTH_INLINE secret client_secret_basic::cache_identity() const {
    bool const raw = encoding_ == basic_credentials::raw;
    return detail::client_identity(raw ? "client_secret_basic raw" : "client_secret_basic",
                                   client_id_, secret_);
}

COAUTH_INLINE awaitable<token_request> client_secret_basic::authenticate(
    token_request request) const {
    return authenticate(std::move(request), client_id_, secret_, encoding_);
}

COAUTH_INLINE awaitable<token_request> client_secret_basic::authenticate(
    token_request request, std::string client_id, secret_source from, basic_credentials encoding) {
    secret const value = co_await from.read();
    detail::wiped_buffer encoded;
    form_encode_to(encoded, client_id);
    encoded.push_back(':');
    form_encode_to(encoded, value.reveal());
    detail::wiped_buffer plain;
    plain.append(client_id);
    plain.push_back(':');
    plain.append(value.reveal());
    bool const differ = plain.view() != encoded.view();
    detail::wiped_buffer header;
    header.append("Basic ");
    std::string_view const credentials =
        encoding == basic_credentials::raw ? plain.view() : encoded.view();
    base64_encode_to(header, credentials);
    request.header("Authorization", header.view());
    request.authentication_method("client_secret_basic").basic_encodings_differ(differ);
    if (!from.is_fixed()) request.credential(value.reveal());
    co_return request;
}

}  // namespace coauth

#endif
