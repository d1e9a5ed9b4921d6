// SPDX-License-Identifier: BSL-1.0
//
// The rows of config::schema(). A member that is added to a configuration struct needs one here;
// tests/unit/config_schema_test.cpp does not compile until somebody has thought about it.

#ifndef COAUTH_DETAIL_CONFIG_TABLE_HPP
#define COAUTH_DETAIL_CONFIG_TABLE_HPP

#include <coauth/config_key.hpp>
#include <coauth/detail/config_choices.hpp>
#include <coauth/detail/config_draft.hpp>

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace coauth::detail {

template <class T>
[[nodiscard]] constexpr config::kind config_kind_of() {
    using config::kind;
    if constexpr (std::is_same_v<T, std::size_t>) return kind::integer;
    if constexpr (std::is_same_v<T, double>) return kind::share;
    if constexpr (std::is_same_v<T, bool>) return kind::boolean;
    if constexpr (std::is_same_v<T, duration>) return kind::duration;
    if constexpr (std::is_enum_v<T>) return kind::choice;
    if constexpr (std::is_same_v<T, std::vector<std::string>>) return kind::list;
    if constexpr (std::is_same_v<T, string_pairs>) return kind::map;
    if constexpr (std::is_same_v<T, config_secret>) return kind::secret;
    if constexpr (std::is_same_v<T, std::optional<secret_reference>>) return kind::secret;
    return kind::text;
}

template <class T>
[[nodiscard]] std::string config_allowed(config_rule rule) {
    if constexpr (std::is_enum_v<T>) {
        std::string names;
        for (auto const& choice : config_choices<T>) {
            names += (names.empty() ? "" : " or ") + std::string(choice.name);
        }
        return names;
    }
    switch (config_kind_of<T>()) {
        case config::kind::integer: return "a whole number above 0";
        case config::kind::share: return "a number from 0 to 1";
        case config::kind::boolean: return "true or false";
        case config::kind::duration:
            return rule == config_rule::positive ? "a duration above 0, such as 30s or 250ms"
                                                 : "a duration, such as 30s, 5m or 250ms";
        case config::kind::list:
            return rule == config_rule::no_proxy ? "hosts, .domains, addresses and networks"
                                                 : "strings";
        case config::kind::map: return "names with a string each, no credentials";
        case config::kind::secret: return "a reference to a secret";
        default: break;
    }
    if (rule == config_rule::proxy_url) return "an http:// URL of host and port";
    return rule == config_rule::url ? "an absolute URL" : "text";
}

/// Adds the rows of one part: pointers begin with its section, variables with its prefix.
class config_rows {
public:
    explicit config_rows(std::vector<config::key>& to) noexcept : to_(&to) {}

    void part(std::string section, std::string prefix) {
        section_ = std::move(section);
        prefix_ = std::move(prefix);
    }

    template <class T>
    void add(std::string const& name, std::string variable, config_field<T> field,
             char const* about, char const* fallback = "", config_rule rule = config_rule::none) {
        to_->push_back({section_ + "/" + name, prefix_ + std::move(variable), config_kind_of<T>(),
                        config_allowed<T>(rule), fallback, about, field, rule});
    }
    template <class T>
    void add(std::string const& name, std::string variable, T& (*at)(config_draft&),
             char const* about, char const* fallback = "", config_rule rule = config_rule::none) {
        add(name, std::move(variable), config_field<T>{at}, about, fallback, rule);
    }
    void code_only(std::string const& name, std::string variable, char const* about) {
        to_->push_back({.pointer = section_ + "/" + name,
                        .variable = prefix_ + std::move(variable),
                        .kind = config::kind::code_only,
                        .allowed = "set in code only",
                        .about = about});
    }

private:
    std::vector<config::key>* to_;
    std::string section_;
    std::string prefix_;
};

inline void add_token_keys(config_rows& rows) {
    using draft = config_draft;
    using source = token_source_config;
    rows.part("/token", "");
    rows.add(
        "token_endpoint", "TOKEN_ENDPOINT", config_at<&draft::token, &source::token_url>,
        "URL of the token endpoint (RFC 8414): https, or http on loopback. Required, or issuer.",
        "", config_rule::url);
    rows.add("issuer", "ISSUER", config_at<&draft::token, &source::issuer>,
             "Instead: the issuer, whose metadata names the token endpoint.", "", config_rule::url);
    rows.add("metadata_url", "METADATA_URL", config_at<&draft::token, &source::metadata_url>,
             "Instead: where that metadata is, for a server that keeps it elsewhere.", "",
             config_rule::url);
    rows.add("expected_issuer", "EXPECTED_ISSUER",
             config_at<&draft::token, &source::expected_issuer>,
             "The issuer that the metadata at metadata_url must name.");
    rows.add("client_id", "CLIENT_ID", config_at<&draft::client_id>,
             "The client identifier (RFC 6749 §2.2). Required.");
    rows.add(
        "client_secret", "CLIENT_SECRET", config_at<&draft::client_secret>,
        "Its secret, read anew for every token request. Required by the methods that have one.");
    rows.add("token_endpoint_auth_method", "TOKEN_ENDPOINT_AUTH_METHOD",
             config_at<&draft::auth_method>, "How the client authenticates (RFC 7591 §2).",
             "client_secret_basic");
    rows.add("client_secret_basic_encoding", "CLIENT_SECRET_BASIC_ENCODING",
             config_at<&draft::basic_encoding>,
             "Id and secret form-urlencoded in the Basic header, as the RFC says, or raw.",
             "rfc6749");
    rows.add(
        "private_key", "PRIVATE_KEY", config_at<&draft::private_key>,
        "The key of private_key_jwt: PEM, PKCS#12 or a JWK, read anew for every token request.");
    rows.add("private_key_password", "PRIVATE_KEY_PASSWORD",
             config_at<&draft::private_key_password>, "Opens it where it is encrypted.");
    rows.add("token_endpoint_auth_signing_alg", "TOKEN_ENDPOINT_AUTH_SIGNING_ALG",
             config_at<&draft::signing_algorithm>,
             "How it signs; without this RS256, ES256 or EdDSA by the kind of key.");
    rows.add("scope", "SCOPE", config_at<&draft::token, &source::scope>,
             "Scope tokens separated by spaces (RFC 6749 §3.3).");
    rows.add("audience", "AUDIENCE", config_at<&draft::token, &source::audience>,
             "Sent as `audience`.");
    rows.add("resource", "RESOURCE", config_at<&draft::token, &source::resource>,
             "Absolute URIs, each sent as `resource` (RFC 8707).");
    rows.part("/token", "TOKEN_");
    rows.add("parameters", "PARAMETERS", config_at<&draft::token, &source::parameters>,
             "Further parameters of the token request.", "", config_rule::parameter_names);
    rows.add("headers", "HEADERS", config_at<&draft::token, &source::headers>,
             "Further headers of the token request.", "", config_rule::header_names);
    rows.add("fetch_deadline", "FETCH_DEADLINE", config_at<&draft::token, &source::fetch_deadline>,
             "For one token request as a whole.", "30s", config_rule::positive);
    rows.add("connect_deadline", "CONNECT_DEADLINE",
             config_at<&draft::token, &source::connect_deadline>,
             "For its connection, DNS and TLS included.", "10s", config_rule::positive);
    rows.add("first_byte_deadline", "FIRST_BYTE_DEADLINE",
             config_at<&draft::token, &source::first_byte_deadline>,
             "From the end of the request to the first byte of the answer.", "30s",
             config_rule::positive);
    rows.add("max_response_body", "MAX_RESPONSE_BODY",
             config_at<&draft::token, &source::max_response_body>, "In bytes.", "1048576");
    rows.code_only("grant", "GRANT", "What the token is given for: client credentials.");
    rows.code_only("hooks", "HOOKS", "Hooks of token requests.");
    rows.code_only("observer", "OBSERVER", "Who is told of tokens and connections.");
    rows.code_only("log", "LOG", "Records token requests.");
    rows.code_only("clock", "CLOCK", "Where the time comes from.");
    rows.code_only("insecure_http", "INSECURE_HTTP", "Credentials over plain http.");
    rows.code_only("network", "NETWORK", "In the place of DNS, TCP and TLS.");
}

inline void add_store_keys(config_rows& rows) {
    using draft = config_draft;
    rows.part("/token/store", "TOKEN_STORE_");
    rows.add("directory", "DIRECTORY", config_at<&draft::store_directory>,
             "Tokens outlive the process in files of this directory (keeping-tokens.md).");
    rows.add("sealing_key", "SEALING_KEY", config_at<&draft::store_sealing_key>,
             "What they are encrypted with: 32 bytes, or 64 hexadecimal digits. Required with it.");
}

inline void add_assertion_keys(config_rows& rows) {
    using draft = config_draft;
    using options = client_assertion_options;
    rows.part("/token/client_assertion", "CLIENT_ASSERTION_");
    rows.add("audience", "AUDIENCE", config_at<&draft::assertion, &options::audience>,
             "`aud` of the methods that end with _jwt, instead of the token endpoint's URL.");
    rows.add("type", "TYPE", config_at<&draft::assertion, &options::type>, "`typ` of the header.",
             "JWT");
    rows.add("key_id", "KEY_ID", config_at<&draft::assertion, &options::key_id>,
             "`kid` of the header, instead of the JWK's.");
    rows.add("certificate_thumbprint", "CERTIFICATE_THUMBPRINT",
             config_at<&draft::assertion, &options::certificate_thumbprint>,
             "Send `x5t#S256` of the certificate that stands with the key.", "false");
    rows.add("header", "HEADER", config_at<&draft::assertion, &options::header>,
             "Further members of the header.");
    rows.add("lifetime", "LIFETIME", config_at<&draft::assertion, &options::lifetime>,
             "From `iat` to `exp`, from 1 s to 5 min.", "60s", config_rule::positive);
    rows.code_only("modify", "MODIFY", "Changes an assertion before it is signed.");
}

inline void add_response_keys(config_rows& rows) {
    using draft = config_draft;
    using source = token_source_config;
    using options = token_response_options;
    rows.part("/token/response", "TOKEN_RESPONSE_");
    rows.add("strict", "STRICT", config_at<&draft::token, &source::response, &options::strict>,
             "Refuse `expires_in` as a string or null.", "false");
    rows.add("assume_bearer", "ASSUME_BEARER",
             config_at<&draft::token, &source::response, &options::assume_bearer>,
             "Take an answer without `token_type` for Bearer.", "false");
    rows.add("token_type_aliases", "TOKEN_TYPE_ALIASES",
             config_at<&draft::token, &source::response, &options::token_type_aliases>,
             "Further names that the server gives to Bearer.");
    rows.add("max_access_token", "MAX_ACCESS_TOKEN",
             config_at<&draft::token, &source::response, &options::max_access_token>, "In bytes.",
             "65536");
    rows.add("form_encoded_responses", "FORM_ENCODED_RESPONSES",
             config_at<&draft::token, &source::response, &options::form_encoded_responses>,
             "Accept a form too.", "false");
    rows.add("ignore_refresh_token", "IGNORE_REFRESH_TOKEN",
             config_at<&draft::token, &source::response, &options::ignore_refresh_token>,
             "Drop a refresh token unseen.", "false");
    rows.add("require_issued_token_type", "REQUIRE_ISSUED_TOKEN_TYPE",
             config_at<&draft::token, &source::response, &options::require_issued_token_type>,
             "Refuse an answer without `issued_token_type` (RFC 8693 §2.2.1).", "false");
    rows.add("require_scopes", "REQUIRE_SCOPES",
             config_at<&draft::token, &source::response, &options::require_scopes>,
             "Refuse a token whose granted scope lacks one of these.");
    rows.code_only("scheme", "SCHEME", "The scheme that was asked for.");
}

inline void add_lifetime_keys(config_rows& rows) {
    using draft = config_draft;
    using source = token_source_config;
    using policy = lifetime_policy;
    rows.part("/token/lifetime", "TOKEN_LIFETIME_");
    rows.add("refresh_ahead", "REFRESH_AHEAD",
             config_at<&draft::token, &source::lifetime, &policy::refresh_ahead>,
             "Before this much of the rest of its life a token is renewed in the background.",
             "15m");
    rows.add("refresh_ahead_share", "REFRESH_AHEAD_SHARE",
             config_at<&draft::token, &source::lifetime, &policy::refresh_ahead_share>,
             "The same as a share of its life; the smaller one counts.", "0.2");
    rows.add("expiry_margin", "EXPIRY_MARGIN",
             config_at<&draft::token, &source::lifetime, &policy::expiry_margin>,
             "Before this much of the rest of its life a caller waits for a new token.", "30s");
    rows.add("expiry_margin_share", "EXPIRY_MARGIN_SHARE",
             config_at<&draft::token, &source::lifetime, &policy::expiry_margin_share>,
             "The same as a share of its life; the smaller one counts.", "0.1");
    rows.add("jitter", "JITTER", config_at<&draft::token, &source::lifetime, &policy::jitter>,
             "At most by this much the background renewal comes earlier, at random.", "5m");
    rows.add("jitter_share", "JITTER_SHARE",
             config_at<&draft::token, &source::lifetime, &policy::jitter_share>,
             "The same as a share of its life; the smaller one counts.", "0.1");
    rows.add("unknown_lifetime", "UNKNOWN_LIFETIME",
             config_at<&draft::token, &source::lifetime, &policy::unknown_lifetime>,
             "Assumed where the server does not say.", "10m");
    rows.add("min_refresh_interval", "MIN_REFRESH_INTERVAL",
             config_at<&draft::token, &source::lifetime, &policy::min_refresh_interval>,
             "Between the starts of two token requests.", "1s");
}

inline void add_api_keys(config_rows& rows) {
    using draft = config_draft;
    using client = rest_client_config;
    rows.part("/api", "");
    rows.add("base_url", "BASE_URL", config_at<&draft::api, &client::base_url>,
             "https, or http. Targets are appended to its path. Required.", "", config_rule::url);
    rows.add("http_basic/user_id", "HTTP_BASIC_USER_ID", config_at<&draft::basic_user_id>,
             "Instead of a token: HTTP Basic (RFC 7617), the user-id.", "", config_rule::user_id);
    rows.add("http_basic/password", "HTTP_BASIC_PASSWORD", config_at<&draft::basic_password>,
             "Its password, read at the start.");
    rows.add("bearer_token", "BEARER_TOKEN", config_at<&draft::bearer_token>,
             "Instead of a token of a source: a bearer token (RFC 6750), read at the start.");
    rows.add("api_key/header", "API_KEY_HEADER", config_at<&draft::api_key_header>,
             "Instead of a token: an API key, the name of its header.", "X-Api-Key");
    rows.add("api_key/value", "API_KEY", config_at<&draft::api_key>, "The key, read at the start.");
    rows.part("/api", "API_");
    rows.add("headers", "HEADERS", config_at<&draft::api, &client::headers>,
             "Sent with every call that does not set them itself.", "", config_rule::header_names);
    rows.add("connect_deadline", "CONNECT_DEADLINE",
             config_at<&draft::api, &client::connect_deadline>,
             "For a connection, DNS and TLS included.", "10s", config_rule::positive);
    rows.add("first_byte_deadline", "FIRST_BYTE_DEADLINE",
             config_at<&draft::api, &client::first_byte_deadline>,
             "From the end of the request to the first byte of the answer.", "30s",
             config_rule::positive);
    rows.add("call_deadline", "CALL_DEADLINE", config_at<&draft::api, &client::call_deadline>,
             "For a call as a whole: token, wait for a connection, resends.", "100s",
             config_rule::positive);
    rows.add("max_connections_per_origin", "MAX_CONNECTIONS_PER_ORIGIN",
             config_at<&draft::api, &client::max_connections_per_origin>,
             "Calls beyond it wait in order.", "32");
    rows.add("max_response_body", "MAX_RESPONSE_BODY",
             config_at<&draft::api, &client::max_response_body>, "In bytes.", "16777216");
    rows.code_only("hooks", "HOOKS", "Hooks of calls.");
    rows.code_only("observer", "OBSERVER", "Who is told of calls and connections.");
    rows.code_only("log", "LOG", "Records calls.");
    rows.code_only("insecure_http", "INSECURE_HTTP", "Credentials over plain http.");
    rows.code_only("network", "NETWORK", "In the place of DNS, TCP and TLS.");
}

template <class Struct, class T>
T config_member_type(T Struct::*);

/// A member of a struct, of which `Roots` give the one concerned, or for the shared part both.
template <auto Member, auto... Roots>
[[nodiscard]] auto config_below() {
    using type = decltype(config_member_type(Member));
    return config_field<type>{[](config_draft& draft) -> type& { return Roots(draft).*Member; }...};
}

template <auto... Roots>
void add_tls_keys(config_rows& rows, std::string section, std::string prefix) {
    rows.part(std::move(section), std::move(prefix));
    rows.add("system_trust", "SYSTEM_TRUST", config_below<&tls_config::system_trust, Roots...>(),
             "Trust the CA certificates of this machine.", "true");
    rows.add("ca_file", "CA_FILE", config_below<&tls_config::ca_file, Roots...>(),
             "A PEM file with CA certificates to trust.");
    rows.add("ca_pem", "CA_PEM", config_below<&tls_config::ca_pem, Roots...>(),
             "The same as PEM text.");
    rows.add("certificate_file", "CERTIFICATE_FILE",
             config_below<&tls_config::certificate_file, Roots...>(),
             "The client's certificate and the rest of its chain, a PEM file.");
    rows.add("certificate_pem", "CERTIFICATE_PEM",
             config_below<&tls_config::certificate_pem, Roots...>(), "The same as PEM text.");
    rows.add("private_key_file", "PRIVATE_KEY_FILE",
             config_below<&tls_config::private_key_file, Roots...>(),
             "Its private key, a PEM file; by default it stands with the certificate.");
    rows.add("private_key_password", "PRIVATE_KEY_PASSWORD",
             config_below<&tls_config::private_key_password, Roots...>(),
             "Opens an encrypted private key.");
    rows.add("min_version", "MIN_VERSION", config_below<&tls_config::min_version, Roots...>(),
             "The lowest version of TLS.", "1.2");
    rows.code_only("private_key_pem", "PRIVATE_KEY_PEM", "A private key as text.");
    rows.code_only("private_key", "PRIVATE_KEY", "A private key that OpenSSL has already.");
    rows.code_only("insecure", "INSECURE", "Accepting any certificate.");
}

template <auto... Roots>
void add_proxy_keys(config_rows& rows, std::string section, std::string prefix) {
    rows.part(std::move(section), std::move(prefix));
    rows.add("url", "URL", config_below<&config_proxy::url, Roots...>(),
             "The HTTP proxy to go through (proxy.md); without it none.", "",
             config_rule::proxy_url);
    rows.add("user", "USER", config_below<&config_proxy::user, Roots...>(),
             "Who the proxy is told we are, by HTTP Basic (RFC 7617).", "", config_rule::user_id);
    rows.add("password", "PASSWORD", config_below<&config_proxy::password, Roots...>(),
             "The user's password, read anew for every connection.");
    rows.add("no_proxy", "NO_PROXY", config_below<&config_proxy::no_proxy, Roots...>(),
             "Who is reached without it; this machine always is.", "", config_rule::no_proxy);
    rows.add("from_environment", "FROM_ENVIRONMENT",
             config_below<&config_proxy::from_environment, Roots...>(),
             "Instead of these: what `HTTPS_PROXY` and its like say at the start.", "false");
}

[[nodiscard]] inline std::vector<config::key> config_table() {
    constexpr auto token_tls = &config_at<&config_draft::token, &token_source_config::tls>;
    constexpr auto api_tls = &config_at<&config_draft::api, &rest_client_config::tls>;
    constexpr auto token_proxy = &config_at<&config_draft::token_proxy>;
    constexpr auto api_proxy = &config_at<&config_draft::api_proxy>;
    std::vector<config::key> keys;
    config_rows rows(keys);
    add_token_keys(rows);
    add_assertion_keys(rows);
    add_response_keys(rows);
    add_lifetime_keys(rows);
    add_store_keys(rows);
    add_api_keys(rows);
    // The shared part comes first: values are put in place in this order.
    add_tls_keys<token_tls, api_tls>(rows, "/tls", "TLS_");
    add_tls_keys<token_tls>(rows, "/token/tls", "TOKEN_TLS_");
    add_tls_keys<api_tls>(rows, "/api/tls", "API_TLS_");
    add_proxy_keys<token_proxy, api_proxy>(rows, "/proxy", "PROXY_");
    add_proxy_keys<token_proxy>(rows, "/token/proxy", "TOKEN_PROXY_");
    add_proxy_keys<api_proxy>(rows, "/api/proxy", "API_PROXY_");
    return keys;
}

}  // namespace coauth::detail

#endif
