// SPDX-License-Identifier: BSL-1.0
//
// Runs the fetch of one flight: detached from every caller, on the fetcher's home or, when that
// context has gone, on the caller's executor, bounded by the flight's deadline. Whatever happens to
// the coroutine (an exception, a destroyed context), the flight is settled.

#ifndef COAUTH_CACHE_FETCH_RUN_HPP
#define COAUTH_CACHE_FETCH_RUN_HPP

#include <coauth/cache/cache_entry.hpp>
#include <coauth/cache/token_fetcher.hpp>
#include <coauth/detail/asio.hpp>

#include <exception>
#include <memory>
#include <new>
#include <system_error>
#include <utility>

namespace coauth::detail {

inline void wake_at(asio::steady_timer& timer, duration after,
                    std::weak_ptr<suspension> const& waiting) {
    timer.expires_after(after);
    timer.async_wait([waiting](std::error_code ec) {
        auto const target = waiting.lock();
        if (!ec && target) target->wake_from_handler(wake_reason::expired);
    });
}

class fetch_run : public std::enable_shared_from_this<fetch_run> {
public:
    /// Starts the fetch; returns at once. Never throws: a failure to start settles the flight.
    static void start(std::shared_ptr<cache_entry> entry, flight_place f,
                      std::shared_ptr<token_fetcher> fetcher,
                      any_executor const& fallback) noexcept {
        flight_place const mine = f.another();
        try {
            fetcher = in_charge(*entry, std::move(fetcher));
            context_gate::pass const alive = fetcher->gate()->enter();
            bool const at_home = alive && !entry->hangs(fetcher);
            if (!at_home && !fallback) throw exception(error(errc::executor_gone, stage::token));
            any_executor const executor =
                at_home ? fetcher->home() : any_executor(asio::make_strand(fallback));
            auto run = std::make_shared<fetch_run>(executor, entry, std::move(f));
            entry->attach(*mine, run, gate_of(executor), fetcher, at_home);
            // A stop that looked for the fetch before this line has not seen it.
            if (fetcher->stopped()) throw exception(error(errc::stopped, stage::token));
            asio::co_spawn(executor, drive(run, std::move(fetcher)),
                           asio::bind_cancellation_slot(run->cancel_.slot(), completion(run)));
        } catch (...) { entry->settle(*mine, from_exception(std::current_exception())); }
    }

    /// Who fetches: the home of the key while it can, else the caller's own.
    [[nodiscard]] static std::shared_ptr<token_fetcher> in_charge(
        cache_entry& entry, std::shared_ptr<token_fetcher> own) {
        std::shared_ptr<token_fetcher> first = entry.home();
        return first && usable(*first) ? first : own;
    }

    fetch_run(any_executor const& executor, std::shared_ptr<cache_entry> entry, flight_place f)
        : executor_(executor), timer_(executor), entry_(std::move(entry)), flight_(std::move(f)) {}

    /// Gives everybody who waits for the flight the reason, and cancels its fetch. Any thread.
    /// Precondition: cache_entry::running() has given the flight.
    static void end(cache_entry& entry, flight& f, error reason) {
        entry.settle(f, std::move(reason));
        // The run holds a timer: outside of its context it is touched, and perhaps let go of, only
        // while that context cannot go.
        context_gate::pass const alive = f.gate->enter();
        if (!alive) return;
        std::shared_ptr<fetch_run> const run = f.run.lock();
        if (!run) return;
        asio::post(run->executor_, [run] {
            run->timer_.cancel();
            run->cancel_.emit(asio::cancellation_type::terminal);
        });
    }

    [[nodiscard]] static error from_exception(std::exception_ptr thrown) noexcept {
        try {
            return describe(std::move(thrown));
        } catch (...) { return error(errc::out_of_memory, stage::token); }
    }

private:
    static error describe(std::exception_ptr thrown) {
        try {
            std::rethrow_exception(std::move(thrown));
        } catch (exception const& e) { return e.error(); } catch (std::bad_alloc const&) {
            return error(errc::out_of_memory, stage::token);
        } catch (std::system_error const& e) {
            if (e.code() == asio::error::operation_aborted) {
                return error(errc::cancelled, stage::token);
            }
            return error(errc::fetch_threw, stage::token).with_cause(e.code());
        } catch (std::exception const& e) {
            return error(errc::fetch_threw, stage::token, e.what());
        } catch (...) { return error(errc::fetch_threw, stage::token); }
    }

    static bool usable(token_fetcher const& fetcher) {
        return !fetcher.stopped() && static_cast<bool>(fetcher.gate()->enter());
    }

    /// Settles the flight when the coroutine ends, and also when its frame is just destroyed.
    class completion {
    public:
        explicit completion(std::shared_ptr<fetch_run> run) : run_(std::move(run)) {}
        completion(completion&&) noexcept = default;
        completion& operator=(completion&&) = delete;
        ~completion() {
            if (run_)
                run_->entry_->settle(*run_->flight_, error(errc::broken_flight, stage::token));
        }

        void operator()(std::exception_ptr thrown) {
            auto const run = std::move(run_);
            if (thrown) run->entry_->settle(*run->flight_, from_exception(std::move(thrown)));
        }

    private:
        std::shared_ptr<fetch_run> run_;
    };

    static awaitable<void> drive(std::shared_ptr<fetch_run> self,
                                 std::shared_ptr<token_fetcher> fetcher) {
        duration const early = self->flight_->not_before() - self->entry_->policy().clock.now();
        if (early > duration::zero()) {
            self->timer_.expires_after(early);
            co_await self->timer_.async_wait(asio::use_awaitable);
        }
        auto const turn = std::make_shared<suspension>();
        bool const mine = self->entry_->take_turn(*self->flight_, turn);
        if (!mine) co_await wait_for_turn(self, turn);
        asio::cancellation_state const own = co_await asio::this_coro::cancellation_state;
        bool const wanted = self->entry_->begin_fetch(*self->flight_, own.slot());
        if (!wanted) co_return;
        self->arm_deadline();
        result<fetched_token> outcome = co_await fetcher->fetch(order_of(self));
        self->timer_.cancel();
        self->entry_->settle(*self->flight_, std::move(outcome));
    }

    /// While as many fetches run as the cache allows.
    static awaitable<void> wait_for_turn(std::shared_ptr<fetch_run> self,
                                         std::shared_ptr<suspension> turn) {
        for (bool mine = false; !mine;) {
            wake_at(self->timer_, self->flight_->allowed / 2, turn);
            wake_reason const reason = co_await suspension::wait(turn);
            self->timer_.cancel();
            if (reason == wake_reason::cancelled) {
                throw exception(error(errc::cancelled, stage::token));
            }
            turn = std::make_shared<suspension>();
            mine = self->entry_->take_turn(*self->flight_, turn);
        }
    }

    static fetch_order order_of(std::shared_ptr<fetch_run> const& self) {
        flight& f = *self->flight_;
        fetch_order order;
        order.deadline = f.deadline();
        order.why = f.reason.load(std::memory_order_relaxed);  // sync: none, for people
        order.traceparent = f.traceparent;
        order.report = std::shared_ptr<fetch_report>(self, &f.report);
        order.by = self->entry_->renewal();
        order.signed_in = self->entry_->take_sign_in();
        return order;
    }

    void arm_deadline() {
        timer_.expires_after(flight_->deadline() - entry_->policy().clock.now());
        timer_.async_wait([weak = weak_from_this()](std::error_code ec) {
            auto const self = weak.lock();
            if (ec || !self) return;
            self->entry_->settle(*self->flight_, error(errc::deadline_exceeded, stage::token,
                                                       "the token request did not end in time"));
            self->cancel_.emit(asio::cancellation_type::terminal);
        });
    }

    // Both are let go of while their context lives: by the coroutine's frames, or behind its gate.
    any_executor executor_;
    asio::steady_timer timer_;
    /// Touched on executor_ only.
    asio::cancellation_signal cancel_;
    std::shared_ptr<cache_entry> entry_;
    flight_place flight_;
};

}  // namespace coauth::detail

#endif
