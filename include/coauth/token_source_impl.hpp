// SPDX-License-Identifier: BSL-1.0
//
// Bodies of token_source.hpp.

#ifndef COAUTH_TOKEN_SOURCE_IMPL_HPP
#define COAUTH_TOKEN_SOURCE_IMPL_HPP

#include <coauth/cache/acquire.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/token_endpoint.hpp>
#include <coauth/token_source.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace coauth {

COAUTH_INLINE token_source::token_source(any_executor const& executor, token_source_config config)
    : token_source(token_cache(), executor, std::move(config)) {}

COAUTH_INLINE token_source::token_source(token_cache cache, any_executor const& executor,
                                         token_source_config config)
    : endpoint_(std::make_shared<detail::token_endpoint>(executor, std::move(config))),
      cache_(std::move(cache)),
      entry_(cache_.bind(endpoint_->identity().in(cache_), endpoint_->policy())) {
    entry_->set_home(endpoint_);
}

COAUTH_INLINE token_ref token_source::try_cached() const {
    bool refresh_due = false;
    token_ref token = entry_->find(refresh_due);
    if (refresh_due) refresh_ahead(entry_->policy().clock.now());
    return token;
}

COAUTH_INLINE token_ref token_source::try_cached(time_point at) const {
    bool refresh_due = false;
    token_ref token = entry_->find(at, refresh_due);
    if (refresh_due) refresh_ahead(at);
    return token;
}

COAUTH_INLINE void token_source::refresh_ahead(time_point at) const {
    if (endpoint_->stopped()) return;
    cache_entry::arrival a = entry_->begin_refresh(at);
    if (a.fetch) detail::fetch_run::start(entry_, std::move(a.fetch), endpoint_, any_executor());
}

COAUTH_INLINE awaitable<token_ref> token_source::get(get_options options) const {
    return get(*this, std::move(options));
}

COAUTH_INLINE awaitable<result<token_ref>> token_source::try_get(get_options options) const {
    return try_get(*this, std::move(options));
}

COAUTH_INLINE awaitable<void> token_source::warm_up(get_options options) const {
    return warm_up(*this, std::move(options));
}

COAUTH_INLINE token_health token_source::health() const {
    return entry_->health(entry_->policy().clock.now());
}

COAUTH_INLINE awaitable<void> token_source::stop(duration grace) const {
    return stop(*this, grace);
}

COAUTH_INLINE void token_source::invalidate(token_ref const& token) const {
    entry_->invalidate(token.generation());
}

COAUTH_INLINE void token_source::erase() const noexcept {
    entry_->erase();
    // Whoever of those who share the token has a store.
    auto const first = entry_->home();
    if (first && first != endpoint_) first->forget();
    endpoint_->forget();
}

COAUTH_INLINE awaitable<void> token_source::log_out() const { return log_out(*this); }

COAUTH_INLINE awaitable<result<void>> token_source::try_log_out() const {
    return try_log_out(*this);
}

COAUTH_INLINE void token_source::retry_now() const { entry_->retry_now(); }

COAUTH_INLINE token_response_quirk_counts token_source::response_quirks() const {
    return endpoint_->quirks();
}

COAUTH_INLINE awaitable<token_ref> token_source::get(token_source self, get_options options) {
    result<token_ref> token = co_await try_get(self, std::move(options));
    co_return std::move(token).value();
}

COAUTH_INLINE awaitable<result<token_ref>> token_source::try_get(token_source self,
                                                                 get_options options) {
    time_point const now = self.entry_->policy().clock.now();
    token_ref cached = self.try_cached(now);
    if (cached) co_return std::move(cached);
    if (self.endpoint_->stopped()) co_return error(errc::stopped, stage::token);
    detail::token_demand demand(saturating_add(now, options.deadline()));
    demand.trace(options.traceparent());
    demand.wait_through_backoff(options.wait_through_backoff());
    try {
        result<token_ref> fetched =
            co_await detail::acquire(self.entry_, self.endpoint_, std::move(demand));
        co_return std::move(fetched);
    } catch (...) { co_return detail::fetch_run::from_exception(std::current_exception()); }
}

COAUTH_INLINE awaitable<void> token_source::warm_up(token_source self, get_options options) {
    token_ref const token = co_await get(self, std::move(options));
}

COAUTH_INLINE awaitable<void> token_source::log_out(token_source self) {
    result<void> const done = co_await try_log_out(self);
    done.value();
}

COAUTH_INLINE awaitable<result<void>> token_source::try_log_out(token_source self) {
    self.erase();
    auto const keeping = self.endpoint_->keeping();
    if (!keeping) co_return result<void>();
    any_executor const executor = co_await asio::this_coro::executor;
    any_executor const strand = asio::make_strand(executor);
    result<void> done = co_await asio::co_spawn(
        strand, detail::token_keeping::erase_forgotten(keeping), asio::use_awaitable);
    co_return std::move(done);
}

COAUTH_INLINE awaitable<void> token_source::stop(token_source self, duration grace) {
    self.endpoint_->refuse();
    any_executor const executor = co_await asio::this_coro::executor;
    auto const flight = self.entry_->running(self.endpoint_.get(), executor);
    if (flight) {
        asio::steady_timer timer(executor);
        detail::wake_at(timer, grace, flight.waiting());
        detail::wake_reason const reason = co_await detail::suspension::wait(flight.waiting());
        if (reason != detail::wake_reason::ready) {
            detail::fetch_run::end(*self.entry_, *flight, error(errc::stopped, stage::token));
        }
    }
    detail::credential_look::end(*self.endpoint_);
    co_await self.endpoint_->close();
}

}  // namespace coauth

#endif
