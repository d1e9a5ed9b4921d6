// SPDX-License-Identifier: BSL-1.0
//
// Bodies of sign_in.hpp.

#ifndef COAUTH_SIGN_IN_IMPL_HPP
#define COAUTH_SIGN_IN_IMPL_HPP

#include <coauth/detail/asio.hpp>
#include <coauth/detail/browser.hpp>
#include <coauth/detail/loopback_redirect.hpp>
#include <coauth/insecure.hpp>
#include <coauth/sign_in.hpp>
#include <coauth/token_endpoint.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace coauth {
namespace detail {

/// Where a person is asked: given, or what the server says of itself.
[[nodiscard]] inline result<url> place_to_ask(std::string const& given, std::string const& found,
                                              token_source_config const& config, char const* name) {
    std::string const& text = given.empty() ? found : given;
    if (text.empty()) {
        return error(errc::invalid_configuration, stage::configuration,
                     std::string("there is no ") + name)
            .with_hint(
                "give its URL with the grant, or the source an issuer whose metadata has it");
    }
    result<url> place = url::parse(text);
    if (!place) return place;
    if (error insecure = check_transport(*place, config.insecure_http.has_value())) return insecure;
    return place;
}

/// Whatever ends the sign-in, nobody is listened to any more.
class redirect_guard {
public:
    explicit redirect_guard(std::shared_ptr<loopback_redirect> listener)
        : listener_(std::move(listener)) {}
    redirect_guard(redirect_guard const&) = delete;
    redirect_guard& operator=(redirect_guard const&) = delete;
    ~redirect_guard() { listener_->close(); }

private:
    std::shared_ptr<loopback_redirect> listener_;
};

class sign_in_run {
public:
    template <class How>
    static awaitable<result<token_ref>> run(token_source tokens, How how, sign_in_options options) {
        std::shared_ptr<token_endpoint> const& at = tokens.endpoint();
        try {
            if (!at->config().grant.needs_person()) co_return no_person();
            if (at->stopped()) co_return error(errc::stopped, stage::token);
            bool const alive = static_cast<bool>(at->gate()->enter());
            if (!alive) co_return error(errc::executor_gone, stage::token);
            any_executor const home = at->home();
            result<fetched_token> got = co_await asio::co_spawn(
                home, obtain(at, std::move(how), std::move(options)), asio::use_awaitable);
            if (!got) co_return reason(*at, std::move(got).error());
            result<token_ref> token = co_await hand_over(tokens, std::move(*got));
            co_return std::move(token);
        } catch (...) {
            co_return reason(*at, fetch_run::from_exception(std::current_exception()));
        }
    }

private:
    static error no_person() {
        return error(errc::invalid_configuration, stage::configuration,
                     "this source gets its tokens without a person")
            .with_hint("set token_source_config::grant to an authorization_code or device_code");
    }

    /// A wait that was cancelled does not know by whom.
    static error reason(token_endpoint const& at, error e) {
        if (!e.is(errc::cancelled) || !at.stopped()) return e;
        return error(errc::stopped, stage::token);
    }

    // On the home of the source.

    static awaitable<result<fetched_token>> obtain(std::shared_ptr<token_endpoint> at,
                                                   authorization_code how,
                                                   sign_in_options options) {
        authorization_code_options const& given = how.options();
        std::string client = at->config().client.client_id();
        if (client.empty()) client = given.client_id;
        if (client.empty()) {
            co_return error(errc::invalid_configuration, stage::configuration,
                            "authorization_code_options::client_id is not set");
        }
        result<server_endpoints> const places = co_await token_endpoint::endpoints(at);
        if (!places) co_return places.error();
        result<url> const place = place_to_ask(given.authorization_url, places->authorization,
                                               at->config(), "authorization endpoint");
        if (!place) co_return place.error();

        any_executor const here = co_await asio::this_coro::executor;
        auto const listener = std::make_shared<loopback_redirect>(here, how.redirect());
        redirect_guard const guard(listener);
        authorization_attempt const attempt(listener->uri());
        std::string const shown =
            attempt.authorization_url(*place, client, at->access(), given.parameters);
        given.open ? given.open(shown) : open_in_browser(shown);
        at->sign_ins().add(listener->waiting());
        result<loopback_redirect::arrival> const back =
            co_await loopback_redirect::wait(listener, options.deadline());
        if (!back) co_return back.error();

        response_issuer from = at->issuer(*places);
        if (from.expected.empty()) from = {given.issuer, !given.issuer.empty()};
        result<secret> const code = attempt.read(back->query.reveal(), from);
        result<fetched_token> token;
        if (code) {
            token_request r = attempt.redeem(places->token, *code, at->access());
            token = co_await token_endpoint::redeem(at, std::move(r));
        } else {
            token = error(code.error()).with_endpoint(place->origin());
        }
        co_await loopback_redirect::answer(back->browser, token.has_value());
        co_return std::move(token);
    }

    static awaitable<result<fetched_token>> obtain(std::shared_ptr<token_endpoint> at,
                                                   device_code how, sign_in_options options) {
        device_code_options const& given = how.options();
        result<server_endpoints> const places = co_await token_endpoint::endpoints(at);
        if (!places) co_return places.error();
        result<url> const place =
            place_to_ask(given.device_authorization_url, places->device_authorization, at->config(),
                         "device authorization endpoint");
        if (!place) co_return place.error();

        class clock const clock = at->config().clock;
        time_point const started = clock.now();
        token_request wanted = device_authorization_request(*place, at->access(), given.parameters);
        result<device_authorization> const begun =
            co_await token_endpoint::begin_device(at, std::move(wanted));
        if (!begun) co_return begun.error();
        device_poll poll(begun->interval, saturating_add(started, begun->prompt.expires_in));
        given.show(begun->prompt);
        while (!at->stopped()) {
            duration const rest = poll.rest(clock.now());
            duration const next = std::min(poll.pause(), rest);
            co_await pause(at, options.pause(), next);
            if (next == rest || poll.expired(clock.now())) co_return device_code_expired();
            token_request r = device_token_request(places->token, begun->device_code, at->access());
            result<fetched_token> token = co_await token_endpoint::redeem(at, std::move(r));
            if (token) co_return std::move(token);
            error ended = poll.heed(std::move(token).error());
            if (ended) co_return ended;
        }
        co_return error(errc::stopped, stage::token);
    }

    static awaitable<void> pause(std::shared_ptr<token_endpoint> at,
                                 std::function<awaitable<void>(duration)> how, duration d) {
        if (how) {
            co_await how(d);
            co_return;
        }
        any_executor const executor = co_await asio::this_coro::executor;
        auto const waiting = std::make_shared<suspension>();
        at->sign_ins().add(waiting);
        asio::steady_timer timer(executor);
        wake_at(timer, d, waiting);
        wake_reason const reason = co_await suspension::wait(waiting);
        if (reason == wake_reason::cancelled) throw exception(error(errc::cancelled, stage::token));
    }

    /// To the cache, as the outcome of a fetch. One that is under way may come in between with the
    /// old state of things: then once more.
    static awaitable<result<token_ref>> hand_over(token_source tokens, fetched_token got) {
        std::shared_ptr<cache_entry> const& entry = tokens.entry();
        entry->erase();
        entry->sign_in(std::make_unique<fetched_token>(std::move(got)));
        result<token_ref> token;
        for (int attempts = 3; attempts != 0; --attempts) {
            token = co_await tokens.try_get();
            bool const taken = !entry->has_sign_in();
            if (token && taken) co_return std::move(token);
            if (!taken) entry->erase();
        }
        std::unique_ptr<fetched_token> const left = entry->take_sign_in();
        co_return std::move(token);
    }
};

}  // namespace detail

COAUTH_INLINE awaitable<result<token_ref>> try_sign_in(token_source tokens, authorization_code how,
                                                       sign_in_options options) {
    return detail::sign_in_run::run(std::move(tokens), std::move(how), std::move(options));
}

COAUTH_INLINE awaitable<result<token_ref>> try_sign_in(token_source tokens, device_code how,
                                                       sign_in_options options) {
    return detail::sign_in_run::run(std::move(tokens), std::move(how), std::move(options));
}

COAUTH_INLINE awaitable<token_ref> sign_in(token_source tokens, authorization_code how,
                                           sign_in_options options) {
    result<token_ref> token =
        co_await try_sign_in(std::move(tokens), std::move(how), std::move(options));
    co_return std::move(token).value();
}

COAUTH_INLINE awaitable<token_ref> sign_in(token_source tokens, device_code how,
                                           sign_in_options options) {
    result<token_ref> token =
        co_await try_sign_in(std::move(tokens), std::move(how), std::move(options));
    co_return std::move(token).value();
}

}  // namespace coauth

#endif
