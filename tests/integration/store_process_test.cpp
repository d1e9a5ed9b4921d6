// SPDX-License-Identifier: BSL-1.0
//
// Several processes and one directory. Each is a fork of this one, made while it has no threads.

#include "support/other_process.hpp"
#include "support/stores.hpp"

#include <coauth/store/file_store.hpp>
#include <coauth/store/sealed.hpp>
#include <coauth/store/token_records.hpp>

#include <chrono>
#include <cstdlib>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

namespace store_process_test {
namespace {

using namespace std::chrono_literals;
using namespace coauth_test;
using coauth::awaitable;
using coauth::errc;
using coauth::result;
using coauth::store_key;
using coauth::token_records;

coauth::sealed store_in(scratch_directory const& directory) {
    return {coauth::file_store(directory.path()),
            coauth::sealing_key(coauth::secret(std::string(32, 'k')))};
}

template <class T>
result<T> outcome(awaitable<result<T>> work) {
    result<result<T>> r = ended(std::move(work));
    return std::move(r).value();
}

/// Lock, read again, decide, write, unlock, as a renewal does; the scope counts.
awaitable<void> renew(token_records records, store_key key, int times) {
    for (int i = 0; i != times; ++i) {
        result<coauth::store_lock> lock = co_await records.try_lock(key, 1min);
        result<std::optional<coauth::stored_token>> found = co_await records.try_load(key);
        std::optional<coauth::stored_token>& token = found.value();
        int const count = token ? std::atoi(token->scope.value_or("").c_str()) : 0;
        coauth::stored_token next = a_token("token-" + std::to_string(count));
        next.scope = std::to_string(count + 1);
        result<void> const done = co_await records.try_save(key, next);
        done.value();
        lock.value().release();
    }
}

// with the lock, no renewal is lost, and none is made of an old record.
TEST(two_processes, lose_none_of_a_thousand_renewals_under_the_lock) {
    scratch_directory const directory;
    auto const half = [&directory] {
        token_records const records(store_in(directory), 1min);
        return ended(renew(records, key_of("a"), 500)) ? 0 : 1;
    };
    other_process one(half);
    other_process two(half);
    EXPECT_EQ(one.status(), 0);
    EXPECT_EQ(two.status(), 0);
    auto const token = outcome(token_records(store_in(directory), 1min).try_load(key_of("a")));
    ASSERT_TRUE(token && token.value());
    EXPECT_EQ(token.value()->scope, "1000");
}

//
TEST(two_processes, that_save_without_a_lock_always_leave_one_whole_record) {
    scratch_directory const directory;
    auto const save = [&directory](std::string const& text) {
        coauth::any_token_store const store = store_in(directory);
        for (int i = 0; i != 1000; ++i) {
            if (!saved(store, key_of("a"), text).empty()) return 1;
        }
        return 0;
    };
    std::string const text_one(1000, '1');
    std::string const text_two(2000, '2');
    other_process one([&] { return save(text_one); });
    other_process two([&] { return save(text_two); });
    coauth::any_token_store const store = store_in(directory);
    for (int i = 0; i != 1000; ++i) {
        std::string const found = loaded(store, key_of("a"));
        EXPECT_TRUE(found == "-" || found == text_one || found == text_two) << found;
    }
    EXPECT_EQ(one.status(), 0);
    EXPECT_EQ(two.status(), 0);
    EXPECT_NE(loaded(store, key_of("a")), "-");
}

//
TEST(a_lock_of_another_process, is_waited_for_with_patience_and_ends_with_that_process) {
    scratch_directory const directory;
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    other_process holder([&] {
        auto const held = ended(store_in(directory).lock(key_of("a")));
        char const told = held ? 'y' : 'n';
        if (::write(ready[1], &told, 1) != 1) return 1;
        for (;;) ::pause();
        return 0;
    });
    char told = 0;
    ASSERT_EQ(::read(ready[0], &told, 1), 1);
    ASSERT_EQ(told, 'y');
    ::close(ready[0]);
    ::close(ready[1]);

    token_records const records(store_in(directory));
    EXPECT_TRUE(outcome(records.try_lock(key_of("a"), 20ms)).error().is(errc::deadline_exceeded));
    EXPECT_TRUE(outcome(records.try_lock(key_of("b"), 1min)));
    holder.kill();
    EXPECT_TRUE(outcome(records.try_lock(key_of("a"), 1min)));
}

}  // namespace
}  // namespace store_process_test
