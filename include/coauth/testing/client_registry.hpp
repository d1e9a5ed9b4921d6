// SPDX-License-Identifier: BSL-1.0
//
// The clients that a testing authorization server knows, and the check of the credentials a token
// request comes with (RFC 6749 §2.3.1). Not synchronised.

#ifndef COAUTH_TESTING_CLIENT_REGISTRY_HPP
#define COAUTH_TESTING_CLIENT_REGISTRY_HPP

#include <coauth/clock.hpp>
#include <coauth/codec/base64.hpp>
#include <coauth/codec/form.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/scope.hpp>
#include <coauth/secret.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::testing {

enum class authentication_method : unsigned char {
    client_secret_basic,      ///< Id and secret are form-decoded, as RFC 6749 §2.3.1 says.
    client_secret_basic_raw,  ///< They are not, as with many servers.
    client_secret_post,
    none,  ///< A public client: `client_id` in the body, no secret.
};

/// A client and what it may do. It can use its one method of authentication only.
struct registered_client {
    std::string client_id;
    std::string secret = {};
    coauth::scope scope = "users.read users.write";  ///< What it may ask for, and gets by default.
    authentication_method method = authentication_method::client_secret_basic;
    /// How long its tokens live; without it, as the server says.
    std::optional<duration> lifetime = std::nullopt;
    /// JSON to be sent as `expires_in`, whatever the lifetime is: "\"3600\"", "-1", "null". Empty:
    /// the member is left out.
    std::optional<std::string> expires_in = std::nullopt;
    /// Where a browser may be sent back to; no entry: the client cannot use the authorization
    /// endpoint. The port of a loopback address is not compared (RFC 8252 §7.3).
    std::vector<std::string> redirect_uris = {};
    bool device_grant = false;  ///< It may use the device authorization endpoint.
    /// A refresh token, good once, comes with each token that a person has granted.
    bool refresh_tokens = false;
};

}  // namespace coauth::testing

namespace coauth::detail {

using form_parameters = std::vector<std::pair<std::string, std::string>>;

/// The first value of this name; an empty one counts as omitted (RFC 6749 §3.2).
[[nodiscard]] inline std::optional<std::string> form_value(form_parameters const& form,
                                                           std::string_view name) {
    for (auto const& [key, value] : form) {
        if (key == name && !value.empty()) return value;
    }
    return std::nullopt;
}

/// Credentials as they came; those of Basic not form-decoded.
struct presented_client {
    bool basic = false;
    std::string id;
    std::string secret = {};
};

[[nodiscard]] inline std::optional<std::string> form_decoded(std::string_view text) {
    std::string out;
    if (!form_reader::decode_to(out, text)) return std::nullopt;
    return out;
}

/// What follows "<scheme> " in an Authorization field, the scheme in any case.
[[nodiscard]] inline std::optional<std::string_view> credentials_of(http_fields const& fields,
                                                                    std::string_view scheme) {
    std::string_view const value = fields.find("Authorization").value_or("");
    if (value.size() <= scheme.size() || value[scheme.size()] != ' ' ||
        !iequals(value.substr(0, scheme.size()), scheme)) {
        return std::nullopt;
    }
    return trim_ows(value.substr(scheme.size()));
}

/// User-id and password of RFC 7617; nothing when there are none or they are malformed.
[[nodiscard]] inline std::optional<std::pair<std::string, std::string>> basic_credentials(
    http_fields const& fields) {
    auto const encoded = credentials_of(fields, "Basic");
    auto const decoded = encoded ? base64_decode(*encoded) : std::nullopt;
    std::size_t const colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos) return std::nullopt;
    return std::pair(decoded->substr(0, colon), decoded->substr(colon + 1));
}

class client_registry {
public:
    void add(testing::registered_client client) {
        std::string id = client.client_id;
        clients_.insert_or_assign(std::move(id), std::move(client));
    }

    /// Who the request claims to come from; nothing when no client of that name and method exists.
    [[nodiscard]] testing::registered_client const* find(presented_client const& presented) const {
        using method = testing::authentication_method;
        if (!presented.basic) {
            bool const alone = presented.secret.empty();
            return find(presented.id, alone ? method::none : method::client_secret_post);
        }
        auto const decoded = form_decoded(presented.id);
        auto const* const found = decoded ? find(*decoded, method::client_secret_basic) : nullptr;
        return found != nullptr ? found : find(presented.id, method::client_secret_basic_raw);
    }

    /// Whoever it is: at the authorization endpoint nobody proves anything.
    [[nodiscard]] testing::registered_client const* named(std::string const& id) const {
        auto const found = clients_.find(id);
        return found != clients_.end() ? &found->second : nullptr;
    }

    [[nodiscard]] static bool has_secret(testing::registered_client const& client,
                                         presented_client const& presented) {
        if (client.method == testing::authentication_method::none) return true;
        bool const decode = client.method == testing::authentication_method::client_secret_basic;
        auto const given = decode ? form_decoded(presented.secret) : presented.secret;
        return given && secret(*given) == secret(client.secret);
    }

private:
    [[nodiscard]] testing::registered_client const* find(
        std::string const& id, testing::authentication_method method) const {
        testing::registered_client const* const found = named(id);
        return found != nullptr && found->method == method ? found : nullptr;
    }

    std::map<std::string, testing::registered_client> clients_;
};

}  // namespace coauth::detail

#endif
