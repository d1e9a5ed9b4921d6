// SPDX-License-Identifier: BSL-1.0
//
// Documents that a description refers to by URL, fetched from the origins that the caller allows
// and from nowhere else. Opt-in: import_options::remote takes one. A handle; copies share the time
// that is left. One import at a time.

#ifndef COAUTH_OPENAPI_REMOTE_DOCUMENTS_HPP
#define COAUTH_OPENAPI_REMOTE_DOCUMENTS_HPP

#include <coauth/clock.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/http/dialer.hpp>
#include <coauth/http/proxy_config.hpp>
#include <coauth/http/tls_config.hpp>
#include <coauth/response.hpp>
#include <coauth/rest_client.hpp>
#include <coauth/result.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coauth::openapi {

/// From where documents are read, and how much of them. A plain aggregate.
struct remote_access {
    /// Scheme, host and port: "https://specs.example.com". https, or http on loopback. A document
    /// of any other origin is refused without anything being sent.
    std::vector<std::string> origins;
    /// Whom to trust. A client certificate in it is shown to these origins.
    tls_config tls = {};
    /// Null: none.
    std::optional<proxy_config> proxy = std::nullopt;
    /// Of one document, in bytes; limits::max_bytes counts for all of them. Range: above 0.
    std::size_t max_bytes = 16 * 1024 * 1024;
    /// For all documents of one import together. Range: above 0.
    duration deadline = std::chrono::seconds(30);
    /// In the place of DNS, TCP and TLS, for tests.
    http::dialer network = {};
};

class remote_documents {
public:
    /// Throws coauth::exception, with condition::configuration: one of the origins is none, or is
    /// plain http.
    explicit remote_documents(remote_access access)
        : state_(std::make_shared<state>(std::move(access))) {
        for (std::string const& text : state_->access.origins) {
            url const origin = url::parse(text).value();
            if (origin.target() != "/") {
                throw exception(error(
                    errc::invalid_url, stage::configuration,
                    "'" + printable(text, 200) + "' is no origin: only scheme, host and port are"));
            }
            if (!origin.is_https() && !origin.is_loopback()) {
                throw exception(
                    error(errc::insecure_url, stage::configuration,
                          "documents are read over https, not from " + site_of(origin)));
            }
            state_->allowed.push_back(origin.origin());
        }
    }

    /// The text of a document, by GET, without credentials; redirects are not followed. Errors:
    /// errc::unsupported_description, the origin is not allowed; errc::invalid_description, the
    /// answer is not 200; errc::deadline_exceeded; those of rest_client::try_get().
    [[nodiscard]] awaitable<result<std::string>> get(std::string location) const {
        return get(state_, std::move(location));
    }

    /// The same for import_options::remote. Blocks until the document is there, on an io_context of
    /// its own: nothing for a thread that runs calls.
    [[nodiscard]] result<std::string> operator()(std::string const& location) const {
        asio::io_context io{1};
        std::optional<result<std::string>> text;
        asio::co_spawn(io, get_into(get(location), &text), asio::detached);
        io.run();
        return *std::move(text);
    }

private:
    struct state {
        explicit state(remote_access given) : access(std::move(given)) {}
        remote_access const access;
        std::vector<std::string> allowed;
        duration spent = duration::zero();
    };

    [[nodiscard]] static error refusal(errc code, std::string why) {
        return error(code, stage::configuration, std::move(why));
    }

    static awaitable<result<std::string>> get(std::shared_ptr<state> shared, std::string location) {
        any_executor const executor = co_await asio::this_coro::executor;
        result<url> const where = url::parse(location);
        if (!where) co_return where.error();
        auto const& allowed = shared->allowed;
        if (std::find(allowed.begin(), allowed.end(), where->origin()) == allowed.end()) {
            co_return refusal(errc::unsupported_description,
                              "the origin " + site_of(*where) + " is not among those allowed");
        }
        duration const left = shared->access.deadline - shared->spent;
        if (left <= duration::zero()) {
            co_return refusal(errc::deadline_exceeded, "no time is left for this document");
        }
        rest_client const from(executor, config_for(*where, shared->access, left));
        time_point const begun = boot_clock::now();
        result<response> const answer = co_await from.try_get(where->target());
        shared->spent += boot_clock::now() - begun;
        if (!answer) co_return answer.error();
        co_return text_of(*answer);
    }

    [[nodiscard]] static std::string site_of(url const& where) {
        return std::string(where.scheme()) + "://" + where.authority();
    }
    [[nodiscard]] static rest_client_config config_for(url const& where,
                                                       remote_access const& access, duration left) {
        rest_client_config config;
        config.base_url = site_of(where);
        config.tls = access.tls;
        config.proxy = access.proxy;
        config.network = access.network;
        config.max_response_body = access.max_bytes;
        config.call_deadline = left;
        return config;
    }

    [[nodiscard]] static result<std::string> text_of(response const& answer) {
        if (answer.status() == 200) return answer.body();
        std::string why = "the server answered " + std::to_string(answer.status());
        if (auto const to = answer.location()) {
            why += ", and to " + printable(to->to_string(), 300) + " it is not followed";
        }
        return refusal(errc::invalid_description, std::move(why));
    }

    static awaitable<void> get_into(awaitable<result<std::string>> what,
                                    std::optional<result<std::string>>* into) {
        result<std::string> text = co_await std::move(what);
        into->emplace(std::move(text));
    }

    std::shared_ptr<state> state_;
};

}  // namespace coauth::openapi

#endif
