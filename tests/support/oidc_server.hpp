// SPDX-License-Identifier: BSL-1.0
//
// The authorization server of tests/servers/oidc-provider, as a test sees it: where it listens, and
// its control port. Blocking calls; one test at a time. Suites that use it are named `oidc_…`, then
// ctest starts the server for them.

#ifndef COAUTH_TESTS_SUPPORT_OIDC_SERVER_HPP
#define COAUTH_TESTS_SUPPORT_OIDC_SERVER_HPP

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace coauth::tests {

/// What the server has counted since the last reset().
class oidc_counters {
public:
    /// `json` is the answer of the control port's /counters.
    explicit oidc_counters(std::string_view json);

    /// Requests to /token, faulty answers included.
    [[nodiscard]] std::int64_t token_total() const noexcept { return token_total_; }
    [[nodiscard]] std::int64_t token_ok() const noexcept { return token_ok_; }
    [[nodiscard]] std::int64_t token_error() const noexcept { return token_error_; }
    [[nodiscard]] std::int64_t token_max_in_flight() const noexcept { return token_max_in_flight_; }
    /// Requests to /token by an authenticated client; those of an unknown one count under "?".
    [[nodiscard]] std::int64_t token_by_client(std::string_view client_id) const;
    [[nodiscard]] std::int64_t resource_total() const noexcept { return resource_total_; }
    [[nodiscard]] std::int64_t resource_ok() const noexcept { return resource_ok_; }
    [[nodiscard]] std::int64_t resource_error() const noexcept { return resource_error_; }
    /// Connections opened on a listener (`https`, `mtls` …), the server's own loopback ones
    /// (it introspects opaque tokens over its issuer's listener) included.
    [[nodiscard]] std::int64_t connections(std::string_view listener) const;
    [[nodiscard]] std::int64_t resumed_sessions(std::string_view listener) const;
    /// What went wrong inside the server itself, each answered with 500; one to a line.
    [[nodiscard]] std::string const& server_errors() const noexcept { return server_errors_; }

private:
    using table = std::map<std::string, std::int64_t, std::less<>>;

    std::int64_t token_total_ = 0;
    std::int64_t token_ok_ = 0;
    std::int64_t token_error_ = 0;
    std::int64_t token_max_in_flight_ = 0;
    std::int64_t resource_total_ = 0;
    std::int64_t resource_ok_ = 0;
    std::int64_t resource_error_ = 0;
    table by_client_;
    table connections_;
    table resumed_;
    std::string server_errors_;
};

/// The running server.
class oidc_server {
public:
    /// Reads the ready.json at `path`; throws std::runtime_error when it cannot.
    explicit oidc_server(std::string const& path);

    /// "https://localhost:port" of a listener: http, https, mtls, mtls_strict, tls12,
    /// tls_wronghost, tls_expired, tls_untrusted, control. Throws std::out_of_range for others.
    [[nodiscard]] std::string const& origin(std::string_view listener) const;
    /// Path of the private CA's certificate.
    [[nodiscard]] std::string const& ca_file() const noexcept { return ca_file_; }
    /// Folder with client certificates and keys, see the server's README.
    [[nodiscard]] std::string const& pki() const noexcept { return pki_; }

    /// GET of a control path such as "/counters"; returns the JSON text. Values in `target` have to
    /// be percent-encoded. Throws std::runtime_error for every answer but 200.
    std::string control(std::string_view target) const;

    /// Counters, log, faults, lifetimes and clock back to the start.
    void reset() const { control("/reset"); }
    /// Arms a fault, for instance "on=token&delay_ms=200"; see the server's README.
    void fault(std::string_view query) const { control("/fault?" + std::string(query)); }
    [[nodiscard]] oidc_counters counters() const { return oidc_counters(control("/counters")); }
    /// Drops the client's access tokens at the server; returns how many there were.
    std::int64_t revoke(std::string_view client_id) const;
    /// Another access token lifetime from now on.
    void ttl(std::string_view client_id, int seconds) const;
    /// Moves the server's clock on; from then on it stands still but for further moves, until
    /// reset().
    void advance(std::chrono::milliseconds by) const;
    /// Every request since reset(), as JSON text.
    [[nodiscard]] std::string log() const { return control("/log"); }

private:
    std::map<std::string, std::string, std::less<>> origins_;
    std::string ca_file_;
    std::string pki_;
    unsigned short control_port_ = 0;
};

/// The secret of every client of the server that has no other.
inline constexpr char const* oidc_secret =
    "correct-horse-battery-staple-0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Percent-encodes everything but unreserved characters (RFC 3986 §2.3).
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// Path of ready.json; empty where the server does not run.
[[nodiscard]] std::string oidc_ready_file();

/// The server that runs. Only after COAUTH_REQUIRE_OIDC().
[[nodiscard]] oidc_server& oidc();

/// Whether a missing server is a failure (in CI) instead of a skip.
[[nodiscard]] bool oidc_is_mandatory();

}  // namespace coauth::tests

/// First statement of a test (or SetUp) that needs the server; it begins after a reset.
#define COAUTH_REQUIRE_OIDC()                                                                 \
    do {                                                                                      \
        if (::coauth::tests::oidc_ready_file().empty()) {                                     \
            if (::coauth::tests::oidc_is_mandatory()) FAIL() << "oidc-provider does not run"; \
            GTEST_SKIP() << "oidc-provider does not run: ./check installs and starts it";     \
        }                                                                                     \
        ::coauth::tests::oidc().reset();                                                      \
    } while (false)

#endif
