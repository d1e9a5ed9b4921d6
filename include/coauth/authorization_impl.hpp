// SPDX-License-Identifier: BSL-1.0
//
// How static credentials are checked and written: bodies of authorization.hpp.

#ifndef COAUTH_AUTHORIZATION_IMPL_HPP
#define COAUTH_AUTHORIZATION_IMPL_HPP

#include <coauth/authorization.hpp>
#include <coauth/codec/basic_auth.hpp>
#include <coauth/codec/http1_writer.hpp>
#include <coauth/http/tls_context.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace coauth {

struct authorization::kind : std::variant<token_source, detail::static_credential,
                                          client_certificate, std::shared_ptr<user_method const>> {
    using variant::variant;
};

COAUTH_INLINE http_basic::http_basic(std::string_view user_id, secret const& password) {
    if (error wrong = check_basic_auth(user_id, password.reveal())) {
        throw exception(std::move(wrong));
    }
    credential_ = {"Authorization",
                   std::make_shared<secret const>(basic_auth(user_id, password.reveal()))};
}

COAUTH_INLINE http_basic::http_basic(std::string_view user_id, secret_reference const& password)
    : http_basic(user_id, password.read().value()) {}

COAUTH_INLINE bearer_token::bearer_token(secret const& token) {
    bool bad = token.empty();
    for (char const c : token.reveal()) bad = bad || c <= 0x20 || c >= 0x7F;
    if (bad) {
        throw exception(error(errc::invalid_credentials, stage::configuration,
                              "a bearer token is printable ASCII without spaces"));
    }
    detail::wiped_buffer header;
    header.append("Bearer ");
    header.append(token.reveal());
    credential_ = {"Authorization", std::make_shared<secret const>(header.view())};
}

COAUTH_INLINE bearer_token::bearer_token(secret_reference const& token)
    : bearer_token(token.read().value()) {}

COAUTH_INLINE api_key::api_key(std::string header_name, secret key) {
    if (key.empty() || check_user_header(header_name, key.reveal()) != errc{}) {
        throw exception(error(errc::invalid_header, stage::configuration,
                              "API key header '" + header_name + "' or its value is not allowed"));
    }
    credential_ = {std::move(header_name), std::make_shared<secret const>(std::move(key))};
}

COAUTH_INLINE api_key::api_key(std::string header_name, secret_reference const& key)
    : api_key(std::move(header_name), key.read().value()) {}

COAUTH_INLINE client_certificate::client_certificate(tls_config const& config)
    : tls_(http::tls_context::make(config).value()) {
    if (tls_->client_certificate_thumbprint().empty()) {
        throw exception(error(errc::invalid_client_certificate, stage::configuration,
                              "no certificate_file or certificate_pem"));
    }
}

COAUTH_INLINE authorization::authorization(token_source tokens)
    : kind_(std::make_shared<kind const>(std::move(tokens))) {}

COAUTH_INLINE authorization::authorization(http_basic const& basic)
    : kind_(std::make_shared<kind const>(basic.credential())) {}

COAUTH_INLINE authorization::authorization(bearer_token const& bearer)
    : kind_(std::make_shared<kind const>(bearer.credential())) {}

COAUTH_INLINE authorization::authorization(api_key const& key)
    : kind_(std::make_shared<kind const>(key.credential())) {}

COAUTH_INLINE authorization::authorization(client_certificate certificate)
    : kind_(std::make_shared<kind const>(std::move(certificate))) {}

COAUTH_INLINE authorization::authorization(std::shared_ptr<user_method const> method)
    : kind_(std::make_shared<kind const>(std::move(method))) {}

COAUTH_INLINE token_source const* authorization::tokens() const noexcept {
    return std::get_if<token_source>(kind_.get());
}

COAUTH_INLINE detail::static_credential const* authorization::credential() const noexcept {
    return std::get_if<detail::static_credential>(kind_.get());
}

COAUTH_INLINE client_certificate const* authorization::certificate() const noexcept {
    return std::get_if<client_certificate>(kind_.get());
}

COAUTH_INLINE authorization::user_method const* authorization::method() const noexcept {
    auto const* const own = std::get_if<std::shared_ptr<user_method const>>(kind_.get());
    return own == nullptr ? nullptr : own->get();
}

}  // namespace coauth

#endif
