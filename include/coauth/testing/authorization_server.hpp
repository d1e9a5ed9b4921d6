// SPDX-License-Identifier: BSL-1.0
//
// An embedded OAuth 2.0 authorization server for tests: the token endpoint for client credentials
// (RFC 6749 §4.4, §5.1, §5.2), codes with PKCE (§4.1, RFC 7636), device codes (RFC 8628) and
// refresh tokens (§6), the endpoints where a person is asked, and its metadata (RFC 8414), on
// loopback or in a memory_network. It is commanded and observed from the test's thread; every
// member may be called from any thread but the server's own.

#ifndef COAUTH_TESTING_AUTHORIZATION_SERVER_HPP
#define COAUTH_TESTING_AUTHORIZATION_SERVER_HPP

#include <coauth/clock.hpp>
#include <coauth/codec/form.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/scope.hpp>
#include <coauth/testing/authorization_rules.hpp>
#include <coauth/testing/client_registry.hpp>
#include <coauth/testing/fault_control.hpp>
#include <coauth/testing/http_server.hpp>
#include <coauth/testing/request_log.hpp>
#include <coauth/testing/server_message.hpp>
#include <coauth/testing/sign_in_registry.hpp>
#include <coauth/testing/token_registry.hpp>
#include <coauth/url.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
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
    std::string authorization_path = "/authorize";
    std::string device_path = "/device_authorization";
    duration device_lifetime = std::chrono::minutes(10);  ///< Of device codes.
    duration device_interval = std::chrono::seconds(5);   ///< Between questions; 0: not announced.
};

/// What the person says who is asked to let a client in.
enum class person : unsigned char { agrees, denies, does_nothing };

/// The counters at one moment. `token_requests` is the sum of the three that follow it.
struct authorization_server_counters {
    std::uint64_t token_requests = 0;  ///< Requests to the token endpoint.
    std::uint64_t tokens_issued = 0;
    std::uint64_t refused = 0;                ///< OAuth errors.
    std::uint64_t answered_on_command = 0;    ///< By fail_next() and fail_with().
    std::uint64_t authorizations = 0;         ///< Requests to the authorization endpoint.
    std::uint64_t device_authorizations = 0;  ///< Requests to the device authorization endpoint.
    std::uint64_t max_in_flight = 0;  ///< Requests being worked on at one time, delays included.
    /// Token requests by client id, whatever the answer was; unknown clients under "".
    std::map<std::string, std::uint64_t> by_client;
};

/// Commands and counters of `fault_control` and its own. Faults concern the token endpoint only.
class authorization_server : public fault_control {
public:
    explicit authorization_server(authorization_server_options options)
        : token_path_(std::move(options.token_path)),
          authorization_path_(std::move(options.authorization_path)),
          device_path_(std::move(options.device_path)),
          lifetime_(options.lifetime),
          device_lifetime_(options.device_lifetime),
          device_interval_(options.device_interval),
          tokens_(options.clock),
          sign_ins_(options.clock),
          server_(std::move(options.http),
                  synchronous_handler([this](server_request const& r) { return answer(r); })) {
        for (auto& client : options.clients) register_client(std::move(client));
    }

    [[nodiscard]] std::string issuer() const { return server_.origin(); }
    [[nodiscard]] std::string token_url() const { return server_.url(token_path_); }
    [[nodiscard]] std::string authorization_url() const { return server_.url(authorization_path_); }
    [[nodiscard]] std::string device_authorization_url() const { return server_.url(device_path_); }

    /// From now on, at both endpoints where a person is asked. At first the person agrees.
    void set_person(person p) {
        std::lock_guard const lock(mutex_);
        person_ = p;
    }
    /// Opens an authorization URL as the person's browser, without the network: where that is sent
    /// to, or nothing when the answer is a page. For headless_browser.
    [[nodiscard]] std::string visit(std::string const& authorization_url) {
        server_request request;
        std::size_t const question = authorization_url.find('?');
        if (question == std::string::npos) return {};
        auto query = form_decode(std::string_view(authorization_url).substr(question + 1));
        if (query) request.query = std::move(*query);
        std::lock_guard const lock(mutex_);
        server_response const page = authorization_endpoint(request);
        return std::string(page.fields.find("Location").value_or(""));
    }
    /// As if every person had withdrawn what they had agreed to: renewals end with `invalid_grant`.
    void revoke_refresh_tokens() {
        std::lock_guard const lock(mutex_);
        sign_ins_.revoke_refresh_tokens();
    }

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
        } else if (request.path == authorization_path_) {
            std::lock_guard const lock(mutex_);
            response = authorization_endpoint(request);
        } else if (request.path == device_path_) {
            std::lock_guard const lock(mutex_);
            response = device_endpoint(request);
        } else if (request.path == metadata_path) {
            response = metadata();
        }
        log_.add(request, response.status);
        return response;
    }

    [[nodiscard]] server_response token_endpoint(server_request const& request) {
        ++counters_.token_requests;
        auto const form =
            detail::is_form(request.fields) ? form_decode(request.body) : std::nullopt;
        auto const presented =
            detail::credentials_in(request, form.value_or(detail::form_parameters()));
        registered_client const* const client = presented ? clients_.find(*presented) : nullptr;
        ++counters_.by_client[client == nullptr ? std::string() : client->client_id];
        if (auto commanded = take_failure()) {
            ++counters_.answered_on_command;
            return std::move(*commanded);
        }
        if (auto refused = check(request, form, presented, client)) return std::move(*refused);
        auto const value = [&](char const* name) {
            return detail::form_value(*form, name).value_or("");
        };
        std::string const grant = value("grant_type");
        if (grant.empty()) return refuse(400, "invalid_request", "grant_type is missing");
        if (grant == "client_credentials") {
            if (client->method == authentication_method::none) {
                return refuse(400, "unauthorized_client", "not for a public client");
            }
            auto granted = detail::scope_for(*client, detail::form_value(*form, "scope"));
            if (!granted) return refuse_scope();
            return issue(*client, *granted);
        }
        if (grant == "urn:ietf:params:oauth:grant-type:device_code") {
            return redeem_device_code(*client, value("device_code"));
        }
        std::optional<detail::signed_in> who;
        if (grant == "authorization_code") {
            who = sign_ins_.redeem_code(value("code"), client->client_id, value("redirect_uri"),
                                        value("code_verifier"));
        } else if (grant == "refresh_token") {
            who = sign_ins_.redeem_refresh_token(value("refresh_token"), client->client_id);
        } else {
            return refuse(400, "unsupported_grant_type", "there is no such grant here");
        }
        if (!who) return refuse(400, "invalid_grant", "unknown, expired or used before");
        return issue(*client, who->scope, client->refresh_tokens);
    }

    /// Of a request by a client, to whatever endpoint.
    [[nodiscard]] std::optional<server_response> check(
        server_request const& request, std::optional<detail::form_parameters> const& form,
        std::optional<detail::presented_client> const& presented, registered_client const* client) {
        if (request.method != "POST") {
            return refuse(405, "invalid_request", "use POST").with_field("Allow", "POST");
        }
        if (!form) return refuse(400, "invalid_request", "the body is not a form");
        if (detail::has_repeated(*form))
            return refuse(400, "invalid_request", "a parameter is repeated");
        if (presented && presented->basic && detail::form_value(*form, "client_secret")) {
            return refuse(400, "invalid_request", "more than one kind of client authentication");
        }
        if (client == nullptr || !detail::client_registry::has_secret(*client, *presented)) {
            return refuse(401, "invalid_client", "client authentication failed");
        }
        return std::nullopt;
    }

    /// RFC 6749 §4.1.1 and §4.1.2, RFC 9207.
    [[nodiscard]] server_response authorization_endpoint(server_request const& request) {
        ++counters_.authorizations;
        auto const value = [&](char const* name) {
            return std::string(request.parameter(name).value_or(""));
        };
        registered_client const* const client = clients_.named(value("client_id"));
        std::string const redirect_uri = value("redirect_uri");
        if (client == nullptr || !detail::may_be_sent_to(*client, redirect_uri)) {
            return server_response(400, "text/plain", "unknown client or redirect_uri");
        }
        auto const granted = detail::scope_for(*client, detail::form_value(request.query, "scope"));
        bool const is_public = client->method == authentication_method::none;
        std::string const challenge = value("code_challenge");
        bool const bad_challenge =
            challenge.empty() ? is_public : value("code_challenge_method") != "S256";
        if (value("response_type") != "code" || bad_challenge) {
            return send_back(request, "error", "invalid_request");
        }
        if (!granted) return send_back(request, "error", "invalid_scope");
        if (person_ == person::denies) return send_back(request, "error", "access_denied");
        if (person_ == person::does_nothing) return server_response(200, "text/html", "<p>Who?");
        return send_back(
            request, "code",
            sign_ins_.issue_code({client->client_id, *granted}, redirect_uri, challenge));
    }

    [[nodiscard]] server_response send_back(server_request const& request, std::string_view name,
                                            std::string_view value) const {
        std::string to(request.parameter("redirect_uri").value_or(""));
        to += to.find('?') == std::string::npos ? '?' : '&';
        to += std::string(name) + '=' + form_encode(value) + "&iss=" + form_encode(issuer());
        if (auto const state = request.parameter("state")) to += "&state=" + form_encode(*state);
        return detail::not_stored(server_response(302)).with_field("Location", to);
    }

    /// RFC 8628 §3.1 and §3.2.
    [[nodiscard]] server_response device_endpoint(server_request const& request) {
        ++counters_.device_authorizations;
        auto const form =
            detail::is_form(request.fields) ? form_decode(request.body) : std::nullopt;
        auto const presented =
            detail::credentials_in(request, form.value_or(detail::form_parameters()));
        registered_client const* const client = presented ? clients_.find(*presented) : nullptr;
        if (auto refused = check(request, form, presented, client)) return std::move(*refused);
        if (!client->device_grant) return refuse(400, "unauthorized_client", "no device grant");
        auto const granted = detail::scope_for(*client, detail::form_value(*form, "scope"));
        if (!granted) return refuse_scope();
        std::string const code = sign_ins_.issue_device_code({client->client_id, *granted},
                                                             device_lifetime_, device_interval_);
        auto const seconds = [](duration d) {
            return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(d).count());
        };
        std::string body;
        json_writer json(body);
        json.begin_object().name("device_code").string(code);
        json.name("user_code").string("WDJB-MJHT");
        json.name("verification_uri").string(server_.url("/device"));
        json.name("verification_uri_complete").string(server_.url("/device?user_code=WDJB-MJHT"));
        json.name("expires_in").raw(seconds(device_lifetime_));
        if (device_interval_ != duration::zero()) {
            json.name("interval").raw(seconds(device_interval_));
        }
        json.end_object();
        return detail::not_stored(server_response::json(200, std::move(body)));
    }

    /// RFC 8628 §3.5.
    [[nodiscard]] server_response redeem_device_code(registered_client const& client,
                                                     std::string const& code) {
        auto const answer = sign_ins_.ask_device(code, client.client_id);
        if (!answer.error.empty()) return refuse(400, answer.error, "");
        if (person_ == person::does_nothing) return refuse(400, "authorization_pending", "");
        sign_ins_.close_device(code);
        if (person_ == person::denies) return refuse(400, "access_denied", "the person said no");
        return issue(client, answer.who.scope, client.refresh_tokens);
    }

    [[nodiscard]] server_response refuse_scope() {
        return refuse(400, "invalid_scope", "this client may not ask for that scope");
    }

    [[nodiscard]] server_response issue(registered_client const& client,
                                        coauth::scope const& granted, bool with_refresh = false) {
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
        if (with_refresh) {
            json.name("refresh_token")
                .string(sign_ins_.issue_refresh_token({client.client_id, granted}));
        }
        json.end_object();
        ++counters_.tokens_issued;
        return detail::not_stored(server_response::json(200, std::move(body)));
    }

    /// RFC 6749 §5.2.
    [[nodiscard]] server_response refuse(int status, std::string_view error,
                                         std::string_view description) {
        ++counters_.refused;
        std::string body;
        json_writer json(body);
        json.begin_object().name("error").string(error);
        json.name("error_description").string(description).end_object();
        server_response response =
            detail::not_stored(server_response::json(status, std::move(body)));
        if (status == 401) {
            response.fields.append("WWW-Authenticate", "Basic realm=\"coauth\", charset=\"UTF-8\"");
        }
        return response;
    }

    [[nodiscard]] server_response metadata() const {
        std::string body;
        json_writer json(body);
        json.begin_object().name("issuer").string(issuer());
        json.name("token_endpoint").string(token_url());
        json.name("authorization_endpoint").string(authorization_url());
        json.name("device_authorization_endpoint").string(device_authorization_url());
        json.name("grant_types_supported").begin_array().string("client_credentials");
        json.string("authorization_code").string("refresh_token");
        json.string("urn:ietf:params:oauth:grant-type:device_code").end_array();
        json.name("response_types_supported").begin_array().string("code").end_array();
        json.name("code_challenge_methods_supported").begin_array().string("S256").end_array();
        json.name("authorization_response_iss_parameter_supported").raw("true");
        json.name("token_endpoint_auth_methods_supported").begin_array();
        json.string("client_secret_basic").string("client_secret_post").string("none").end_array();
        json.end_object();
        return server_response::json(200, std::move(body));
    }

    std::string const token_path_;
    std::string const authorization_path_;
    std::string const device_path_;
    duration const lifetime_;
    duration const device_lifetime_;
    duration const device_interval_;
    token_registry tokens_;
    detail::request_log log_;
    std::mutex mutable mutex_;
    detail::client_registry clients_;
    detail::sign_in_registry sign_ins_;
    person person_ = person::agrees;
    authorization_server_counters counters_;
    http_server server_;  // the last: its thread uses all of the others
};

}  // namespace coauth::testing

#endif
