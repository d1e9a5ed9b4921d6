// SPDX-License-Identifier: BSL-1.0
//
// A small REST API for tests, on loopback, that accepts the bearer tokens of a testing
// authorization server (RFC 6750) and, on routes of their own, other kinds of authorization. Every
// member may be called from any thread but the server's own.

#ifndef COAUTH_TESTING_API_SERVER_HPP
#define COAUTH_TESTING_API_SERVER_HPP

#include <coauth/codec/base64.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/redaction.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/scope.hpp>
#include <coauth/secret.hpp>
#include <coauth/testing/authorization_server.hpp>
#include <coauth/testing/fault_control.hpp>
#include <coauth/testing/http_server.hpp>
#include <coauth/testing/request_log.hpp>
#include <coauth/testing/server_message.hpp>

#include <atomic>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::testing {

struct api_server_options {
    http_server_options http = {};
    coauth::scope read_scope = "users.read";    ///< What GET /v1/users needs.
    coauth::scope write_scope = "users.write";  ///< What POST /v1/users needs.
    std::string basic_user = "user";            ///< For /basic; UTF-8.
    std::string basic_password = "password";
    std::string key_header = "X-API-Key";  ///< For /key.
    std::string key = "key";
};

/// The counters at one moment.
struct api_server_counters {
    std::uint64_t requests = 0;
    std::uint64_t unauthorized = 0;    ///< 401 of the API itself, not those on command.
    std::uint64_t expired_tokens = 0;  ///< Those of them that came with a token past its expiry.
    std::uint64_t forbidden = 0;       ///< 403.
    std::uint64_t answered_on_command = 0;
};

/// With an authorization server in front of it, all in one process:
///
///     certificate_authority ca;  // the client under test trusts ca.ca_pem()
///     authorization_server auth({.http = {.tls = ca.server()},
///                                .clients = {{.client_id = "id", .secret = "secret"}}});
///     api_server api(auth, {.http = {.tls = ca.server()}});
///
/// Routes behind a bearer token: `GET /v1/users?limit=` (a list; 1 to 1000, default 10),
/// `GET /v1/users/{id}` (1 to 1000), `POST /v1/users` (201 with the body that was sent),
/// `/v1/echo` (any method: tells what the request was, without credentials), `/v1/status/{code}`
/// (200 to 599). Others: `/basic` (RFC 7617), `/key`, `/certificate` (a client certificate), and
/// `/open`; they answer like `/v1/echo`. Faults concern every route, and come before authorization.
class api_server : public fault_control {
public:
    /// `issuer` must outlive the server.
    explicit api_server(authorization_server& issuer, api_server_options options = {})
        : issuer_(issuer),
          options_(std::move(options)),
          server_(options_.http, synchronous_handler([this](server_request const& request) {
                      return answer(request);
                  })) {}

    [[nodiscard]] std::string origin() const { return server_.origin(); }
    /// The base URL of the routes behind a bearer token: "https://127.0.0.1:1234/v1".
    [[nodiscard]] std::string base_url() const { return server_.url("/v1"); }

    /// Every bearer token is refused as invalid, also one that has just been issued.
    void reject_everything(bool reject) { reject_everything_ = reject; }

    [[nodiscard]] api_server_counters counters() const {
        return {.requests = requests_,
                .unauthorized = unauthorized_,
                .expired_tokens = expired_tokens_,
                .forbidden = forbidden_,
                .answered_on_command = answered_on_command_};
    }
    /// The last requests, at most 256, oldest first; without secrets.
    [[nodiscard]] std::vector<recorded_request> requests() const { return log_.records(); }

    /// The server below: connections, port, stop().
    [[nodiscard]] http_server& http() noexcept { return server_; }

private:
    static constexpr int last_user = 1000;

    [[nodiscard]] server_response answer(server_request const& request) {
        ++requests_;
        server_response response;
        if (auto commanded = take_failure()) {
            ++answered_on_command_;
            response = std::move(*commanded);
        } else {
            response = route(request);
            if (response.status == 403) ++forbidden_;
        }
        log_.add(request, response.status);
        return with_delay(std::move(response));
    }

    [[nodiscard]] server_response route(server_request const& request) {
        std::string_view const path = request.path;
        if (path.starts_with("/v1/")) return bearer_route(request, path.substr(3));
        if (path == "/open") return echo(request);
        if (path == "/basic") {
            auto const given = detail::basic_credentials(request.fields);
            bool const ok = given && equal(given->first, options_.basic_user) &&
                            equal(given->second, options_.basic_password);
            return ok ? echo(request) : challenge("Basic realm=\"coauth\", charset=\"UTF-8\"");
        }
        if (path == "/key") {
            auto const given = request.fields.find(options_.key_header);
            return given && equal(*given, options_.key) ? echo(request)
                                                        : challenge("ApiKey realm=\"coauth\"");
        }
        if (path == "/certificate") {
            return request.client_certificate.empty() ? problem(403, "no client certificate")
                                                      : echo(request);
        }
        return problem(404, "no such route");
    }

    [[nodiscard]] server_response bearer_route(server_request const& request,
                                               std::string_view path) {
        bool const users = path == "/users" || path.starts_with("/users/");
        bool const reading = request.method == "GET" || request.method == "HEAD";
        coauth::scope needed;
        if (users) needed = reading ? options_.read_scope : options_.write_scope;
        if (auto refusal = refuse_token(request, needed)) return std::move(*refusal);

        if (path == "/echo") return echo(request);
        if (path.starts_with("/status/")) {
            auto const code = number(path.substr(8));
            if (!code || *code < 200 || *code > 599) return problem(404, "no such status");
            return problem(*code, "as asked for");
        }
        if (path == "/users" && request.method == "POST") return create_user(request);
        if (users && !reading) {
            return problem(405, "not for a user").with_field("Allow", "GET, HEAD");
        }
        if (path == "/users") return list_users(request);
        auto const id = users ? number(path.substr(7)) : std::nullopt;
        if (!id || *id < 1 || *id > last_user) return problem(404, "no such user");
        std::string body;
        json_writer json(body);
        write_user(json, *id);
        return server_response::json(200, std::move(body));
    }

    /// RFC 6750 §3: nothing when the request may pass.
    [[nodiscard]] std::optional<server_response> refuse_token(server_request const& request,
                                                              coauth::scope const& needed) {
        auto const token = detail::credentials_of(request.fields, "Bearer");
        if (!token) return challenge("Bearer realm=\"coauth\"");
        token_information const known = issuer_.look_up(*token);
        if (known.state == token_state::expired) ++expired_tokens_;
        if (known.state != token_state::active || reject_everything_) {
            return challenge(
                "Bearer realm=\"coauth\", error=\"invalid_token\", "
                "error_description=\"The access token is expired, revoked or unknown\"");
        }
        if (known.scope.includes(needed)) return std::nullopt;
        return problem(403, "insufficient scope")
            .with_field("WWW-Authenticate",
                        "Bearer realm=\"coauth\", error=\"insufficient_scope\", "
                        "scope=\"" +
                            needed.to_string() + '"');
    }

    [[nodiscard]] server_response challenge(std::string_view value) {
        ++unauthorized_;
        return problem(401, "unauthorized").with_field("WWW-Authenticate", value);
    }

    [[nodiscard]] server_response list_users(server_request const& request) const {
        auto const limit = number(request.parameter("limit").value_or("10"));
        if (!limit || *limit < 1 || *limit > last_user) return problem(400, "invalid limit");
        std::string body;
        json_writer json(body);
        json.begin_array();
        for (int id = 1; id <= *limit; ++id) write_user(json, id);
        json.end_array();
        return server_response::json(200, std::move(body));
    }

    [[nodiscard]] static server_response create_user(server_request const& request) {
        std::string_view const type = request.fields.find("Content-Type").value_or("text/plain");
        return server_response(201, type, request.body)
            .with_field("Location", "/v1/users/" + std::to_string(last_user));
    }

    [[nodiscard]] server_response echo(server_request const& request) const {
        std::string body;
        json_writer json(body);
        json.begin_object();
        json.name("method").string(request.method).name("path").string(request.path);
        json.name("query").begin_array();
        for (auto const& [name, value] : request.query) write_pair(json, name, value);
        json.end_array().name("headers").begin_array();
        for (http_field const field : request.fields) {
            bool const hidden =
                is_sensitive_name(field.name) || iequals(field.name, options_.key_header);
            if (!hidden) write_pair(json, field.name, field.value);
        }
        json.end_array();
        write_text(json.name("body"), request.body);
        json.name("client_certificate").string(request.client_certificate);
        json.end_object();
        return server_response::json(200, std::move(body));
    }

    /// [name, value]
    static void write_pair(json_writer<std::string>& json, std::string_view name,
                           std::string_view value) {
        write_text(json.begin_array().string(name), value);
        json.end_array();
    }
    /// A string; {"base64": …} where it is not UTF-8.
    static void write_text(json_writer<std::string>& json, std::string_view text) {
        if (is_valid_utf8(text))
            json.string(text);
        else
            json.begin_object().name("base64").string(base64_encode(text)).end_object();
    }
    static void write_user(json_writer<std::string>& json, int id) {
        json.begin_object().name("id").number(id);
        json.name("name").string("user " + std::to_string(id)).end_object();
    }

    [[nodiscard]] static server_response problem(int status, std::string_view title) {
        std::string body;
        json_writer json(body);
        json.begin_object().name("status").number(status);
        json.name("title").string(title).end_object();
        return server_response(status, "application/problem+json", std::move(body));
    }

    [[nodiscard]] static bool equal(std::string_view a, std::string_view b) {
        return secret(a) == secret(b);
    }

    /// Decimal digits and nothing else.
    [[nodiscard]] static std::optional<int> number(std::string_view text) {
        int value = 0;
        auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
        return value;
    }

    authorization_server& issuer_;
    api_server_options const options_;
    std::atomic<bool> reject_everything_ = false;
    std::atomic<std::uint64_t> requests_ = 0;
    std::atomic<std::uint64_t> unauthorized_ = 0;
    std::atomic<std::uint64_t> expired_tokens_ = 0;
    std::atomic<std::uint64_t> forbidden_ = 0;
    std::atomic<std::uint64_t> answered_on_command_ = 0;
    detail::request_log log_;
    http_server server_;  // the last: its thread uses all of the others
};

}  // namespace coauth::testing

#endif
