// SPDX-License-Identifier: BSL-1.0

#include <coauth/store/memory_store.hpp>
#include <coauth/store/token_records.hpp>

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <support/stores.hpp>

namespace token_records_test {
namespace {

using namespace std::chrono_literals;
using namespace coauth_test;
using coauth::awaitable;
using coauth::errc;
using coauth::memory_store;
using coauth::secret;
using coauth::store_key;
using coauth::store_lock;
using coauth::token_records;

/// A user's own store, without locks, that fails, or never answers and ignores cancellation.
class moody_store {
public:
    enum class mood : unsigned char { throws, runs_out_of_memory, hangs };

    explicit moody_store(mood m) : mood_(m) {}
    awaitable<std::optional<secret>> load(store_key const&) const {
        return behave(mood_, waiting_);
    }
    awaitable<void> save(store_key const&, secret) const { co_await behave(mood_, waiting_); }
    awaitable<void> erase(store_key const&) const { co_await behave(mood_, waiting_); }

private:
    using suspension = coauth::detail::suspension;

    static awaitable<std::optional<secret>> behave(mood m, std::shared_ptr<suspension> waiting) {
        if (m == mood::throws) throw std::runtime_error("the disk is on fire");
        if (m == mood::runs_out_of_memory) throw std::bad_alloc();
        co_await suspension::wait(std::move(waiting));
        co_return std::nullopt;
    }
    mood mood_;
    std::shared_ptr<suspension> waiting_ = std::make_shared<suspension>();
};

static_assert(coauth::token_store<moody_store>);
static_assert(coauth::token_store<memory_store>);
static_assert(coauth::token_store<coauth::any_token_store>);

template <class T>
coauth::result<T> outcome(awaitable<coauth::result<T>> work) {
    coauth::result<coauth::result<T>> r = ended(std::move(work));
    return std::move(r).value();
}

TEST(token_records, come_back_from_the_store) {
    token_records const records{memory_store()};
    store_key const key = key_of("a");
    EXPECT_FALSE(outcome(records.try_load(key)).value());
    ASSERT_TRUE(outcome(records.try_save(key, a_token("access", "refresh"))));
    auto const found = outcome(records.try_load(key));
    ASSERT_TRUE(found && found.value());
    EXPECT_EQ(found.value()->refresh_token, secret("refresh"));
    ASSERT_TRUE(outcome(records.try_erase(key)));
    EXPECT_FALSE(outcome(records.try_load(key)).value());
}

TEST(token_records, name_a_store_that_fails_and_go_on) {
    token_records const records{moody_store(moody_store::mood::throws)};
    auto const found = outcome(records.try_load(key_of("a")));
    ASSERT_FALSE(found);
    EXPECT_TRUE(found.error().is(errc::store_unavailable));
    EXPECT_EQ(found.error().message(), "the disk is on fire");
    EXPECT_EQ(found.error().where(), coauth::stage::store);
    EXPECT_TRUE(outcome(records.try_save(key_of("a"), a_token("t"))).error().code() ==
                coauth::condition::retryable);
    token_records const poor{moody_store(moody_store::mood::runs_out_of_memory)};
    EXPECT_TRUE(outcome(poor.try_erase(key_of("a"))).error().is(errc::out_of_memory));
}

// R-273
TEST(token_records, do_not_wait_longer_than_their_limit_for_a_store_that_hangs) {
    token_records const records{moody_store(moody_store::mood::hangs), 1ms};
    EXPECT_TRUE(outcome(records.try_load(key_of("a"))).error().is(errc::deadline_exceeded));
    token_records const others{moody_store(moody_store::mood::hangs), 1ms};
    EXPECT_TRUE(
        outcome(others.try_save(key_of("a"), a_token("t"))).error().is(errc::deadline_exceeded));
}

TEST(token_records, end_as_cancelled_when_their_caller_is) {
    token_records const records{moody_store(moody_store::mood::hangs), 1h};
    asio::io_context io;
    asio::cancellation_signal leave;
    std::optional<coauth::result<std::optional<coauth::stored_token>>> found;
    asio::co_spawn(
        io, records.try_load(key_of("a")),
        asio::bind_cancellation_slot(
            leave.slot(), [&](std::exception_ptr const&, auto r) { found.emplace(std::move(r)); }));
    io.poll();
    EXPECT_FALSE(found);
    leave.emit(asio::cancellation_type::terminal);
    io.poll();
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->error().is(errc::cancelled));
}

// R-275
TEST(token_records, do_not_overwrite_what_a_later_version_wrote) {
    memory_store const store;
    token_records const records{store};
    store_key const key = key_of("a");
    std::string const later = R"({"version":2,"sealed":"otherwise"})";
    ASSERT_EQ(saved(store, key, later), "");
    EXPECT_TRUE(outcome(records.try_load(key)).error().is(errc::store_record_newer));
    EXPECT_TRUE(outcome(records.try_save(key, a_token("t"))).error().is(errc::store_record_newer));
    EXPECT_EQ(loaded(store, key), later);
    EXPECT_TRUE(outcome(records.try_save(key_of("b"), a_token("t"))));

    // Erased on purpose, it may be written again.
    EXPECT_TRUE(outcome(records.try_erase(key)));
    EXPECT_TRUE(outcome(records.try_save(key, a_token("t"))));
}

TEST(token_records, that_are_garbage_are_an_error_and_replaced_by_the_next_save) {
    memory_store const store;
    token_records const records{store};
    ASSERT_EQ(saved(store, key_of("a"), "garbage"), "");
    EXPECT_TRUE(outcome(records.try_load(key_of("a"))).error().is(errc::store_record_unreadable));
    EXPECT_TRUE(outcome(records.try_save(key_of("a"), a_token("t"))));
    EXPECT_TRUE(outcome(records.try_load(key_of("a"))).value());
}

// R-250
TEST(a_lock, is_waited_for_no_longer_than_the_patience_of_the_caller) {
    token_records const records{memory_store()};
    auto held = outcome(records.try_lock(key_of("a"), 1h));
    ASSERT_TRUE(held);
    EXPECT_TRUE(outcome(records.try_lock(key_of("a"), 5ms)).error().is(errc::deadline_exceeded));
    EXPECT_TRUE(outcome(records.try_lock(key_of("b"), 1h)));
    held.value().release();
    EXPECT_TRUE(outcome(records.try_lock(key_of("a"), 1h)));
}

TEST(a_lock, that_comes_after_its_caller_has_left_is_given_back) {
    memory_store const store;
    token_records const records{store};
    {
        auto const held = outcome(records.try_lock(key_of("a"), 1h));
        EXPECT_FALSE(outcome(records.try_lock(key_of("a"), 2ms)));
    }
    EXPECT_TRUE(outcome(records.try_lock(key_of("a"), 1h)));
}

TEST(a_lock, of_a_store_without_locks_holds_nothing) {
    token_records const records{moody_store(moody_store::mood::hangs)};
    EXPECT_TRUE(outcome(records.try_lock(key_of("a"), 1h)));
    EXPECT_TRUE(outcome(records.try_lock(key_of("a"), 1h)));
}

}  // namespace
}  // namespace token_records_test
