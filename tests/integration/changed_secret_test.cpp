// SPDX-License-Identifier: BSL-1.0
//
// A failure that a person mends: while it is remembered, a changed secret is noticed, and nothing
// else reaches the authorization server.

#include "support/embedded.hpp"
#include "support/jose_keys.hpp"
#include "support/recording_server.hpp"
#include "support/scratch.hpp"

#include <coauth/testing/manual_clock.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace changed_secret_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;

class changed_secret : public ::testing::Test {
protected:
    changed_secret() {
        write(file, "wrong-secret");
        endpoint.set([](server_request const& r) {
            if (r.body.find("good-secret") != std::string::npos) return token_answer("token");
            if (r.body.find("blocked-secret") != std::string::npos) return server_response(503);
            // A pause so long that it does not end by itself here.
            return server_response::json(401, R"({"error":"invalid_client"})")
                .with_field("Retry-After", "60");
        });
    }

    static void write(std::string const& path, std::string const& text) {
        std::ofstream(path, std::ios::trunc) << text;
    }
    [[nodiscard]] coauth::token_source make(coauth::secret_source secret,
                                            coauth::token_cache cache = {}) {
        return make(coauth::client_secret_post("id", std::move(secret)), std::move(cache));
    }
    [[nodiscard]] coauth::token_source make(coauth::any_client_authentication client,
                                            coauth::token_cache cache = {}) {
        coauth::token_source_config c = endpoint.source();
        c.client = std::move(client);
        c.clock = clock;
        c.lifetime.min_refresh_interval = {};  // so that nothing here waits
        return coauth::token_source(std::move(cache), io.get_executor(), std::move(c));
    }
    /// What a call gives: "token", or the name of its error.
    std::string call(coauth::token_source const& source) {
        coauth::result<coauth::token_ref> const got = run(io, source.try_get());
        if (got) return std::string(got->access_token());
        return std::string(to_string(static_cast<errc>(got.error().code().value())));
    }

    scratch_directory const scratch;
    std::string const file = scratch.file("secret");
    asio::io_context io;
    coauth::testing::manual_clock clock;
    recording_token_endpoint endpoint;
};

TEST_F(changed_secret, in_a_file_ends_the_pause_after_a_definitive_failure) {
    auto const source = make(coauth::secret::from_file(file));
    EXPECT_EQ(call(source), "client_refused");
    clock.advance(900ms);
    write(file, "good-secret");
    EXPECT_EQ(call(source), "client_refused") << "looked less than a second ago";
    EXPECT_EQ(endpoint.count(), 1U);
    clock.advance(100ms);
    EXPECT_EQ(call(source), "token");
    EXPECT_EQ(endpoint.count(), 2U);
}

TEST_F(changed_secret, in_the_environment_ends_the_pause) {
    ::setenv("COAUTH_TEST_CHANGED_SECRET", "wrong-secret", 1);
    auto const source = make(coauth::secret::from_env("COAUTH_TEST_CHANGED_SECRET"));
    EXPECT_EQ(call(source), "client_refused");
    ::setenv("COAUTH_TEST_CHANGED_SECRET", "good-secret", 1);
    clock.advance(1s);
    EXPECT_EQ(call(source), "token");
    ::unsetenv("COAUTH_TEST_CHANGED_SECRET");
}

TEST_F(changed_secret, of_a_provider_ends_the_pause_and_the_provider_is_asked_once_a_second) {
    auto const asked = std::make_shared<int>(0);
    auto const value = std::make_shared<std::string>("wrong-secret");
    auto provider = [=]() -> awaitable<coauth::secret> {
        ++*asked;
        co_return coauth::secret(*value);
    };
    auto const source = make(coauth::secret_source(provider));
    EXPECT_EQ(call(source), "client_refused");
    EXPECT_EQ(*asked, 1);
    clock.advance(1s);
    for (int i = 0; i != 10; ++i) EXPECT_EQ(call(source), "client_refused");
    EXPECT_EQ(*asked, 2);
    EXPECT_EQ(endpoint.count(), 1U);
    *value = "good-secret";
    clock.advance(1s);
    EXPECT_EQ(call(source), "token");
}

/// Refuses everybody, and counts.
std::size_t refused_with(coauth_test::recording_token_endpoint& endpoint) {
    endpoint.set([](server_request const&) {
        return server_response::json(401, R"({"error":"invalid_client"})")
            .with_field("Retry-After", "60");
    });
    return endpoint.count();
}

TEST_F(changed_secret, of_an_assertion_ends_the_pause_too) {
    std::string const one(40, 'a');
    std::string const other(40, 'b');
    for (bool const signs : {false, true}) {
        write(file, signs ? test_key::of("ES256").pkcs8() : one);
        auto const source =
            signs ? make(coauth::private_key_jwt("id", coauth::secret::from_file(file)))
                  : make(coauth::client_secret_jwt("id", coauth::secret::from_file(file)));
        std::size_t const before = refused_with(endpoint);
        EXPECT_EQ(call(source), "client_refused");
        clock.advance(1s);
        EXPECT_EQ(call(source), "client_refused");
        EXPECT_EQ(endpoint.count(), before + 1) << "the same key";
        write(file, signs ? test_key::of("EdDSA").pkcs8() : other);
        clock.advance(1s);
        EXPECT_EQ(call(source), "client_refused");
        EXPECT_EQ(endpoint.count(), before + 2) << "another one is worth a request";
    }
}

TEST_F(changed_secret, that_is_half_a_key_is_told_and_the_key_of_before_is_used) {
    write(file, test_key::of("ES256").pkcs8());
    endpoint.set([](server_request const&) { return token_answer("token"); });
    std::vector<std::string> told;
    coauth::token_source_config c = endpoint.source();
    c.client = coauth::private_key_jwt("id", coauth::secret::from_file(file));
    c.clock = clock;
    c.lifetime.min_refresh_interval = {};
    c.observer = [&](coauth::credential_kept const& e) {
        told.push_back(std::string(e.token_endpoint) + " " + e.failure.code().message());
    };
    coauth::token_source const source(io.get_executor(), std::move(c));
    EXPECT_EQ(call(source), "token");
    EXPECT_TRUE(told.empty());
    write(file, test_key::of("EdDSA").pkcs8().substr(0, 50));
    source.invalidate(source.try_cached());
    EXPECT_EQ(call(source), "token");
    EXPECT_EQ(told, std::vector{endpoint.url("/token") + " invalid_signing_key"});
}

TEST_F(changed_secret, that_is_wrong_as_well_is_tried_once) {
    auto const source = make(coauth::secret::from_file(file));
    EXPECT_EQ(call(source), "client_refused");
    write(file, "another-wrong-secret");
    for (int i = 0; i != 8; ++i) {
        clock.advance(100ms);
        call(source);
    }
    EXPECT_EQ(endpoint.count(), 1U);
    for (int i = 0; i != 5; ++i) {
        clock.advance(100ms);
        EXPECT_EQ(call(source), "client_refused");
    }
    EXPECT_EQ(endpoint.count(), 2U);
}

TEST_F(changed_secret, is_seen_also_where_there_was_none_before) {
    std::filesystem::remove(file);
    auto const source = make(coauth::secret::from_file(file));
    EXPECT_EQ(call(source), "secret_unavailable");
    write(file, "good-secret");
    clock.advance(1s);
    EXPECT_EQ(call(source), "token");
}

TEST_F(changed_secret, does_not_matter_to_a_failure_that_passes_by_itself) {
    write(file, "blocked-secret");
    auto const source = make(coauth::secret::from_file(file));
    EXPECT_EQ(call(source), "token_endpoint_failed");
    write(file, "good-secret");
    clock.advance(999ms);
    EXPECT_EQ(call(source), "token_endpoint_failed");
    EXPECT_EQ(endpoint.count(), 1U);
}

TEST_F(changed_secret, of_a_source_that_shares_its_token_is_seen_by_both) {
    coauth::token_cache const cache;
    auto const first = make(coauth::secret::from_file(file), cache);
    auto const second = make(coauth::secret::from_file(file), cache);
    EXPECT_EQ(call(first), "client_refused");
    clock.advance(1s);
    EXPECT_EQ(call(second), "client_refused");
    EXPECT_EQ(endpoint.count(), 1U);
    write(file, "good-secret");
    clock.advance(1s);
    EXPECT_EQ(call(second), "token");
    EXPECT_EQ(endpoint.count(), 2U);
}

// Another configuration is another key, and has a memory of its own.
TEST_F(changed_secret, in_the_configuration_of_another_source_is_not_held_up) {
    coauth::token_cache const cache;
    auto const wrong = make(coauth::secret("wrong-secret"), cache);
    EXPECT_EQ(call(wrong), "client_refused");
    EXPECT_EQ(call(make(coauth::secret("good-secret"), cache)), "token");
    clock.advance(1s);
    EXPECT_EQ(call(wrong), "client_refused");
    EXPECT_EQ(endpoint.count(), 2U);
}

TEST_F(changed_secret, need_not_be_waited_for_after_retry_now) {
    auto const source = make(coauth::secret::from_file(file));
    EXPECT_EQ(call(source), "client_refused");
    write(file, "good-secret");
    source.retry_now();
    EXPECT_EQ(call(source), "token");
}

/// A user's own way, which says what it authenticates with.
struct from_a_vault {
    std::shared_ptr<std::string> value;
    awaitable<coauth::token_request> authenticate(coauth::token_request r) const {
        return authenticate(std::move(r), *value);
    }
    static awaitable<coauth::token_request> authenticate(coauth::token_request r,
                                                         std::string value) {
        if (value.empty()) throw std::runtime_error("the vault is shut");
        r.parameter("assertion", value).credential(value);
        co_return r;
    }
};

TEST_F(changed_secret, of_a_users_own_way_to_authenticate_ends_the_pause) {
    auto const value = std::make_shared<std::string>();
    auto const source = make(coauth::any_client_authentication(from_a_vault{value}));
    EXPECT_EQ(call(source), "fetch_threw");
    *value = "wrong-secret";
    clock.advance(1s);
    EXPECT_EQ(call(source), "client_refused");
    *value = "good-secret";
    clock.advance(1s);
    EXPECT_EQ(call(source), "token");
}

TEST_F(changed_secret, of_a_provider_that_hangs_keeps_nobody_and_ends_with_the_source) {
    auto const hang = std::make_shared<bool>(false);
    auto const begun = std::make_shared<int>(0);
    auto const ended = std::make_shared<int>(0);
    auto provider = [=]() -> awaitable<coauth::secret> {
        struct mark {
            std::shared_ptr<int> ended;
            ~mark() { ++*ended; }
        } const at_end{ended};
        ++*begun;
        auto const executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor, std::chrono::steady_clock::time_point::max());
        while (*hang) co_await timer.async_wait(asio::use_awaitable);
        co_return coauth::secret("wrong-secret");
    };
    auto const source = make(coauth::secret_source(provider));
    EXPECT_EQ(call(source), "client_refused");
    *hang = true;
    clock.advance(1s);
    std::string failure;
    asio::co_spawn(io, source.try_get(coauth::get_options().deadline(50ms)),
                   [&](std::exception_ptr, coauth::result<coauth::token_ref> const& got) {
                       failure = to_string(static_cast<errc>(got.error().code().value()));
                   });
    io.restart();
    while (failure.empty()) io.run_one();
    EXPECT_EQ(failure, "client_refused");
    EXPECT_EQ(*begun, 2);
    EXPECT_EQ(*ended, 1);
    run(io, source.stop(0s));
    EXPECT_EQ(*ended, 2);
}

}  // namespace
}  // namespace changed_secret_test
