// SPDX-License-Identifier: BSL-1.0
//
// A memory_store with moods: operations that fail, and such that do not end before the test says
// so. For one thread.

#ifndef COAUTH_TESTS_SUPPORT_MOODY_STORE_HPP
#define COAUTH_TESTS_SUPPORT_MOODY_STORE_HPP

#include <coauth/detail/asio.hpp>
#include <coauth/observer.hpp>
#include <coauth/store/memory_store.hpp>
#include <coauth/store/token_store.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace coauth_test {

class moody_store {
public:
    using operation = coauth::store_operation;

    /// It throws, until it is mended.
    void break_down(operation o) const { state_->broken.insert(o); }
    void mend() const { state_->broken.clear(); }
    /// It does not end until it is let go or cancelled.
    void hold(operation o) const { state_->held.insert(o); }
    void let_go() const {
        state_->held.clear();
        for (auto const& timer : std::exchange(state_->waiting, {})) timer->cancel();
    }
    /// How many operations wait to be let go.
    [[nodiscard]] std::size_t waiting() const { return state_->waiting.size(); }
    [[nodiscard]] int count(operation o) const { return state_->count[o]; }
    /// Called when one begins.
    void when(operation o, std::function<void()> then) const { state_->then[o] = std::move(then); }
    [[nodiscard]] coauth::memory_store const& shelf() const { return state_->shelf; }

    coauth::awaitable<std::optional<coauth::secret>> load(coauth::store_key const& key) const {
        return load_from(state_, key);
    }
    coauth::awaitable<void> save(coauth::store_key const& key, coauth::secret bytes) const {
        return save_to(state_, key, std::move(bytes));
    }
    coauth::awaitable<void> erase(coauth::store_key const& key) const {
        return erase_from(state_, key);
    }
    coauth::awaitable<coauth::store_lock> lock(coauth::store_key const& key) const {
        return lock_in(state_, key);
    }

private:
    struct state {
        coauth::memory_store shelf;
        std::set<operation> broken;
        std::set<operation> held;
        std::vector<std::shared_ptr<asio::steady_timer>> waiting;
        std::map<operation, int> count;
        std::map<operation, std::function<void()>> then;
    };
    using shared = std::shared_ptr<state>;

    static coauth::awaitable<void> begin(shared s, operation o) {
        ++s->count[o];
        std::function<void()> const then = s->then[o];
        if (then) then();
        if (s->broken.contains(o)) {
            throw coauth::exception(
                coauth::error(coauth::errc::store_unavailable, coauth::stage::store));
        }
        if (!s->held.contains(o)) co_return;
        coauth::any_executor const executor = co_await asio::this_coro::executor;
        auto const timer = std::make_shared<asio::steady_timer>(executor);
        timer->expires_at(asio::steady_timer::time_point::max());
        s->waiting.push_back(timer);
        std::error_code let_go;
        co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, let_go));
    }

    static coauth::awaitable<std::optional<coauth::secret>> load_from(shared s,
                                                                      coauth::store_key key) {
        co_await begin(s, operation::load);
        co_return co_await s->shelf.load(key);
    }
    static coauth::awaitable<void> save_to(shared s, coauth::store_key key, coauth::secret bytes) {
        co_await begin(s, operation::save);
        co_await s->shelf.save(key, std::move(bytes));
    }
    static coauth::awaitable<void> erase_from(shared s, coauth::store_key key) {
        co_await begin(s, operation::erase);
        co_await s->shelf.erase(key);
    }
    static coauth::awaitable<coauth::store_lock> lock_in(shared s, coauth::store_key key) {
        co_await begin(s, operation::lock);
        co_return co_await s->shelf.lock(key);
    }

    shared state_ = std::make_shared<state>();
};

}  // namespace coauth_test

#endif
