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
#include <coauth/grant/client_credentials.hpp>
#include <coauth/grant/refresh_token.hpp>
#include <coauth/http/exchange.hpp>
#include <coauth/http/tls_context.hpp>
#include <coauth/http/transport.hpp>
#include <coauth/insecure.hpp>
#include <coauth/kept_fetch.hpp>
#include <coauth/metadata_source.hpp>
#include <coauth/protocol/token_response.hpp>
#include <coauth/quirk_counters.hpp>
#include <coauth/token_exchange_recording.hpp>
#include <coauth/token_identity.hpp>
#include <coauth/token_keeping.hpp>
#include <coauth/token_source_config.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

class token_endpoint : public token_fetcher, public std::enable_shared_from_this<token_endpoint> {
public:
    token_endpoint(any_executor const& executor, token_source_config config)
        : config_(std::move(config)),
          grant_{config_.scope, config_.audience, config_.resource, config_.parameters},
          metadata_(made_metadata(config_)),
          url_(metadata_ ? metadata_->place() : checked_url(config_)),
          proxy_(http::proxy::make(config_.proxy)),
          gate_(gate_of(executor)) {
        check();
        if (url_.is_https() && !config_.network)
            tls_ = http::tls_context::make(config_.tls).value();
        check_certificate();
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
        return {config_, grant_, url_, metadata_.get(), proxy_.get(), tls_.get()};
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

    void refuse() noexcept { stopped_.store(true, std::memory_order_release); }  // sync: stopped()
    [[nodiscard]] bool stopped() const noexcept override {
        return stopped_.load(std::memory_order_acquire);  // sync: refuse()
    }

    /// Closes its connections, on its own executor.
    [[nodiscard]] awaitable<void> close() { return close(shared_from_this()); }

private:
    static std::shared_ptr<metadata_source> made_metadata(token_source_config const& config) {
        bool const by_url = !config.metadata_url.empty() || !config.expected_issuer.empty();
        int const ways = !config.token_url.empty() + !config.issuer.empty() + by_url;
        bool const half = config.metadata_url.empty() != config.expected_issuer.empty();
        if (ways > 1 || half) {
            throw exception(error(errc::invalid_configuration, stage::configuration,
                                  "set one: token_url; issuer; or metadata_url together with "
                                  "expected_issuer"));
        }
        if (config.issuer.empty() && !by_url) return nullptr;
        return std::make_shared<metadata_source>(config);
    }

    static url checked_url(token_source_config const& config) {
        url parsed = url::parse(config.token_url).value();
        error insecure = check_transport(parsed, config.insecure_http.has_value());
        if (insecure) throw exception(std::move(insecure));
        return parsed;
    }

    void check() const {
        if (!config_.client) {
            throw exception(error(errc::invalid_configuration, stage::configuration,
                                  "token_source_config::client is not set"));
        }
        if (error wrong = grant_.check()) throw exception(std::move(wrong));
        for (auto const& [name, value] : config_.headers) {
            if (check_user_header(name, value) != errc{}) {
                throw exception(error(errc::invalid_header, stage::configuration,
                                      "token request header '" + name + "' is not allowed"));
            }
        }
    }

    void check_certificate() const {
        if (config_.network || !config_.client.needs_client_certificate()) return;
        if (tls_ && !tls_->client_certificate_thumbprint().empty()) return;
        throw exception(error(errc::invalid_configuration, stage::configuration,
                              "this client authenticates with a certificate: give "
                              "token_source_config::tls one, and an https token URL"));
    }

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
        any_executor const here = co_await asio::this_coro::executor;
        std::shared_ptr<http::transport> const over = self->transport_on(here);
        url to = self->url_;
        if (self->metadata_) {
            time_point const until = self->wire_deadline(*order);
            result<url> found =
                co_await metadata_source::token_endpoint(self->metadata_, over, order, until);
            if (!found) co_return std::move(found).error();
            to = std::move(*found);
        }
        token_renewal const& by = order->by;
        bool refused = false;
        // Another time where another process has stored another one.
        for (bool again = !by.refresh_token.empty(); again;) {
            token_request r = refresh_token_request(to, by.refresh_token);
            result<fetched_token> renewed = co_await ask(self, over, std::move(r), order);
            // What was lost on the way says nothing about the refresh token.
            bool const stands = renewed || renewed.error().code() == condition::transport ||
                                renewed.error().is(errc::deadline_exceeded);
            if (renewed) complete(renewed->response, by);
            if (stands) co_return std::move(renewed);
            again = false;
            bool const look = kept && renewed.error().oauth_error() == "invalid_grant";
            if (look) again = co_await kept_fetch::another_refresh_token(kept);
            if (refused) again = false;
            refused = true;
        }
        token_request r = self->grant_.request(to);
        result<fetched_token> token = co_await ask(self, over, std::move(r), order);
        if (token) token->refresh_refused = refused || by.refresh_refused;
        co_return std::move(token);
    }

    /// What a renewal leaves out stays as it was (RFC 6749 §6).
    static void complete(token_response& renewed, token_renewal const& by) {
        if (renewed.refresh_token.empty()) renewed.refresh_token = by.refresh_token.clone();
        if (!renewed.scope && !renewed.scope_unknown) renewed.scope = by.scope;
    }

    static awaitable<result<fetched_token>> ask(std::shared_ptr<token_endpoint> self,
                                                std::shared_ptr<http::transport> over,
                                                token_request r,
                                                std::shared_ptr<fetch_order const> order) {
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
            self->compose(x, to, r);
            recording.sending(r);
        }
        recording.end(x, r);
        if (x.error()) co_return x.error();
        result<fetched_token> token = self->read(x, to, r, started);
        if (!token) co_return recording.without_secrets(std::move(token).error(), r);
        co_return std::move(token);
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
        token_request r = self->grant_.request(self->url_);
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

    void compose(http::exchange& x, url const& to, token_request const& r) const {
        wiped_buffer body;
        r.encode(body);
        wiped_buffer& out = x.output();
        write_token_request_head(out, to, r, body.size());
        if (config_.hooks.before_send) {
            config_.hooks.before_send(sent_request("POST", to.to_string(), redact_head(out.view()),
                                                   redact_form(body.view())));
        }
        out.append(body.view());
        x.send();
    }

    [[nodiscard]] result<fetched_token> read(http::exchange& x, url const& to,
                                             token_request const& r, time_point started) {
        auto const type = x.fields().find("Content-Type");
        if (config_.hooks.after_response) {
            config_.hooks.after_response(received_response(
                x.status(), std::string(x.parser().reason()), redact_headers(x.fields()),
                redact_body(type.value_or("application/json"), x.body())));
        }
        std::string const origin = to.origin();
        token_endpoint_context context;
        context.endpoint = origin;
        context.client_auth_method = r.authentication_method();
        context.basic_encodings_differ = r.basic_encodings_differ();
        context.retry_after = x.fields().find("Retry-After");
        context.now = seconds_since_1970();
        result<token_response> parsed =
            parse_token_response(x.status(), type, x.fields().find("Content-Encoding"), x.body(),
                                 config_.response, context);
        if (!parsed) return std::move(parsed).error();
        quirks_.add(parsed->quirks);
        return fetched_token{std::move(*parsed), started};
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
    client_credentials const grant_;
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
    /// Null without a store.
    std::shared_ptr<token_keeping> keeping_;
};

}  // namespace coauth::detail

#endif
