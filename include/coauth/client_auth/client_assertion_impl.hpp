// SPDX-License-Identifier: BSL-1.0
//
// Bodies of client_assertion.hpp.

#ifndef COAUTH_CLIENT_AUTH_CLIENT_ASSERTION_IMPL_HPP
#define COAUTH_CLIENT_AUTH_CLIENT_ASSERTION_IMPL_HPP

#include <coauth/client_auth/client_assertion.hpp>
#include <coauth/codec/base64.hpp>
#include <coauth/crypto/random.hpp>
#include <coauth/error.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

[[nodiscard]] inline exception bad_assertion(std::string why) {
    return exception(error(errc::invalid_configuration, stage::configuration,
                           "client assertion: " + std::move(why)));
}

COAUTH_INLINE std::string fresh_jti() {
    std::array<unsigned char, 16> random{};
    random_bytes(random);
    return base64url_encode({reinterpret_cast<char const*>(random.data()), random.size()});
}

COAUTH_INLINE assertion_maker::assertion_maker(std::string_view method, std::string client_id,
                                               client_assertion_options options)
    : method_(method), client_id_(std::move(client_id)), options_(std::move(options)) {
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

COAUTH_INLINE client_assertion assertion_maker::make(std::string_view default_audience,
                                                     assertion_key const& key,
                                                     std::int64_t now) const {
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

    std::int64_t const lifetime =
        std::chrono::duration_cast<std::chrono::seconds>(options_.lifetime).count();
    made.claims.set("iss", client_id_).set("sub", client_id_);
    made.claims.set("aud", options_.audience.empty() ? default_audience : options_.audience);
    made.claims.set("jti", fresh_jti()).set("iat", now).set("exp", now + lifetime);
    if (options_.modify) options_.modify(made);
    if (made.header.find("alg")) throw bad_assertion("`alg` is not for the header, but the key's");
    return made;
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
