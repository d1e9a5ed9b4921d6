// SPDX-License-Identifier: BSL-1.0
//
// The assertion by which a client authenticates (RFC 7521 §4.2, RFC 7523 §3): a JWT that is made
// anew for every send. What may be set about it, and how it is put together. const use from any
// thread.

#ifndef COAUTH_CLIENT_AUTH_CLIENT_ASSERTION_HPP
#define COAUTH_CLIENT_AUTH_CLIENT_ASSERTION_HPP

#include <coauth/clock.hpp>
#include <coauth/config.hpp>
#include <coauth/jose/jwt.hpp>
#include <coauth/protocol/token_request.hpp>
#include <coauth/secret.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace coauth {

/// An assertion before it is signed. `alg` is not among its members: it belongs to the key.
struct client_assertion {
    jwt_members header;
    jwt_members claims;
};

/// Changes an assertion before it is signed, on the source's executor. What it throws fails the
/// token request.
using modify_assertion = std::function<void(client_assertion&)>;

struct client_assertion_options {
    /// `aud`, always one string. Empty: the configured issuer, else the configured token URL.
    std::string audience = {};
    /// `typ` of the header; empty: none. The FAPI profiles want "client-authentication+jwt".
    std::string type = "JWT";
    /// `kid` of the header. Empty: that of the key's JWK, else none.
    std::string key_id = {};
    /// Put `x5t#S256` of the certificate that stands with the key into the header; without such a
    /// certificate the token request fails. For private_key_jwt.
    bool certificate_thumbprint = false;
    /// Further members of the header, strings. Not `alg`.
    string_pairs header = {};
    /// From `iat` to `exp`, in whole seconds. Range: 1 s to 5 min.
    duration lifetime = std::chrono::seconds(60);
    /// Called for every assertion. A source that has one shares its tokens with nobody but those
    /// that are made with a copy of the same client authentication.
    modify_assertion modify = {};
};

namespace detail {

/// What an assertion says of its key.
struct assertion_key {
    std::string_view algorithm;
    std::string_view key_id = {};
    std::string_view certificate_thumbprint = {};
};

/// 128 random bits, base64url: unique without anybody to ask (RFC 7519 §4.1.7).
[[nodiscard]] std::string fresh_jti();

class assertion_maker {
public:
    /// Throws coauth::exception for options out of their range.
    assertion_maker(std::string_view method, std::string client_id,
                    client_assertion_options options);

    /// Puts a fresh assertion in the place of one that may be there.
    /// `sign(wiped_buffer& out, std::string_view message)` appends the bytes of the signature.
    template <class Sign>
    void put_into(token_request& request, assertion_key const& key, Sign const& sign) const;

    /// Two with the same identity may be given the same token.
    [[nodiscard]] secret identity(secret const& of_key) const;
    [[nodiscard]] std::string const& client_id() const noexcept { return client_id_; }

private:
    struct draft;
    struct last_draft;

    void write(wiped_buffer& header, wiped_buffer& claims, token_request const& request,
               assertion_key const& key) const;
    void write_modified(wiped_buffer& header, wiped_buffer& claims, std::string_view audience,
                        assertion_key const& key) const;
    [[nodiscard]] client_assertion begin(std::string_view audience, assertion_key const& key) const;
    [[nodiscard]] std::shared_ptr<draft const> draft_for(std::string_view audience,
                                                         assertion_key const& key) const;
    [[nodiscard]] std::int64_t lifetime() const noexcept;
    void put_into(token_request& request, std::string_view jwt) const;

    std::string method_;
    std::string client_id_;
    client_assertion_options options_;
    std::shared_ptr<last_draft> last_;
    std::uint64_t hook_ = 0;  ///< tells one hook from another; 0: none
};

}  // namespace detail
}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/client_auth/client_assertion_impl.hpp>
#endif

#endif
