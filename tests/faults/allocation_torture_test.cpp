// SPDX-License-Identifier: BSL-1.0
//
// Each allocation of a whole piece of work fails once: the work ends, by an error that says so, and
// what comes after it finds cache and pool as if nothing had happened.

#include "support/allocation_counter.hpp"
#include "support/scratch.hpp"
#include "support/throw_probe.hpp"
#include "support/tortured_call.hpp"

#include <coauth/store/file_store.hpp>
#include <coauth/testing/fail_nth.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace allocation_torture_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;
using coauth::testing::fail_nth;
using coauth::testing::for_each_failure;
using coauth::tests::failing_allocations;
using coauth::tests::throw_route;

/// Of the allocation that was to fail last.
throw_route route;
std::string trap;
std::size_t failed = 0;

/// Asio does not survive a lack of memory in its own work: initiations of coroutines must not throw
/// (asio/impl/awaitable.hpp), a strand whose post fails is locked for good
/// (and one that cannot be made reads memory at random), and the end of a
/// spawned coroutine and of an operation is thrown out of io_context::run(), their handler lost.
/// What the library asks of Asio outside of these is not spared.
bool is_spared() {
    route = coauth::tests::route_of_bad_alloc();
    bool const asio_alone =
        !route.through_coauth && (*route.stops_in != '\0' || route.through_co_spawn);
    if (asio_alone || route.through_strand) return true;
    if (route.terminates) {
        trap = route.stops_in;
        return true;
    }
    ++failed;
    return false;
}

std::size_t outstanding() {
    return coauth::tests::allocations_of_this_thread() - failed -
           coauth::tests::deallocations_of_this_thread();
}

class allocation_torture : public ::testing::Test {
protected:
    void SetUp() override {
#ifdef __OPTIMIZE__
        GTEST_SKIP() << "whose functions an exception would pass is not known after inlining";
#endif
    }

    [[nodiscard]] coauth::token_source_config source() const {
        coauth::token_source_config config;
        config.token_url = authorization.token_url();
        config.client = coauth::client_secret_basic(client_id, coauth::secret(client_secret));
        config.scope = "users.read";
        config.lifetime.min_refresh_interval = 0s;
        return config;
    }
    [[nodiscard]] coauth::rest_client_config client() const {
        coauth::rest_client_config config;
        config.base_url = api.base_url();
        config.call_deadline = 5s;
        return config;
    }

    /// A piece of work on the one client whose allocations fail one after the other. Returns how
    /// many.
    template <class Prepare, class Work>
    std::size_t torture(Prepare prepare, Work work) {
        std::size_t before = 0;
        return for_each_failure([&](fail_nth& fault) {
            if (fault.n() > 1) before = outstanding();  // what is made once for all has been made
            trap.clear();
            {
                tortured_client c(source_config(), client_config());
                prepare(c);
                work(c, fault);
                expect_works(c, fault.n());
            }
            EXPECT_EQ(trap, "") << "allocation " << fault.n() << " would end the process";
            if (fault.n() > 1 && in_one_thread) {
                EXPECT_EQ(outstanding(), before) << "allocation " << fault.n();
            }
        });
    }

    void run_scarce(tortured_client& c, fail_nth& fault) {
        failing_allocations const scarce(fault, is_spared);
        EXPECT_EQ(c.run(), 0U) << "allocation " << fault.n() << ", " << route.stops_in;
    }

    /// It went well, or says that memory was lacking. A fetch that could not be begun is a flight
    /// that broke.
    static void expect_told(tortured_call const& call, fail_nth const& fault) {
        bool const told = call.bad_alloc || call.error.is(errc::out_of_memory) ||
                          call.error.is(errc::broken_flight);
        EXPECT_TRUE(call.finished && (told || call.status == 200))
            << "allocation " << fault.n() << ", " << route.stops_in << ": " << call.verdict();
    }
    static void expect_works(tortured_client& c, std::size_t n) {
        auto const after = c.start();
        c.run();
        EXPECT_EQ(after->status, 200) << "after allocation " << n << ": " << after->verdict();
    }

    static void prepare_nothing(tortured_client&) {}
    static void warm_up(tortured_client& c) { expect_works(c, 0); }
    /// One call.
    auto a_call() {
        return [this](tortured_client& c, fail_nth& fault) {
            auto const call = c.start();
            run_scarce(c, fault);
            expect_told(*call, fault);
        };
    }

    coauth::testing::authorization_server authorization{
        {.clients = {{.client_id = client_id, .secret = client_secret, .scope = "users.read"}}}};
    coauth::testing::api_server api{authorization};
    bool in_one_thread = true;  ///< What it allocates it gives back itself.
    std::function<coauth::token_source_config()> source_config = [this] { return source(); };
    std::function<coauth::rest_client_config()> client_config = [this] { return client(); };
};

//
TEST_F(allocation_torture, first_call_ends_whichever_allocation_fails) {
    embedded_servers const servers;
    source_config = [&] {
        coauth::token_source_config config = source();
        config.token_url = servers.authorization.token_url();
        config.tls = servers.trust();
        return config;
    };
    client_config = [&] {
        coauth::rest_client_config config = client();
        config.base_url = servers.api.base_url();
        config.tls = servers.trust();
        return config;
    };
    EXPECT_GT(torture(prepare_nothing, a_call()), 100U);
}

//
TEST_F(allocation_torture, call_with_a_cached_token_ends_whichever_allocation_fails) {
    EXPECT_GT(torture(warm_up, a_call()), 10U);
}

//
TEST_F(allocation_torture, renewal_after_a_401_ends_whichever_allocation_fails) {
    EXPECT_GT(torture(
                  [this](tortured_client& c) {
                      warm_up(c);
                      authorization.revoke_all();
                  },
                  a_call()),
              50U);
}

//
TEST_F(allocation_torture, callers_of_one_flight_end_whichever_allocation_fails) {
    EXPECT_GT(torture(prepare_nothing,
                      [](tortured_client& c, fail_nth& fault) {
                          auto const first = c.start();
                          auto const second = c.start();
                          auto const third = c.start();
                          {
                              failing_allocations const scarce(fault, is_spared);
                              EXPECT_EQ(c.run(), 0U) << "allocation " << fault.n();
                          }
                          for (auto const& call : {first, second, third}) expect_told(*call, fault);
                      }),
              100U);
}

//
TEST_F(allocation_torture, call_that_is_logged_and_observed_ends_whichever_allocation_fails) {
    source_config = [this] {
        coauth::token_source_config config = source();
        config.observer = coauth::observer([](auto const&) {});
        return config;
    };
    client_config = [this] {
        coauth::rest_client_config config = client();
        config.observer = coauth::observer([](auto const&) {});
        config.log.emplace();
        return config;
    };
    EXPECT_GT(torture(prepare_nothing, a_call()), 150U);
}

/// What a store keeps is written and read by threads of its own, which are left alone.
//
TEST_F(allocation_torture, token_store_is_read_and_written_whichever_allocation_fails) {
    in_one_thread = false;
    scratch_directory const directory;
    source_config = [&] {
        coauth::token_source_config config = source();
        config.store = coauth::any_token_store(coauth::file_store(directory.path()));
        return config;
    };
    EXPECT_GT(torture([&](tortured_client&) {}, a_call()), 20U);
    // Without the record it is saved each time.
    EXPECT_GT(torture(
                  [&](tortured_client&) {
                      std::filesystem::remove_all(directory.path());
                      std::filesystem::create_directory(directory.path());
                      std::filesystem::permissions(directory.path(), std::filesystem::perms(0700));
                  },
                  a_call()),
              50U);
}

/// In the program's own hands: what is thrown out of the constructors.
//
TEST_F(allocation_torture, source_and_client_are_made_or_not_whichever_allocation_fails) {
    std::size_t const places = for_each_failure([&](fail_nth& fault) {
        coauth::token_source_config s = source();
        coauth::rest_client_config r = client();
        asio::io_context io;
        std::optional<coauth::token_source> tokens;
        try {
            failing_allocations const scarce(fault, is_spared);
            tokens.emplace(io.get_executor(), std::move(s));
            r.authorization = *tokens;
            coauth::rest_client const made(io.get_executor(), std::move(r));
        } catch (std::bad_alloc const&) {
        } catch (coauth::exception const& e) { EXPECT_TRUE(e.error().is(errc::out_of_memory)); }
    });
    EXPECT_GT(places, 20U);
}

}  // namespace
}  // namespace allocation_torture_test
