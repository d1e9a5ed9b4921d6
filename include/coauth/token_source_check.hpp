// SPDX-License-Identifier: BSL-1.0
//
// What is wrong with a configuration of a token source, said before anything is sent. Functions
// that throw coauth::exception with condition::configuration.

#ifndef COAUTH_TOKEN_SOURCE_CHECK_HPP
#define COAUTH_TOKEN_SOURCE_CHECK_HPP

#include <coauth/codec/http1_writer.hpp>
#include <coauth/grant/authorization_code.hpp>
#include <coauth/grant/requested_access.hpp>
#include <coauth/http/tls_context.hpp>
#include <coauth/insecure.hpp>
#include <coauth/metadata_source.hpp>
#include <coauth/token_source_config.hpp>

#include <memory>
#include <string>
#include <utility>

namespace coauth::detail {

[[nodiscard]] inline exception bad_source(std::string message) {
    return exception(error(errc::invalid_configuration, stage::configuration, std::move(message)));
}

/// Null where the configuration names the token endpoint itself.
[[nodiscard]] inline std::shared_ptr<metadata_source> made_metadata(
    token_source_config const& config) {
    bool const by_url = !config.metadata_url.empty() || !config.expected_issuer.empty();
    int const ways = !config.token_url.empty() + !config.issuer.empty() + by_url;
    bool const half = config.metadata_url.empty() != config.expected_issuer.empty();
    if (ways > 1 || half) {
        throw bad_source(
            "set one: token_url; issuer; or metadata_url together with expected_issuer");
    }
    if (config.issuer.empty() && !by_url) return nullptr;
    return std::make_shared<metadata_source>(config);
}

[[nodiscard]] inline url checked_token_url(token_source_config const& config) {
    url parsed = url::parse(config.token_url).value();
    error insecure = check_transport(parsed, config.insecure_http.has_value());
    if (insecure) throw exception(std::move(insecure));
    return parsed;
}

inline void check_source(token_source_config const& config, requested_access const& access) {
    if (!config.client) throw bad_source("token_source_config::client is not set");
    if (config.client.is_public() && config.grant.needs_confidential_client()) {
        throw bad_source(
            "client credentials are not for a public client (RFC 6749 §4.4): set "
            "token_source_config::grant, for instance to an authorization_code");
    }
    error wrong = access.check();
    if (!wrong && config.grant.needs_person()) wrong = check_sign_in(access);
    if (wrong) throw exception(std::move(wrong));
    for (auto const& [name, value] : config.headers) {
        if (check_user_header(name, value) != errc{}) {
            throw exception(error(errc::invalid_header, stage::configuration,
                                  "token request header '" + name + "' is not allowed"));
        }
    }
}

inline void check_certificate(token_source_config const& config, http::tls_context const* tls) {
    if (config.network || !config.client.needs_client_certificate()) return;
    if (tls != nullptr && !tls->client_certificate_thumbprint().empty()) return;
    throw bad_source(
        "this client authenticates with a certificate: give token_source_config::tls one, and an "
        "https token URL");
}

}  // namespace coauth::detail

#endif
