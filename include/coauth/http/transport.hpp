// SPDX-License-Identifier: BSL-1.0
//
// All connections of one client: a pool per origin, deadlines, limits, and their end. Everything on
// one sequential executor (a strand, or the executor of an io_context that one thread runs), except
// what is said to be callable from anywhere.

#ifndef COAUTH_HTTP_TRANSPORT_HPP
#define COAUTH_HTTP_TRANSPORT_HPP

#include <coauth/clock.hpp>
#include <coauth/config.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/context_gate.hpp>
#include <coauth/error.hpp>
#include <coauth/http/deadline_queue.hpp>
#include <coauth/http/dialer.hpp>
#include <coauth/http/endpoint.hpp>
#include <coauth/http/participant.hpp>
#include <coauth/http/proxy.hpp>
#include <coauth/http/tls_context.hpp>
#include <coauth/http/workspace.hpp>
#include <coauth/observer.hpp>
#include <coauth/url.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace coauth::http {

struct transport_options {
    /// Resolving, connecting, a proxy's tunnel and the TLS handshake together. Zero and less: over
    /// at once; max(): none, as for every duration here.
    duration connect_deadline = std::chrono::seconds(10);
    /// From the request's last byte to the response's first; also the longest pause in sending.
    duration first_byte_deadline = std::chrono::seconds(30);
    /// Open and being opened, in use and idle; at least 1.
    std::size_t max_connections_per_origin = 32;
    /// Calls that wait for a connection, in all.
    std::size_t max_waiting = 100'000;
    /// How long an unused connection is kept; a server that announces less gets less.
    duration idle_timeout = std::chrono::seconds(30);
    /// After that age a connection is not used again, so that changed addresses are noticed.
    duration max_age = std::chrono::minutes(10);
    /// Of a response, in bytes: start line and all header lines.
    std::size_t max_head = std::size_t{64} * 1024;
    /// Told of connections.
    coauth::observer observer = {};
    /// For https where an exchange brings none. Null: made from the defaults when it is needed.
    std::shared_ptr<tls_context const> tls = nullptr;
    /// Null: everything is reached directly, whatever the environment says. Not used with a dialer.
    std::shared_ptr<http::proxy const> proxy = nullptr;
    /// Where it is set, it takes the place of DNS, TCP and TLS.
    http::dialer dialer = {};
};

class transport : public std::enable_shared_from_this<transport>,
                  public detail::context_gate::member {
public:
    /// Precondition: the context behind `sequential_executor` is alive. Any thread.
    [[nodiscard]] static std::shared_ptr<transport> make(any_executor sequential_executor,
                                                         transport_options options = {}) {
        std::shared_ptr<transport> const made(
            new transport(std::move(sequential_executor), std::move(options)));
        if (!made->gate_->add(made)) made->context_gone();
        return made;
    }
    transport(transport const&) = delete;
    transport& operator=(transport const&) = delete;

    /// From any thread, as the last reference goes; the context waits for it.
    ~transport() override {
        COAUTH_TEST_YIELD();
        detail::context_gate::pass const pass = gate_->enter();
        for (auto& [key, e] : endpoints_) e->close_idle();
        endpoints_.clear();
        deadlines_->context_gone();
        executor_ = any_executor();
        gate_->remove(*this);
    }

    /// Empty once the context has gone.
    [[nodiscard]] any_executor const& executor() const noexcept { return executor_; }
    [[nodiscard]] transport_options const& options() const noexcept { return options_; }
    [[nodiscard]] deadline_queue& deadlines() noexcept { return *deadlines_; }
    [[nodiscard]] workspace_shelf& workspaces() noexcept { return workspaces_; }

    /// The pool for `origin` (path and query do not matter), made when it is not there yet. Keep
    /// the handle: it saves the search. `tls`: null means the transport's own. Throws
    /// coauth::exception when the default TLS context cannot be made.
    [[nodiscard]] std::shared_ptr<endpoint> endpoint_for(
        url const& origin, std::shared_ptr<tls_context const> tls = nullptr);

    /// No new exchanges: idle connections are closed, those who wait for one get errc::stopped;
    /// what is under way goes on to its end.
    void stop() noexcept;
    /// The same, and what is under way ends with errc::stopped.
    void stop_now() noexcept;
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }

    /// In use, being opened and idle.
    [[nodiscard]] std::size_t open_connections() const noexcept {
        std::size_t sum = 0;
        for (auto const& [key, e] : endpoints_) sum += e->slots();
        return sum;
    }
    [[nodiscard]] std::size_t idle_connections() const noexcept {
        std::size_t sum = 0;
        for (auto const& [key, e] : endpoints_) sum += e->idle();
        return sum;
    }
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }

    /// Called by the context as it goes away: nothing of Asio is left here afterwards.
    void context_gone() noexcept override;

private:
    friend class exchange;

    /// Two TLS contexts are two pools, even if they say the same: the pointer stays unique because
    /// the endpoint holds the context. A transport has one proxy or none, and which origins it
    /// covers never changes, so that it need not be part of the key.
    using endpoint_key = std::pair<std::string, tls_context const*>;

    transport(any_executor sequential_executor, transport_options options)
        : executor_(std::move(sequential_executor)),
          gate_(detail::gate_of(executor_)),
          options_(std::move(options)),
          deadlines_(std::make_shared<deadline_queue>(executor_)) {}

    void forget_unused_endpoints() noexcept;
    void abort_waiters(errc why) noexcept;

    any_executor executor_;
    std::shared_ptr<detail::context_gate> gate_;
    transport_options options_;
    std::shared_ptr<deadline_queue> deadlines_;
    workspace_shelf workspaces_;
    std::map<endpoint_key, std::shared_ptr<endpoint>> endpoints_;
    participant_list active_;  ///< exchanges that are under way and not in an endpoint's queue
    std::size_t waiting_ = 0;
    std::uint64_t connections_ = 0;  ///< opened so far
    bool stopped_ = false;
    errc stop_reason_ = errc::stopped;
};

inline std::shared_ptr<endpoint> transport::endpoint_for(url const& origin,
                                                         std::shared_ptr<tls_context const> tls) {
    if (!origin.is_https() || options_.dialer) {
        tls = nullptr;
    } else if (tls == nullptr) {
        if (options_.tls == nullptr) options_.tls = tls_context::make({}).value();
        tls = options_.tls;
    }
    endpoint_key key(origin.origin(), tls.get());
    auto const found = endpoints_.find(key);
    if (found != endpoints_.end()) return found->second;
    forget_unused_endpoints();
    bool const proxied = options_.proxy && !options_.dialer && options_.proxy->covers(origin);
    auto made =
        std::make_shared<endpoint>(origin, std::move(tls), options_.max_connections_per_origin,
                                   proxied ? options_.proxy : nullptr, options_.observer);
    endpoints_.emplace(std::move(key), made);
    return made;
}

/// A new origin is the moment to look after the old ones: their number is bounded by what is in use
/// or was used within the idle timeout.
inline void transport::forget_unused_endpoints() noexcept {
    time_point const now = boot_clock::now();
    std::erase_if(endpoints_, [now](auto const& entry) {
        entry.second->close_expired(now);
        return entry.second->unused() && entry.second.use_count() == 1;
    });
}

inline void transport::abort_waiters(errc why) noexcept {
    for (auto& [key, e] : endpoints_) {
        while (!e->waiters().empty()) e->waiters().front().abort(why);
    }
}

inline void transport::stop() noexcept {
    stopped_ = true;
    for (auto& [key, e] : endpoints_) e->close_idle();
    abort_waiters(stop_reason_);
}

inline void transport::stop_now() noexcept {
    stop();
    while (!active_.empty()) active_.front().abort(stop_reason_);
}

inline void transport::context_gone() noexcept {
    stop_reason_ = errc::executor_gone;
    stop_now();
    workspaces_.clear();
    deadlines_->context_gone();
    executor_ = any_executor();
}

}  // namespace coauth::http

#endif
