// SPDX-License-Identifier: BSL-1.0
//
// A configuration while it is being read: the structs of a user, and beside them the parts out of
// which client authentication and authorization are made in the end. A plain value.

#ifndef COAUTH_DETAIL_CONFIG_DRAFT_HPP
#define COAUTH_DETAIL_CONFIG_DRAFT_HPP

#include <coauth/client_auth/client_assertion.hpp>
#include <coauth/client_auth/client_secret_basic.hpp>
#include <coauth/jose/signing_key.hpp>
#include <coauth/rest_client_config.hpp>
#include <coauth/secret.hpp>
#include <coauth/token_source_config.hpp>

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace coauth::detail {

/// Nothing, a reference, or a value that was written inline on purpose.
using config_secret = std::variant<std::monostate, secret_reference, secret>;

enum class config_auth_method : unsigned char {
    client_secret_basic,
    client_secret_post,
    client_secret_jwt,
    private_key_jwt,
    tls_client_auth,
    self_signed_tls_client_auth,
    none,
};

/// The parts of a proxy_config: without a `url` and `from_environment` there is none.
struct config_proxy {
    std::string url = {};
    std::string user = {};
    std::optional<secret_reference> password = std::nullopt;
    std::vector<std::string> no_proxy = {};
    bool from_environment = false;
};

struct config_draft {
    token_source_config token = {};
    rest_client_config api = {};
    config_proxy token_proxy = {};
    config_proxy api_proxy = {};

    std::string client_id = {};
    config_secret client_secret = {};
    config_auth_method auth_method = config_auth_method::client_secret_basic;
    coauth::basic_credentials basic_encoding = coauth::basic_credentials::rfc6749;
    config_secret private_key = {};
    config_secret private_key_password = {};
    jws_algorithm signing_algorithm = jws_algorithm::rs256;
    client_assertion_options assertion = {};
    std::string store_directory = {};
    std::optional<secret_reference> store_sealing_key = std::nullopt;

    std::string basic_user_id = {};
    config_secret basic_password = {};
    config_secret bearer_token = {};
    std::string api_key_header = "X-Api-Key";
    config_secret api_key = {};
};

/// The member at the end of a path of members: `config_at<&config_draft::api, &…::base_url>`.
template <auto... Path>
[[nodiscard]] auto& config_at(config_draft& draft) {
    return (draft.*....*Path);
}

}  // namespace coauth::detail

#endif
