// SPDX-License-Identifier: BSL-1.0
//
// Coroutine code that g++ 12 miscompiles, next to the code that takes its place. probe.py compiles
// it (-DPATTERNS="X(name) X(name)") and runs each under AddressSanitizer. A pattern marked
// `relied on` has to work with every compiler; one marked `avoided` is kept out by
// tests/lint/coroutines.py, and may work or not.

#include <coroutine>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

/// The least that behaves as asio::awaitable does: lazy, move-only, resumes its awaiter.
template <class T>
class task {
public:
    struct promise_type {
        T value{};
        std::coroutine_handle<> continuation;

        task get_return_object() {
            return task(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        auto final_suspend() noexcept {
            struct resume_awaiter {
                bool await_ready() noexcept { return false; }
                std::coroutine_handle<> await_suspend(
                    std::coroutine_handle<promise_type> h) noexcept {
                    auto next = h.promise().continuation;
                    return next ? next : std::noop_coroutine();
                }
                void await_resume() noexcept {}
            };
            return resume_awaiter{};
        }
        template <class U>
        void return_value(U&& v) {
            value = std::forward<U>(v);
        }
        void unhandled_exception() { std::terminate(); }
    };

    explicit task(std::coroutine_handle<promise_type> h) : handle_(h) {}
    task(task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    ~task() {
        if (handle_) handle_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
        handle_.promise().continuation = awaiter;
        return handle_;
    }
    T await_resume() { return std::move(handle_.promise().value); }

    T run() {
        handle_.resume();
        return await_resume();
    }

private:
    std::coroutine_handle<promise_type> handle_;
};

struct aggregate {
    std::string url;
    int limit = 0;
};

class with_constructor {
public:
    with_constructor() = default;
    explicit with_constructor(std::string u) : url(std::move(u)) {}
    with_constructor&& with_limit(int n) && {
        limit = n;
        return std::move(*this);
    }

    std::string url;
    int limit = 0;
};

// Longer than any small-string buffer, so that a second destruction frees memory twice.
std::string text() { return std::string(40, 'x'); }

task<bool> yes() { co_return true; }
task<bool> no() { co_return false; }
task<int> one() { co_return 1; }
task<std::string> words() { co_return text(); }
task<int> length_of(std::string_view s) { co_return static_cast<int>(s.size()); }
task<int> send(aggregate a) { co_return static_cast<int>(a.url.size()); }
task<int> send_reference(aggregate const& a) { co_return static_cast<int>(a.url.size()); }
task<int> send_constructed(with_constructor a) { co_return static_cast<int>(a.url.size()); }
template <class F>
task<int> call(F f) {
    co_return f();
}
task<int> first_length(std::vector<std::string> v) { co_return static_cast<int>(v[0].size()); }

// Each pattern returns 40 where it works.

// pattern if_without_local: avoided
task<int> if_without_local() {
    if (co_await no()) { co_return 1; }
    if (!co_await yes()) { co_return 2; }
    co_return 40;
}

// pattern throw_behind_condition: avoided
task<int> throw_behind_condition() {
    if (co_await no()) throw 1;
    co_return 40;
}

// pattern switch_on_await: avoided
task<int> switch_on_await() {
    switch (co_await one()) {
        case 1: co_return 40;
        default: co_return 1;
    }
}

// pattern braces_for_aggregate: avoided
task<int> braces_for_aggregate() { co_return co_await send({.url = text(), .limit = 1}); }

// pattern aggregate_temporary: avoided
task<int> aggregate_temporary() { co_return co_await send(aggregate{.url = text(), .limit = 1}); }

// pattern aggregate_by_reference: avoided
task<int> aggregate_by_reference() {
    int const n = co_await send_reference({.url = text(), .limit = 1});
    co_return n;
}

// pattern lambda_with_capture: avoided
task<int> lambda_with_capture() {
    std::string s = text();
    int const n = co_await call([s] { return static_cast<int>(s.size()); });
    co_return n;
}

// pattern choice_between_await_and_value: avoided
task<int> choice_between_await_and_value() {
    bool const b = co_await yes();
    std::string const other = "other";
    auto s = b ? co_await words() : other;
    co_return static_cast<int>(s.size());
}

// pattern choice_between_awaitables: avoided
task<int> choice_between_awaitables() {
    bool const b = co_await yes();
    std::string const s = co_await (b ? words() : words());
    co_return static_cast<int>(s.size());
}

// pattern choice_of_temporaries: avoided
task<int> choice_of_temporaries() {
    bool const b = co_await yes();
    int const n = co_await send_constructed(with_constructor(b ? text() : "other"));
    co_return n;
}

// pattern aggregate_of_two_awaits: avoided
task<int> aggregate_of_two_awaits() {
    struct two {
        std::string a, b;
    };
    auto both = two{co_await words(), co_await words()};
    co_return static_cast<int>(both.a.size());
}

#ifdef ALSO_WHAT_DOES_NOT_COMPILE
// pattern initializer_list: avoided
task<int> initializer_list() {
    int const n = co_await first_length(std::vector<std::string>{text(), text()});
    co_return n;
}
#endif

// pattern await_then_branch: relied on
task<int> await_then_branch() {
    bool const wrong = co_await no();
    if (wrong) { co_return 1; }
    bool const right = co_await yes();
    if (!right) co_return 2;
    co_return 40;
}

// pattern declaration_in_condition: relied on
task<int> declaration_in_condition() {
    if (auto v = co_await one()) { co_return 39 + v; }
    co_return 1;
}

// pattern condition_after_a_local: relied on
task<int> condition_after_a_local() {
    std::string const s = text();
    if (co_await no()) { co_return 1; }
    co_return static_cast<int>(s.size());
}

// pattern class_with_constructor: relied on
task<int> class_with_constructor() {
    co_return co_await send_constructed(with_constructor(text()));
}

// pattern builder_chain: relied on
task<int> builder_chain() {
    int const n = co_await send_constructed(with_constructor(text()).with_limit(3));
    co_return n;
}

// pattern named_then_moved: relied on
task<int> named_then_moved() {
    aggregate a{.url = text(), .limit = 1};
    int const n = co_await send(std::move(a));
    co_return n;
}

// pattern named_lambda: relied on
task<int> named_lambda() {
    std::string s = text();
    auto const f = [s] { return static_cast<int>(s.size()); };
    int const n = co_await call(f);
    co_return n;
}

// pattern lambda_with_references: relied on
task<int> lambda_with_references() {
    std::string s = text();
    int const n = co_await call([&s] { return static_cast<int>(s.size()); });
    co_return n;
}

// pattern operation_in_a_variable: relied on
task<int> operation_in_a_variable() {
    std::string s = text();
    auto op = call([s] { return static_cast<int>(s.size()); });
    int const n = co_await std::move(op);
    co_return n;
}

// pattern string_temporary: relied on
task<int> string_temporary() { co_return co_await length_of(text()); }

// pattern choice_of_views: relied on
task<int> choice_of_views() {
    bool const b = co_await yes();
    std::string const s = text();
    int const n = co_await length_of(b ? std::string_view(s) : "other");
    co_return n;
}

// pattern choice_of_named: relied on
task<int> choice_of_named() {
    bool const b = co_await yes();
    std::string const first = text();
    std::string const second = "other";
    int const n = co_await length_of(b ? first : second);
    co_return n;
}

// pattern sum_of_awaits: relied on
task<int> sum_of_awaits() { co_return co_await length_of(text()) + co_await one() - 1; }

}  // namespace

int main(int count, char** arguments) {
    std::string_view const wanted = count > 1 ? arguments[1] : "";
#define X(name) \
    if (wanted == #name) return name().run() == 40 ? EXIT_SUCCESS : EXIT_FAILURE;
    PATTERNS
#undef X
    return EXIT_FAILURE;
}
