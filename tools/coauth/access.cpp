// SPDX-License-Identifier: BSL-1.0

#include "access.hpp"

#include "outcome.hpp"
#include "terminal.hpp"

#include <coauth/config_env.hpp>
#include <coauth/config_json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace coauth_tool {
namespace {

constexpr std::string_view default_prefix = "COAUTH";

[[nodiscard]] failure usage(std::string text, std::string next) {
    return {exit_code::usage, std::move(text), std::move(next)};
}

[[nodiscard]] std::optional<coauth::secret_reference> reference(std::string_view text) {
    if (text.starts_with("env:") && text.size() > 4) {
        return coauth::secret::from_env(std::string(text.substr(4)));
    }
    if (text.starts_with("file:") && text.size() > 5) {
        return coauth::secret::from_file(std::string(text.substr(5)));
    }
    return std::nullopt;
}

/// Never repeats the value: it may be the secret itself.
[[nodiscard]] coauth::secret_reference needed_reference(std::string const& name,
                                                        std::string_view text) {
    if (auto found = reference(text)) return *std::move(found);
    throw usage("--" + name + " takes a reference, not the secret: others can see it here",
                "--" + name + " env:NAME or --" + name + " file:PATH");
}

[[nodiscard]] coauth::secret read(coauth::secret_reference const& from) {
    return from.read().value();
}

/// Whether the environment has a variable of the configuration.
[[nodiscard]] bool environment_configures() {
    std::string const prefix = std::string(default_prefix) + "_";
    for (coauth::config::key const& key : coauth::config::schema()) {
        if (key.variable.empty()) continue;
        for (char const* const suffix : {"", "_FILE"}) {
            char const* const value = std::getenv((prefix + key.variable + suffix).c_str());
            if (value != nullptr && *value != '\0') return true;
        }
    }
    return false;
}

[[nodiscard]] std::optional<coauth::config::settings> read_settings(given_options const& given) {
    if (auto const file = given.find("config")) {
        return coauth::config::from_json_file(*file).value();
    }
    if (auto const prefix = given.find("env")) return coauth::config::from_env(*prefix).value();
    if (given.has("client-id") || !environment_configures()) return std::nullopt;
    return coauth::config::from_env(default_prefix).value();
}

void take(coauth::config::settings settings, access& into) {
    into.client = std::move(settings.api);
    if (!settings.has_token()) return;
    into.token = std::move(settings.token);
    // Without a part for the API the proxy that both share stands at the token only.
    if (into.client.base_url.empty()) into.client.proxy = into.token->proxy;
}

[[nodiscard]] coauth::secret client_secret(given_options const& given) {
    if (auto const text = given.find("client-secret")) {
        return read(needed_reference("client-secret", *text));
    }
    return ask_secret("client secret", "--client-secret env:NAME or --client-secret file:PATH");
}

[[nodiscard]] coauth::any_client_authentication client(given_options const& given) {
    std::string const id = given.get("client-id");
    std::string const method = given.find("auth-method").value_or("client_secret_basic");
    if (method == "none") return coauth::public_client(id);
    if (method == "client_secret_basic") {
        return coauth::client_secret_basic(id, client_secret(given));
    }
    if (method == "client_secret_post") {
        return coauth::client_secret_post(id, client_secret(given));
    }
    throw usage("--auth-method is client_secret_basic, client_secret_post or none",
                "a configuration file has the others: --config FILE, `token_endpoint_auth_method`");
}

void read_client(given_options const& given, access& into) {
    for (char const* const other : {"config", "env"}) {
        if (!given.has(other)) continue;
        throw usage("--client-id and --" + std::string(other) + " both say who the client is",
                    "leave one of them out");
    }
    into.token.emplace();
    into.token->client = client(given);
}

/// What may be said beside a configuration, and wins over it.
void read_token_options(given_options const& given, access& into) {
    bool const endpoint = given.has("token-url") || given.has("issuer");
    bool const any = endpoint || given.has("scope") || given.has("audience");
    if (!any) return;
    if (!into.token) {
        throw usage("--token-url, --issuer, --scope and --audience need a client",
                    "add --client-id ID, or --config FILE");
    }
    coauth::token_source_config& token = *into.token;
    if (endpoint && !given.has("client-id")) {
        throw usage("the configuration says where its credentials go",
                    "change it there, or use --client-id in place of it");
    }
    if (given.has("token-url") && given.has("issuer")) {
        throw usage("--token-url and --issuer are alternatives", "leave one of them out");
    }
    if (given.has("token-url")) token.token_url = given.get("token-url");
    if (given.has("issuer")) token.issuer = given.get("issuer");
    if (given.has("scope")) token.scope = coauth::scope::parse(given.get("scope")).value();
    if (given.has("audience")) token.audience = given.get("audience");
}

void read_keys(given_options const& given, access& into) {
    for (std::string const& text : given.all("api-key")) {
        std::size_t const equals = text.find('=');
        bool const named = !reference(text) && equals != std::string::npos;
        std::string const scheme = named ? text.substr(0, equals) : std::string();
        std::string_view const from = named ? std::string_view(text).substr(equals + 1) : text;
        into.keys.insert_or_assign(scheme, read(needed_reference("api-key", from)));
    }
}

void read_static(given_options const& given, access& into) {
    if (auto const text = given.find("bearer")) {
        into.bearer = coauth::bearer_token(needed_reference("bearer", *text));
        into.client.authorization = *into.bearer;
    }
    if (auto const user = given.find("user")) {
        if (user->find(':') != std::string::npos) {
            throw usage("--user takes a name without the password: others can see it here",
                        "--user NAME --password env:NAME, or be asked for it");
        }
        auto const text = given.find("password");
        coauth::secret const password =
            text ? read(needed_reference("password", *text))
                 : ask_secret("password", "--password env:NAME or --password file:PATH");
        into.basic = coauth::http_basic(*user, password);
        into.client.authorization = *into.basic;
    } else if (given.has("password")) {
        throw usage("--password needs a user", "add --user NAME");
    }
    read_keys(given, into);
    if (into.keys.contains("")) {
        into.client.authorization = coauth::api_key(
            given.find("api-key-header").value_or("X-Api-Key"), into.keys.at("").clone());
    }
    int const ways =
        int{given.has("bearer")} + int{given.has("user")} + int{given.has("client-id")};
    if (ways > 1) {
        throw usage("--client-id, --bearer and --user are alternatives", "leave all but one out");
    }
}

[[nodiscard]] coauth::duration seconds(std::string const& name, std::string const& text) {
    double value = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size() || !(value > 0) || value > 86400) {
        throw usage("--" + name + " is a number of seconds above 0",
                    "for instance --" + name + " 10");
    }
    return std::chrono::duration_cast<coauth::duration>(std::chrono::duration<double>(value));
}

}  // namespace

option_group credential_options() {
    return {"Who you are; secrets come by reference, or from a question",
            {{0, "config", "FILE", "the library's configuration in JSON (docs/configuration.md)"},
             {0, "env", "PREFIX",
              "the same from variables PREFIX_…; without these options from\n"
              "COAUTH_…, where such a variable is set"},
             {0, "client-id", "ID", "client credentials; the secret is asked for"},
             {0, "client-secret", "REF", "or from here: env:NAME or file:PATH"},
             {0, "auth-method", "METHOD", "client_secret_basic, client_secret_post or none"},
             {0, "token-url", "URL", "the token endpoint"},
             {0, "issuer", "URL", "or the issuer whose metadata names it"},
             {0, "scope", "SCOPE", "what to ask for, separated by spaces"},
             {0, "audience", "TEXT", "sent as `audience`"},
             {0, "bearer", "REF", "no token request: a bearer token that you have"},
             {'u', "user", "NAME", "HTTP Basic; the password is asked for"},
             {0, "password", "REF", "or from here"},
             {0, "api-key", "REF", "an API key; SCHEME=REF where a description has several", true},
             {0, "api-key-header", "NAME", "its header: X-Api-Key"}}};
}

option_group connection_options() {
    return {"Connections",
            {{0, "cacert", "FILE", "trust the CA certificates in this file, and no others"},
             {'m', "max-time", "SECONDS", "for the whole call, token included"}}};
}

void read_connection(given_options const& given, access& into) {
    if (auto const file = given.find("cacert")) {
        coauth::tls_config* const parts[] = {&into.client.tls,
                                             into.token ? &into.token->tls : nullptr};
        for (coauth::tls_config* const tls : parts) {
            if (tls == nullptr) continue;
            tls->system_trust = false;
            tls->ca_file = *file;
        }
    }
    if (auto const text = given.find("max-time")) {
        coauth::duration const limit = seconds("max-time", *text);
        into.client.call_deadline = limit;
        if (into.token) into.token->fetch_deadline = limit;
    }
}

access read_access(given_options const& given) {
    access made;
    if (auto settings = read_settings(given)) take(*std::move(settings), made);
    if (given.has("client-id")) {
        read_client(given, made);
    } else if (given.has("client-secret") || given.has("auth-method")) {
        throw usage("--client-secret and --auth-method need a client", "add --client-id ID");
    }
    read_token_options(given, made);
    read_static(given, made);
    read_connection(given, made);
    return made;
}

}  // namespace coauth_tool
