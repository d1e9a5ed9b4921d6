// SPDX-License-Identifier: BSL-1.0
//
// A token source with a store: sources with a cache of their own stand for processes, one store and
// one clock for what they share.

#include "support/embedded.hpp"
#include "support/moody_store.hpp"
#include "support/patience.hpp"
#include "support/recording_server.hpp"
#include "support/stores.hpp"

#include <coauth/store/file_store.hpp>
#include <coauth/store/sealed.hpp>
#include <coauth/testing/manual_clock.hpp>
#include <coauth/token_endpoint.hpp>

#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace token_store_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;
using coauth::token_source;
using operation = coauth::store_operation;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// What the source tells of its store.
struct store_events {
    void operator()(coauth::store_failed const& e) const {
        EXPECT_EQ(canary_watch::find(e.failure.what()), "");
        lines->push_back(std::string(to_string(e.operation)) + " " + e.failure.code().message());
    }
    void operator()(coauth::token_loaded const&) const { lines->emplace_back("loaded"); }
    std::shared_ptr<std::vector<std::string>> lines = std::make_shared<std::vector<std::string>>();
};

class kept_token : public ::testing::Test {
protected:
    kept_token() {
        endpoint.set([this](server_request const& r) { return answer(r); });
    }

    server_response answer(server_request const& r) {
        std::lock_guard const lock(mutex);
        bodies.push_back(r.body);
        bool const refresh = r.body.find("grant_type=refresh_token") != std::string::npos;
        if (refresh && before_refusal) before_refusal();
        if (refresh && refused.contains(form_refresh_token(r.body))) {
            return server_response::json(400, R"({"error":"invalid_grant"})");
        }
        if (!refresh && grant_fails) return server_response(503);
        std::string const n = std::to_string(bodies.size());
        std::string body = R"({"access_token":"test-token-)" + n +
                           R"(","token_type":"Bearer","scope":"read")" + lifetime;
        if (with_refresh_token) body += R"(,"refresh_token":"test-token-refresh-)" + n + '"';
        return server_response::json(200, body + "}");
    }
    static std::string form_refresh_token(std::string const& body) {
        return body.substr(body.rfind('=') + 1);
    }

    using edit = std::function<void(coauth::token_source_config&)>;
    [[nodiscard]] token_source process(edit const& change = [](auto&) {}) {
        coauth::token_source_config c = endpoint.source();
        c.clock = clock;
        c.store = store;
        c.observer = events;
        change(c);
        return token_source(io.get_executor(), std::move(c));
    }
    std::string next_token(token_source const& from) {
        return std::string(run(io, from.get()).access_token());
    }
    /// As text; "-" for none.
    std::string stored(token_source const& of) {
        auto const key = of.endpoint()->identity().in_store();
        auto const record = ended(coauth::token_records(store).try_load(key));
        if (!record || !record->value()) return "-";
        coauth::stored_token const& t = *record->value();
        return std::string(t.access_token.reveal()) + " " + std::string(t.refresh_token.reveal());
    }
    void store_now(token_source const& of, coauth::stored_token const& token) {
        auto const key = of.endpoint()->identity().in_store();
        auto const done = ended(coauth::token_records(store.shelf()).try_save(key, token));
        ASSERT_TRUE(done && done.value());
    }
    /// `age` ago by the clock of the sources.
    [[nodiscard]] coauth::stored_token token_of_age(coauth::duration age, char const* access,
                                                    char const* refresh = "") const {
        coauth::stored_token t = a_token(access, refresh);
        t.issued_at = coauth::detail::token_keeping::wall_time(clock.now() - age);
        t.expires_at = t.issued_at + 1h;
        return t;
    }
    /// Starts a caller; what he gets stands in `got`.
    void start_caller(token_source const& from) {
        got.reset();
        asio::co_spawn(io, from.try_get(),
                       [this](std::exception_ptr, coauth::result<coauth::token_ref> r) {
                           got = r ? std::string(r->access_token()) : r.error().code().message();
                       });
        io.restart();
    }
    std::string stored_after_erasure_in_a_save(token_source const& tokens) {
        store.hold(operation::save);
        start_caller(tokens);
        poll_until([&] { return store.waiting() != 0; });
        tokens.erase();
        poll_until([&] { return store.count(operation::erase) != 0; });
        store.let_go();
        io.run();
        return stored(tokens);
    }
    void start_anew() {
        std::lock_guard const lock(mutex);
        store = moody_store();
        events.lines->clear();
        bodies.clear();
    }
    template <class Done>
    void poll_until(Done const& done) {
        while (!done()) io.poll();
    }

    std::mutex mutex;
    std::vector<std::string> bodies;
    std::function<void()> before_refusal;
    std::set<std::string> refused;
    std::string lifetime = R"(,"expires_in":3600)";
    bool with_refresh_token = false;
    bool grant_fails = false;
    std::optional<std::string> got;
    asio::io_context io;
    coauth::testing::manual_clock clock;
    moody_store store;
    store_events events;
    recording_token_endpoint endpoint;
};

// R-272
TEST_F(kept_token, is_loaded_in_the_place_of_a_token_request_for_the_rest_of_its_life) {
    coauth::token_ref const first = run(io, process().get());
    clock.advance(40min);
    coauth::token_ref const second = run(io, process().get());
    EXPECT_EQ(second.access_token(), "test-token-1");
    EXPECT_EQ(second.token_type(), "Bearer");
    EXPECT_EQ(second.scope(), "read");
    // Through records of whole milliseconds.
    EXPECT_LE(first.expires_at() - second.expires_at(), 2ms);
    EXPECT_LE(second.expires_at() - first.expires_at(), 2ms);
    EXPECT_EQ(bodies.size(), 1U);
    EXPECT_THAT(*events.lines, ElementsAre("loaded"));
}

// R-272
TEST_F(kept_token, is_asked_for_anew_where_the_stored_one_has_expired_or_comes_from_the_future) {
    for (coauth::duration const age : std::vector<coauth::duration>{1h, 2h, -1h, 59min + 59s}) {
        token_source const tokens = process();
        store_now(tokens, token_of_age(age, "test-token-stored"));
        EXPECT_NE(next_token(tokens), "test-token-stored");
    }
    EXPECT_EQ(bodies.size(), 4U);
    EXPECT_THAT(*events.lines, IsEmpty());
}

// In whole seconds it has no life, which elsewhere means an unknown one.
TEST_F(kept_token, of_an_unknown_lifetime_without_end_is_kept_for_ten_years) {
    lifetime.clear();
    auto const endless = [](auto& c) { c.lifetime.unknown_lifetime = coauth::duration::max(); };
    EXPECT_EQ(next_token(process(endless)), "test-token-1");
    EXPECT_EQ(next_token(process()), "test-token-1");
}

TEST_F(kept_token, of_less_than_a_second_is_not_taken_from_the_store) {
    token_source const tokens = process();
    coauth::stored_token brief = token_of_age(0s, "test-token-stored");
    brief.expires_at = brief.issued_at + 900ms;
    store_now(tokens, brief);
    EXPECT_EQ(next_token(tokens), "test-token-1");
}

TEST_F(kept_token, comes_with_the_refresh_token_that_renews_it) {
    with_refresh_token = true;
    static_cast<void>(next_token(process()));
    token_source const later = process();
    clock.advance(10min);
    EXPECT_EQ(next_token(later), "test-token-1");
    clock.advance(2h);
    EXPECT_EQ(next_token(later), "test-token-2");
    EXPECT_THAT(bodies.back(), HasSubstr("refresh_token=test-token-refresh-1"));
}

TEST_F(kept_token, that_has_expired_is_renewed_by_its_stored_refresh_token_after_a_restart) {
    token_source const tokens = process();
    store_now(tokens, token_of_age(2h, "test-token-old", "test-token-refresh-0"));
    static_cast<void>(next_token(tokens));
    EXPECT_THAT(bodies, ElementsAre(HasSubstr("refresh_token=test-token-refresh-0")));
}

// R-245, R-248: the one that comes second takes what the first one has brought.
TEST_F(kept_token, is_renewed_by_one_of_two_processes_and_adopted_by_the_other) {
    with_refresh_token = true;
    token_source const one = process();
    token_source const two = process();
    EXPECT_EQ(next_token(one), next_token(two));
    for (int round = 2; round != 5; ++round) {
        clock.advance(2h);
        std::string const renewed = next_token(round % 2 == 0 ? one : two);
        EXPECT_EQ(next_token(one), renewed);
        EXPECT_EQ(next_token(two), renewed);
    }
    EXPECT_EQ(bodies.size(), 4U);
    for (int n = 1; n != 4; ++n) {
        EXPECT_THAT(bodies[static_cast<std::size_t>(n)],
                    HasSubstr("refresh_token=test-token-refresh-" + std::to_string(n)));
    }
}

TEST_F(kept_token, that_was_rejected_is_replaced_by_one_that_another_process_has_renewed) {
    token_source const one = process();
    token_source const two = process();
    static_cast<void>(next_token(one));
    coauth::token_ref const old = run(io, two.get());
    one.invalidate(run(io, one.get()));
    clock.advance(1min);
    EXPECT_EQ(next_token(one), "test-token-2");
    two.invalidate(old);
    EXPECT_EQ(next_token(two), "test-token-2");
    EXPECT_EQ(bodies.size(), 2U);
}

TEST_F(kept_token, that_was_rejected_is_not_taken_from_the_store_again) {
    token_source const tokens = process();
    tokens.invalidate(run(io, tokens.get()));
    clock.advance(1min);
    EXPECT_EQ(next_token(tokens), "test-token-2");
    EXPECT_EQ(stored(tokens), "test-token-2 ");
}

// R-247
TEST_F(kept_token, with_a_new_refresh_token_is_stored_before_any_caller_has_it) {
    with_refresh_token = true;
    token_source const tokens = process();
    store.hold(operation::save);
    start_caller(tokens);
    poll_until([&] { return store.waiting() != 0; });
    io.poll();
    EXPECT_FALSE(got);
    store.let_go();
    poll_until([&] { return got.has_value(); });
    EXPECT_EQ(stored(tokens), "test-token-1 test-token-refresh-1");
    EXPECT_EQ(got, "test-token-1");
}

// R-247, R-273: the wait is bounded, what was begun is done.
TEST_F(kept_token, with_a_new_refresh_token_does_not_wait_for_a_slow_store_for_ever) {
    with_refresh_token = true;
    token_source const tokens = process();
    store.hold(operation::save);
    start_caller(tokens);
    poll_until([&] { return got.has_value(); });
    EXPECT_EQ(got, "test-token-1");
    EXPECT_THAT(*events.lines, ElementsAre("save deadline_exceeded"));
    EXPECT_EQ(stored(tokens), "-");
    // Meanwhile nobody else reads the old record for a present one.
    auto const key = tokens.endpoint()->identity().in_store();
    EXPECT_FALSE(*ended(coauth::token_records(store).try_lock(key, 1ms)));
    store.let_go();
    io.run();
    EXPECT_EQ(stored(tokens), "test-token-1 test-token-refresh-1");
    EXPECT_TRUE(*ended(coauth::token_records(store).try_lock(key, 1ms)));
}

TEST_F(kept_token, without_a_new_refresh_token_is_stored_behind_the_callers) {
    token_source const tokens = process();
    store.hold(operation::save);
    start_caller(tokens);
    poll_until([&] { return got.has_value() && store.waiting() != 0; });
    EXPECT_EQ(got, "test-token-1");
    EXPECT_EQ(stored(tokens), "-");
    store.let_go();
    io.run();
    EXPECT_EQ(stored(tokens), "test-token-1 ");
    EXPECT_THAT(*events.lines, IsEmpty());
}

// R-073, R-253: somebody who does without the lock has renewed it at this very moment.
TEST_F(kept_token, whose_refresh_token_was_used_up_by_another_process_goes_by_the_stored_one) {
    token_source const tokens = process();
    store_now(tokens, token_of_age(2h, "test-token-old", "test-token-refresh-0"));
    refused = {"test-token-refresh-0"};
    before_refusal = [&] {
        before_refusal = nullptr;
        store_now(tokens, token_of_age(2h, "test-token-other", "test-token-refresh-other"));
    };
    EXPECT_EQ(next_token(tokens), "test-token-2");
    EXPECT_THAT(bodies, ElementsAre(HasSubstr("test-token-refresh-0"),
                                    HasSubstr("test-token-refresh-other")));
}

// R-073, R-253
TEST_F(kept_token, loses_a_refresh_token_that_was_refused_if_it_is_still_the_same) {
    token_source const tokens = process();
    store_now(tokens, token_of_age(2h, "test-token-old", "test-token-refresh-0"));
    refused = {"test-token-refresh-0"};
    store.when(operation::save, [&] { EXPECT_EQ(bodies.size(), store.count(operation::save)); });
    EXPECT_EQ(next_token(tokens), "test-token-2");
    EXPECT_THAT(bodies,
                ElementsAre(HasSubstr("test-token-refresh-0"), HasSubstr("client_credentials")));
    EXPECT_EQ(stored(tokens), "test-token-2 ");
    EXPECT_EQ(store.count(operation::save), 2);
}

// R-073, R-253
TEST_F(kept_token, loses_the_refresh_token_that_was_refused_also_where_nothing_follows) {
    token_source const tokens = process();
    store_now(tokens, token_of_age(2h, "test-token-old", "test-token-refresh-0"));
    refused = {"test-token-refresh-0"};
    grant_fails = true;
    EXPECT_TRUE(run(io, tokens.try_get()).error().is(errc::token_endpoint_failed));
    EXPECT_EQ(stored(tokens), "test-token-old ");
    clock.advance(10s);
    static_cast<void>(run(io, tokens.try_get()));
    EXPECT_THAT(bodies.back(), HasSubstr("client_credentials"));
}

TEST_F(kept_token, goes_by_a_refresh_token_that_another_process_has_stored_since_one_was_refused) {
    token_source const tokens = process();
    store_now(tokens, token_of_age(2h, "test-token-old", "test-token-refresh-0"));
    refused = {"test-token-refresh-0"};
    EXPECT_EQ(next_token(tokens), "test-token-2");
    clock.advance(2h);
    store_now(tokens, token_of_age(61min, "test-token-other", "test-token-refresh-other"));
    with_refresh_token = true;
    EXPECT_EQ(next_token(tokens), "test-token-3");
    EXPECT_THAT(bodies.back(), HasSubstr("refresh_token=test-token-refresh-other"));
    clock.advance(2h);
    EXPECT_EQ(next_token(tokens), "test-token-4");
    EXPECT_THAT(bodies.back(), HasSubstr("refresh_token=test-token-refresh-3"));
}

// R-253: at most two, whatever others write.
TEST_F(kept_token, tries_no_third_refresh_token) {
    token_source const tokens = process();
    store_now(tokens, token_of_age(2h, "test-token-old", "test-token-refresh-0"));
    refused = {"test-token-refresh-0", "test-token-refresh-1"};
    int others = 0;
    before_refusal = [&] {
        auto const name = "test-token-refresh-" + std::to_string(++others);
        store_now(tokens, token_of_age(2h, "test-token-other", name.c_str()));
    };
    static_cast<void>(next_token(tokens));
    EXPECT_THAT(bodies, ElementsAre(HasSubstr("refresh-0"), HasSubstr("refresh-1"),
                                    HasSubstr("client_credentials")));
}

// R-246: once again with the old one, then no more.
TEST_F(kept_token, whose_renewed_refresh_token_was_lost_on_the_way_is_asked_for_by_the_old_once) {
    token_source const tokens = process();
    store_now(tokens, token_of_age(2h, "test-token-old", "test-token-refresh-0"));
    endpoint.set([this](server_request const& r) {
        static_cast<void>(answer(r));
        refused = {"test-token-refresh-0"};  // it has rotated
        return server_response(200).with_faults({.reset = true});
    });
    EXPECT_FALSE(run(io, tokens.try_get()));
    EXPECT_EQ(stored(tokens), "test-token-old test-token-refresh-0");
    endpoint.set([this](server_request const& r) { return answer(r); });
    clock.advance(10s);
    static_cast<void>(next_token(tokens));
    clock.advance(2h);
    static_cast<void>(next_token(tokens));
    EXPECT_THAT(bodies,
                ElementsAre(HasSubstr("refresh-0"), HasSubstr("refresh-0"),
                            HasSubstr("client_credentials"), HasSubstr("client_credentials")));
}

// R-273, and a store that throws: the token path is the same but for events.
TEST_F(kept_token, is_fetched_and_used_where_the_store_fails_in_whatever_way) {
    for (operation const o : {operation::load, operation::save, operation::lock}) {
        for (bool const hangs : {false, true}) {
            moody_store const good = std::exchange(store, moody_store());
            events.lines->clear();
            token_source const tokens = process([](auto& c) { c.fetch_deadline = 4s; });
            hangs ? store.hold(o) : store.break_down(o);
            start_caller(tokens);
            poll_until([&] { return got.has_value(); });
            EXPECT_THAT(*got, HasSubstr("test-token-")) << to_string(o);
            EXPECT_TRUE(tokens.try_cached());
            EXPECT_FALSE(tokens.health().last_error);
            store.let_go();
            store.mend();
            io.run();
            bool const behind = o == operation::save && hangs;
            EXPECT_EQ(events.lines->empty(), behind) << to_string(o);
        }
    }
    EXPECT_EQ(bodies.size(), 6U);
}

TEST_F(kept_token, is_renewed_by_what_is_newer_where_a_save_has_failed) {
    with_refresh_token = true;
    token_source const tokens = process();
    static_cast<void>(next_token(tokens));
    store.break_down(operation::save);
    clock.advance(2h);
    static_cast<void>(next_token(tokens));
    EXPECT_EQ(stored(tokens), "test-token-1 test-token-refresh-1");
    store.mend();
    clock.advance(2h);
    static_cast<void>(next_token(tokens));
    EXPECT_THAT(bodies.back(), HasSubstr("test-token-refresh-2"));
    EXPECT_EQ(stored(tokens), "test-token-3 test-token-refresh-3");
}

// R-250: whoever holds the lock may be sending the refresh token at this moment.
TEST_F(kept_token, is_asked_for_without_the_refresh_token_where_the_lock_is_never_let_go) {
    with_refresh_token = true;
    // A quarter of it is for the token request.
    with_enough_patience(400ms, [&](coauth::duration patience) {
        auto const impatient = [&](auto& c) { c.fetch_deadline = patience; };
        start_anew();
        token_source const running = process(impatient);
        bool const begun = run(io, running.try_get()).has_value();
        clock.advance(2h);
        auto const held = ended(store.lock(running.endpoint()->identity().in_store()));
        EXPECT_TRUE(held);
        bool const renewed = run(io, running.try_get()).has_value();
        bool const fetched = run(io, process(impatient).try_get()).has_value();
        if (!begun || !renewed || !fetched) return false;
        EXPECT_THAT(bodies, Each(HasSubstr("client_credentials")));
        EXPECT_EQ(stored(running), "test-token-1 test-token-refresh-1");
        EXPECT_THAT(*events.lines, ElementsAre("lock deadline_exceeded", "lock deadline_exceeded"));
        return true;
    });
}

TEST_F(kept_token, is_erased_from_the_store_as_well) {
    token_source const tokens = process();
    static_cast<void>(next_token(tokens));
    EXPECT_EQ(stored(tokens), "test-token-1 ");
    tokens.erase();
    io.restart();
    io.run();
    EXPECT_EQ(stored(tokens), "-");
    EXPECT_EQ(next_token(process()), "test-token-2");
}

TEST_F(kept_token, is_erased_when_a_log_out_returns_and_only_then) {
    token_source const tokens = process();
    static_cast<void>(next_token(tokens));
    store.break_down(operation::erase);
    EXPECT_TRUE(run(io, tokens.try_log_out()).error().is(errc::store_unavailable));
    EXPECT_THROW(run(io, tokens.log_out()), coauth::exception);
    EXPECT_EQ(stored(tokens), "test-token-1 ");
    store.mend();
    run(io, tokens.log_out());
    EXPECT_EQ(stored(tokens), "-");
    EXPECT_TRUE(run(io, process([](auto& c) { c.store = {}; }).try_log_out()));
}

TEST_F(kept_token, whose_save_is_under_way_is_waited_for_by_a_stop) {
    token_source const tokens = process();
    store.hold(operation::save);
    start_caller(tokens);
    poll_until([&] { return got.has_value() && store.waiting() != 0; });
    bool stopped = false;
    asio::co_spawn(io, tokens.stop(0s), [&](std::exception_ptr) { stopped = true; });
    io.poll();
    EXPECT_FALSE(stopped);
    store.let_go();
    poll_until([&] { return stopped; });
    EXPECT_EQ(stored(tokens), "test-token-1 ");
}

TEST_F(kept_token, that_was_erased_is_not_stored_by_a_request_under_way) {
    token_source const tokens = process();
    store.hold(operation::lock);
    start_caller(tokens);
    poll_until([&] { return store.waiting() != 0; });
    tokens.erase();
    store.let_go();
    io.run();
    EXPECT_EQ(got, "test-token-1");
    EXPECT_EQ(store.count(operation::save), 0);
    EXPECT_EQ(stored(tokens), "-");
}

TEST_F(kept_token, that_was_erased_is_taken_out_again_by_a_save_under_way) {
    EXPECT_EQ(stored_after_erasure_in_a_save(process()), "-");
}

TEST_F(kept_token, that_was_erased_is_not_stored_again_without_a_refresh_token_that_was_refused) {
    token_source const tokens = process();
    store_now(tokens, token_of_age(2h, "test-token-old", "test-token-refresh-0"));
    refused = {"test-token-refresh-0"};
    EXPECT_EQ(stored_after_erasure_in_a_save(tokens), "-");
}

TEST_F(kept_token, that_could_not_be_erased_is_not_taken_from_the_store_nor_its_refresh_token) {
    with_refresh_token = true;
    token_source const tokens = process();
    static_cast<void>(next_token(tokens));
    store.break_down(operation::erase);
    tokens.erase();
    io.restart();
    io.run();
    EXPECT_EQ(stored(tokens), "test-token-1 test-token-refresh-1");
    clock.advance(1min);
    EXPECT_EQ(next_token(tokens), "test-token-2");
    EXPECT_THAT(bodies.back(), HasSubstr("client_credentials"));
    EXPECT_EQ(stored(tokens), "test-token-2 test-token-refresh-2");
}

TEST_F(kept_token, is_stored_under_a_name_without_its_secret) {
    token_source const tokens = process();
    static_cast<void>(next_token(tokens));
    token_source const with_new_secret = process([](auto& c) {
        c.client = coauth::client_secret_post("id", coauth::secret("not-a-real-secret either"));
    });
    EXPECT_EQ(next_token(with_new_secret), "test-token-1");
    token_source const of_another_client = process(
        [](auto& c) { c.client = coauth::client_secret_basic("other", coauth::secret("x")); });
    EXPECT_EQ(next_token(of_another_client), "test-token-2");
    token_source const of_another_scope = process([](auto& c) { c.scope = "write"; });
    EXPECT_EQ(next_token(of_another_scope), "test-token-3");
}

TEST_F(kept_token, is_sealed_in_its_file) {
    with_refresh_token = true;
    scratch_directory const directory;
    auto const in_files = [&](coauth::token_source_config& c) {
        c.store = coauth::sealed(coauth::file_store(directory.path()),
                                 coauth::sealing_key(coauth::secret(std::string(32, 'k'))));
    };
    token_source const tokens = process(in_files);
    static_cast<void>(next_token(tokens));
    std::string const found =
        content(directory.file(tokens.endpoint()->identity().in_store().text()));
    EXPECT_FALSE(found.empty());
    EXPECT_THAT(found, Not(HasSubstr("test-token")));
    EXPECT_EQ(next_token(process(in_files)), "test-token-1");
    // R-269: under another key it is as if there were none.
    token_source const other = process([&](coauth::token_source_config& c) {
        c.store = coauth::sealed(coauth::file_store(directory.path()),
                                 coauth::sealing_key(coauth::secret(std::string(32, 'o'))));
    });
    EXPECT_EQ(next_token(other), "test-token-2");
}

// R-260, R-261: there is no such directory, and none can be made.
TEST_F(kept_token, is_kept_in_memory_where_the_directory_cannot_be_used) {
    token_source const tokens = process(
        [](auto& c) { c.store = coauth::file_store("/proc/self/no-such-directory/tokens"); });
    EXPECT_EQ(next_token(tokens), "test-token-1");
    EXPECT_EQ(next_token(tokens), "test-token-1");
    EXPECT_THAT(*events.lines, Not(IsEmpty()));
    for (auto const& line : *events.lines) EXPECT_THAT(line, HasSubstr("store_unavailable"));
}

struct nameless {
    coauth::awaitable<coauth::token_request> authenticate(coauth::token_request r) const {
        return same(std::move(r));
    }
    static coauth::awaitable<coauth::token_request> same(coauth::token_request r) { co_return r; }
};

TEST_F(kept_token, needs_a_client_and_a_hook_that_have_names) {
    auto const refused_with = [&](edit const& change) -> std::string {
        try {
            static_cast<void>(process(change));
            return "";
        } catch (coauth::exception const& e) { return e.what(); }
    };
    EXPECT_THAT(refused_with([](auto& c) { c.client = nameless(); }), HasSubstr("client_id()"));
    EXPECT_THAT(refused_with([](auto& c) { c.hooks.before_call = [](coauth::token_request&) {}; }),
                HasSubstr("cache_identity"));
    EXPECT_EQ(refused_with([](auto& c) {
                  c.hooks.before_call = [](coauth::token_request&) {};
                  c.hooks.cache_identity = "named";
              }),
              "");
}

}  // namespace
}  // namespace token_store_test
