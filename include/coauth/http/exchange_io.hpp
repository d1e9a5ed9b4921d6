// SPDX-License-Identifier: BSL-1.0
//
// How an exchange sends its request and reads the response: bodies of exchange.hpp.

#ifndef COAUTH_HTTP_EXCHANGE_IO_HPP
#define COAUTH_HTTP_EXCHANGE_IO_HPP

#include <coauth/http/exchange.hpp>
#include <coauth/http/keep_alive.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace coauth::http {

inline void exchange::send(detail::wiped_buffer head_and_body) {
    if (phase_ != phase::compose) return;
    std::swap(workspace_->output, head_and_body);
    send();
}

inline void exchange::send(std::string_view body) {
    if (phase_ != phase::compose || !add_proxy_hop()) return;
    // A small body goes into the same packet, and the same TLS record, as the head.
    constexpr std::size_t small = 8 * 1024;
    if (body.size() <= small) {
        workspace_->output.append(body);
        body = {};
    }
    body_ = body;
    output_at_ = body_at_ = written_ = 0;
    sent_all_ = answered_ = surplus_ = closed_ = false;
    ++sends_;
    mark(&exchange_attempt::composed);
    http1_parser& parser = workspace_->parser;
    parser.set_sensitive(sensitive_);
    parser.expect(head_request_);
    http1_limits limits;
    limits.max_head = transport_->options().max_head;
    limits.max_body = max_body_;
    parser.set_limits(limits);
    phase_ = phase::writing;
    // A large body may have to wait until the server wants it, which is no sign of anything.
    if (reused_ && repeatable_ && body_.empty() && connection_->rested()) {
        duration const left = total_ - boot_clock::now();
        connection_->suspect(std::min(transport_->options().first_byte_deadline, left));
    }
    pump();
}

/// Sends what is left for as long as it goes without waiting.
inline void exchange::pump() {
    std::error_code ec;
    bool const all = push(workspace_->output.view(), output_at_, ec) && push(body_, body_at_, ec) &&
                     connection_->bytes().flush(ec);
    if (!all && ec == asio::error::would_block) {
        connection_->wait_writable(*this);
        // The deadline is one for the pause, so that a slow but steady upload may take its time.
        if (!answered_) set_stage_deadline(transport_->options().first_byte_deadline);
        return;
    }
    if (!all && detail::is_shortage(ec)) return fail(errc::out_of_memory, ec);
    // A server that has refused may have closed its side; what it said is still to be read.
    sent_all_ = all;
    on_sent();
}

/// False: not all of it went, see `ec`.
inline bool exchange::push(std::string_view data, std::size_t& at, std::error_code& ec) {
    while (at < data.size()) {
        std::size_t const n = connection_->bytes().try_write(data.substr(at), ec);
        at += n;
        written_ += n;
        if (ec) return false;
    }
    return true;
}

inline void exchange::on_sent() {
    workspace_->wipe_output();
    body_ = {};
    output_at_ = body_at_ = 0;
    mark(&exchange_attempt::sent);
    if (answered_) return;
    phase_ = phase::waiting;
    set_stage_deadline(transport_->options().first_byte_deadline);
}

inline void exchange::writable() noexcept {
    try {
        if (phase_ == phase::tunnelling) {
            push_tunnel_request();
        } else if (phase_ == phase::handshaking) {
            std::error_code ec;
            if (!connection_->bytes().flush(ec)) handshake_is_stuck(ec);
        } else if (next() == step::io) {
            pump();
        }
    } catch (std::exception const&) { abort(errc::out_of_memory); }
}

/// Ordinary on purpose: the awaitable is Asio's own, the only frame below the caller's.
inline awaitable<std::size_t> exchange::io(std::error_code& ec) {
    in_io_ = true;
    return connection_->bytes().read_some(workspace_->input.get(), workspace::input_size, ec);
}

inline void exchange::io_done(std::error_code const& ec, std::size_t size) {
    in_io_ = false;
    if (phase_ == phase::done) {
        connection_.reset();
    } else if (ec == asio::error::eof) {
        on_end_of_stream(connection_->bytes().tls() == nullptr);
    } else if (ec == asio::error::operation_aborted) {
        fail(errc::cancelled);
    } else if (ec) {
        on_broken(ec);
    } else if (connection_->bytes().tls() != nullptr) {
        on_ciphertext({workspace_->input.get(), size});
    } else if (on_text({workspace_->input.get(), size}) && workspace_->parser.complete()) {
        on_complete();
    }
    if (sensitive_) OPENSSL_cleanse(workspace_->input.get(), size);
}

/// All of it is used up here, since the buffer is needed for the next read: also what follows a
/// complete response, which may be a session ticket, or the bytes of somebody's next response.
inline void exchange::on_ciphertext(std::string_view bytes) {
    stream& stream = connection_->bytes();
    tls_engine& tls = *stream.tls();
    char* const plain = transport_->workspaces().plain();
    tls.feed(bytes);
    for (;;) {
        std::size_t size = 0;
        tls_status const status = tls.read(plain, workspace::input_size, size);
        if (status == tls_status::ok) {
            bool const go_on = on_text({plain, size});
            if (sensitive_) OPENSSL_cleanse(plain, size);
            if (!go_on) return;
            continue;
        }
        closed_ = status != tls_status::wants_input;
        break;
    }
    if (workspace_->parser.complete()) return on_complete();
    if (!closed_) {
        // The answer to a key update; what does not go now goes with the next write.
        std::error_code ignored;
        stream.flush(ignored);
        return;
    }
    if (!tls.cause()) return on_end_of_stream(true);
    if (!answered_ && !reused_) {
        // TLS 1.3: a server refuses a client certificate only after the handshake.
        fail_tls(tls);
    } else if (!answered_) {
        on_broken(tls.cause());
    } else {
        fail(errc::malformed_response, tls.cause(), "TLS record");
    }
}

/// False when it has failed, and there is nothing left here.
inline bool exchange::on_text(std::string_view bytes) {
    http1_parser& parser = workspace_->parser;
    if (!answered_) {
        answered_ = true;
        mark(&exchange_attempt::first_byte);
        phase_ = phase::reading;
        transport_->deadlines().set(*this, total_);
    }
    std::size_t consumed = 0;
    if (std::error_code const ec = parser.feed(bytes, consumed)) {
        bool const alert = bytes.starts_with("\x15\x03");
        fail(static_cast<errc>(ec.value()), {},
             alert ? "the server answers in TLS; should the URL begin with https://?" : "");
        return false;
    }
    if (consumed < bytes.size()) surplus_ = true;
    return true;
}

inline void exchange::on_end_of_stream(bool said_so) {
    closed_ = true;
    if (!answered_) return on_broken(asio::error::eof);
    http1_parser& parser = workspace_->parser;
    if (parser.finish()) return fail(errc::truncated, asio::error::eof);
    if (!said_so && !accept_missing_close_notify_) {
        return fail(errc::truncated, asio::error::eof,
                    "the body ends with the TLS connection, but without close_notify");
    }
    on_complete();
}

/// The connection ended, and no response is complete.
inline void exchange::on_broken(std::error_code const& cause) {
    bool const again = !answered_ && reused_ && !resent_ && (repeatable_ || written_ == 0);
    if (!again) return fail(errc::connection_reset, cause);
    resent_ = true;
    lost_ = written_ != 0;
    mark(&exchange_attempt::ended);
    if (trace_ != nullptr) trace_->now().lost = cause;
    drop_connection();
    workspace_->wipe_output();
    body_ = {};
    phase_ = phase::open;  // with the slot, so that it will be a new connection
    transport_->deadlines().set(*this, total_);
}

inline void exchange::on_complete() {
    if (endpoint_->is_forwarded() && status() == 407) return refused_by_proxy();
    finish(sent_all_ && !surplus_ && !closed_ && workspace_->parser.keep_alive());
}

inline void exchange::finish(bool reusable) {
    transport_options const& options = transport_->options();
    time_point const now = boot_clock::now();
    time_point until = now;
    if (reusable && !transport_->stopped_) {
        duration const announced = announced_idle_time(workspace_->parser.fields());
        until = std::min(saturating_add(now, std::min(options.idle_timeout, announced)),
                         saturating_add(connection_->opened(), options.max_age));
    }
    if (until > now) {
        connection_->rest(now, until);
        has_slot_ = false;
        connection_->forget(*this);
        endpoint_->put_back(std::move(connection_), now);
    }
    leave();
}

inline void exchange::give_back() {
    if (phase_ != phase::compose) return;
    workspace_->wipe_output();
    time_point const now = boot_clock::now();
    transport_options const& options = transport_->options();
    time_point const until = std::min(saturating_add(now, options.idle_timeout),
                                      saturating_add(connection_->opened(), options.max_age));
    connection_->set_idle(now, until);
    has_slot_ = false;
    endpoint_->put_back(std::move(connection_), now);
    phase_ = phase::open;
}

}  // namespace coauth::http

#endif
