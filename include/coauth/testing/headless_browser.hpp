// SPDX-License-Identifier: BSL-1.0
//
// A browser without a window and a person, for tests of a sign-in: opens the URL at the server,
// lets itself be redirected to the program, and keeps the page it ends with. Any thread.

#ifndef COAUTH_TESTING_HEADLESS_BROWSER_HPP
#define COAUTH_TESTING_HEADLESS_BROWSER_HPP

#include <coauth/detail/asio.hpp>
#include <coauth/url.hpp>

#include <asio/read.hpp>
#include <asio/write.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace coauth::testing {

/// For authorization_code_options::open. A handle; copies share everything.
class headless_browser {
public:
    /// Where the server sends a browser that opens this URL: `authorization_server::visit`. Empty:
    /// the person has closed the window.
    using server = std::function<std::string(std::string const& url)>;

    explicit headless_browser(server visit) : shared_(std::make_shared<state>(std::move(visit))) {}

    /// Returns at once; what follows goes on in a thread of its own.
    void operator()(std::string const& url) const {
        state* const self = shared_.get();
        std::lock_guard const lock(self->mutex);
        self->urls.push_back(url);
        // The threads are joined before the state goes.
        self->threads.emplace_back([self, url] { self->follow(url); });
    }

    /// Waits until every page has come; the last one, with its head. Empty: there was none.
    [[nodiscard]] std::string page() const {
        std::vector<std::jthread> ended;
        {
            std::lock_guard const lock(shared_->mutex);
            ended.swap(shared_->threads);
        }
        ended.clear();
        std::lock_guard const lock(shared_->mutex);
        return shared_->page;
    }
    /// What it was told to open.
    [[nodiscard]] std::vector<std::string> urls() const {
        std::lock_guard const lock(shared_->mutex);
        return shared_->urls;
    }

    /// GET of an http URL on loopback: the whole answer, empty where nobody listens. Blocks.
    [[nodiscard]] static std::string get(std::string const& text) {
        url const place = url::parse(text).value();
        asio::io_context io;
        asio::ip::tcp::socket socket(io);
        std::error_code ec;
        socket.connect({asio::ip::make_address(place.host()), place.port()}, ec);
        if (ec) return {};
        std::string const request = "GET " + place.target() +
                                    " HTTP/1.1\r\nHost: " + place.authority() +
                                    "\r\nConnection: close\r\n\r\n";
        asio::write(socket, asio::buffer(request), ec);
        std::string answer;
        asio::read(socket, asio::dynamic_buffer(answer), ec);
        return answer;
    }

private:
    struct state {
        explicit state(server v) : visit(std::move(v)) {}

        void follow(std::string const& first) {
            std::string const back = visit(first);
            std::string answer = back.empty() ? std::string() : get(back);
            std::lock_guard const lock(mutex);
            page = std::move(answer);
        }

        server const visit;
        std::mutex mutex;
        std::vector<std::string> urls;
        std::string page;
        std::vector<std::jthread> threads;
    };

    std::shared_ptr<state> shared_;
};

}  // namespace coauth::testing

#endif
