// SPDX-License-Identifier: BSL-1.0

#include "session.hpp"

#include "outcome.hpp"
#include "text_file.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <coauth/exchange_log_har.hpp>
#include <coauth/exchange_log_html.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <unistd.h>
#include <utility>

namespace coauth_tool {
namespace {

[[nodiscard]] std::string milliseconds(coauth::duration d) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count()) + " ms";
}
[[nodiscard]] std::string server(std::string_view host, std::uint16_t port) {
    return std::string(host) + ":" + std::to_string(port);
}

/// What the library tells, in lines.
template <class Say, class WaitFor, class Warn>
class narrator {
public:
    narrator(Say say, WaitFor wait_for, Warn warn)
        : say_(std::move(say)), wait_for_(std::move(wait_for)), warn_(std::move(warn)) {}

    void operator()(coauth::connection_opened const& e) const {
        say_("connected to " + server(e.server_address, e.server_port) + (e.tls ? " (TLS)" : "") +
             ", " + milliseconds(e.took));
    }
    void operator()(coauth::token_fetched const& e) const {
        say_("token from " + std::string(e.token_endpoint) + ", " + milliseconds(e.took));
        wait_for_("the API");
    }
    void operator()(coauth::token_fetch_failed const& e) const {
        say_("no token from " + std::string(e.token_endpoint) + ", " + milliseconds(e.took));
    }
    void operator()(coauth::token_loaded const& e) const {
        say_("token from the store, for " + milliseconds(e.lifetime));
        wait_for_("the API");
    }
    void operator()(coauth::store_failed const& e) const {
        warn_("the token store: " + std::string(to_string(e.operation)) + ": " + e.failure.what());
    }
    void operator()(coauth::token_rejected const& e) const {
        say_("the API does not accept the token: asking for another one");
        static_cast<void>(e);
    }
    void operator()(coauth::request_sent const& e) const {
        say_("sent " + std::string(e.method) + " to " + server(e.server_address, e.server_port));
        wait_for_("the API");
    }
    void operator()(coauth::request_retried const& e) const {
        say_(e.why == coauth::retry_reason::token_renewed
                 ? "sending again with another token"
                 : "sending again: the connection had ended");
    }
    void operator()(coauth::request_done const& e) const {
        say_((e.status_code == 0 ? "no answer" : "answer " + std::to_string(e.status_code)) + ", " +
             milliseconds(e.took));
    }

private:
    Say say_;
    WaitFor wait_for_;
    Warn warn_;
};

}  // namespace

session::session(given_options const& given, terminal const& at)
    : given_(&given), log_({.max_body = std::size_t{1024} * 1024}) {
    status_ = std::make_shared<status>(status{.at = at});
    status_->verbose = given.has("verbose");
    status_->progress = at.errors_to_terminal();
}

void session::say(status& about, std::string const& line) {
    clear_progress(about);
    if (!about.verbose) return;
    std::fputs((about.at.paint_error(colour::dim, "* " + line) + "\n").c_str(), stderr);
}

void session::warn(status& about, std::string const& line) {
    // What keeps a token from being loaded mostly keeps it from being saved too.
    if (std::exchange(about.warned, true)) return;
    clear_progress(about);
    std::fputs((about.at.paint_error(colour::yellow, "coauth: ") + line + "\n").c_str(), stderr);
}

void session::clear_progress(status& about) {
    if (std::exchange(about.shown, false)) std::fputs("\r\x1b[K", stderr);
}

coauth::observer session::observer() const {
    return narrator([s = status_](std::string const& line) { say(*s, line); },
                    [s = status_](char const* what) { s->waiting_for = what; },
                    [s = status_](std::string const& line) { warn(*s, line); });
}

/// One run(). What the loop has not got to when the work is done is called in the next run, so it
/// finds its things here.
struct session::turn {
    asio::cancellation_signal cancel = {};
    std::exception_ptr thrown = {};
    bool interrupted = false;
    bool over = false;
};

coauth::awaitable<void> session::tell_progress(std::shared_ptr<status> about,
                                               std::shared_ptr<turn const> now) {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    for (int seconds = 1;; ++seconds) {
        timer.expires_after(std::chrono::seconds(1));
        co_await timer.async_wait(asio::use_awaitable);
        if (now->over) co_return;
        std::string const line = "\r\x1b[Kwaiting for " + about->waiting_for + ", " +
                                 std::to_string(seconds) + " s (Ctrl-C ends)";
        std::fputs(line.c_str(), stderr);
        about->shown = true;
    }
}

void session::run(coauth::awaitable<void> work, std::string waiting_for) {
    status_->waiting_for = std::move(waiting_for);
    auto const now = std::make_shared<turn>();
    asio::signal_set signals(io_, SIGINT, SIGTERM);
    signals.async_wait([now](std::error_code ec, int) {
        if (ec || now->over) return;
        now->interrupted = true;
        // Whoever asks a second time does not want to wait for anything.
        std::signal(SIGINT, [](int) { ::_exit(static_cast<int>(exit_code::interrupted)); });
        now->cancel.emit(asio::cancellation_type::terminal);
    });
    if (status_->progress) asio::co_spawn(io_, tell_progress(status_, now), asio::detached);
    // A token request that was left behind is not waited for.
    asio::co_spawn(
        io_, std::move(work),
        asio::bind_cancellation_slot(now->cancel.slot(), [now, &io = io_](std::exception_ptr e) {
            now->thrown = std::move(e);
            io.stop();
        }));
    io_.restart();
    io_.run();
    now->over = true;
    clear_progress(*status_);
    if (now->interrupted) throw failure(exit_code::interrupted, "interrupted");
    if (now->thrown) std::rethrow_exception(now->thrown);
}

void session::write_files() const {
    if (auto const file = given_->find("har")) write_file(*file, coauth::to_har(log_));
    if (auto const file = given_->find("report")) write_file(*file, coauth::to_html(log_));
}

}  // namespace coauth_tool
