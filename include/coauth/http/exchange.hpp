// SPDX-License-Identifier: BSL-1.0
//
// One request sent and answered, as a step machine that the caller's coroutine drives: find or open
// a connection, let the caller write the request at that moment, send it, read the response. Knows
// the one resend that RFC 9110 §9.2.2 allows without asking. On the transport's sequential
// executor; not synchronised.
//
//   for (;;) {
//       bool const writable = co_await x.until_compose();
//       if (!writable) break;
//       write_request_head(x.output(), …);
//       x.send();
//   }
//   if (x.error()) …; else use x.status(), x.fields(), x.take_body()
//
// Who counts frames takes the steps of until_compose() one by one, as a call does.

#ifndef COAUTH_HTTP_EXCHANGE_HPP
#define COAUTH_HTTP_EXCHANGE_HPP

#include <coauth/clock.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/suspension.hpp>
#include <coauth/error.hpp>
#include <coauth/http/connect.hpp>
#include <coauth/http/exchange_trace.hpp>
#include <coauth/http/transport.hpp>
#include <coauth/secret.hpp>
#include <coauth/url.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace coauth::http {

struct exchange_options {
    /// Where to: a handle of transport::endpoint_for(), or, when that is null, `origin` and `tls`
    /// (null: the transport's), which cost a search and a copy of the URL.
    std::shared_ptr<http::endpoint> endpoint = nullptr;
    std::optional<url> origin = std::nullopt;
    std::shared_ptr<tls_context const> tls = nullptr;

    /// The request is a HEAD: its response has no body.
    bool head_request = false;
    /// May be sent twice: an idempotent method, or the caller knows better. See exchange.
    bool repeatable = false;
    /// Request and response hold secrets: every buffer they were in is wiped. Heads always are.
    bool sensitive = false;
    /// Over TLS, take a body that ends with the stream although nobody said that it is complete.
    bool accept_missing_close_notify = false;
    /// Of the response's body, in bytes.
    std::size_t max_body = std::size_t{16} * 1024 * 1024;
    /// For everything, waiting for a connection included. max(): none.
    time_point total_deadline = time_point::max();
    /// Filled where not null; outlives the exchange.
    exchange_trace* trace = nullptr;
};

/// Destroying it at any time is fine: an unfinished one closes its connection, an unused slot goes
/// to the next in the queue. It never moves. Errors are reported by error(), not thrown; what may
/// be thrown is std::bad_alloc, and what a cancelled await throws.
///
/// A request is sent a second time, once, on a new connection, when the connection was a used one
/// and ended before the first byte of a response, and either not a byte of the request had gone or
/// it is `repeatable`. Then next() says open and compose again.
class exchange final : public participant {
public:
    enum class step : unsigned char { open, compose, io, done };

    /// Throws coauth::exception when the default TLS context cannot be made.
    exchange(std::shared_ptr<transport> t, exchange_options options);
    exchange(exchange const&) = delete;
    exchange& operator=(exchange const&) = delete;
    ~exchange() override;

    /// Goes on until the request is to be written, true, or until step::done.
    [[nodiscard]] awaitable<bool> until_compose();

    [[nodiscard]] step next() const noexcept;

    /// step::open without waiting: an idle connection was there, or it has failed already. False:
    /// await open().
    [[nodiscard]] bool try_open(time_point now = boot_clock::now());
    /// step::open: a place in the pool, then resolve, connect, a proxy's tunnel and TLS, as far as
    /// needed. After a try_open() that said false.
    [[nodiscard]] awaitable<void> open();

    /// step::compose: an empty buffer, to be filled with the head, or with head and body.
    [[nodiscard]] detail::wiped_buffer& output() noexcept { return workspace_->output; }
    /// step::compose: sends output(), then `body`, which stays where it is until step::done. Does
    /// nothing when the exchange has ended meanwhile.
    void send(std::string_view body = {});
    /// The same with a buffer of the caller's own.
    void send(detail::wiped_buffer head_and_body);
    /// step::compose: the connection goes back unused, next() is open again.
    void give_back();

    /// step::io: the one operation that is due.
    [[nodiscard]] awaitable<std::size_t> io(std::error_code& ec);
    /// What came of it.
    void io_done(std::error_code const& ec, std::size_t size);

    /// At step::done: what went wrong, if anything did.
    [[nodiscard]] coauth::error const& error() const noexcept;

    /// The response; valid at step::done without error, as long as the exchange lives.
    [[nodiscard]] int status() const noexcept { return workspace_->parser.status(); }
    [[nodiscard]] http_fields& fields() noexcept { return workspace_->parser.fields(); }
    [[nodiscard]] std::string_view body() const noexcept { return workspace_->parser.body(); }
    [[nodiscard]] std::string take_body() noexcept { return workspace_->parser.take_body(); }
    [[nodiscard]] http1_parser& parser() noexcept { return workspace_->parser; }

    /// Where it is now, or where it failed.
    [[nodiscard]] stage where() const noexcept;
    /// The connection had been used before.
    [[nodiscard]] bool reused() const noexcept { return reused_; }
    /// How often the request was sent, in whole or in part: at most twice.
    [[nodiscard]] unsigned sends() const noexcept { return sends_; }

    /// From a timer, or because somebody stops: ends it now with this error. What is awaited ends
    /// soon after; the results of open(), send() and io_done() are ignored from here on.
    void abort(errc why) noexcept override;

private:
    enum class phase : unsigned char {
        open,
        queued,
        connecting,
        tunnelling,
        handshaking,
        compose,
        writing,
        waiting,
        reading,
        done,
    };

    void deadline_passed() noexcept override { abort(errc::deadline_exceeded); }
    void granted(std::shared_ptr<connection> idle) noexcept override;
    void writable() noexcept override;

    // Opening.
    [[nodiscard]] bool may_begin(time_point now);
    void adopt(std::shared_ptr<connection> c, bool used);
    [[nodiscard]] bool enter_queue();
    [[nodiscard]] bool leave_queue(detail::wake_reason reason);
    void begin_connect();
    [[nodiscard]] bool end_connect(detail::wake_reason reason);
    void start_tls();
    [[nodiscard]] bool shake_hands();
    void handshake_is_stuck(std::error_code const& ec);
    void end_handshake(tls_engine& tls);
    [[nodiscard]] bool take_handshake(std::error_code const& ec, std::size_t size);

    // On the way through a proxy.
    [[nodiscard]] bool is_at_proxy() const noexcept;
    void ask_for_tunnel();
    void push_tunnel_request();
    void take_tunnel_answer(std::error_code const& ec, std::size_t size);
    void end_tunnel(std::size_t surplus);
    [[nodiscard]] bool add_proxy_hop();
    void fail_at_proxy(errc code, std::error_code const& cause, char const* message) noexcept;
    void refused_by_proxy() noexcept;

    // Sending and receiving.
    void pump();
    [[nodiscard]] bool push(std::string_view data, std::size_t& at, std::error_code& ec);
    void on_sent();
    void on_ciphertext(std::string_view bytes);
    bool on_text(std::string_view bytes);
    void on_end_of_stream(bool said_so);
    void on_broken(std::error_code const& cause);
    void on_complete();
    void finish(bool reusable);

    void mark(exchange_attempt::mark exchange_attempt::*which) noexcept {
        if (trace_ != nullptr && trace_->size() != 0) trace_->set(which);
    }
    void on_ready(bool tls);

    // Ending.
    void set_stage_deadline(duration d);
    void fail(errc code, std::error_code const& cause = {}, char const* message = "") noexcept;
    void fail_tls(tls_engine& tls) noexcept;
    template <class MakeError>
    void end_failed(stage at, MakeError make_error) noexcept;
    void drop_connection() noexcept;
    void leave() noexcept;

    std::shared_ptr<transport> transport_;
    std::shared_ptr<endpoint> endpoint_;
    std::shared_ptr<connection> connection_;
    std::unique_ptr<workspace> workspace_;
    std::shared_ptr<detail::suspension> parked_;  ///< what open() waits for
    std::shared_ptr<connector> connector_;
    std::unique_ptr<coauth::error> error_;
    exchange_trace* trace_;
    std::string_view body_;
    std::size_t output_at_ = 0;  ///< how much of the workspace's output has gone
    std::size_t body_at_ = 0;
    std::size_t written_ = 0;  ///< of this send, in all
    std::size_t max_body_;
    time_point total_;
    unsigned sends_ = 0;
    phase phase_ = phase::open;
    stage failed_at_ = stage::none;
    bool const head_request_ : 1;
    bool const repeatable_ : 1;
    bool const sensitive_ : 1;
    bool const accept_missing_close_notify_ : 1;
    bool has_slot_ : 1 = false;
    bool reused_ : 1 = false;
    bool resent_ : 1 = false;
    bool lost_ : 1 = false;  ///< what was sent first may have arrived
    bool sent_all_ : 1 = false;
    bool answered_ : 1 = false;  ///< a byte of the response has come
    bool surplus_ : 1 = false;   ///< bytes after its end have come
    bool closed_ : 1 = false;    ///< nothing more will come
    bool in_io_ : 1 = false;
    bool failed_ : 1 = false;
};

}  // namespace coauth::http

#include <coauth/http/exchange_end.hpp>
#include <coauth/http/exchange_io.hpp>
#include <coauth/http/exchange_open.hpp>
#include <coauth/http/exchange_tunnel.hpp>

#endif
