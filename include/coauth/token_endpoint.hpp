// SPDX-License-Identifier: BSL-1.0
//
// The token endpoint of one source: builds the token request, has the client authenticate, sends it
// and reads the answer. Fetches run on a strand of the source's executor; the rest on any thread.

#ifndef COAUTH_TOKEN_ENDPOINT_HPP
#define COAUTH_TOKEN_ENDPOINT_HPP

#include <coauth/cache/cache_entry.hpp>
#include <coauth/cache/cache_key.hpp>
#include <coauth/cache/token_cache.hpp>
#include <coauth/cache/token_fetcher.hpp>
#include <coauth/client_auth/credential_memory.hpp>
#include <coauth/clock.hpp>
#include <coauth/codec/http1_writer.hpp>
#include <coauth/codec/redaction.hpp>
#include <coauth/detail/stoppable_waits.hpp>
#include <coauth/grant/authorization_code.hpp>
#include <coauth/grant/device_code.hpp>
#include <coauth/grant/refresh_token.hpp>
#include <coauth/grant/requested_access.hpp>
#include <coauth/http/exchange.hpp>
#include <coauth/http/tls_context.hpp>
#include <coauth/http/transport.hpp>
#include <coauth/insecure.hpp>
#include <coauth/kept_fetch.hpp>
#include <coauth/metadata_source.hpp>
#include <coauth/protocol/failure.hpp>
#include <coauth/protocol/token_response.hpp>
#include <coauth/quirk_counters.hpp>
#include <coauth/token_exchange_recording.hpp>
#include <coauth/token_exchange_wire.hpp>
#include <coauth/token_identity.hpp>
#include <coauth/token_keeping.hpp>
#include <coauth/token_source_check.hpp>
#include <coauth/token_source_config.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coauth::detail {

class token_endpoint : public token_fetcher, public std::enable_shared_from_this<token_endpoint> {
public:
    token_endpoint(any_executor const& executor, token_source_config config)
        : config_(std::move(config)),
          access_{config_.scope, config_.audience, config_.resource, config_.parameters},
          metadata_(made_metadata(config_)),
          url_(metadata_ ? metadata_->place() : checked_token_url(config_)),
          proxy_(http::proxy::make(config_.proxy)),
          gate_(gate_of(executor)) {
        check_source(config_, access_);
        if (url_.is_https() && !config_.network)
            tls_ = http::tls_context::make(config_.tls).value();
        check_certificate(config_, tls_.get());
        transport_ = http::transport::make(asio::make_strand(executor), options());
        if (config_.store) {
            keeping_ = std::make_shared<token_keeping>(config_, identity().in_store(), name());
        }
    }

    [[nodiscard]] awaitable<result<fetched_token>> fetch(fetch_order order) override {
        auto self = shared_from_this();
        auto given = std::make_shared<fetch_order>(std::move(order));
        return keeping_ ? fetch_kept(std::move(self), std::move(given))
                        : fetch_anew(std::move(self), std::move(given), nullptr);
    }
    [[nodiscard]] awaitable<bool> credential_changed() override {
        return credential_changed(shared_from_this());
    }
    [[nodiscard]] any_executor home() const override { return transport_->executor(); }
    [[nodiscard]] std::shared_ptr<context_gate> const& gate() const noexcept override {
        return gate_;
    }

    [[nodiscard]] cache_policy policy() const {
        return {config_.lifetime, config_.fetch_deadline, config_.clock, config_.observer, name()};
    }

    [[nodiscard]] token_identity identity() const {
        return {config_, access_, url_, metadata_.get(), proxy_.get(), tls_.get()};
    }

    void forget() noexcept override {
        if (!keeping_) return;
        keeping_->forget();
        // Where nobody can erase it now, the next fetch does.
        try {
            context_gate::pass const alive = gate_->enter();
            if (alive) asio::co_spawn(home(), erase_behind(keeping_), asio::detached);
        } catch (...) {}
    }

    /// Null without a store.
    [[nodiscard]] std::shared_ptr<token_keeping> const& keeping() const noexcept {
        return keeping_;
    }

    [[nodiscard]] token_response_quirk_counts quirks() const { return quirks_.snapshot(); }

    void refuse() noexcept {
        stopped_.store(true, std::memory_order_release);  // sync: stopped()
        sign_ins_.stop();
    }
    [[nodiscard]] bool stopped() const noexcept override {
        return stopped_.load(std::memory_order_acquire);  // sync: refuse()
    }

    // For a sign-in, on home().

    [[nodiscard]] token_source_config const& config() const noexcept { return config_; }
    [[nodiscard]] requested_access const& access() const noexcept { return access_; }
    [[nodiscard]] stoppable_waits& sign_ins() noexcept { return sign_ins_; }
    [[nodiscard]] response_issuer issuer(server_endpoints const& places) const {
        if (!metadata_) return {};
        return {metadata_->expected_issuer(), places.iss_in_responses};
    }
    static awaitable<result<server_endpoints>> endpoints(std::shared_ptr<token_endpoint> self) {
        any_executor const here = co_await asio::this_coro::executor;
        std::shared_ptr<http::transport> const over = self->transport_on(here);
        auto const order = self->order_now();
        co_return co_await endpoints(self, over, order);
    }
    /// One token request that is nobody's flight.
    static awaitable<result<fetched_token>> redeem(std::shared_ptr<token_endpoint> self,
                                                   token_request r) {
        any_executor const here = co_await asio::this_coro::executor;
        std::shared_ptr<http::transport> const over = self->transport_on(here);
        auto const order = self->order_now();
        co_return co_await ask(self, over, std::move(r), order);
    }
    static awaitable<result<device_authorization>> begin_device(
        std::shared_ptr<token_endpoint> self, token_request r) {
        any_executor const here = co_await asio::this_coro::executor;
        std::shared_ptr<http::transport> const over = self->transport_on(here);
        auto const order = self->order_now();
        co_return co_await ask(self, over, std::move(r), order, &token_endpoint::read_device);
    }

    /// Closes its connections, on its own executor.
    [[nodiscard]] awaitable<void> close() { return close(shared_from_this()); }

private:
    [[nodiscard]] http::transport_options options() const {
        http::transport_options o;
        o.connect_deadline = config_.connect_deadline;
        o.first_byte_deadline = config_.first_byte_deadline;
        o.tls = tls_;
        o.observer = config_.observer;
        o.dialer = config_.network;
        o.proxy = proxy_;
        return o;
    }

    /// As events name it.
    [[nodiscard]] std::string name() const { return url_.origin() + url_.path(); }

    static awaitable<void> erase_behind(std::shared_ptr<token_keeping> keeping) {
        result<void> const done = co_await token_keeping::erase_forgotten(keeping);
    }

    static awaitable<result<fetched_token>> fetch_kept(std::shared_ptr<token_endpoint> self,
                                                       std::shared_ptr<fetch_order> order) {
        auto const kept = std::make_shared<kept_fetch>(self->keeping_, order);
        std::optional<fetched_token> found = co_await kept_fetch::begin(kept);
        if (found) co_return *std::move(found);
        result<fetched_token> token = co_await fetch_anew(self, order, kept);
        if (token) {
            stored_token record = self->keeping_->record_of(*token);
            co_await kept_fetch::keep(kept, std::move(record));
        }
        co_return std::move(token);
    }

    /// By the refresh token if there is one, else, or where that is refused, by the grant. `kept`:
    /// null without a store.
    static awaitable<result<fetched_token>> fetch_anew(std::shared_ptr<token_endpoint> self,
                                                       std::shared_ptr<fetch_order> order,
                                                       std::shared_ptr<kept_fetch> kept) {
        if (order->signed_in) co_return std::move(*order->signed_in);
        bool const needs_person = self->config_.grant.needs_person();
        bool const nothing_to_go_by = needs_person && order->by.refresh_token.empty();
        if (nothing_to_go_by)
            co_return kept && kept->held_elsewhere() ? store_busy() : sign_in_needed();
        any_executor const here = co_await asio::this_coro::executor;
        std::shared_ptr<http::transport> const over = self->transport_on(here);
        result<server_endpoints> const places = co_await endpoints(self, over, order);
        if (!places) co_return places.error();
        url const& to = places->token;
        bool const refresh = !order->by.refresh_token.empty();
        if (refresh) {
            result<fetched_token> renewed = co_await renew(self, over, to, order, kept);
            if (renewed || says_nothing_of_the_grant(renewed.error())) co_return std::move(renewed);
            if (needs_person) co_return sign_in_ended(std::move(renewed).error());
        }
        result<token_request> r = self->config_.grant.request(to, self->access_);
        if (!r) co_return std::move(r).error();
        result<fetched_token> token = co_await ask(self, over, std::move(*r), order);
        if (token) token->refresh_refused = refresh || order->by.refresh_refused;
        co_return std::move(token);
    }

    /// By the refresh token of the order, and once more where that has ended while another process
    /// has stored another one.
    static awaitable<result<fetched_token>> renew(std::shared_ptr<token_endpoint> self,
                                                  std::shared_ptr<http::transport> over, url to,
                                                  std::shared_ptr<fetch_order> order,
                                                  std::shared_ptr<kept_fetch> kept) {
        token_renewal const& by = order->by;
        result<fetched_token> renewed = co_await renew_once(self, over, to, order);
        for (int refusals = 1; kept && has_ended(renewed); ++refusals) {
            bool const another = co_await kept_fetch::another_refresh_token(kept);
            if (!another || refusals == 2) break;
            renewed = co_await renew_once(self, over, to, order);
        }
        if (renewed) complete(renewed->response, by);
        co_return std::move(renewed);
    }

    static awaitable<result<fetched_token>> renew_once(std::shared_ptr<token_endpoint> self,
                                                       std::shared_ptr<http::transport> over,
                                                       url to, std::shared_ptr<fetch_order> order) {
        token_request r = refresh_token_request(to, order->by.refresh_token);
        co_return co_await ask(self, over, std::move(r), order);
    }

    /// Lost on the way, refused for now, or whatever the grant: another request would fare no
    /// better.
    static bool says_nothing_of_the_grant(error const& e) {
        return e.code() == condition::transport || e.is(errc::client_refused) ||
               classify_failure(e) != failure_kind::definitive;
    }

    static bool has_ended(result<fetched_token> const& renewed) {
        return !renewed && renewed.error().oauth_error() == "invalid_grant";
    }

    /// Whoever holds the record may be renewing it at this moment.
    static error store_busy() {
        return error(errc::deadline_exceeded, stage::token,
                     "the stored token was locked by somebody else all the time")
            .with_hint("another process may be renewing it: try again");
    }

    /// Nothing but the end of the refresh token is a reason to trouble a person.
    static error sign_in_ended(error refused) {
        if (refused.oauth_error() != "invalid_grant") return refused;
        return sign_in_needed()
            .with_message("the refresh token has expired, was used or was revoked")
            .with_http_status(refused.http_status())
            .with_endpoint(refused.endpoint())
            .with_oauth(refused.oauth_error(), refused.oauth_error_description(),
                        refused.oauth_error_uri());
    }

    /// What a renewal leaves out stays as it was (RFC 6749 §6).
    static void complete(token_response& renewed, token_renewal const& by) {
        if (renewed.refresh_token.empty()) renewed.refresh_token = by.refresh_token.clone();
        if (!renewed.scope && !renewed.scope_unknown) renewed.scope = by.scope;
    }

    static awaitable<result<server_endpoints>> endpoints(std::shared_ptr<token_endpoint> self,
                                                         std::shared_ptr<http::transport> over,
                                                         std::shared_ptr<fetch_order const> order) {
        if (!self->metadata_) co_return server_endpoints{self->url_};
        time_point const until = self->wire_deadline(*order);
        co_return co_await metadata_source::endpoints(self->metadata_, over, order, until);
    }

    [[nodiscard]] std::shared_ptr<fetch_order const> order_now() const {
        auto order = std::make_shared<fetch_order>();
        order->deadline = saturating_add(config_.clock.now(), config_.fetch_deadline);
        return order;
    }

    template <class Answer>
    using reader = result<Answer> (token_endpoint::*)(http::exchange& x, url const& to,
                                                      token_request const& r, time_point started);

    template <class Answer = fetched_token>
    static awaitable<result<Answer>> ask(std::shared_ptr<token_endpoint> self,
                                         std::shared_ptr<http::transport> over, token_request r,
                                         std::shared_ptr<fetch_order const> order,
                                         reader<Answer> read = &token_endpoint::read_token) {
        url const to = r.token_endpoint();
        time_point const started = self->config_.clock.now();
        for (auto const& [name, value] : self->config_.headers) r.header(name, value);
        edit_hook<token_request> const& hook = self->config_.hooks.before_call;
        if (hook.waits()) {
            r = co_await hook.run_async(std::move(r));
        } else {
            hook.run(r);
        }
        if (!order->traceparent.empty() && !r.headers().contains("traceparent")) {
            r.header("traceparent", order->traceparent);
        }
        if (self->metadata_) r.issuer(self->metadata_->expected_issuer());
        r = co_await authenticate(self, std::move(r));

        token_exchange_recording recording(to, self->config_.log, *order);
        http::exchange_options options = self->exchange_options(to, self->wire_deadline(*order));
        options.trace = &recording.trace();
        http::exchange x(over, std::move(options));
        for (;;) {
            bool const writable = co_await x.until_compose();
            if (!writable) break;
            bool const again = x.sends() != 0 && r.single_use();
            if (again) r = co_await self->config_.client.authenticate(std::move(r));
            compose_token_request(x, to, r, self->config_.hooks);
            recording.sending(r);
        }
        recording.end(x, r);
        if (x.error()) co_return x.error();
        show_token_answer(x, self->config_.hooks);
        result<Answer> got = (*self.*read)(x, to, r, started);
        if (!got) co_return recording.without_secrets(std::move(got).error(), r);
        co_return std::move(got);
    }

    /// Another look at the secret is of use a while after this one.
    static awaitable<token_request> authenticate(std::shared_ptr<token_endpoint> self,
                                                 token_request r) {
        self->last_credential_.begin();
        self->look_again_later();
        r = co_await self->config_.client.authenticate(std::move(r));
        self->last_credential_.note(r);
        self->look_again_later();
        if (r.stale_credential()) self->tell_stale(r.stale_credential());
        co_return r;
    }

    void tell_stale(error const& why) const {
        if (config_.observer) config_.observer(credential_kept{name(), why});
    }

    static awaitable<bool> credential_changed(std::shared_ptr<token_endpoint> self) {
        token_request r(self->url_, "");
        r = co_await self->config_.client.authenticate(std::move(r));
        bool const changed = self->last_credential_.note(r);
        co_return changed;
    }

    void look_again_later() {
        credential().not_before(
            last_credential_.can_change()
                ? saturating_add(config_.clock.now(), credential_watch::interval)
                : time_point::max());
    }

    [[nodiscard]] std::shared_ptr<http::transport> transport_on(any_executor const& here) const {
        // Where the home context has gone, a fetch gets by with a connection of its own.
        context_gate::pass const alive = gate_->enter();
        bool const at_home = alive && here == transport_->executor();
        if (at_home) return transport_;
        return http::transport::make(here, options());
    }

    /// On the clock of the wire, which is not the one that tokens are measured by.
    [[nodiscard]] time_point wire_deadline(fetch_order const& order) const {
        return saturating_add(boot_clock::now(), order.deadline - config_.clock.now());
    }

    [[nodiscard]] http::exchange_options exchange_options(url const& to, time_point until) const {
        http::exchange_options o;
        o.origin = to;
        // A token request may be repeated when a reused connection turns out to be dead: the server
        // has not seen it (RFC 9112 §9.3.1), and if it has, one more token does no harm.
        o.repeatable = true;
        o.sensitive = true;
        o.max_body = config_.max_response_body;
        o.total_deadline = until;
        return o;
    }

    [[nodiscard]] result<fetched_token> read_token(http::exchange& x, url const& to,
                                                   token_request const& r, time_point started) {
        std::string const origin = to.origin();
        result<token_response> parsed = parse_token_response(
            x.status(), x.fields().find("Content-Type"), x.fields().find("Content-Encoding"),
            x.body(), config_.response, token_answer_context(x, origin, r));
        if (!parsed) return std::move(parsed).error();
        quirks_.add(parsed->quirks);
        return fetched_token{std::move(*parsed), started};
    }

    [[nodiscard]] result<device_authorization> read_device(http::exchange& x, url const& to,
                                                           token_request const& r, time_point) {
        std::string const origin = to.origin();
        if (x.status() == 200) return parse_device_authorization(x.body());
        return parse_error_response(x.status(), x.fields().find("Content-Type"), x.body(),
                                    token_answer_context(x, origin, r));
    }

    static awaitable<void> close(std::shared_ptr<token_endpoint> self) {
        bool const alive = static_cast<bool>(self->gate_->enter());
        if (!alive) co_return;
        co_await asio::co_spawn(self->transport_->executor(), close_here(self),
                                asio::use_awaitable);
    }
    static awaitable<void> close_here(std::shared_ptr<token_endpoint> self) {
        self->transport_->stop_now();
        if (!self->keeping_) co_return;
        co_await pending_work::wait(self->keeping_->behind(), token_keeping::limit);
    }

    token_source_config const config_;
    requested_access const access_;
    std::shared_ptr<metadata_source> const metadata_;
    /// Of the token endpoint; with an issuer, of its metadata.
    url const url_;
    std::shared_ptr<http::proxy const> const proxy_;
    std::shared_ptr<context_gate> const gate_;
    std::shared_ptr<http::tls_context const> tls_;
    std::shared_ptr<http::transport> transport_;
    quirk_counters quirks_;
    credential_memory last_credential_;
    std::atomic<bool> stopped_{false};
    stoppable_waits sign_ins_;
    /// Null without a store.
    std::shared_ptr<token_keeping> keeping_;
};

}  // namespace coauth::detail

#endif
