// SPDX-License-Identifier: BSL-1.0
//
// Who shares a token with whom: what names the token of one source in a cache, and its record in a
// store. A view of the source's parts, for one expression; any thread.

#ifndef COAUTH_TOKEN_IDENTITY_HPP
#define COAUTH_TOKEN_IDENTITY_HPP

#include <coauth/cache/cache_key.hpp>
#include <coauth/cache/token_cache.hpp>
#include <coauth/crypto/digest.hpp>
#include <coauth/grant/requested_access.hpp>
#include <coauth/http/proxy.hpp>
#include <coauth/http/tls_context.hpp>
#include <coauth/metadata_source.hpp>
#include <coauth/store/store_key.hpp>
#include <coauth/token_source_config.hpp>
#include <coauth/url.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace coauth::detail {

struct token_identity {
    token_source_config const& config;
    requested_access const& access;
    /// Of the token endpoint, or of the metadata where there is some.
    url const& server;
    metadata_source const* metadata;
    http::proxy const* proxy;
    http::tls_context const* tls;

    /// Everything that changes the token or the right to it (DESIGN: guarantee 7).
    [[nodiscard]] cache_key in(token_cache const& cache) const {
        sha256_hasher key;
        add(key, "client", client(cache));
        add(key, "trust", tls != nullptr ? tls->trust_id() : "plain");
        // Its metadata may lead to a token endpoint that another source would refuse.
        if (metadata != nullptr && config.insecure_http) add(key, "insecure_http", "");
        bool const by_proxy = proxy != nullptr && (metadata != nullptr || proxy->covers(server));
        bool const direct = config.network || !by_proxy;
        if (!direct) add(key, "proxy", cache.credential_identity(proxy->identity().reveal()));
        bool const private_hook = config.hooks.before_call && config.hooks.cache_identity.empty();
        if (private_hook || !config.grant.cache_identity()) add(key, "private", unique());
        add_response(key);
        add_token(key);
        return cache_key(key.finish());
    }

    /// Everything that changes the token and is the same in every process. The right to it is the
    /// sealing key of the store: no secret goes into this, and nothing that a renewed certificate
    /// or secret changes. Throws coauth::exception where the token cannot be named so.
    [[nodiscard]] store_key in_store() const {
        std::string const id = config.client.client_id();
        if (id.empty()) {
            throw unnamed("token_source_config::client has no client_id()",
                          "give your client authentication that member");
        }
        if (config.hooks.before_call && config.hooks.cache_identity.empty()) {
            throw unnamed("token_hooks::before_call has no cache_identity",
                          "name what the hook changes in token_hooks::cache_identity");
        }
        if (!config.grant.cache_identity()) {
            throw unnamed("token_source_config::grant has no cache_identity()",
                          "name the person: authorization_code_options::account, for instance");
        }
        sha256_hasher key;
        add(key, "client", id);
        add_token(key);
        return store_key(key.finish());
    }

private:
    static void add(sha256_hasher& key, std::string_view name, std::string_view value) {
        key.add_part(name);
        key.add_part(value);
    }

    void add_token(sha256_hasher& key) const {
        add(key, metadata != nullptr ? "metadata" : "token_endpoint", server.to_string());
        if (metadata != nullptr) add(key, "issuer", metadata->expected_issuer());
        if (config.network) add(key, "network", config.network.identity());
        add(key, "grant", config.grant.cache_identity().value_or(""));
        access.identify(key);
        for (auto const& [name, value] : config.headers) {
            add(key, "header", name);
            add(key, "value", value);
        }
        if (config.hooks.before_call) add(key, "hook", config.hooks.cache_identity);
        if (config.response.ignore_refresh_token) add(key, "refresh_token", "ignored");
        add(key, "scheme", to_string(config.response.scheme));
        for (auto const& token : std::set<std::string>(config.response.require_scopes.begin(),
                                                       config.response.require_scopes.end())) {
            add(key, "require_scope", token);
        }
    }

    /// An answer that one source takes for a token is an error for another.
    void add_response(sha256_hasher& key) const {
        token_response_options const& o = config.response;
        add(key, "strict", std::to_string(o.strict));
        add(key, "assume_bearer", std::to_string(o.assume_bearer));
        add(key, "form_encoded_responses", std::to_string(o.form_encoded_responses));
        add(key, "require_issued_token_type", std::to_string(o.require_issued_token_type));
        add(key, "max_access_token", std::to_string(o.max_access_token));
        for (auto const& name :
             std::set<std::string>(o.token_type_aliases.begin(), o.token_type_aliases.end())) {
            add(key, "token_type_alias", name);
        }
    }

    [[nodiscard]] std::string client(token_cache const& cache) const {
        std::optional<secret> const identity = config.client.cache_identity();
        return identity ? cache.credential_identity(identity->reveal()) : unique();
    }

    static std::string unique() {
        static std::atomic<std::uint64_t> counter{1};
        return "#" + std::to_string(
                         counter.fetch_add(1, std::memory_order_relaxed));  // sync: unique only
    }

    static exception unnamed(char const* what, char const* hint) {
        return exception(error(errc::invalid_configuration, stage::configuration,
                               std::string("a token store cannot be used: ") + what)
                             .with_hint(hint));
    }
};

}  // namespace coauth::detail

#endif
