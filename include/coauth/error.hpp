// SPDX-License-Identifier: BSL-1.0
//
// What went wrong, where, and what to do about it: one value (`error`) for every failure of the
// library, one exception that carries it, and conditions to classify it without a list of codes.
// Values only; any thread.

#ifndef COAUTH_ERROR_HPP
#define COAUTH_ERROR_HPP

#include <coauth/config.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace coauth {

/// Stable codes: a number never changes its meaning, new ones are added.
enum class errc : int {
    // Configuration and arguments: nothing has been sent.
    invalid_configuration = 1,  ///< A field of a configuration is missing or contradicts another.
    invalid_url = 2,            ///< Not an absolute http(s) URL, or one that could be misread.
    invalid_scope = 3,          ///< A byte outside of RFC 6749 §3.3.
    invalid_header = 4,     ///< Name or value not allowed by RFC 9110 §5, or set by the library.
    insecure_url = 5,       ///< Credentials would go over plain http, or an issuer is no https URL.
    empty_trust_store = 6,  ///< No CA certificate to verify a server with.
    secret_unavailable = 7,          ///< File, environment variable or provider gave no secret.
    invalid_client_certificate = 8,  ///< Certificate or key cannot be read, or do not match.
    invalid_method = 9,              ///< Not a token of RFC 9110 §9.1.
    invalid_target = 10,             ///< The path leaves the base URL's path, or cannot be encoded.
    invalid_credentials = 11,        ///< For instance a user-id with ':' (RFC 7617 §2).
    invalid_ca_certificate = 12,     ///< A given CA file or PEM text cannot be read.
    invalid_signing_key = 14,        ///< Cannot be read, is too weak, or is for something else.

    // API descriptions (coauth::openapi): nothing has been sent.
    invalid_description = 40,      ///< Not OpenAPI, or a reference that leads nowhere.
    description_limit = 41,        ///< Larger, deeper or with more references than allowed.
    unsupported_description = 42,  ///< A version or a part that is known and not done.
    undecided = 43,                ///< The description leaves a choice to the caller.
    unknown_operation = 44,
    invalid_argument = 45,  ///< A parameter or body: missing, unknown, or of another type.

    // Transport.
    resolve_failed = 100,
    connect_failed = 101,
    tls_handshake_failed = 102,
    certificate_expired = 103,
    certificate_not_yet_valid = 104,
    certificate_host_mismatch = 105,
    certificate_untrusted = 106,  ///< Issuer unknown, incomplete chain, or self-signed.
    certificate_rejected = 107,   ///< Any other verification failure.
    connection_reset = 110,       ///< Closed or reset before the response was complete.
    truncated = 111,              ///< End of stream inside a body.
    malformed_response = 112,     ///< Not HTTP/1.1.
    header_too_large = 113,
    body_too_large = 114,
    too_many_interim_responses = 115,
    unexpected_encoding = 116,     ///< A Content-Encoding that was not asked for.
    too_many_waiting_calls = 117,  ///< The pool's queue is full.
    too_many_open_files = 118,
    proxy_unreachable = 119,              ///< No connection to the proxy.
    proxy_authentication_required = 120,  ///< 407: no credentials, or not those it accepts.
    proxy_refused = 121,                  ///< It does not lead to this server.
    proxy_failed = 122,                   ///< 408, 429, 5xx, or no answer: the next try may do.
    proxy_malformed_response = 123,       ///< Not HTTP/1.1, or too large.

    // Time and life.
    deadline_exceeded = 200,  ///< `error::where()` tells which part did not end in time.
    cancelled = 201,          ///< The caller cancelled its own await.
    stopped = 202,            ///< `stop()` was called.
    executor_gone = 203,      ///< The execution context that should do the work is gone.

    // Token endpoint.
    token_refused = 300,          ///< An OAuth error answer; see `error::oauth_error()`.
    token_endpoint_failed = 301,  ///< 408, 421, 425, 429 or 5xx, without an OAuth error.
    unexpected_status = 302,      ///< A status that cannot carry a token.
    unexpected_redirect = 303,    ///< A token endpoint must not redirect.
    unexpected_content_type = 304,
    empty_body = 305,
    malformed_token_response = 306,  ///< Not one JSON object.
    duplicate_member = 307,
    invalid_access_token = 308,  ///< Missing, not a string, empty, or not fit for a header.
    missing_token_type = 309,
    unsupported_token_type = 310,
    invalid_expires_in = 311,
    invalid_refresh_token = 312,
    insufficient_scope = 313,        ///< Granted less than `require_scopes` asks for.
    client_refused = 314,            ///< `invalid_client`: credentials or method not accepted.
    reauthorization_required = 315,  ///< A person has to sign in, for the first time or again.
    discovery_failed = 330,          ///< No metadata where the issuer's should be.
    invalid_server_metadata = 331,   ///< Not one JSON object, or without a usable token_endpoint.
    issuer_mismatch =
        332,  ///< Metadata (RFC 8414 §3.3) or a redirect (RFC 9207) of another issuer.
    metadata_unavailable = 333,   ///< 408, 421, 425, 429 or 5xx in place of the metadata.
    authorization_refused = 340,  ///< The person, or the server in their place, has said no.
    malformed_authorization_response = 341,  ///< A redirect with neither code nor error.
    state_mismatch = 342,                    ///< A redirect that this sign-in has not caused.
    redirect_unavailable = 343,              ///< The port of the redirect URI cannot be opened.
    browser_unavailable = 344,               ///< There is no program to open a URL with.
    malformed_device_response = 345,         ///< Of a device authorization endpoint.
    device_code_expired = 346,               ///< Nobody has confirmed it in time.
    broken_flight = 320,  ///< A fetch ended without an answer (its frame was destroyed).
    fetch_threw = 322,    ///< The fetch, a strategy or a hook threw something unknown.
    out_of_memory = 323,

    // Call.
    hook_failed = 400,  ///< A hook threw.
    invalid_json = 401,
    invalid_utf8 = 402,
    json_mismatch = 403,  ///< Well-formed JSON without a member or type that was asked for.

    // Token store.
    store_unavailable = 500,  ///< Cannot be read or written now; see `error::cause()`.
    store_refused = 501,      ///< Others could have read or planted it: owner, mode, kind of file.
    store_record_unreadable = 502,  ///< Sealed under another key, moved, damaged, or no record.
    store_record_newer = 503,       ///< Written by a later version; it is not overwritten.
};

/// Classes of failures, comparable with any `std::error_code` of the library:
/// `if (e.code() == coauth::condition::retryable)`.
enum class condition : int {
    retryable = 1,            ///< The same call may succeed later: transport, deadline, 429, 5xx.
    credentials_refused = 2,  ///< The authorization server does not accept this client.
    configuration = 3,        ///< Nothing was sent; the program has to change.
    transport = 4,            ///< Resolve, connect, TLS, reset, truncated, malformed.
    cancelled = 5,            ///< Cancelled or stopped.
    proxy = 6,                ///< The proxy's doing: the server has not been reached.
};

/// Where a call was when it failed.
enum class stage : unsigned char {
    none,
    configuration,
    queue,  ///< waiting for a connection of the pool
    resolve,
    connect,
    tls,
    write,
    wait,  ///< request sent, no byte of the response yet
    read,
    token,  ///< obtaining a token
    hook,
    proxy,  ///< connected to the proxy, which has not opened the tunnel yet
    store,  ///< reading or writing a token store
};

[[nodiscard]] std::string_view to_string(stage s) noexcept;

/// The name of a code as it stands in the enumeration; empty for a number that is none.
[[nodiscard]] std::string_view to_string(errc code) noexcept;

[[nodiscard]] std::error_category const& error_category() noexcept;
[[nodiscard]] std::error_category const& condition_category() noexcept;

[[nodiscard]] inline std::error_code make_error_code(errc e) noexcept {
    return {static_cast<int>(e), error_category()};
}
[[nodiscard]] inline std::error_condition make_error_condition(condition c) noexcept {
    return {static_cast<int>(c), condition_category()};
}

}  // namespace coauth

template <>
struct std::is_error_code_enum<coauth::errc> : std::true_type {};
template <>
struct std::is_error_condition_enum<coauth::condition> : std::true_type {};

namespace coauth {

/// One failure. Copyable; never holds a secret, a token or a body. A default-constructed one is
/// "no error".
class error {
public:
    error() = default;
    error(errc code, stage where = stage::none) : code_(code), where_(where) {}
    [[gnu::cold]] error(errc code, stage where, std::string message);

    error(error&&) noexcept = default;
    error& operator=(error&&) noexcept = default;
    error(error const& other);
    error& operator=(error const& other);
    ~error() = default;

    [[nodiscard]] std::error_code const& code() const noexcept { return code_; }
    [[nodiscard]] bool is(errc e) const noexcept { return code_ == make_error_code(e); }
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(code_); }
    [[nodiscard]] stage where() const noexcept { return where_; }

    /// Details for a person, one line, printable characters only.
    [[nodiscard]] std::string const& message() const noexcept { return get().message; }
    /// What to try; empty when no known mistake fits.
    [[nodiscard]] std::string const& hint() const noexcept { return get().hint; }
    /// Scheme and authority of the server concerned, `https://host:port`; never path or query.
    [[nodiscard]] std::string const& endpoint() const noexcept { return get().endpoint; }
    /// Status of the response that caused it; 0 where there was none.
    [[nodiscard]] int http_status() const noexcept { return get().http_status; }
    /// `error`, `error_description`, `error_uri` of RFC 6749 §5.2: made printable, at most 1 KiB
    /// each. The URI is text of the server: never open it unseen.
    [[nodiscard]] std::string const& oauth_error() const noexcept { return get().oauth_error; }
    [[nodiscard]] std::string const& oauth_error_description() const noexcept {
        return get().oauth_error_description;
    }
    [[nodiscard]] std::string const& oauth_error_uri() const noexcept {
        return get().oauth_error_uri;
    }
    /// The server's Retry-After (RFC 9110 §10.2.3) in seconds from its arrival.
    [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const noexcept {
        return get().retry_after;
    }
    /// The code of the operating system, Asio or OpenSSL below it, where there is one.
    [[nodiscard]] std::error_code const& cause() const noexcept { return get().cause; }
    /// The request may have been acted on by the server although no response arrived.
    [[nodiscard]] bool maybe_processed() const noexcept { return maybe_processed_; }

    /// One line: code, where, status, the server's words, the hint.
    [[nodiscard]] std::string what() const;

    [[gnu::cold]] error&& with_message(std::string v) &&;
    [[gnu::cold]] error&& with_hint(std::string v) &&;
    [[gnu::cold]] error&& with_endpoint(std::string v) &&;
    [[gnu::cold]] error&& with_http_status(int v) &&;
    [[gnu::cold]] error&& with_oauth(std::string code, std::string description, std::string uri) &&;
    [[gnu::cold]] error&& with_retry_after(std::optional<std::chrono::seconds> v) &&;
    [[gnu::cold]] error&& with_cause(std::error_code v) &&;
    error&& with_maybe_processed(bool v) && {
        maybe_processed_ = v;
        return std::move(*this);
    }

private:
    /// Apart, since most errors are none: a result that succeeds carries a pointer of it.
    struct details {
        int http_status = 0;
        std::optional<std::chrono::seconds> retry_after;
        std::error_code cause;
        std::string message;
        std::string hint;
        std::string endpoint;
        std::string oauth_error;
        std::string oauth_error_description;
        std::string oauth_error_uri;
    };
    struct dispose {
        void operator()(details* d) const noexcept;
    };

    [[nodiscard]] details const& get() const noexcept {
        return details_ ? *details_ : no_details();
    }
    [[nodiscard]] static details const& no_details() noexcept;
    [[nodiscard]] details& edit();

    std::error_code code_;
    std::unique_ptr<details, dispose> details_;
    stage where_ = stage::none;
    bool maybe_processed_ = false;
};

/// Thrown by every member without `try_` in its name.
class exception : public std::system_error {
public:
    [[gnu::cold]] explicit exception(coauth::error e);

    [[nodiscard]] coauth::error const& error() const noexcept { return error_; }
    [[nodiscard]] char const* what() const noexcept override { return what_.c_str(); }

private:
    coauth::error error_;
    std::string what_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/error_impl.hpp>
#endif

#endif
