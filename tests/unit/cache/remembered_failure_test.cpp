// SPDX-License-Identifier: BSL-1.0
//
// Callers while a failure is remembered: who looks for a changed credential, who waits for the next
// attempt, and what becomes of them.

#include <coauth/cache/acquire.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <support/fake_fetcher.hpp>
#include <utility>
#include <vector>

namespace remembered_failure_test {
namespace {

using namespace std::chrono_literals;
using namespace coauth::tests;
using coauth::awaitable;
using coauth::errc;
using coauth::time_point;
using coauth::detail::credential_watch;
using coauth::detail::suspension;
using coauth::detail::token_demand;
using coauth::testing::manual_clock;

/// Its looks wait until they are let go, and then say what `changed` says.
class watched_fetcher : public fake_fetcher {
public:
    using fake_fetcher::fake_fetcher;

    awaitable<bool> credential_changed() override {
        return look(std::static_pointer_cast<watched_fetcher>(shared_from_this()));
    }
    std::shared_ptr<suspension> looking = std::make_shared<suspension>();
    bool changed = false;
    bool throws = false;
    unsigned looks = 0;
    unsigned cancelled = 0;

private:
    static awaitable<bool> look(std::shared_ptr<watched_fetcher> self) {
        ++self->looks;
        auto const waiting = self->looking;
        auto const reason = co_await suspension::wait(waiting);
        if (reason == coauth::detail::wake_reason::cancelled) ++self->cancelled;
        if (self->throws) throw std::runtime_error("the vault is shut");
        co_return self->changed;
    }
};

/// A key and its callers, after a fetch that failed.
class remembered_failure : public ::testing::Test {
protected:
    explicit remembered_failure(int status) : key(policy(clock)) {
        fetcher->answer_with([this, status](unsigned n, time_point started) {
            coauth::result<coauth::detail::fetched_token> no = server_error(status);
            if (n <= failures) return no;
            return coauth::result<coauth::detail::fetched_token>(granted("token", 3600, started));
        });
        key.entry->set_home(fetcher);
        call();
        poll();
        EXPECT_TRUE(calls[0]->failed_with(errc::token_endpoint_failed));
    }

    static coauth::cache_policy policy(manual_clock const& clock) {
        coauth::cache_policy p;
        p.clock = clock;
        p.lifetime.min_refresh_interval = {};
        return p;
    }
    call_handle call(token_demand demand = token_demand(time_point::max())) {
        calls.push_back(std::make_shared<token_call>());
        start(other.get_executor(), calls.back(), key.entry, fetcher, std::move(demand));
        return calls.back();
    }
    void poll() {
        for (bool more = true; more;) {
            more = false;
            for (auto* io : {home.get(), &other}) {
                if (io == nullptr) continue;
                io->restart();
                if (io->poll() != 0) more = true;
            }
        }
    }
    void run_until_finished(token_call const& c) {
        for (poll(); !c.finished(); poll()) other.run_one();
    }

    manual_clock clock;
    cached_key key;
    std::unique_ptr<asio::io_context> home = std::make_unique<asio::io_context>();
    asio::io_context other;
    std::shared_ptr<watched_fetcher> fetcher =
        std::make_shared<watched_fetcher>(home->get_executor(), clock);
    std::vector<call_handle> calls;
    unsigned failures = 1;
};

/// A definitive one.
class credential_look : public remembered_failure {
protected:
    credential_look() : remembered_failure(400) { fetcher->credential().not_before(clock.now()); }
    void end_look() { fetcher->looking->wake(coauth::detail::wake_reason::ready); }
};

TEST_F(credential_look, is_one_callers_and_the_others_are_answered_meanwhile) {
    auto const looks = call();
    poll();
    for (int i = 0; i != 100; ++i) call();
    clock.advance(credential_watch::interval);
    for (int i = 0; i != 100; ++i) call();
    poll();
    for (std::size_t i = 2; i != calls.size(); ++i) {
        EXPECT_TRUE(calls[i]->failed_with(errc::token_endpoint_failed));
    }
    EXPECT_FALSE(looks->finished());
    EXPECT_EQ(fetcher->looks, 1U) << "one at a time, however long it takes";
    fetcher->changed = true;
    end_look();
    poll();
    EXPECT_EQ(looks->token(), "token");
    EXPECT_EQ(fetcher->fetches(), 2U);
}

TEST_F(credential_look, that_finds_nothing_leaves_the_failure_where_it_is) {
    auto const looks = call();
    poll();
    end_look();
    poll();
    EXPECT_TRUE(looks->failed_with(errc::token_endpoint_failed));
    EXPECT_EQ(fetcher->fetches(), 1U);
}

TEST_F(credential_look, that_throws_finds_nothing) {
    fetcher->throws = true;
    auto const looks = call();
    poll();
    end_look();
    poll();
    EXPECT_TRUE(looks->failed_with(errc::token_endpoint_failed));
}

TEST_F(credential_look, goes_on_when_its_caller_is_cancelled) {
    auto const looks = call();
    poll();
    looks->cancel.emit(asio::cancellation_type::terminal);
    poll();
    EXPECT_TRUE(looks->failed_with(errc::cancelled));
    fetcher->changed = true;
    end_look();
    poll();
    EXPECT_EQ(fetcher->cancelled, 0U);
    call();
    poll();
    EXPECT_EQ(calls.back()->token(), "token");
}

TEST_F(credential_look, keeps_its_caller_no_longer_than_that_ones_deadline) {
    auto const looks = call(token_demand(clock.now() + 5ms));
    run_until_finished(*looks);
    EXPECT_TRUE(looks->failed_with(errc::token_endpoint_failed));
}

TEST_F(credential_look, ends_with_the_context_of_its_source) {
    auto const looks = call();
    poll();
    home.reset();
    poll();
    EXPECT_TRUE(looks->failed_with(errc::token_endpoint_failed));
    clock.advance(credential_watch::interval);
    call();
    poll();
    EXPECT_TRUE(calls.back()->finished());
}

TEST_F(credential_look, takes_its_caller_along_when_the_callers_context_goes) {
    auto elsewhere = std::make_unique<asio::io_context>();
    auto const looks = std::make_shared<token_call>();
    start(elsewhere->get_executor(), looks, key.entry, fetcher);
    elsewhere->poll();
    poll();
    EXPECT_EQ(fetcher->looks, 1U);
    elsewhere.reset();
    fetcher->changed = true;
    end_look();
    poll();
    EXPECT_FALSE(looks->finished());
    call();
    poll();
    EXPECT_EQ(calls.back()->token(), "token");
}

TEST_F(credential_look, is_cancelled_when_its_source_stops) {
    auto const looks = call();
    poll();
    coauth::detail::credential_look::end(*fetcher);
    poll();
    EXPECT_EQ(fetcher->cancelled, 1U);
    EXPECT_TRUE(looks->failed_with(errc::token_endpoint_failed));
    EXPECT_EQ(fetcher->credential().running(), nullptr);
}

TEST_F(credential_look, is_not_begun_for_a_source_that_has_been_stopped) {
    fetcher->refuse();
    call();
    poll();
    EXPECT_EQ(fetcher->looks, 0U);
    EXPECT_TRUE(calls.back()->finished());
}

/// One that passes by itself.
class next_attempt : public remembered_failure {
protected:
    next_attempt() : remembered_failure(500) {}

    call_handle patient_call(time_point deadline = time_point::max()) {
        token_demand demand(deadline);
        demand.wait_through_backoff(true);
        return call(demand);
    }
    /// So that what waits for it waits for a moment only.
    void come_near() { clock.advance(*key.entry->health(clock.now()).next_attempt_in - 5ms); }
};

TEST_F(next_attempt, is_waited_for_by_patient_callers_who_share_it) {
    come_near();
    auto const one = patient_call();
    auto const two = patient_call();
    auto const hasty = call();
    poll();
    EXPECT_TRUE(hasty->failed_with(errc::token_endpoint_failed));
    EXPECT_FALSE(one->finished());
    EXPECT_EQ(fetcher->fetches(), 1U);
    clock.advance(5ms);
    run_until_finished(*one);
    run_until_finished(*two);
    EXPECT_EQ(one->token(), "token");
    EXPECT_EQ(two->token(), "token");
    EXPECT_EQ(fetcher->fetches(), 2U);
}

TEST_F(next_attempt, is_the_patient_callers_answer_also_when_it_fails) {
    failures = 2;
    come_near();
    auto const patient = patient_call();
    poll();
    clock.advance(5ms);
    run_until_finished(*patient);
    EXPECT_TRUE(patient->failed_with(errc::token_endpoint_failed));
    EXPECT_EQ(fetcher->fetches(), 2U);
}

TEST_F(next_attempt, beyond_the_deadline_is_not_waited_for) {
    auto const patient = patient_call(clock.now() + 500ms);
    poll();
    EXPECT_TRUE(patient->failed_with(errc::token_endpoint_failed));
    EXPECT_EQ(fetcher->fetches(), 1U);
}

TEST_F(next_attempt, is_not_waited_for_by_a_caller_who_is_cancelled) {
    auto const patient = patient_call();
    poll();
    EXPECT_FALSE(patient->finished());
    patient->cancel.emit(asio::cancellation_type::terminal);
    poll();
    EXPECT_TRUE(patient->failed_with(errc::cancelled));
}

TEST_F(next_attempt, comes_sooner_when_somebody_ends_the_pause) {
    come_near();
    auto const patient = patient_call();
    poll();
    key.entry->retry_now();
    run_until_finished(*patient);
    EXPECT_EQ(patient->token(), "token");
}

TEST_F(next_attempt, is_not_waited_for_once_the_source_is_stopped) {
    come_near();
    auto const patient = patient_call();
    poll();
    fetcher->refuse();
    run_until_finished(*patient);
    EXPECT_TRUE(patient->failed_with(errc::stopped));
}

}  // namespace
}  // namespace remembered_failure_test
