// SPDX-License-Identifier: BSL-1.0
//
// Bodies of assertion_client.hpp.

#ifndef COAUTH_CLIENT_AUTH_ASSERTION_CLIENT_IMPL_HPP
#define COAUTH_CLIENT_AUTH_ASSERTION_CLIENT_IMPL_HPP

#include <coauth/client_auth/assertion_client.hpp>
#include <coauth/crypto/digest.hpp>
#include <coauth/crypto/hmac_memo.hpp>
#include <coauth/error.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace coauth::detail {

struct assertion_client::state {
    /// A secret of the client that the server has, too.
    struct shared_secret {
        secret_source from;
        std::shared_ptr<hmac_memo> mac = std::make_shared<hmac_memo>();
        [[nodiscard]] secret identity() const { return from.identity(); }
    };
    assertion_maker assertion;
    std::variant<shared_secret, signing_key_source> key;
};

COAUTH_INLINE assertion_client::assertion_client(std::string client_id, secret_source client_secret,
                                                 client_assertion_options options)
    : state_(std::make_shared<state const>(
          state{assertion_maker("client_secret_jwt", std::move(client_id), std::move(options)),
                state::shared_secret{std::move(client_secret)}})) {}

COAUTH_INLINE assertion_client::assertion_client(std::string client_id, signing_key_source key,
                                                 client_assertion_options options)
    : state_(std::make_shared<state const>(
          state{assertion_maker("private_key_jwt", std::move(client_id), std::move(options)),
                std::move(key)})) {}

COAUTH_INLINE secret assertion_client::cache_identity() const {
    return state_->assertion.identity(
        std::visit([](auto const& key) { return key.identity(); }, state_->key));
}

COAUTH_INLINE std::string const& assertion_client::client_id() const noexcept {
    return state_->assertion.client_id();
}

COAUTH_INLINE awaitable<token_request> assertion_client::authenticate(token_request request) const {
    bool const shared = std::holds_alternative<state::shared_secret>(state_->key);
    return shared ? with_secret(std::move(request), state_) : with_key(std::move(request), state_);
}

COAUTH_INLINE awaitable<token_request> assertion_client::with_secret(
    token_request request, std::shared_ptr<state const> self) {
    state::shared_secret const& shared = std::get<state::shared_secret>(self->key);
    secret const value = co_await shared.from.read();
    if (value.size() < sha256_digest().size()) {
        throw exception(error(errc::invalid_credentials, stage::configuration,
                              "client_secret_jwt needs a secret of 32 bytes (RFC 7518 §3.2)"));
    }
    if (!shared.from.is_fixed()) request.credential(value.reveal());
    self->assertion.put_into(request, {.algorithm = "HS256"},
                             [&](wiped_buffer& out, std::string_view message) {
                                 out.append(as_bytes(shared.mac->digest(value, message)));
                             });
    co_return request;
}

COAUTH_INLINE awaitable<token_request> assertion_client::with_key(
    token_request request, std::shared_ptr<state const> self) {
    auto const& from = std::get<signing_key_source>(self->key);
    current_signing_key const now = co_await from.read();
    signing_key const& key = now.key;
    if (!from.is_fixed()) request.credential(key.thumbprint());
    request.stale_credential(now.stale);
    self->assertion.put_into(
        request, {to_string(key.algorithm()), key.key_id(), key.certificate_thumbprint()},
        [&](wiped_buffer& out, std::string_view message) { key.sign_to(out, message); });
    co_return request;
}

}  // namespace coauth::detail

#endif
