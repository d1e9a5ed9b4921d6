// SPDX-License-Identifier: BSL-1.0
//
// What a REST client and its calls share: configuration, connections, and the list of calls in
// flight. Everything but the constructor on the client's own executor.

#ifndef COAUTH_REST_CORE_HPP
#define COAUTH_REST_CORE_HPP

#include <coauth/authorization.hpp>
#include <coauth/codec/http1_writer.hpp>
#include <coauth/codec/redaction.hpp>
#include <coauth/detail/suspension.hpp>
#include <coauth/http/exchange.hpp>
#include <coauth/http/transport.hpp>
#include <coauth/rest_client_config.hpp>
#include <coauth/url.hpp>

#include <atomic>
#include <cassert>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace coauth::detail {

class rest_core {
public:
    /// A call in flight, as stop() sees it.
    class active_call {
    public:
        virtual void abort(error reason) = 0;

    protected:
        ~active_call() = default;
    };
    using place = std::list<active_call*>::iterator;

    rest_core(any_executor const& sequential, rest_client_config c)
        : config(std::move(c)),
          base(std::make_shared<url const>(url::parse(config.base_url).value())),
          origin(base->origin()) {
        check();
        http::transport_options o;
        o.connect_deadline = config.connect_deadline;
        o.first_byte_deadline = config.first_byte_deadline;
        o.max_connections_per_origin = config.max_connections_per_origin;
        o.observer = config.observer;
        o.dialer = config.network;
        if (base->is_https() && !o.dialer) o.tls = http::tls_context::make(config.tls).value();
        o.proxy = http::proxy::make(config.proxy);
        transport = http::transport::make(sequential, o);
        for (auto const& [name, value] : config.headers) default_headers.append(name, value);
    }

    [[nodiscard]] bool stopping() const noexcept { return stopping_; }
    void refuse() noexcept { stopping_ = true; }

    [[nodiscard]] place enter(active_call& call) { return calls_.insert(calls_.end(), &call); }
    void leave(place at) {
        calls_.erase(at);
        if (!calls_.empty()) return;
        for (auto const& waiting : std::exchange(wait_for_idle_, {})) {
            waiting->wake(wake_reason::ready);
        }
    }
    [[nodiscard]] bool idle() const noexcept { return calls_.empty(); }
    void wake_when_idle(std::shared_ptr<suspension> waiting) {
        wait_for_idle_.push_back(std::move(waiting));
    }

    /// Where an exchange goes: to the base URL's origin or `elsewhere`, and with which certificate.
    [[nodiscard]] http::exchange_options way_to(std::optional<url> const& elsewhere,
                                                authorization const& as) {
        http::exchange_options o;
        auto const* own = as.certificate();
        if (!elsewhere && own == nullptr) {
            if (!endpoint_) endpoint_ = transport->endpoint_for(*base);
            o.endpoint = endpoint_;
            return o;
        }
        o.origin = elsewhere ? *elsewhere : *base;
        if (own != nullptr) {
            o.tls = own->tls();
        } else if (!config.network && elsewhere->is_https() && elsewhere->origin() != origin) {
            o.tls = tls_elsewhere();
        }
        return o;
    }

    void abort_calls() {
        // An aborted call leaves later, from its own coroutine, so the list stays as it is.
        for (active_call* const call : calls_) call->abort(error(errc::stopped));
    }

    /// Asserts, in debug builds, that one thread at a time works for this client.
    class sole_entry {
    public:
        explicit sole_entry([[maybe_unused]] rest_core& core) {
#ifndef NDEBUG
            core_ = &core;
            [[maybe_unused]] bool const entered =
                core.entered_.exchange(true);  // sync: ~sole_entry
            assert(!entered && "a single_threaded client is used by two threads at a time");
#endif
        }
        sole_entry(sole_entry const&) = delete;
        sole_entry& operator=(sole_entry const&) = delete;
        ~sole_entry() {
#ifndef NDEBUG
            core_->entered_.store(false);  // sync: sole_entry
#endif
        }

    private:
#ifndef NDEBUG
        rest_core* core_;
#endif
    };

    rest_client_config const config;
    std::shared_ptr<url const> const base;
    std::string const origin;
    http_fields default_headers;
    std::shared_ptr<http::transport> transport;

private:
    void check() const {
        bool const bare = config.authorization.is_none();
        error insecure = check_transport(*base, bare || config.insecure_http.has_value());
        if (insecure) throw exception(std::move(insecure));
        if (!base->query().empty()) {
            throw exception(error(errc::invalid_url, stage::configuration,
                                  "a base URL has no query: put it into the requests"));
        }
        if (config.max_connections_per_origin == 0) {
            throw exception(error(errc::invalid_configuration, stage::configuration,
                                  "max_connections_per_origin is 0"));
        }
        for (auto const& [name, value] : config.headers) {
            if (check_user_header(name, value) != errc{} || is_sensitive_name(name)) {
                throw exception(error(errc::invalid_header, stage::configuration,
                                      "default header '" + name +
                                          "' is not allowed by HTTP, is set "
                                          "by the library, or is a credential")
                                    .with_hint("credentials belong into authorization"));
            }
        }
    }

    /// Of other origins: they are trusted alike, but the certificate of this client is not theirs
    /// to ask for.
    [[nodiscard]] std::shared_ptr<http::tls_context const> const& tls_elsewhere() {
        if (!tls_elsewhere_) {
            tls_elsewhere_ = http::tls_context::make(without_certificate(config.tls)).value();
        }
        return tls_elsewhere_;
    }

    std::shared_ptr<http::tls_context const> tls_elsewhere_;  ///< null until it is needed
    /// The pool of the base URL's origin, looked up once.
    std::shared_ptr<http::endpoint> endpoint_;
    std::list<active_call*> calls_;
    /// Of everybody who stops the client, until the last call has left.
    std::vector<std::shared_ptr<suspension>> wait_for_idle_;
    bool stopping_ = false;
#ifndef NDEBUG
    std::atomic<bool> entered_{false};
#endif
};

}  // namespace coauth::detail

#endif
