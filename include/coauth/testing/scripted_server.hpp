// SPDX-License-Identifier: BSL-1.0
//
// A server that follows a script: which requests a test expects, what each of them gets, and how
// the connection breaks. On loopback or in a memory_network. Any thread.

#ifndef COAUTH_TESTING_SCRIPTED_SERVER_HPP
#define COAUTH_TESTING_SCRIPTED_SERVER_HPP

#include <coauth/clock.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/testing/http_server.hpp>
#include <coauth/testing/script.hpp>
#include <coauth/testing/server_message.hpp>

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::testing {

/// One line of the script; a handle. Without more it takes one request and answers 200 without a
/// body. Write a line to its end before its request can come.
class expectation {
public:
    // Which requests it takes.

    /// Only with this header. Names in any case.
    expectation when_header(std::string name, std::string value) const {
        return when([name = std::move(name), value = std::move(value)](server_request const& r) {
            return r.fields.find(name) == std::string_view(value);
        });
    }
    /// Only if the condition holds; it runs on the server's thread and must not call the server.
    expectation when(std::function<bool(server_request const&)> condition) const {
        return change([&](auto& line) { line.conditions.push_back(std::move(condition)); });
    }
    /// So many requests instead of one.
    expectation times(std::size_t n) const {
        return change([&](auto& line) { line.left = n; });
    }
    /// Any number of requests, none included.
    expectation always() const { return times(detail::script_line::unlimited); }

    // What they get.

    expectation reply(int status, std::string body = {},
                      std::string_view content_type = "application/json") const {
        server_response answer(status);
        if (!body.empty()) answer = server_response(status, content_type, std::move(body));
        return change([&](auto& line) {
            answer.faults = line.answer.faults;
            line.answer = std::move(answer);
        });
    }
    /// With everything that a response of the kit can have.
    expectation reply(server_response answer) const {
        return change([&](auto& line) { line.answer = std::move(answer); });
    }
    /// These bytes, whatever they are, then the connection is closed.
    expectation reply_raw(std::string bytes) const {
        return reply(server_response::raw_bytes(std::move(bytes)));
    }
    /// After reply(): one more header.
    expectation header(std::string_view name, std::string_view value) const {
        return change([&](auto& line) { line.answer.fields.append(name, value); });
    }

    // When.

    /// So much later, on the server's own timer.
    expectation delay(duration time) const {
        return change([&](auto& line) { line.answer.faults.delay = time; });
    }
    /// Not before release().
    expectation hold() const {
        return change([&](auto& line) { line.held = true; });
    }
    void release() const { script_->release(*line_); }

    // How it goes wrong.

    /// Head and so many bytes of the body, then the connection is closed.
    expectation cut(std::size_t body_bytes) const {
        return change([&](auto& line) { line.answer.faults.truncate_body_at = body_bytes; });
    }
    /// Closed without a byte.
    expectation close() const {
        return change([&](auto& line) { line.answer.faults = {.close_before_response = true}; });
    }
    /// Reset without a byte.
    expectation reset() const {
        return change([&](auto& line) { line.answer.faults = {.reset = true}; });
    }
    /// Not a byte until the client leaves.
    expectation hang() const {
        return change([&](auto& line) { line.answer.faults = {.hang = true}; });
    }
    /// Reset after the reply, or after the part of it that cut() leaves.
    expectation then_reset() const {
        return change([&](auto& line) { after_reply(line.answer.faults).reset = true; });
    }
    /// Silence after that.
    expectation then_hang() const {
        return change([&](auto& line) { after_reply(line.answer.faults).hang = true; });
    }

    /// How many requests it has taken.
    [[nodiscard]] std::size_t taken() const { return script_->taken(*line_); }

private:
    friend class scripted_server;
    expectation(std::shared_ptr<detail::script> script, std::shared_ptr<detail::script_line> line)
        : script_(std::move(script)), line_(std::move(line)) {}

    template <class Change>
    expectation change(Change const& apply) const {
        script_->change(*line_, apply);
        return *this;
    }
    static server_faults& after_reply(server_faults& faults) {
        constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
        faults.truncate_body_at = faults.truncate_body_at.value_or(all);
        return faults;
    }

    std::shared_ptr<detail::script> script_;
    std::shared_ptr<detail::script_line> line_;
};

/// A request is taken by the first line, in the order of writing, that wants it and is not used up:
///
///     scripted_server api(net.at("https://api.example.com"));
///     api.expect("GET", "/v1/users").reply(503).header("Retry-After", "1");
///     api.expect("GET", "/v1/users").reply(200, "[]").cut(1).then_reset();
///     …
///     api.verify();
///
/// One that no line takes is answered with 500 and is a problem, as is a line without its request.
class scripted_server {
public:
    explicit scripted_server(http_server_options options = {})
        : script_(std::make_shared<detail::script>()),
          server_(std::move(options), [script = script_](server_request request) {
              return answer(script, std::move(request));
          }) {}

    /// `method`: empty for any. `target`: a path, with or without query, in which case the query
    /// matters; empty for any.
    expectation expect(std::string method, std::string target) {
        return expectation(script_, script_->add(std::move(method), std::move(target)));
    }
    /// Answers what no line takes; that is no problem then.
    void otherwise(std::function<server_response(server_request const&)> answer) {
        script_->otherwise(std::move(answer));
    }

    /// What has not gone by the script, one sentence per line; empty: nothing.
    [[nodiscard]] std::string problems() const { return script_->problems(); }
    /// Throws std::runtime_error with problems(), if there are any.
    void verify() const {
        std::string const all = problems();
        if (!all.empty()) throw std::runtime_error("scripted_server " + origin() + ":\n" + all);
    }

    /// All requests so far, with their credentials, in order.
    [[nodiscard]] std::size_t count() const { return script_->count(); }
    /// Throws std::out_of_range.
    [[nodiscard]] server_request request(std::size_t i) const { return script_->request(i); }
    [[nodiscard]] server_request last() const { return request(count() - 1); }

    [[nodiscard]] std::string const& origin() const noexcept { return server_.origin(); }
    [[nodiscard]] std::string url(std::string_view path) const { return server_.url(path); }
    /// The server below: connections, port, stop().
    [[nodiscard]] http_server& http() noexcept { return server_; }

private:
    static awaitable<server_response> answer(std::shared_ptr<detail::script> script,
                                             server_request request) {
        detail::script::turn turn = script->take(std::move(request));
        if (turn.gate) {
            auto const gate = turn.gate;
            co_await detail::suspension::wait(gate);
        }
        co_return std::move(turn.answer);
    }

    std::shared_ptr<detail::script> const script_;
    http_server server_;
};

}  // namespace coauth::testing

#endif
