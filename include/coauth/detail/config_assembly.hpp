// SPDX-License-Identifier: BSL-1.0
//
// Collects what a reader has found and makes the settings of it, or one error that names every
// problem. A value of a reader; not synchronised.

#ifndef COAUTH_DETAIL_CONFIG_ASSEMBLY_HPP
#define COAUTH_DETAIL_CONFIG_ASSEMBLY_HPP

#include <coauth/client_auth/client_secret_basic.hpp>
#include <coauth/client_auth/client_secret_jwt.hpp>
#include <coauth/client_auth/client_secret_post.hpp>
#include <coauth/client_auth/private_key_jwt.hpp>
#include <coauth/client_auth/tls_client_auth.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/config_schema.hpp>
#include <coauth/detail/config_value.hpp>
#include <coauth/detail/nearest_name.hpp>
#include <coauth/store/file_store.hpp>
#include <coauth/store/sealed.hpp>
#include <coauth/store/sealing_key.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace coauth::detail {

[[nodiscard]] inline config::key const* find_config_key(std::string_view pointer) {
    for (config::key const& key : config::schema()) {
        if (key.pointer == pointer) return &key;
    }
    return nullptr;
}

class config_assembly {
public:
    /// `name_of`: how the source calls a key that it does not have.
    explicit config_assembly(std::function<std::string(config::key const&)> name_of)
        : name_of_(std::move(name_of)) {}

    /// False when the key has been given before.
    [[nodiscard]] bool give(config::key const& key, config_given value, std::string const& place) {
        return given_.try_emplace(&key, std::move(value), place).second;
    }
    /// Counts as given, so that nobody is told that it is missing too.
    void refuse(config::key const& key, std::string const& place, std::string const& why) {
        refused_.push_back(&key);
        problem(place, why);
    }
    void problem(std::string const& place, std::string const& why) {
        std::string text = printable(place, 200) + ": " + why;
        // Both parts may have it from the keys that they share.
        if (std::find(problems_.begin(), problems_.end(), text) != problems_.end()) return;
        problems_.push_back(std::move(text));
    }

    [[nodiscard]] result<config::settings> finish() {
        for (config::key const& key : config::schema()) {
            auto const found = given_.find(&key);
            if (found == given_.end()) continue;
            std::string const wrong = put_config(draft_, key, found->second.value);
            if (!wrong.empty()) problem(found->second.place, wrong);
        }
        check_parts();
        if (!problems_.empty()) return failure();
        try {
            if (any_below("/token/")) {
                draft_.token.client = client();
                draft_.token.store = store();
                draft_.token.proxy = proxy("/token", draft_.token_proxy, authorization_server());
            }
            if (any_below("/api/")) {
                draft_.api.authorization = authorization();
                draft_.api.proxy = proxy("/api", draft_.api_proxy, draft_.api.base_url);
            }
        } catch (exception const& e) { return e.error(); }
        return config::settings{std::move(draft_.token), std::move(draft_.api)};
    }

private:
    struct entry {
        entry(config_given v, std::string p) : value(std::move(v)), place(std::move(p)) {}
        config_given value;
        std::string place;
    };

    [[nodiscard]] bool has(std::string_view pointer) const { return any(pointer, true); }
    [[nodiscard]] bool any_below(std::string_view part) const { return any(part, false); }
    [[nodiscard]] bool any(std::string_view text, bool whole) const {
        auto const fits = [&](config::key const* key) {
            return whole ? key->pointer == text : key->pointer.starts_with(text);
        };
        for (auto const& [key, value] : given_) {
            if (fits(key)) return true;
        }
        return std::any_of(refused_.begin(), refused_.end(), fits);
    }
    [[nodiscard]] std::string name_of(std::string_view pointer) const {
        return name_of_(*find_config_key(pointer));
    }
    void require(std::string_view pointer, std::string const& why) {
        if (!has(pointer)) problem(name_of(pointer), "missing" + why);
    }

    void check_parts() {
        bool const token = any_below("/token/");
        bool const api = any_below("/api/");
        if (!token && !api && problems_.empty()) {
            problems_.push_back("nothing is configured: begin with " +
                                name_of("/token/token_endpoint") + " and " +
                                name_of("/api/base_url"));
        }
        if (token) check_client();
        if (api) require("/api/base_url", "");
        if (any_below("/api/http_basic/")) {
            require("/api/http_basic/user_id", " for HTTP Basic");
            require("/api/http_basic/password", " for HTTP Basic");
        }
        if (has("/api/api_key/header")) require("/api/api_key/value", " for an API key");
        check_one_authorization(token);
        if (any_below("/token/store/")) {
            require("/token/store/directory", " for a token store");
            require("/token/store/sealing_key", " for a token store");
        }
        if (token) check_proxy("/token", draft_.token_proxy);
        if (api) check_proxy("/api", draft_.api_proxy);
    }

    void check_client() {
        bool const found = has("/token/issuer") || has("/token/metadata_url");
        if (!found) require("/token/token_endpoint", "");
        require("/token/client_id", "");
        switch (draft_.auth_method) {
            case config_auth_method::client_secret_basic:
            case config_auth_method::client_secret_post:
            case config_auth_method::client_secret_jwt: require("/token/client_secret", ""); break;
            case config_auth_method::private_key_jwt:
                require("/token/private_key", " for private_key_jwt");
                break;
            case config_auth_method::tls_client_auth:
            case config_auth_method::self_signed_tls_client_auth:
                if (any_certificate()) break;
                problem(name_of("/token/tls/certificate_file"), "missing for this method");
                break;
            case config_auth_method::none: break;
        }
    }
    [[nodiscard]] bool any_certificate() const {
        return has("/token/tls/certificate_file") || has("/token/tls/certificate_pem") ||
               has("/tls/certificate_file") || has("/tls/certificate_pem");
    }

    void check_one_authorization(bool token) {
        std::vector<std::string> ways;
        if (token) ways.push_back(name_of("/token/token_endpoint"));
        for (char const* const one :
             {"/api/http_basic/user_id", "/api/bearer_token", "/api/api_key/value"}) {
            if (has(one)) ways.push_back(name_of(one));
        }
        if (ways.size() < 2) return;
        problem(ways[1], "the API is authorized by " + ways[0] + " already: leave one of them out");
    }

    /// The key that counts for this part: its own, or the one that both share.
    [[nodiscard]] std::string proxy_key(std::string const& part, std::string const& name) const {
        return (has(part + "/proxy/" + name) ? part : "") + "/proxy/" + name;
    }
    void check_proxy(std::string const& part, config_proxy const& proxy) {
        std::string const place = (any_below(part + "/proxy/") ? part : "") + "/proxy/";
        auto const given = [&](char const* name) { return has(proxy_key(part, name)); };
        auto const need = [&](char const* name) {
            if (!given(name)) problem(name_of(place + name), "missing for a proxy");
        };
        if (!proxy.from_environment) {
            bool const credentials = given("user") || given("password");
            if (credentials || given("no_proxy")) need("url");
            if (credentials) need("user");
            if (credentials) need("password");
            return;
        }
        for (char const* const name : {"url", "user", "password", "no_proxy"}) {
            if (!given(name)) continue;
            problem(name_of(proxy_key(part, name)),
                    "the proxy is taken from the environment by " +
                        name_of(proxy_key(part, "from_environment")) +
                        " already: leave one of them out");
        }
    }

    [[nodiscard]] error failure() const {
        constexpr std::size_t shown = 10;
        std::string text;
        if (problems_.size() > 1) text = std::to_string(problems_.size()) + " problems: ";
        for (std::size_t i = 0; i != std::min(shown, problems_.size()); ++i) {
            text += (i == 0 ? "" : "; ") + problems_[i];
        }
        if (problems_.size() > shown) text += "; and more";
        return error(errc::invalid_configuration, stage::configuration, std::move(text));
    }

    [[nodiscard]] any_client_authentication client() {
        std::string id = std::move(draft_.client_id);
        auto const client_secret = [this] { return source_of(draft_.client_secret); };
        switch (draft_.auth_method) {
            case config_auth_method::client_secret_basic: break;
            case config_auth_method::client_secret_post:
                return client_secret_post(std::move(id), client_secret());
            case config_auth_method::client_secret_jwt:
                return client_secret_jwt(std::move(id), client_secret(),
                                         std::move(draft_.assertion));
            case config_auth_method::private_key_jwt:
                return private_key_jwt(std::move(id), signing_key(), std::move(draft_.assertion));
            case config_auth_method::tls_client_auth: return tls_client_auth(std::move(id));
            case config_auth_method::self_signed_tls_client_auth:
                return self_signed_tls_client_auth(std::move(id));
            case config_auth_method::none: return public_client(std::move(id));
        }
        return client_secret_basic(std::move(id), client_secret(), draft_.basic_encoding);
    }
    [[nodiscard]] signing_key_source signing_key() {
        signing_key_options options;
        if (has("/token/private_key_password")) {
            options.password = source_of(draft_.private_key_password);
        }
        if (has("/token/token_endpoint_auth_signing_alg")) {
            options.algorithm = draft_.signing_algorithm;
        }
        return {source_of(draft_.private_key), std::move(options)};
    }
    /// Whichever URL it is found by.
    [[nodiscard]] std::string const& authorization_server() const {
        token_source_config const& c = draft_.token;
        if (!c.token_url.empty()) return c.token_url;
        return c.issuer.empty() ? c.metadata_url : c.issuer;
    }
    [[nodiscard]] any_token_store store() {
        if (!draft_.store_sealing_key) return {};
        return sealed(file_store(std::move(draft_.store_directory)),
                      sealing_key(*std::move(draft_.store_sealing_key)));
    }
    [[nodiscard]] coauth::authorization authorization() {
        if (has("/api/http_basic/password")) {
            return http_basic(draft_.basic_user_id,
                              read_now("/api/http_basic/password", draft_.basic_password));
        }
        if (has("/api/bearer_token")) {
            return coauth::bearer_token(read_now("/api/bearer_token", draft_.bearer_token));
        }
        if (has("/api/api_key/value")) {
            return coauth::api_key(draft_.api_key_header,
                                   read_now("/api/api_key/value", draft_.api_key));
        }
        return {};
    }
    [[nodiscard]] std::optional<proxy_config> proxy(std::string const& part, config_proxy& from,
                                                    std::string const& target) const {
        if (from.from_environment) return proxy_of_environment(part, target);
        if (from.url.empty()) return std::nullopt;
        proxy_config made{.url = std::move(from.url), .no_proxy = std::move(from.no_proxy)};
        if (from.password) made.credentials.emplace(std::move(from.user), *from.password);
        return made;
    }
    [[nodiscard]] std::optional<proxy_config> proxy_of_environment(
        std::string const& part, std::string const& target) const {
        try {
            return proxy_config::from_env(url::parse(target).value().scheme());
        } catch (exception const& e) {
            std::string const place = name_of(proxy_key(part, "from_environment"));
            throw exception(error(errc::invalid_configuration, stage::configuration,
                                  place + ": " + e.error().message()));
        }
    }
    [[nodiscard]] static secret_source source_of(config_secret& from) {
        if (auto* const value = std::get_if<secret>(&from)) return std::move(*value);
        return std::get<secret_reference>(from);
    }
    [[nodiscard]] secret read_now(std::string_view pointer, config_secret& from) const {
        if (auto* const value = std::get_if<secret>(&from)) return std::move(*value);
        result<secret> read = std::get<secret_reference>(from).read();
        if (read) return std::move(*read);
        throw exception(error(errc::secret_unavailable, stage::configuration,
                              name_of(pointer) + ": " + read.error().message()));
    }

    std::function<std::string(config::key const&)> name_of_;
    std::map<config::key const*, entry> given_;
    std::vector<config::key const*> refused_;
    std::vector<std::string> problems_;
    config_draft draft_;
};

}  // namespace coauth::detail

#endif
