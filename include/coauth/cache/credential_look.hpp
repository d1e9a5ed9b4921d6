// SPDX-License-Identifier: BSL-1.0
//
// While a definitive failure is remembered: a look at whether the client's secret is another one by
// now, so that mending it ends the pause. Runs on the fetcher's home, detached from the caller who
// waits for it, and bounded like a fetch.

#ifndef COAUTH_CACHE_CREDENTIAL_LOOK_HPP
#define COAUTH_CACHE_CREDENTIAL_LOOK_HPP

#include <coauth/cache/cache_entry.hpp>
#include <coauth/cache/fetch_run.hpp>
#include <coauth/cache/token_fetcher.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/suspension.hpp>
#include <coauth/protocol/failure.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

namespace coauth::detail {

class credential_look : public std::enable_shared_from_this<credential_look> {
public:
    /// The longest that a caller waits for it; then its answer comes from memory.
    static constexpr duration patience = std::chrono::seconds(1);

    /// Whom to ask about a failure that is remembered; null where there is nothing to ask, or
    /// somebody else has just done so.
    [[nodiscard]] static std::shared_ptr<token_fetcher> whom_to_ask(
        cache_entry& entry, std::shared_ptr<token_fetcher> fetcher, error const& failure,
        time_point now) {
        if (classify_failure(failure) != failure_kind::definitive) return nullptr;
        fetcher = fetch_run::in_charge(entry, std::move(fetcher));
        if (fetcher->stopped() || !fetcher->credential().take(now)) return nullptr;
        return fetcher;
    }

    /// `waiting` is woken when it is over.
    [[nodiscard]] static std::shared_ptr<credential_look> start(
        std::shared_ptr<cache_entry> entry, std::shared_ptr<token_fetcher> fetcher,
        std::shared_ptr<suspension> waiting) {
        auto const look = std::make_shared<credential_look>();
        end_of_look end(look, std::move(waiting));
        context_gate::pass const alive = fetcher->gate()->enter();
        if (!alive) return look;
        fetcher->credential().begin(look);
        any_executor const home = fetcher->home();
        auto work = run(look, std::move(entry), std::move(fetcher));
        asio::co_spawn(home, std::move(work),
                       asio::bind_cancellation_slot(look->cancel_.slot(), std::move(end)));
        return look;
    }

    /// Once it is over: the failure has been forgotten, since the credential is another one.
    [[nodiscard]] bool found_another() const noexcept { return found_another_; }

    /// Ends the look of this fetcher, if there is one. Any thread.
    static void end(token_fetcher& fetcher) {
        std::shared_ptr<credential_look> const look = fetcher.credential().running();
        if (!look) return;
        context_gate::pass const alive = fetcher.gate()->enter();
        if (alive) asio::post(fetcher.home(), [look] { look->cancel(); });
    }

private:
    /// However the coroutine ends, also by its destruction.
    class end_of_look {
    public:
        end_of_look(std::shared_ptr<credential_look> look, std::shared_ptr<suspension> waiting)
            : look_(std::move(look)), waiting_(std::move(waiting)) {}
        end_of_look(end_of_look&&) noexcept = default;
        end_of_look& operator=(end_of_look&&) = delete;
        ~end_of_look() {
            try {
                if (waiting_) waiting_->wake(wake_reason::ready);
            } catch (std::exception const&) {  // out of memory: the caller's timer wakes it
            }
        }
        /// What it threw says that there is no other credential to try.
        void operator()(std::exception_ptr const&) const noexcept {}

    private:
        /// Asio looks at its cancellation slot after run() has ended.
        std::shared_ptr<credential_look> look_;
        std::shared_ptr<suspension> waiting_;
    };

    static awaitable<void> run(std::shared_ptr<credential_look> self,
                               std::shared_ptr<cache_entry> entry,
                               std::shared_ptr<token_fetcher> fetcher) {
        any_executor const here = co_await asio::this_coro::executor;
        asio::steady_timer bound(here);
        cancel_at(bound, entry->policy().fetch_deadline, self);
        bool const another = co_await fetcher->credential_changed();
        if (another) entry->retry_now();
        self->found_another_ = another;
    }

    static void cancel_at(asio::steady_timer& bound, duration after,
                          std::weak_ptr<credential_look> const& look) {
        bound.expires_after(after);
        bound.async_wait([look](std::error_code ec) {
            auto const self = look.lock();
            if (!ec && self) self->cancel();
        });
    }

    void cancel() { cancel_.emit(asio::cancellation_type::terminal); }

    /// Touched on the fetcher's home only.
    asio::cancellation_signal cancel_;
    /// Written before the waiting caller is woken.
    bool found_another_ = false;
};

}  // namespace coauth::detail

#endif
