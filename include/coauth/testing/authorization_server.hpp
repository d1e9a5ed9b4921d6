// SPDX-License-Identifier: BSL-1.0
//
// An embedded OAuth 2.0 authorization server for tests: the token endpoint for client credentials
// (RFC 6749 §4.4, §5.1, §5.2) and its metadata (RFC 8414), on loopback or in a memory_network. It
// is commanded and observed from the test's thread; every member may be called from any thread but
// the server's own.

#ifndef COAUTH_TESTING_AUTHORIZATION_SERVER_HPP
#define COAUTH_TESTING_AUTHORIZATION_SERVER_HPP

#include <coauth/clock.hpp>
#include <coauth/codec/form.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/scope.hpp>
#include <coauth/testing/client_registry.hpp>
#include <coauth/testing/fault_control.hpp>
#include <coauth/testing/http_server.hpp>
#include <coauth/testing/request_log.hpp>
#include <coauth/testing/server_message.hpp>
#include <coauth/testing/token_registry.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::testing {

struct authorization_server_options {
    http_server_options http = {};
    std::vector<registered_client> clients = {};
    duration lifetime =
        std::chrono::hours(1);  ///< Of access tokens; `expires_in` in whole seconds.
    coauth::clock clock = {};   ///< Decides when a token has expired.
    std::string token_path = "/token";
};

/// The counters at one moment. `token_requests` is the sum of the three that follow it.
struct authorization_server_counters {
    std::uint64_t token_requests = 0;  ///< Requests to the token endpoint.
    std::uint64_t tokens_issued = 0;
    std::uint64_t refused = 0;              ///< OAuth errors.
    std::uint64_t answered_on_command = 0;  ///< By fail_next() and fail_with().
    std::uint64_t max_in_flight = 0;  ///< Requests being worked on at one time, delays included.
    /// Token requests by client id, whatever the answer was; unknown clients under "".
    std::map<std::string, std::uint64_t> by_client;
};

/// Commands and counters of `fault_control` and its own. Faults concern the token endpoint only.
class authorization_server : public fault_control {
public:
    explicit authorization_server(authorization_server_options options)
        : token_path_(std::move(options.token_path)),
          lifetime_(options.lifetime),
          tokens_(options.clock),
          server_(std::move(options.http),
                  synchronous_handler([this](server_request const& r) { return answer(r); })) {
        for (auto& client : options.clients) register_client(std::move(client));
    }

    [[nodiscard]] std::string issuer() const { return server_.origin(); }
    [[nodiscard]] std::string token_url() const { return server_.url(token_path_); }

    /// Adds a client, or replaces the one of the same id: for instance by one with a new secret.
    void register_client(registered_client client) {
        std::lock_guard const lock(mutex_);
        clients_.add(std::move(client));
    }

    /// From now on, resource servers refuse every token issued so far. Nobody is told.
    void revoke_all() { tokens_.revoke_all(); }
    /// The same for one token; false when it is unknown.
    bool revoke(std::string_view token) { return tokens_.revoke(token); }
    [[nodiscard]] bool is_active(std::string_view token) const {
        return look_up(token).state == token_state::active;
    }
    /// What a resource server asks.
    [[nodiscard]] token_information look_up(std::string_view token) const {
        return tokens_.look_up(token);
    }

    [[nodiscard]] authorization_server_counters counters() const {
        std::lock_guard const lock(mutex_);
        authorization_server_counters result = counters_;
        result.max_in_flight = server_.counters().max_requests_in_flight;
        return result;
    }
    /// The last requests, at most 256, oldest first; without secrets.
    [[nodiscard]] std::vector<recorded_request> requests() const { return log_.records(); }

    /// The server below: connections, port, stop().
    [[nodiscard]] http_server& http() noexcept { return server_; }

private:
    static constexpr std::string_view metadata_path = "/.well-known/oauth-authorization-server";

    [[nodiscard]] server_response answer(server_request const& request) {
        server_response response(404);
        if (request.path == token_path_) {
            std::lock_guard const lock(mutex_);
            response = with_delay(token_endpoint(request));
        } else if (request.path == metadata_path) {
            response = metadata();
        }
        log_.add(request, response.status);
        return response;
    }

    [[nodiscard]] server_response token_endpoint(server_request const& request) {
        ++counters_.token_requests;
        auto const form = is_form(request) ? form_decode(request.body) : std::nullopt;
        auto const presented = credentials(request, form.value_or(detail::form_parameters()));
        registered_client const* const client = presented ? clients_.find(*presented) : nullptr;
        ++counters_.by_client[client == nullptr ? std::string() : client->client_id];
        if (auto commanded = take_failure()) {
            ++counters_.answered_on_command;
            return std::move(*commanded);
        }
        if (request.method != "POST") {
            return refuse(405, "invalid_request", "use POST").with_field("Allow", "POST");
        }
        if (!form) return refuse(400, "invalid_request", "the body is not a form");
        if (has_repeated(*form)) return refuse(400, "invalid_request", "a parameter is repeated");
        if (presented && presented->basic && detail::form_value(*form, "client_secret")) {
            return refuse(400, "invalid_request", "more than one kind of client authentication");
        }
        if (client == nullptr || !detail::client_registry::has_secret(*client, *presented)) {
            return refuse(401, "invalid_client", "client authentication failed");
        }
        auto const grant = detail::form_value(*form, "grant_type");
        if (!grant) return refuse(400, "invalid_request", "grant_type is missing");
        if (*grant != "client_credentials") {
            return refuse(400, "unsupported_grant_type", "only client_credentials");
        }
        return issue(*client, detail::form_value(*form, "scope"));
    }

    [[nodiscard]] server_response issue(registered_client const& client,
                                        std::optional<std::string> const& wanted) {
        coauth::scope granted = client.scope;
        if (wanted) {
            auto parsed = coauth::scope::parse(*wanted);
            if (!parsed || !client.scope.includes(*parsed)) {
                return refuse(400, "invalid_scope", "this client may not ask for that scope");
            }
            granted = std::move(*parsed);
        }
        duration const lifetime = client.lifetime.value_or(lifetime_);
        auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(lifetime).count();
        std::string const expires_in = client.expires_in.value_or(std::to_string(seconds));
        std::string body;
        json_writer json(body);
        json.begin_object();
        json.name("access_token").string(tokens_.issue(client.client_id, granted, lifetime));
        json.name("token_type").string("Bearer");
        if (!expires_in.empty()) json.name("expires_in").raw(expires_in);
        if (!granted.empty()) json.name("scope").string(granted.to_string());
        json.end_object();
        ++counters_.tokens_issued;
        return not_stored(server_response::json(200, std::move(body)));
    }

    /// RFC 6749 §5.2.
    [[nodiscard]] server_response refuse(int status, std::string_view error,
                                         std::string_view description) {
        ++counters_.refused;
        std::string body;
        json_writer json(body);
        json.begin_object().name("error").string(error);
        json.name("error_description").string(description).end_object();
        server_response response = not_stored(server_response::json(status, std::move(body)));
        if (status == 401) {
            response.fields.append("WWW-Authenticate", "Basic realm=\"coauth\", charset=\"UTF-8\"");
        }
        return response;
    }

    [[nodiscard]] static server_response not_stored(server_response response) {
        response.fields.append("Cache-Control", "no-store");
        response.fields.append("Pragma", "no-cache");
        return response;
    }

    [[nodiscard]] server_response metadata() const {
        std::string body;
        json_writer json(body);
        json.begin_object().name("issuer").string(issuer());
        json.name("token_endpoint").string(token_url());
        json.name("grant_types_supported").begin_array().string("client_credentials").end_array();
        json.name("response_types_supported").begin_array().end_array();
        json.name("token_endpoint_auth_methods_supported").begin_array();
        json.string("client_secret_basic").string("client_secret_post").end_array();
        json.end_object();
        return server_response::json(200, std::move(body));
    }

    [[nodiscard]] static bool is_form(server_request const& request) {
        return detail::is_form(request.fields);
    }

    [[nodiscard]] static std::optional<detail::presented_client> credentials(
        server_request const& request, detail::form_parameters const& form) {
        if (request.fields.contains("Authorization")) {
            auto basic = detail::basic_credentials(request.fields);
            if (!basic) return std::nullopt;
            return detail::presented_client{true, std::move(basic->first),
                                            std::move(basic->second)};
        }
        auto id = detail::form_value(form, "client_id");
        auto secret = detail::form_value(form, "client_secret");
        if (!id || !secret) return std::nullopt;
        return detail::presented_client{false, std::move(*id), std::move(*secret)};
    }

    /// RFC 6749 §3.2; `resource` (RFC 8707 §2) and `audience` (RFC 8693 §2.1) may be repeated.
    [[nodiscard]] static bool has_repeated(detail::form_parameters const& form) {
        std::set<std::string_view> seen;
        for (auto const& [name, value] : form) {
            bool const repeatable = name == "resource" || name == "audience";
            if (!seen.insert(name).second && !repeatable) return true;
        }
        return false;
    }

    std::string const token_path_;
    duration const lifetime_;
    token_registry tokens_;
    detail::request_log log_;
    std::mutex mutable mutex_;
    detail::client_registry clients_;
    authorization_server_counters counters_;
    http_server server_;  // the last: its thread uses all of the others
};

}  // namespace coauth::testing

#endif
