// SPDX-License-Identifier: BSL-1.0
//
// Bodies of client_assertion.hpp.

#ifndef COAUTH_CLIENT_AUTH_CLIENT_ASSERTION_IMPL_HPP
#define COAUTH_CLIENT_AUTH_CLIENT_ASSERTION_IMPL_HPP

#include <coauth/client_auth/client_assertion.hpp>
#include <coauth/codec/base64.hpp>
#include <coauth/crypto/random.hpp>
#include <coauth/error.hpp>
#include <coauth/jose/jwt_writer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

[[nodiscard]] inline exception bad_assertion(std::string why) {
    return exception(error(errc::invalid_configuration, stage::configuration,
                           "client assertion: " + std::move(why)));
}

/// What does not change from one assertion to the next: the encoded header, and the claims as far
/// as they can be written.
struct assertion_maker::draft {
    std::string audience;
    std::string algorithm;
    std::string key_id;
    std::string certificate_thumbprint;
    std::string header;
    std::string claims;
};

struct assertion_maker::last_draft {
    std::mutex mutex;
    std::shared_ptr<draft const> made;
};

template <class Sign>
void assertion_maker::put_into(token_request& request, assertion_key const& key,
                               Sign const& sign) const {
    wiped_buffer jwt;
    wiped_buffer claims;
    write(jwt, claims, request, key);
    finish_jwt(jwt, claims.view(), sign);
    put_into(request, jwt.view());
}

COAUTH_INLINE std::string fresh_jti() {
    auto const random = next_random_bytes<16>();
    return base64url_encode({reinterpret_cast<char const*>(random.data()), random.size()});
}

COAUTH_INLINE assertion_maker::assertion_maker(std::string_view method, std::string client_id,
                                               client_assertion_options options)
    : method_(method),
      client_id_(std::move(client_id)),
      options_(std::move(options)),
      last_(std::make_shared<last_draft>()) {
    using namespace std::chrono_literals;
    if (options_.lifetime < 1s || options_.lifetime > 5min) {
        throw bad_assertion("the lifetime is not from 1 s to 5 min");
    }
    static std::atomic<std::uint64_t> counter{1};
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
    if (options_.modify) {
        hook_ = counter.fetch_add(1, std::memory_order_relaxed);  // sync: unique only
    }
}

COAUTH_INLINE std::int64_t assertion_maker::lifetime() const noexcept {
    return std::chrono::duration_cast<std::chrono::seconds>(options_.lifetime).count();
}

COAUTH_INLINE client_assertion assertion_maker::begin(std::string_view audience,
                                                      assertion_key const& key) const {
    client_assertion made;
    if (!options_.type.empty()) made.header.set("typ", options_.type);
    std::string_view const key_id = options_.key_id.empty() ? key.key_id : options_.key_id;
    if (!key_id.empty()) made.header.set("kid", key_id);
    if (options_.certificate_thumbprint) {
        if (key.certificate_thumbprint.empty()) {
            throw bad_assertion("no certificate stands with the key, so there is no x5t#S256");
        }
        made.header.set("x5t#S256", key.certificate_thumbprint);
    }
    for (auto const& [name, value] : options_.header) made.header.set(name, value);
    made.claims.set("iss", client_id_).set("sub", client_id_).set("aud", audience);
    return made;
}

/// The header belongs to the key as far as `alg` goes.
inline void write_assertion_header(wiped_buffer& out, assertion_key const& key,
                                   jwt_members const& header) {
    if (header.find("alg")) throw bad_assertion("`alg` is not for the header, but the key's");
    write_jwt_header(out, key.algorithm, header);
}

COAUTH_INLINE void assertion_maker::write_modified(wiped_buffer& header, wiped_buffer& claims,
                                                   std::string_view audience,
                                                   assertion_key const& key) const {
    client_assertion made = begin(audience, key);
    std::int64_t const now = seconds_since_1970();
    made.claims.set("jti", fresh_jti()).set("iat", now).set("exp", now + lifetime());
    options_.modify(made);
    write_assertion_header(header, key, made.header);
    write_json(claims, made.claims);
}

COAUTH_INLINE auto assertion_maker::draft_for(std::string_view audience,
                                              assertion_key const& key) const
    -> std::shared_ptr<draft const> {
    std::lock_guard const lock(last_->mutex);
    draft const* const last = last_->made.get();
    bool const same = last != nullptr && last->audience == audience &&
                      last->algorithm == key.algorithm && last->key_id == key.key_id &&
                      last->certificate_thumbprint == key.certificate_thumbprint;
    if (same) return last_->made;
    client_assertion const made = begin(audience, key);
    wiped_buffer header;
    write_assertion_header(header, key, made.header);
    wiped_buffer claims;
    write_json(claims, made.claims);
    std::string_view open = claims.view();
    open.remove_suffix(1);  // others follow
    last_->made = std::make_shared<draft const>(draft{
        std::string(audience), std::string(key.algorithm), std::string(key.key_id),
        std::string(key.certificate_thumbprint), std::string(header.view()), std::string(open)});
    return last_->made;
}

COAUTH_INLINE void assertion_maker::write(wiped_buffer& header, wiped_buffer& claims,
                                          token_request const& request,
                                          assertion_key const& key) const {
    std::string audience = options_.audience;
    if (audience.empty()) audience = request.issuer();
    if (audience.empty()) audience = request.token_endpoint().to_string();
    if (options_.modify) return write_modified(header, claims, audience, key);
    std::shared_ptr<draft const> const d = draft_for(audience, key);
    std::int64_t const now = seconds_since_1970();
    header.reserve(d->header.size() + d->claims.size() * 4 / 3 + 1024);
    header.append(d->header);
    claims.reserve(d->claims.size() + 128);
    claims.append(d->claims);
    claims.append(R"(,"jti":")");
    claims.append(fresh_jti());
    claims.append(R"(","iat":)");
    claims.append(std::to_string(now));
    claims.append(R"(,"exp":)");
    claims.append(std::to_string(now + lifetime()));
    claims.push_back('}');
}

COAUTH_INLINE void assertion_maker::put_into(token_request& request, std::string_view jwt) const {
    request.parameter("client_id", client_id_)
        .parameter("client_assertion_type",
                   "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        .parameter("client_assertion", jwt);
    request.authentication_method(method_).single_use(true);
}

COAUTH_INLINE secret assertion_maker::identity(secret const& of_key) const {
    wiped_buffer text;
    auto const add = [&](std::string_view part) {
        text.append(std::to_string(part.size()));
        text.push_back(':');
        text.append(part);
    };
    for (std::string_view const part :
         {std::string_view(method_), std::string_view(client_id_), of_key.reveal(),
          std::string_view(options_.audience), std::string_view(options_.type),
          std::string_view(options_.key_id)}) {
        add(part);
    }
    add(options_.certificate_thumbprint ? "x5t#S256" : "");
    add(std::to_string(options_.lifetime.count()));
    add(std::to_string(hook_));
    for (auto const& [name, value] : options_.header) {
        add(name);
        add(value);
    }
    return secret(text.view());
}

}  // namespace coauth::detail

#endif
