// SPDX-License-Identifier: BSL-1.0
//
// What tests/lint/coroutines.py has to find: a line that ends in `finds` and the name of a rule, and
// nothing on any other line. tests/lint/self_test.py compares.

#include <coauth/detail/asio.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {
class rest_client {};
}  // namespace coauth

namespace {

struct options {
    std::string url;
    int limit = 0;
};

class request {
public:
    explicit request(std::string url) : url_(std::move(url)) {}

private:
    std::string url_;
};

coauth::awaitable<bool> ready() { co_return true; }
coauth::awaitable<int> send(options) { co_return 1; }
coauth::awaitable<int> send(request) { co_return 1; }
coauth::awaitable<int> sum(std::array<int, 2> a) { co_return a[0]; }
coauth::awaitable<int> show(std::string_view v) { return send(request(std::string(v))); }
template <class Function>
coauth::awaitable<void> run(Function f) { f(); co_return; }

coauth::awaitable<int> miscompiled(std::string text) {
    if (co_await ready()) co_return 1;  // finds if
    if (!co_await ready()) co_return 2;  // finds if
    switch (co_await ready()) { default: break; }  // finds switch
    while (co_await ready()) break;  // finds loop
    co_await send({.url = "x"});  // finds aggregate
    co_await send(options{.url = "x"});  // finds aggregate
    co_await run([text] { (void)text; });  // finds lambda
    co_await run([t = std::move(text)] { (void)t; });  // finds lambda
    bool const chosen = text.empty() ? co_await ready() : false;  // finds choice
    co_await (chosen ? ready() : ready());  // finds choice
    co_await send(request(chosen ? std::string("a") : "b"));  // finds choice
    std::pair<int, int> const both{co_await send(request("a")), co_await send(request("b"))};
    options const made{text, co_await send(request("a"))};  // finds awaits
    co_return both.first + made.limit;
}

template <class Operation>
coauth::awaitable<int> miscompiled_template(Operation operation) {
    if (co_await operation()) co_return 1;  // finds if
    co_await send(options{.url = "x"});  // finds aggregate
    std::string text;
    co_await operation([text] { (void)text; });  // finds lambda
    int const chosen = text.empty() ? co_await operation() : 2;  // finds choice
    co_return chosen;
}

coauth::awaitable<int> fine(std::string text) {
    bool const done = co_await ready();
    if (done) co_return 1;
    if (bool again = co_await ready()) co_return 2;
    auto executor = co_await asio::this_coro::executor;
    co_await run([&text, &executor] { text.clear(); });
    co_await run([done] { (void)done; });
    auto named = [text] { (void)text; };
    co_await run(named);
    options const with_url{.url = "x"};
    co_await send(with_url);
    co_await send(request(done ? "a" : "b"));
    std::string const other = "other";
    std::string_view const view = other;
    co_await send(request(done ? text : other));
    co_await run([view] { (void)view; });
    co_await show(done ? view : "b");
    co_await sum(std::array<int, 2>{1, 2});
    int const both = co_await send(request("x")) + co_await send(request("y"));
    co_return both;
}

coauth::awaitable<void> by_reference(std::string const& text) { (void)text; co_return; }  // finds parameter
coauth::awaitable<void> by_view(std::string_view text) { (void)text; co_return; }  // finds parameter
coauth::awaitable<void> by_value(std::string text) { (void)text; co_return; }
coauth::awaitable<void> by_client(coauth::rest_client& api) { (void)api; co_return; }
coauth::awaitable<int> ordinary(std::string const& text) { return fine(text); }

coauth::awaitable<void> textual() {
    asio::strand<coauth::any_executor> s(co_await asio::this_coro::executor);  // finds executor
    (void)s;
}

}  // namespace

int main() {
    (void)&miscompiled; (void)&by_reference; (void)&by_view; (void)&by_value;
    (void)&by_client; (void)&ordinary; (void)&textual;
}
