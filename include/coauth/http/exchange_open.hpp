// SPDX-License-Identifier: BSL-1.0
//
// How an exchange comes to a connection: bodies of exchange.hpp.

#ifndef COAUTH_HTTP_EXCHANGE_OPEN_HPP
#define COAUTH_HTTP_EXCHANGE_OPEN_HPP

#include <coauth/http/exchange.hpp>

#include <utility>

namespace coauth::http {

inline exchange::exchange(std::shared_ptr<transport> t, exchange_options options)
    : transport_(std::move(t)),
      endpoint_(std::move(options.endpoint)),
      trace_(options.trace),
      max_body_(options.max_body),
      total_(options.total_deadline),
      head_request_(options.head_request),
      repeatable_(options.repeatable),
      sensitive_(options.sensitive),
      accept_missing_close_notify_(options.accept_missing_close_notify) {
    if (endpoint_) return;
    if (!options.origin) {
        throw exception(coauth::error(errc::invalid_configuration, stage::configuration,
                                      "an exchange needs an endpoint or an origin"));
    }
    endpoint_ = transport_->endpoint_for(*options.origin, std::move(options.tls));
}

inline exchange::step exchange::next() const noexcept {
    switch (phase_) {
        case phase::open:
        case phase::queued:
        case phase::connecting:
        case phase::tunnelling:
        case phase::handshaking: return step::open;
        case phase::compose: return step::compose;
        case phase::writing:
        case phase::waiting:
        case phase::reading: return step::io;
        case phase::done: break;
    }
    return step::done;
}

inline awaitable<bool> exchange::until_compose() {
    for (;;) {
        step const due = next();
        if (due == step::done || due == step::compose) co_return due == step::compose;
        if (due == step::open) {
            bool const idle = try_open();
            if (!idle) co_await open();
        } else {
            std::error_code ec;
            std::size_t const size = co_await io(ec);
            io_done(ec, size);
        }
    }
}

inline stage exchange::where() const noexcept {
    switch (phase_) {
        case phase::open:
        case phase::queued: return stage::queue;
        case phase::connecting: return connector_ ? connector_->where() : stage::connect;
        case phase::tunnelling: return stage::proxy;
        case phase::handshaking: return stage::tls;
        case phase::compose:
        case phase::writing: return stage::write;
        case phase::waiting: return stage::wait;
        case phase::reading: return stage::read;
        case phase::done: break;
    }
    return failed_at_;
}

/// Whether there is any point in beginning; if not, it has failed.
inline bool exchange::may_begin(time_point now) {
    if (transport_->stopped_) {
        fail(transport_->stop_reason_);
    } else if (total_ <= now) {
        fail(errc::deadline_exceeded);
    }
    return phase_ == phase::open;
}

inline bool exchange::try_open(time_point now) {
    if (trace_ != nullptr) trace_->begin_attempt();
    if (phase_ != phase::open || !may_begin(now)) return true;
    if (has_slot_) return false;
    auto idle = endpoint_->take_idle(now, !repeatable_);
    if (!idle) return false;
    has_slot_ = true;
    adopt(std::move(idle), true);
    return true;
}

inline void exchange::adopt(std::shared_ptr<connection> c, bool used) {
    connection_ = std::move(c);
    reused_ = used;
    if (!workspace_) workspace_ = transport_->workspaces().take();
    if (!linked()) transport_->active_.push_back(*this);
    if (trace_ != nullptr) {
        trace_->now().connection = connection_->number();
        trace_->now().reused = used;
        if (used) mark(&exchange_attempt::slot);
    }
    if (!used) return;
    phase_ = phase::compose;
    if (connection_->watch()) connection_->watch()->reused();
}

inline awaitable<void> exchange::open() {
    if (phase_ != phase::open) co_return;
    if (!has_slot_) has_slot_ = endpoint_->claim_slot();
    if (!has_slot_) {
        if (!enter_queue()) co_return;
        auto const turn = parked_;
        auto const reason = co_await detail::suspension::wait(turn);
        if (!leave_queue(reason)) co_return;
    }
    begin_connect();
    auto const connected = connector_->finished();
    auto const reason = co_await detail::suspension::wait(connected);
    if (!end_connect(reason)) co_return;
    while (phase_ == phase::tunnelling) {
        std::error_code ec;
        in_io_ = true;
        auto const size = co_await connection_->bytes().read_some(workspace_->input.get(),
                                                                  workspace::input_size, ec);
        take_tunnel_answer(ec, size);
    }
    while (!shake_hands()) {
        std::error_code ec;
        in_io_ = true;
        auto const size = co_await connection_->bytes().read_some(workspace_->input.get(),
                                                                  workspace::input_size, ec);
        if (!take_handshake(ec, size)) co_return;
    }
}

inline bool exchange::enter_queue() {
    if (transport_->waiting_ >= transport_->options().max_waiting) {
        fail(errc::too_many_waiting_calls);
        return false;
    }
    parked_ = std::make_shared<detail::suspension>();
    transport_->deadlines().set(*this, total_);
    phase_ = phase::queued;
    ++transport_->waiting_;
    unlink();
    endpoint_->waiters().push_back(*this);
    return true;
}

/// Somebody else's stack, or a destructor: only notes it.
inline void exchange::granted(std::shared_ptr<connection> idle) noexcept {
    --transport_->waiting_;
    phase_ = phase::open;
    has_slot_ = true;
    connection_ = std::move(idle);
    transport_->active_.push_back(*this);
    try {
        parked_->wake(detail::wake_reason::ready);
    } catch (std::bad_alloc const&) {  // its deadline will wake it
    }
}

/// True when there is a slot, and a connection is to be opened in it.
inline bool exchange::leave_queue(detail::wake_reason reason) {
    parked_.reset();
    if (phase_ == phase::done) return false;
    if (reason != detail::wake_reason::ready) {
        fail(errc::cancelled);
        return false;
    }
    auto const used = std::move(connection_);
    if (!used) return true;
    if (endpoint_->usable(*used, boot_clock::now(), !repeatable_)) {
        adopt(used, true);
        return false;
    }
    used->close();
    return true;
}

inline void exchange::begin_connect() {
    mark(&exchange_attempt::slot);
    if (!linked()) transport_->active_.push_back(*this);
    phase_ = phase::connecting;
    connector_ = std::make_shared<connector>(transport_->executor(), endpoint_->next_host(),
                                             endpoint_->next_port(), transport_->options().dialer);
    parked_ = connector_->finished();
    set_stage_deadline(transport_->options().connect_deadline);
    connector_->start();
}

/// True when there is a tunnel or a TLS handshake to be made.
inline bool exchange::end_connect(detail::wake_reason reason) {
    parked_.reset();
    if (phase_ == phase::done) return false;
    if (reason != detail::wake_reason::ready) {
        fail(errc::cancelled);
        return false;
    }
    if (trace_ != nullptr) trace_->now().resolved = connector_->resolved_at();
    if (!connector_->ok()) {
        errc const code = connector_->code();
        bool const short_of_means =
            code == errc::too_many_open_files || code == errc::out_of_memory;
        bool const unreachable = endpoint_->proxy() && !short_of_means;
        fail(unreachable ? errc::proxy_unreachable : code, connector_->cause());
        return false;
    }
    adopt(std::make_shared<connection>(connector_->take_socket(), boot_clock::now(),
                                       ++transport_->connections_),
          false);
    if (auto const& observer = transport_->options().observer) {
        connection_->watch() = std::make_unique<connection_watch>(
            observer, endpoint_->host(), endpoint_->port(), connector_->started_at());
    }
    mark(&exchange_attempt::connected);
    connector_.reset();
    if (!endpoint_->tls()) {
        on_ready(false);
    } else if (endpoint_->proxy() != nullptr) {
        ask_for_tunnel();
    } else {
        start_tls();
    }
    return phase_ == phase::tunnelling || phase_ == phase::handshaking;
}

inline void exchange::start_tls() {
    phase_ = phase::handshaking;
    connection_->start_tls(*endpoint_->current_tls(boot_clock::now()), endpoint_->host());
}

/// The new connection can be used.
inline void exchange::on_ready(bool tls) {
    phase_ = phase::compose;
    transport_->deadlines().set(*this, total_);
    if (connection_->watch()) connection_->watch()->opened(tls);
}

/// One turn of the handshake. True when there is no other: it is complete, or has failed.
inline bool exchange::shake_hands() {
    if (phase_ != phase::handshaking) return true;
    stream& bytes = connection_->bytes();
    tls_status const status = bytes.tls()->handshake();
    std::error_code ec;
    bytes.flush(ec);
    if (status == tls_status::ok) {
        end_handshake(*bytes.tls());
    } else if (status != tls_status::wants_input) {
        fail_tls(*bytes.tls());
    } else if (ec) {
        handshake_is_stuck(ec);
    }
    return phase_ != phase::handshaking;
}

/// Where the connection has ended, the read says so.
inline void exchange::handshake_is_stuck(std::error_code const& ec) {
    if (ec == asio::error::would_block) {
        connection_->wait_writable(*this);
    } else if (detail::is_shortage(ec)) {
        fail(errc::out_of_memory, ec);
    }
}

/// Session tickets may have come with the last flight. Data may not: nobody has asked for any.
inline void exchange::end_handshake(tls_engine& tls) {
    char unexpected = 0;
    std::size_t size = 0;
    switch (tls.read(&unexpected, 1, size)) {
        case tls_status::wants_input: mark(&exchange_attempt::secured); return on_ready(true);
        case tls_status::ok: return fail(errc::malformed_response, {}, "bytes before the request");
        case tls_status::closed: return fail(errc::connection_reset, asio::error::eof);
        case tls_status::failed: return fail_tls(tls);
    }
}

/// False when that was the end.
inline bool exchange::take_handshake(std::error_code const& ec, std::size_t size) {
    in_io_ = false;
    if (phase_ == phase::done) {
        connection_.reset();
    } else if (ec == asio::error::operation_aborted) {
        fail(errc::cancelled);
    } else if (ec) {
        fail(errc::tls_handshake_failed, ec, "the connection ended during the handshake");
    } else {
        connection_->bytes().tls()->feed({workspace_->input.get(), size});
    }
    return phase_ == phase::handshaking;
}

}  // namespace coauth::http

#endif
