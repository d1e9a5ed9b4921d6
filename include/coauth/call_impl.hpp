// SPDX-License-Identifier: BSL-1.0
//
// The steps of a call. Included by call.hpp.

#ifndef COAUTH_CALL_IMPL_HPP
#define COAUTH_CALL_IMPL_HPP

#include <coauth/call.hpp>
#include <coauth/codec/http1_writer.hpp>
#include <coauth/codec/trace_context.hpp>
#include <coauth/protocol/unauthorized.hpp>

#include <vector>

namespace coauth::detail {

inline call::step call::next() {
    rest_core::sole_entry const alone(*core_);
    for (;;) {
        if (aborted_ && state_ != state::done) fail(aborted_);
        switch (state_) {
            case state::before_call:
                if (core_->config.hooks.before_call.waits()) return step::work;
                start();
                break;
            case state::credentials:
                if (authorization_.method() != nullptr) return step::work;
                if (source() != nullptr && !token_ && !find_cached_token()) return step::work;
                begin_exchange();
                break;
            case state::exchange:
                switch (exchange_->next()) {
                    case http::exchange::step::open:
                        if (!exchange_->try_open(time())) return step::work;
                        break;
                    case http::exchange::step::compose:
                        if (compose()) break;
                        exchange_->give_back();
                        token_ = {};
                        fetched_anew_ = true;
                        state_ = state::credentials;
                        break;
                    case http::exchange::step::io: return step::io;
                    case http::exchange::step::done: on_exchange_done(); break;
                }
                break;
            case state::renewal: return step::work;
            case state::after_response:
                if (core_->config.hooks.after_response.waits()) return step::work;
                core_->config.hooks.after_response.run(response_);
                state_ = state::done;
                break;
            case state::done: finished(); return step::done;
        }
    }
}

/// The hook that need not wait, and everything that is decided once.
inline void call::start() {
    auto const& hook = core_->config.hooks.before_call;
    if (hook) {
        http_fields const before = request_.headers();
        hook.run(request_);
        now_.reset();  // it is the user's, and may have taken its time
        resolve_target();
        drop_handmade_credentials(before);
    } else {
        resolve_target();
    }
    if (state_ != state::done) decide_authorization();
}

inline awaitable<void> call::run_before_call(call* self) {
    http_fields const before = self->request_.headers();
    auto const& hook = self->core_->config.hooks.before_call;
    self->request_ = co_await hook.run_async(std::move(self->request_));
    self->resolve_target();
    self->drop_handmade_credentials(before);
    if (self->state_ != state::done) self->decide_authorization();
}

inline void call::resolve_target() {
    if (request_.absolute_url()) {
        url_ = *request_.absolute_url();
        same_origin_ = url_->origin() == core_->origin;
        target_ = url_->target();
        return;
    }
    result<std::string> target = append_target(*core_->base, request_.target());
    if (!target) return fail(std::move(target).error());
    target_ = std::move(*target);
}

/// A header that somebody set before the hook moved the request was meant for the base URL's
/// origin.
inline void call::drop_handmade_credentials(http_fields const& before) {
    if (same_origin_) return;
    std::vector<std::string> dropped;
    for (http_field const field : before) {
        auto const now = request_.headers().find(field.name);
        if (is_sensitive_name(field.name) && now && *now == field.value) {
            dropped.emplace_back(field.name);
        }
    }
    for (std::string const& name : dropped) request_.remove_header(name);
}

inline void call::decide_authorization() {
    bool by_hand = request_.headers().contains("Authorization");
    if (same_origin_) {
        authorization_ = request_.authorization().value_or(core_->config.authorization);
        auto const* fixed = authorization_.credential();
        bool const certificate = authorization_.certificate() != nullptr;
        // A header set by hand wins over what would set the same one, so that only one goes out.
        std::string const name = fixed == nullptr ? "Authorization" : fixed->name;
        if (!certificate && request_.headers().contains(name)) {
            authorization_ = authorization();
            by_hand = true;
        }
    }
    url const& to = url_ ? *url_ : *core_->base;
    bool const bare = authorization_.is_none() && !by_hand;
    error insecure = check_transport(to, bare || core_->config.insecure_http.has_value());
    if (insecure) return fail(std::move(insecure));
    state_ = state::credentials;
}

inline bool call::find_cached_token() {
    coauth::clock const& own = source()->entry()->policy().clock;
    token_ = source()->try_cached(own.is_default() ? time() : own.now());
    just_looked_at_ = true;
    if (!token_) return false;
    if (recording_) (void)recording_->next_token();
    return true;
}

inline void call::begin_exchange() {
    if (recording_) hide_credentials();
    if (exchange_ && exchange_->next() != http::exchange::step::done) {
        state_ = state::exchange;  // it gave its connection back while a token was fetched
        return;
    }
    http::exchange_options o = core_->way_to(url_, authorization_);
    o.head_request = request_.method() == "HEAD";
    o.repeatable = request_.is_idempotent();
    o.max_body = core_->config.max_response_body;
    o.total_deadline = deadline_;
    if (recording_) o.trace = &recording_->begin_exchange(request_, full_url());
    exchange_.emplace(core_->transport, std::move(o));
    state_ = state::exchange;
}

inline awaitable<void> call::open(call* self) {
    self->just_looked_at_ = false;
    co_await self->exchange_->open();
}

inline bool call::token_still_good() const {
    if (!token_ || just_looked_at_ || fetched_anew_) return true;
    return token_.valid(source()->entry()->policy().clock.now());
}

/// Writes the request now that there is a connection for it; false when the token has run out
/// meanwhile.
inline bool call::compose() {
    if (!token_still_good()) return false;
    write_head(exchange_->output());
    if (core_->config.hooks.before_send) show_request();
    if (recording_) record_request();
    if (core_->config.observer) tell_sent();
    exchange_->send((authorized_ ? *authorized_ : request_).body());
    return true;
}

inline void call::write_head(wiped_buffer& out) {
    request const& r = authorized_ ? *authorized_ : request_;
    http_fields const& own = r.headers();
    http1_head_writer head(out);
    head.request_line(r.method(), target_, (url_ ? *url_ : *core_->base).authority());
    for (http_field const field : core_->default_headers) {
        if (!own.contains(field.name)) head.field(field.name, field.value);
    }
    head.fields(own);
    if (token_) head.field("Authorization", token_.authorization());
    if (auto const* fixed = authorization_.credential()) {
        head.field(fixed->name, fixed->value->reveal());
    }
    if (!own.contains("Accept-Encoding")) head.field("Accept-Encoding", "identity");
    std::string const& method = r.method();
    bool const expects_body = method == "POST" || method == "PUT" || method == "PATCH";
    if (expects_body || !r.body().empty()) head.content_length(r.body().size());
    head.end();
}

inline void call::show_request() {
    request const& r = authorized_ ? *authorized_ : request_;
    auto const* fixed = authorization_.credential();
    redactor redact;
    for (auto const& value : r.hidden()) redact.add_secret(value->reveal());
    http_fields shown = redact.head(exchange_->output().view(),
                                    fixed == nullptr ? std::string_view() : fixed->name);
    auto const type = r.headers().find("Content-Type");
    constexpr std::size_t longest_shown = std::size_t{64} * 1024;
    core_->config.hooks.before_send(
        sent_request(r.method(), redact.url(full_url()), std::move(shown),
                     redact.body(type.value_or(""), r.body(), longest_shown)));
}

inline void call::on_exchange_done() {
    http::exchange& x = *exchange_;
    if (recording_) recording_->end_exchange(x);
    if (x.error()) return fail(x.error());
    response_ = response(x.status(), std::string(x.parser().reason()), std::move(x.fields()),
                         x.take_body());
    auto const coding = response_.header("Content-Encoding");
    bool const asked = request_.headers().contains("Accept-Encoding");
    if (coding && !asked && !response_.body().empty() && !coding->empty() &&
        !iequals(*coding, "identity")) {
        return fail(error(errc::unexpected_encoding, stage::read).with_endpoint(core_->origin));
    }
    if (response_.status() == 401) return on_unauthorized();
    if (token_ && response_.status() < 400)
        source()->entry()->accepted(token_.generation(), core_->origin);
    conclude();
}

inline void call::on_unauthorized() {
    bool const mine = authorization_.method() != nullptr;
    bool const help = mine || (token_ && renewal_may_help(401, response_.challenges()));
    if (help && !sent_again_) {
        state_ = state::renewal;
        return;
    }
    if (token_ && help) {
        auto const& entry = source()->entry();
        entry->rejected_again(entry->policy().clock.now(), token_.generation(), core_->origin);
    }
    conclude();
}

inline void call::conclude() {
    response_.set_request_url(url_ ? std::make_shared<url const>(*url_) : core_->base,
                              std::move(target_));
    state_ = core_->config.hooks.after_response ? state::after_response : state::done;
}

inline awaitable<void> call::run_after_response(call* self) {
    auto const& hook = self->core_->config.hooks.after_response;
    self->response_ = co_await hook.run_async(std::move(self->response_));
    self->state_ = state::done;
}

/// This call's deadline on the time line of the source.
inline time_point call::token_deadline() const {
    if (deadline_ == time_point::max()) return deadline_;
    return source()->entry()->policy().clock.now() + (deadline_ - boot_clock::now());
}

/// A token of the source, on this call's deadline.
inline awaitable<result<token_ref>> call::demand(token_demand wanted) {
    wanted.report_wait_to(token_wait_);
    if (recording_) wanted.note_to(recording_->next_token());
    wanted.trace(traceparent());
    return acquire(source()->entry(), source()->endpoint(), std::move(wanted));
}

inline awaitable<void> call::get_credentials(call* self) {
    if (auto const* method = self->authorization_.method()) {
        request copy = self->request_;
        self->authorized_ = co_await method->apply(std::move(copy));
        self->begin_exchange();
        co_return;
    }
    if (self->source()->endpoint()->stopped()) {
        self->fail(error(errc::stopped, stage::token));
        co_return;
    }
    result<token_ref> token = co_await self->demand(token_demand(self->token_deadline()));
    if (!token) {
        self->fail(std::move(token).error());
        co_return;
    }
    self->token_ = std::move(*token);
    self->just_looked_at_ = true;
}

/// After a 401 that another token may mend. Where that comes to nothing the 401 stands.
inline awaitable<void> call::renew(call* self) {
    self->sent_again_ = true;
    bool const may_resend = self->request_.may_be_sent_again();
    if (auto const* method = self->authorization_.method()) {
        bool const again = co_await method->on_unauthorized(self->response_);
        if (again && may_resend) {
            self->tell_retried(retry_reason::token_renewed);
            self->state_ = state::credentials;
        } else {
            self->conclude();
        }
        co_return;
    }
    result<token_ref> token =
        co_await self->demand(token_demand(self->token_deadline())
                                  .after_rejection(self->token_.generation(), self->core_->origin));
    if (!token) {
        self->fail(std::move(token).error());
        co_return;
    }
    if (!*token || !may_resend) {
        self->conclude();
        co_return;
    }
    self->token_ = std::move(*token);
    self->just_looked_at_ = true;
    self->tell_retried(retry_reason::token_renewed);
    self->state_ = state::credentials;
}

inline std::string_view call::traceparent() const {
    std::string_view const value = request_.headers().find("traceparent").value_or("");
    return is_traceparent(value) ? value : std::string_view();
}

/// What must not be shown, before anything is: it may stand in the URL, too.
inline void call::hide_credentials() {
    exchange_recorder& recorder = recording_->exchange();
    if (token_) recorder.hide(token_.authorization());
    auto const* fixed = authorization_.credential();
    if (fixed != nullptr) recorder.hide(fixed->value->reveal());
    for (request const* const r : {&request_, authorized_ ? &*authorized_ : nullptr}) {
        if (r == nullptr) continue;
        recorder.hide(r->headers());
        for (auto const& value : r->hidden()) recorder.hide(value->reveal());
    }
}

inline void call::record_request() {
    request const& r = authorized_ ? *authorized_ : request_;
    auto const type = r.headers().find("Content-Type");
    recording_->exchange().sending(exchange_->output().view(), type.value_or(""), r.body());
}

inline void call::tell_sent() {
    if (exchange_->sends() != 0) tell_retried(retry_reason::connection_lost);
    url const& to = where();
    core_->config.observer(
        request_sent{request_.method(), to.host(), to.port(), sends_++, traceparent()});
}

inline void call::tell_retried(retry_reason why) const {
    if (!core_->config.observer) return;
    url const& to = where();
    core_->config.observer(request_retried{request_.method(), to.host(), to.port(), why});
}

/// Once, however the call ends: also by the destruction of its coroutine.
inline void call::finished() noexcept {
    if (!std::exchange(began_, false)) return;
    bool const cut_off = state_ != state::done;
    error const cancelled = cut_off ? error(errc::cancelled) : error();
    error const& failure = cut_off ? cancelled : failure_;
    try {
        if (exchange_ && recording_ && failure) {
            exchange_->abort(static_cast<errc>(failure.code().value()));
            recording_->end_exchange(*exchange_);
        }
        exchange_.reset();
        if (recording_) {
            hide_credentials();
            recording_->end(request_, full_url(), response_.status(), failure);
        }
        if (!core_->config.observer) return;
        url const& to = where();
        core_->config.observer(request_done{
            request_.method(), to.host(), to.port(), failure ? 0 : response_.status(),
            failure ? &failure : nullptr, boot_clock::now() - started_, sends_, traceparent()});
    } catch (std::bad_alloc const&) {  // then nobody is told
    }
}

}  // namespace coauth::detail

#endif
