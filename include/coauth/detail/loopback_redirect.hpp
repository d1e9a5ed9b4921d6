// SPDX-License-Identifier: BSL-1.0
//
// The place on this machine that a browser is sent back to after a sign-in (RFC 8252 §7.3): listens
// on one loopback address, takes the first request for its exact path, answers others with 404, and
// ends with a page for the person. One executor, a sequential one.

#ifndef COAUTH_DETAIL_LOOPBACK_REDIRECT_HPP
#define COAUTH_DETAIL_LOOPBACK_REDIRECT_HPP

#include <coauth/cache/fetch_run.hpp>
#include <coauth/clock.hpp>
#include <coauth/codec/http1_parser.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/suspension.hpp>
#include <coauth/result.hpp>
#include <coauth/secret.hpp>
#include <coauth/url.hpp>

#include <array>
#include <asio/write.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace coauth::detail {

/// A whole answer, without anything that has to be loaded from elsewhere.
[[nodiscard]] inline std::string redirect_answer(std::string_view status, std::string_view title,
                                                 std::string_view text) {
    std::string const page =
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>" + std::string(title) +
        "</title>\n<meta name=\"viewport\" content=\"width=device-width\">\n"
        "<body style=\"font-family:sans-serif;text-align:center;margin:15vh 1em\">\n<h1>" +
        std::string(title) + "</h1>\n<p>" + std::string(text) + "</p>\n</html>\n";
    return "HTTP/1.1 " + std::string(status) +
           "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: " +
           std::to_string(page.size()) +
           "\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
           "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
           "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n" +
           page;
}

class loopback_redirect : public std::enable_shared_from_this<loopback_redirect> {
public:
    using tcp = asio::ip::tcp;

    /// One connection. A browser may open some that it never uses.
    struct visitor {
        explicit visitor(tcp::socket s) : socket(std::move(s)) {}
        tcp::socket socket;
        http1_parser parser{http1_parser::kind::request, {.max_body = 1024}};
        std::array<char, 4096> input{};
    };
    /// What the browser has brought, and the connection on which it waits for a page.
    struct arrival {
        std::shared_ptr<visitor> browser;
        secret query;
    };

    /// `place`: without a port of its own, any free one. Throws coauth::exception with
    /// errc::redirect_unavailable when the port is taken.
    loopback_redirect(any_executor const& executor, url const& place)
        : place_(place), acceptor_(executor) {
        std::error_code ec;
        asio::ip::address const address = asio::ip::make_address(place.host(), ec);
        unsigned short const port = place.has_default_port() ? 0 : place.port();
        tcp::endpoint const where(address, port);
        if (!ec) acceptor_.open(where.protocol(), ec);
        if (!ec) acceptor_.bind(where, ec);
        if (!ec) acceptor_.listen(8, ec);
        if (!ec) port_ = acceptor_.local_endpoint(ec).port();
        if (!ec) return;
        throw exception(error(errc::redirect_unavailable, stage::configuration,
                              "the port of the redirect URI cannot be opened")
                            .with_cause(ec));
    }

    /// With the port that is open.
    [[nodiscard]] std::string uri() const {
        std::string const host = place_.is_ipv6() ? "[" + place_.host() + "]" : place_.host();
        return "http://" + host + ":" + std::to_string(port_) + place_.path();
    }

    /// What wakes who waits.
    [[nodiscard]] std::shared_ptr<suspension> const& waiting() const noexcept { return waiting_; }

    /// The first redirect; afterwards nobody is let in. errc::deadline_exceeded, errc::cancelled.
    [[nodiscard]] static awaitable<result<arrival>> wait(std::shared_ptr<loopback_redirect> self,
                                                         duration limit) {
        any_executor const executor = co_await asio::this_coro::executor;
        asio::co_spawn(executor, accept(self), asio::detached);
        asio::steady_timer timer(executor);
        wake_at(timer, limit, self->waiting_);
        wake_reason const reason = co_await suspension::wait(self->waiting_);
        self->close();
        if (reason == wake_reason::cancelled) co_return error(errc::cancelled, stage::token);
        if (self->arrived_) co_return std::move(*self->arrived_);
        co_return error(errc::deadline_exceeded, stage::token, "nobody has signed in in time");
    }

    /// Ends with a page. What goes wrong here does not matter any more.
    [[nodiscard]] static awaitable<void> answer(std::shared_ptr<visitor> to, bool signed_in) {
        std::string const page =
            signed_in ? redirect_answer("200 OK", "You are signed in",
                                        "You can close this window and go back to the program.")
                      : redirect_answer("400 Bad Request", "You are not signed in",
                                        "Go back to the program: it says what has happened.");
        co_await write(to, page);
    }

    /// Nobody is let in any more, and those who are in are sent away.
    void close() noexcept {
        std::error_code ignored;
        closed_ = true;
        acceptor_.close(ignored);
        for (auto const& one : visitors_) one->socket.close(ignored);
    }

private:
    static constexpr std::size_t most_visitors = 32;

    static awaitable<void> accept(std::shared_ptr<loopback_redirect> self) {
        while (!self->closed_) {
            std::error_code ec;
            tcp::socket socket = co_await self->acceptor_.async_accept(
                asio::redirect_error(asio::use_awaitable, ec));
            bool const gone = ec == asio::error::connection_aborted;
            if (gone || self->visitors_.size() >= most_visitors) continue;
            if (ec || self->closed_) break;
            auto const one = std::make_shared<visitor>(std::move(socket));
            self->visitors_.insert(one);
            asio::co_spawn(one->socket.get_executor(), serve(self, one), asio::detached);
        }
    }

    static awaitable<void> serve(std::shared_ptr<loopback_redirect> self,
                                 std::shared_ptr<visitor> one) {
        bool const complete = co_await read(one);
        self->visitors_.erase(one);
        if (!complete || self->closed_) co_return;
        http1_parser const& request = one->parser;
        std::string_view const target = request.target();
        std::size_t const question = target.find('?');
        bool const here = target.substr(0, question) == self->place_.path();
        if (here && request.method() == "GET") {
            bool const with_query = question != std::string_view::npos;
            std::string_view const query =
                with_query ? target.substr(question + 1) : std::string_view();
            self->closed_ = true;
            self->arrived_ = arrival{one, secret(query)};
            self->waiting_->wake(wake_reason::ready);
            co_return;
        }
        std::string const page =
            here ? redirect_answer("405 Method Not Allowed", "Not here", "This is not a form.")
                 : redirect_answer("404 Not Found", "Not here", "There is nothing to be seen.");
        co_await write(one, page);
    }

    /// True when a request has come.
    static awaitable<bool> read(std::shared_ptr<visitor> one) {
        one->parser.expect(false);
        while (!one->parser.complete()) {
            std::error_code ec;
            std::size_t const n = co_await one->socket.async_read_some(
                asio::buffer(one->input), asio::redirect_error(asio::use_awaitable, ec));
            if (ec) co_return false;
            std::size_t consumed = 0;
            ec = one->parser.feed({one->input.data(), n}, consumed);
            if (ec) co_return false;
        }
        co_return true;
    }

    static awaitable<void> write(std::shared_ptr<visitor> to, std::string page) {
        std::error_code ec;
        co_await asio::async_write(to->socket, asio::buffer(page),
                                   asio::redirect_error(asio::use_awaitable, ec));
        to->socket.shutdown(tcp::socket::shutdown_both, ec);
        to->socket.close(ec);
    }

    url const place_;
    tcp::acceptor acceptor_;
    unsigned short port_ = 0;
    bool closed_ = false;
    std::set<std::shared_ptr<visitor>> visitors_;
    std::optional<arrival> arrived_;
    std::shared_ptr<suspension> const waiting_ = std::make_shared<suspension>();
};

}  // namespace coauth::detail

#endif
