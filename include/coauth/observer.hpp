// SPDX-License-Identifier: BSL-1.0
//
// What the library tells about its work while it works: typed events for metrics, traces and logs.
// Names and units follow OpenTelemetry's semantic conventions for HTTP clients
// (`http.client.request.duration`, `server.address`, `error.type`), so that an exporter only copies
// them. No event holds a credential, a token, a query or a body.

#ifndef COAUTH_OBSERVER_HPP
#define COAUTH_OBSERVER_HPP

#include <coauth/clock.hpp>
#include <coauth/error.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coauth {

/// Why a token was asked for.
enum class fetch_reason : unsigned char {
    no_cached_token,  ///< The first one.
    expired,          ///< Past its hard deadline.
    refresh_ahead,    ///< Past its soft deadline: in the background, while the old one is used.
    rejected,         ///< An API answered 401 to it.
    forced,           ///< Given up by hand: invalidate(), erase(), clear().
};

[[nodiscard]] constexpr std::string_view to_string(fetch_reason why) noexcept {
    switch (why) {
        case fetch_reason::no_cached_token: return "no_cached_token";
        case fetch_reason::expired: return "expired";
        case fetch_reason::refresh_ahead: return "refresh_ahead";
        case fetch_reason::rejected: return "rejected";
        case fetch_reason::forced: return "forced";
    }
    return "";
}

// Texts are valid during the call only. `token_endpoint` is the URL without its query.

/// A token came, and somebody waited for it.
struct token_fetched {
    std::string_view token_endpoint;
    fetch_reason why;
    /// From the start of the token request.
    duration took;
    /// Until it expires, from now; the assumed time where the server did not say.
    duration lifetime;
};

/// A token came in the background.
struct token_refreshed {
    std::string_view token_endpoint;
    duration took;
    duration lifetime;
};

/// A token request came to nothing, in the background or not.
struct token_fetch_failed {
    std::string_view token_endpoint;
    fetch_reason why;
    error const& failure;
    duration took;
    /// Until the next token request may be sent; zero where nothing is remembered.
    duration retry_after;
    /// The token before this one is still good, and in use.
    bool token_remains;
};

/// A token is not used any more before its time.
struct token_rejected {
    std::string_view token_endpoint;
    /// The API that said 401; empty for invalidate().
    std::string_view origin;
};

/// A token came out of the store, in the place of a token request.
struct token_loaded {
    std::string_view token_endpoint;
    /// Until it expires, from now.
    duration lifetime;
};

/// What a token store was asked to do.
enum class store_operation : unsigned char { load, save, erase, lock };

[[nodiscard]] constexpr std::string_view to_string(store_operation operation) noexcept {
    switch (operation) {
        case store_operation::load: return "load";
        case store_operation::save: return "save";
        case store_operation::erase: return "erase";
        case store_operation::lock: return "lock";
    }
    return "";
}

/// A token store failed, or took too long: the source goes on without it. `lock`: somebody else
/// held the lock of the token for so long that the source asks for one of its own.
struct store_failed {
    std::string_view token_endpoint;
    store_operation operation;
    error const& failure;
};

/// A request goes out on a connection, for the first time or again.
struct request_sent {
    std::string_view method;
    std::string_view server_address;
    std::uint16_t server_port;
    /// `http.request.resend_count`: 0 for the first send of the call.
    unsigned resend_count;
    /// W3C Trace Context as the call brought it; empty without.
    std::string_view traceparent;
};

/// Why a request is sent again.
enum class retry_reason : unsigned char {
    token_renewed,    ///< After a 401, with another token.
    connection_lost,  ///< A reused connection ended before the first byte of a response.
};

[[nodiscard]] constexpr std::string_view to_string(retry_reason why) noexcept {
    return why == retry_reason::token_renewed ? "token_renewed" : "connection_lost";
}

/// The request will be sent again.
struct request_retried {
    std::string_view method;
    std::string_view server_address;
    std::uint16_t server_port;
    retry_reason why;
};

/// A call is over: `http.client.request.duration`.
struct request_done {
    std::string_view method;
    std::string_view server_address;
    std::uint16_t server_port;
    /// 0 where there was no response.
    int status_code;
    /// `error.type` where there was no response, else null.
    error const* failure;
    /// The whole call: token, wait for a connection, resends.
    duration took;
    /// Of the call's request; 0 where it ended before the first.
    unsigned sends;
    std::string_view traceparent;
};

/// A connection can be used.
struct connection_opened {
    std::string_view server_address;
    std::uint16_t server_port;
    bool tls;
    /// DNS, TCP, a proxy's tunnel and TLS.
    duration took;
};

/// A request takes a connection that had been used before.
struct connection_reused {
    std::string_view server_address;
    std::uint16_t server_port;
};

/// `http.client.connection.duration`.
struct connection_closed {
    std::string_view server_address;
    std::uint16_t server_port;
    duration age;
    unsigned responses;
};

/// Files that a tls_config names have changed.
struct certificates_changed {
    /// Why what they hold now is not used, and what was before stays; null where it is.
    error const* failure;
};

/// A token request is authenticated with the key of before, since what is there now is none.
struct credential_kept {
    std::string_view token_endpoint;
    /// What is wrong with the new one.
    error const& failure;
};

namespace detail {

template <class... Events>
struct event_list {};

using every_event =
    event_list<token_fetched, token_refreshed, token_fetch_failed, token_rejected, token_loaded,
               store_failed, request_sent, request_retried, request_done, connection_opened,
               connection_reused, connection_closed, certificates_changed, credential_kept>;

template <class Event>
class event_sink {
public:
    virtual void notify(Event const& e) const noexcept = 0;

protected:
    ~event_sink() = default;
};

template <class List>
class event_target;
template <class... Events>
class event_target<event_list<Events...>> : public event_sink<Events>... {
public:
    using event_sink<Events>::notify...;
    virtual ~event_target() = default;
};

/// Implements the sink of one event after the other.
template <class F, class Base, class... Events>
class event_model : public Base {
public:
    explicit event_model(F f) : f_(std::move(f)) {}

protected:
    F const f_;
};
template <class F, class Base, class Event, class... Rest>
class event_model<F, Base, Event, Rest...> : public event_model<F, Base, Rest...> {
public:
    using event_model<F, Base, Rest...>::event_model;
    using event_model<F, Base, Rest...>::notify;
    void notify(Event const& e) const noexcept override {
        if constexpr (std::invocable<F const&, Event const&>) {
            // What goes wrong in an observer must not go wrong in the call that it observes.
            try {
                this->f_(e);
            } catch (...) {}
        }
    }
};

template <class F, class List>
struct event_model_of;
template <class F, class... Events>
struct event_model_of<F, event_list<Events...>> {
    using type = event_model<F, event_target<event_list<Events...>>, Events...>;
};

}  // namespace detail

/// A callable `void(Event const&) const` for each event that it wants to know of; the others pass
/// it by. Called where the event happens, by any number of threads at a time, never under a lock of
/// the library; must not wait. Exceptions are dropped. A handle, empty by default; copies share the
/// callable.
class observer {
public:
    observer() = default;

    template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, observer>) observer(F&& f)
        : target_(
              std::make_shared<typename detail::event_model_of<std::remove_cvref_t<F>,
                                                               detail::every_event>::type const>(
                  std::forward<F>(f))) {}

    [[nodiscard]] explicit operator bool() const noexcept { return target_ != nullptr; }

    /// For the library. Precondition: not empty.
    template <class Event>
    void operator()(Event const& e) const noexcept {
        target_->notify(e);
    }

private:
    std::shared_ptr<detail::event_target<detail::every_event> const> target_;
};

}  // namespace coauth

#endif
