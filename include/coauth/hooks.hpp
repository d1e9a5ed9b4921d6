// SPDX-License-Identifier: BSL-1.0
//
// What a user may do before a request and after a response: the erased callables, the redacted
// views that are shown to them, and the hooks of token requests, which run on the source's
// executor. Those of calls to the API stand in call_hooks.hpp. Values.

#ifndef COAUTH_HOOKS_HPP
#define COAUTH_HOOKS_HPP

#include <coauth/codec/http_fields.hpp>
#include <coauth/detail/awaitable.hpp>
#include <coauth/protocol/token_request.hpp>

#include <concepts>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

namespace coauth {

/// A callable that edits a value: either `void(T&)`, or `awaitable<T>(T)` where it has to wait for
/// something. May be empty. An exception ends the call with that exception (errc::hook_failed in
/// `try_…` members).
template <class T>
class edit_hook {
public:
    edit_hook() = default;

    template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, edit_hook>) && requires(F& f, T value) {
        { f(std::move(value)) } -> std::same_as<awaitable<T>>;
    }
    edit_hook(F f) : waiting_(std::move(f)) {}

    template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, edit_hook>) && requires(F& f, T& value) {
        { f(value) } -> std::same_as<void>;
    }
    edit_hook(F f) : direct_(std::move(f)) {}

    [[nodiscard]] explicit operator bool() const noexcept { return direct_ || waiting_; }
    /// It has to be awaited.
    [[nodiscard]] bool waits() const noexcept { return static_cast<bool>(waiting_); }

    // For the library. Precondition of run(): !waits(); of run_async(): waits().
    void run(T& value) const {
        if (direct_) direct_(value);
    }
    [[nodiscard]] awaitable<T> run_async(T value) const { return waiting_(std::move(value)); }

private:
    std::function<void(T&)> direct_;
    std::function<awaitable<T>(T)> waiting_;
};

/// A request as it goes out, credentials redacted.
class sent_request {
public:
    sent_request(std::string method, std::string url, http_fields headers, std::string body)
        : method_(std::move(method)),
          url_(std::move(url)),
          headers_(std::move(headers)),
          body_(std::move(body)) {}

    [[nodiscard]] std::string const& method() const noexcept { return method_; }
    [[nodiscard]] std::string const& url() const noexcept { return url_; }
    [[nodiscard]] http_fields const& headers() const noexcept { return headers_; }
    [[nodiscard]] std::string const& body() const noexcept { return body_; }

private:
    std::string method_;
    std::string url_;
    http_fields headers_;
    std::string body_;
};

/// The token endpoint's answer, secrets redacted.
class received_response {
public:
    received_response(int status, std::string reason, http_fields headers, std::string body)
        : status_(status),
          reason_(std::move(reason)),
          headers_(std::move(headers)),
          body_(std::move(body)) {}

    [[nodiscard]] int status() const noexcept { return status_; }
    /// Text of the server, to be escaped before it is shown.
    [[nodiscard]] std::string const& reason() const noexcept { return reason_; }
    [[nodiscard]] http_fields const& headers() const noexcept { return headers_; }
    [[nodiscard]] std::string const& body() const noexcept { return body_; }

private:
    int status_;
    std::string reason_;
    http_fields headers_;
    std::string body_;
};

/// For token requests.
struct token_hooks {
    /// Once per token request, before the client authenticates: may add parameters and headers.
    edit_hook<token_request> before_call = {};
    /// What `before_call` makes of the tokens: sources whose hooks have the same name may share
    /// them. Empty: a source with such a hook keeps its tokens to itself.
    std::string cache_identity = {};
    std::function<void(sent_request const&)> before_send = {};
    std::function<void(received_response const&)> after_response = {};
};

}  // namespace coauth

#endif
