// SPDX-License-Identifier: BSL-1.0
//
// One call from request to response as a state machine that a coroutine drives: hooks, credentials,
// sends, and the one renewal after a 401. At most two sends, each of which the transport may repeat
// once on a new connection (RFC 9110 §9.2.2). On the client's executor.

#ifndef COAUTH_CALL_HPP
#define COAUTH_CALL_HPP

#include <coauth/authorization.hpp>
#include <coauth/cache/acquire.hpp>
#include <coauth/call_recording.hpp>
#include <coauth/codec/redaction.hpp>
#include <coauth/http/exchange.hpp>
#include <coauth/request.hpp>
#include <coauth/response.hpp>
#include <coauth/rest_core.hpp>
#include <coauth/token_endpoint.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coauth::detail {

class call final : public rest_core::active_call {
public:
    enum class step : unsigned char {
        work,  ///< await work()
        io,    ///< await io() and pass its outcome to io_done()
        done,  ///< take the outcome
    };

    /// Any thread; the rest on the client's executor.
    call(std::shared_ptr<rest_core> core, request r)
        : core_(std::move(core)), request_(std::move(r)) {}
    call(call const&) = delete;
    call& operator=(call const&) = delete;
    ~call() {
        finished();
        if (place_) core_->leave(*place_);
    }

    [[nodiscard]] any_executor const& executor() const noexcept {
        return core_->transport->executor();
    }

    /// First of all, once.
    void begin() {
        place_ = core_->enter(*this);
        began_ = true;
        duration const allowed = request_.deadline().value_or(core_->config.call_deadline);
        started_ = time();
        deadline_ = saturating_add(started_, allowed);
        auto const& log = request_.log() ? request_.log() : core_->config.log;
        if (log) recording_ = std::make_unique<call_recording>(*log, started_);
        if (core_->stopping()) fail(error(errc::stopped));
    }

    /// Goes on as far as possible without waiting.
    [[nodiscard]] step next();

    /// What is rare enough to be a coroutine of its own. The call must outlive it.
    [[nodiscard]] awaitable<void> work() {
        now_.reset();
        switch (state_) {
            case state::before_call: return run_before_call(this);
            case state::credentials: return get_credentials(this);
            case state::renewal: return renew(this);
            case state::after_response: return run_after_response(this);
            default: return open(this);
        }
    }

    [[nodiscard]] awaitable<std::size_t> io(std::error_code& ec) { return exchange_->io(ec); }
    void io_done(std::error_code ec, std::size_t n) {
        now_.reset();
        exchange_->io_done(ec, n);
    }

    /// The response, or throws.
    [[nodiscard]] response finish(std::in_place_type_t<response>) {
        if (failure_) throw exception(std::move(failure_));
        return std::move(response_);
    }
    [[nodiscard]] result<response> finish(std::in_place_type_t<result<response>>) {
        if (failure_) return std::move(failure_);
        return std::move(response_);
    }

    /// Its coroutine ends with an exception: this is all that is still done.
    void abandon(error why) noexcept {
        fail(std::move(why));
        finished();
    }

    void abort(error reason) override {
        aborted_ = std::move(reason);
        if (auto const waiting = token_wait_.lock()) waiting->wake(wake_reason::cancelled);
    }

private:
    enum class state : unsigned char {
        before_call,
        credentials,
        exchange,
        renewal,
        after_response,
        done,
    };

    void fail(error e) {
        // Whoever aborted the call knows why it failed.
        failure_ = aborted_ ? aborted_ : std::move(e);
        state_ = state::done;
    }

    void start();
    void resolve_target();
    void decide_authorization();
    void drop_handmade_credentials(http_fields const& before);
    [[nodiscard]] bool find_cached_token();
    void begin_exchange();
    [[nodiscard]] bool compose();
    [[nodiscard]] bool token_still_good() const;
    [[nodiscard]] time_point token_deadline() const;
    [[nodiscard]] time_point time() {
        if (!now_) now_ = boot_clock::now();
        return *now_;
    }
    void write_head(wiped_buffer& out);
    void show_request();
    void on_exchange_done();
    void on_unauthorized();
    void conclude();

    static awaitable<void> run_before_call(call* self);
    static awaitable<void> get_credentials(call* self);
    static awaitable<void> open(call* self);
    static awaitable<void> renew(call* self);
    static awaitable<void> run_after_response(call* self);
    awaitable<result<token_ref>> demand(token_demand wanted);

    [[nodiscard]] url const& where() const noexcept { return url_ ? *url_ : *core_->base; }
    [[nodiscard]] std::string full_url() const { return where().origin() + target_; }
    [[nodiscard]] std::string_view traceparent() const;
    void hide_credentials();
    void record_request();
    void tell_sent();
    void tell_retried(retry_reason why) const;
    void finished() noexcept;

    [[nodiscard]] token_source const* source() const noexcept { return authorization_.tokens(); }

    std::shared_ptr<rest_core> core_;
    request request_;
    std::optional<rest_core::place> place_;
    time_point deadline_;
    time_point started_;
    /// Read once for everything that is done without waiting: deadline, token, idle connection.
    std::optional<time_point> now_;
    state state_ = state::before_call;

    std::optional<url> url_;
    std::string target_;
    bool same_origin_ = true;
    authorization authorization_;
    /// What the user's own authorization made of the request, for this send.
    std::optional<request> authorized_;

    token_ref token_;
    /// The token was found or fetched, and nothing has been waited for since.
    bool just_looked_at_ = false;
    bool fetched_anew_ = false;
    bool sent_again_ = false;
    std::weak_ptr<suspension> token_wait_;

    unsigned sends_ = 0;
    bool began_ = false;
    std::unique_ptr<call_recording> recording_;  ///< outlives the exchange
    std::optional<http::exchange> exchange_;
    response response_;
    error failure_;
    error aborted_;
};

}  // namespace coauth::detail

#include <coauth/call_impl.hpp>

#endif
