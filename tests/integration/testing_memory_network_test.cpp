// SPDX-License-Identifier: BSL-1.0
//
// A production configuration in an in-memory network: guarantees 1, 7 and 9 hold there as well.

#include <coauth/coauth.hpp>
#include <coauth/testing/api_server.hpp>
#include <coauth/testing/authorization_server.hpp>
#include <coauth/testing/fail_nth.hpp>
#include <coauth/testing/manual_clock.hpp>
#include <coauth/testing/memory_network.hpp>
#include <coauth/testing/stepping_executor.hpp>
#include <support/embedded.hpp>
#include <support/http_driver.hpp>

#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace testing_memory_network_test {
namespace {

using namespace coauth::testing;
using namespace std::chrono_literals;
using coauth::errc;
using coauth_test::run;

/// What a service of a user has in production, servers included.
class production {
public:
    explicit production(memory_network net)
        : network(std::move(net)),
          authorization({.http = network.at("https://auth.example.com"),
                         .clients = {{.client_id = "id", .secret = "not-a-real-secret"}},
                         .clock = clock,
                         .token_path = "/oauth/token"}),
          api(authorization, {.http = network.at("https://api.example.com")}) {}

    [[nodiscard]] coauth::token_source_config source() const {
        coauth::token_source_config config;
        config.token_url = "https://auth.example.com/oauth/token";
        config.client = coauth::client_secret_basic("id", coauth::secret("not-a-real-secret"));
        config.scope = "users.read";
        config.clock = clock;
        config.network = network;
        return config;
    }
    [[nodiscard]] coauth::rest_client_config client(coauth::authorization a) const {
        coauth::rest_client_config config;
        config.base_url = "https://api.example.com/v1";
        config.authorization = std::move(a);
        config.network = network;
        return config;
    }

    manual_clock clock;
    memory_network network;
    authorization_server authorization;
    api_server api;
};

using outcome = coauth::result<coauth::response>;

/// One call and its end, on any executor.
struct started_call {
    std::optional<outcome> end;
    asio::cancellation_signal cancel;

    void start(asio::any_io_executor const& on, coauth::awaitable<outcome> call) {
        asio::co_spawn(on, std::move(call),
                       asio::bind_cancellation_slot(cancel.slot(), [this](std::exception_ptr thrown,
                                                                          outcome o) {
                           end = thrown ? outcome(coauth::error(errc::cancelled)) : std::move(o);
                       }));
    }
    [[nodiscard]] bool succeeded() const { return end && *end && (*end)->status() == 200; }
    [[nodiscard]] bool cancelled() const {
        return end && !*end && end->error().is(errc::cancelled);
    }
};

TEST(testing_memory_network, hundred_callers_cause_one_token_request) {
    production world{memory_network()};
    asio::io_context io;
    coauth::token_source const tokens(io.get_executor(), world.source());
    coauth::rest_client const client(coauth::single_threaded, io.get_executor(),
                                     world.client(tokens));
    std::vector<started_call> calls(100);
    for (auto& call : calls) call.start(io.get_executor(), client.try_get("/users?limit=1"));
    io.run();  // returns although connections are kept
    for (auto const& call : calls) EXPECT_TRUE(call.succeeded());
    EXPECT_EQ(world.authorization.counters().token_requests, 1U);
    EXPECT_EQ(world.api.counters().requests, 100U);
}

TEST(testing_memory_network, clients_on_several_threads_share_it) {
    production world{memory_network()};
    asio::io_context io;
    coauth::token_source const tokens(io.get_executor(), world.source());
    coauth::rest_client const client(io.get_executor(), world.client(tokens));
    std::vector<started_call> calls(100);
    for (auto& call : calls) call.start(io.get_executor(), client.try_get("/users?limit=1"));
    coauth_test::run_on_threads(io, 4);
    for (auto const& call : calls) EXPECT_TRUE(call.succeeded());
    EXPECT_EQ(world.authorization.counters().token_requests, 1U);
}

TEST(testing_memory_network, everything_can_happen_on_one_thread_in_the_same_order_each_time) {
    std::vector<std::size_t> steps_of_runs;
    for (int i = 0; i < 3; ++i) {
        stepping_executor steps;
        production world{memory_network(steps.get_executor())};
        coauth::token_source const tokens(steps.get_executor(), world.source());
        coauth::rest_client const client(coauth::single_threaded, steps.get_executor(),
                                         world.client(tokens));
        std::vector<started_call> calls(100);
        for (auto& call : calls) call.start(steps.get_executor(), client.try_get("/users"));
        steps.drain();
        for (auto const& call : calls) EXPECT_TRUE(call.succeeded());
        EXPECT_EQ(world.authorization.counters().token_requests, 1U);
        steps_of_runs.push_back(steps.steps());
    }
    EXPECT_EQ(steps_of_runs[0], steps_of_runs[1]);
    EXPECT_EQ(steps_of_runs[0], steps_of_runs[2]);
}

TEST(testing_memory_network, has_neither_ports_nor_files) {
    auto const before = coauth::tests::open_sockets();
    production world{memory_network()};
    asio::io_context io;
    coauth::token_source_config source = world.source();
    source.tls.ca_file = "/nowhere/ca.pem";
    coauth::token_source const tokens(io.get_executor(), std::move(source));
    coauth::rest_client_config config = world.client(tokens);
    config.tls.ca_file = "/nowhere/ca.pem";
    coauth::rest_client const client(io.get_executor(), std::move(config));
    EXPECT_EQ(run(io, client.get("/users")).status(), 200);
    EXPECT_EQ(coauth::tests::open_sockets(), before) << "sockets of an internet family";
    EXPECT_EQ(world.api.http().port(), 0U);
}

TEST(testing_memory_network, servers_know_their_production_names) {
    production world{memory_network()};
    EXPECT_EQ(world.authorization.issuer(), "https://auth.example.com");
    EXPECT_EQ(world.authorization.token_url(), "https://auth.example.com/oauth/token");
    EXPECT_EQ(world.api.base_url(), "https://api.example.com/v1");
    http_server const other(world.network.at("http://[::1]:8080"),
                            synchronous_handler([](auto&) { return server_response(200); }));
    EXPECT_EQ(other.url("/x"), "http://[::1]:8080/x");
    EXPECT_THROW(static_cast<void>(world.network.at("auth.example.com")), coauth::exception);
    EXPECT_THROW(http_server(world.network.at("https://auth.example.com:443/x"), {}),
                 std::invalid_argument);
}

TEST(testing_memory_network, a_place_without_a_server_is_a_connect_error) {
    production world{memory_network()};
    asio::io_context io;
    coauth::rest_client const client(io.get_executor(), world.client({}));
    auto const get = [&](std::string const& url) {
        coauth::request r("GET", "/");
        r.absolute_url(url);
        return run(io, client.try_send(std::move(r)));
    };
    auto const unknown = get("https://www.example.com/");
    EXPECT_TRUE(unknown.error().is(errc::resolve_failed)) << unknown.error().what();
    EXPECT_EQ(unknown.error().where(), coauth::stage::resolve);
    auto const port = get("https://api.example.com:8443/");
    EXPECT_TRUE(port.error().is(errc::connect_failed)) << port.error().what();
    EXPECT_EQ(port.error().where(), coauth::stage::connect);
    world.api.http().stop();
    auto const stopped = run(io, client.try_get("/users"));
    EXPECT_TRUE(stopped.error().is(errc::connect_failed)) << stopped.error().what();
    EXPECT_EQ(stopped.error().cause(), std::errc::connection_refused);
}

TEST(testing_memory_network, a_server_can_take_the_place_of_a_stopped_one) {
    memory_network const net;
    asio::io_context io;
    coauth::rest_client const client(io.get_executor(),
                                     {.base_url = "https://api.example.com", .network = net});
    for (int const status : {201, 202}) {
        http_server const server(net.at("https://api.example.com"), synchronous_handler([&](auto&) {
                                     return server_response(status);
                                 }));
        EXPECT_EQ(run(io, client.get("/")).status(), status);
    }
}

TEST(testing_memory_network, the_rules_for_urls_stay) {
    production world{memory_network()};
    asio::io_context io;
    coauth::token_source_config plain = world.source();
    plain.token_url = "http://auth.example.com/oauth/token";
    try {
        coauth::token_source const tokens(io.get_executor(), std::move(plain));
        ADD_FAILURE() << "credentials over http";
    } catch (coauth::exception const& e) {
        EXPECT_TRUE(e.error().is(errc::insecure_url)) << e.what();
    }
}

TEST(testing_memory_network, a_token_of_it_is_never_shared_with_a_source_outside) {
    production world{memory_network()};
    asio::io_context io;
    coauth::token_cache const cache;
    coauth::token_source const inside(cache, io.get_executor(), world.source());
    coauth::token_source const neighbour(cache, io.get_executor(), world.source());
    coauth::token_source_config config = world.source();
    config.network = {};
    coauth::token_source const outside(cache, io.get_executor(), config);
    config.network = memory_network();
    coauth::token_source const elsewhere(cache, io.get_executor(), config);
    EXPECT_TRUE(run(io, inside.get()));
    EXPECT_TRUE(neighbour.try_cached());
    EXPECT_FALSE(outside.try_cached());
    EXPECT_FALSE(elsewhere.try_cached());
}

TEST(testing_memory_network, lifetimes_follow_a_manual_clock_on_both_sides) {
    production world{memory_network()};
    asio::io_context io;
    coauth::token_source const tokens(io.get_executor(), world.source());
    coauth::rest_client const client(io.get_executor(), world.client(tokens));
    EXPECT_EQ(run(io, client.get("/users")).status(), 200);
    world.clock.advance(30min);
    EXPECT_EQ(run(io, client.get("/users")).status(), 200);
    EXPECT_EQ(world.authorization.counters().token_requests, 1U);
    world.clock.advance(31min);
    EXPECT_EQ(run(io, client.get("/users")).status(), 200);
    EXPECT_EQ(world.authorization.counters().token_requests, 2U);
    EXPECT_EQ(world.api.counters().expired_tokens, 0U);
}

/// A call with a cold token that is cancelled before its n-th step, on an executor that has
/// everything, servers included.
TEST(testing_memory_network, a_call_can_be_cancelled_at_every_step) {
    std::size_t cancelled = 0;
    std::size_t const places = for_each_failure([&](fail_nth& fault) {
        stepping_executor steps;
        production world{memory_network(steps.get_executor())};
        coauth::token_source const tokens(steps.get_executor(), world.source());
        coauth::rest_client const client(steps.get_executor(), world.client(tokens));
        started_call call;
        call.start(steps.get_executor(), client.try_get("/users"));
        while (!call.end) {
            if (fault.point()) call.cancel.emit(asio::cancellation_type::terminal);
            ASSERT_TRUE(steps.step());
        }
        EXPECT_TRUE(call.succeeded() || (fault.fired() && call.cancelled())) << fault.n();
        if (call.cancelled()) ++cancelled;
        steps.drain();

        started_call next;
        next.start(steps.get_executor(), client.try_get("/users"));
        steps.drain();
        EXPECT_TRUE(next.succeeded()) << "after a cancellation before step " << fault.n();
        EXPECT_EQ(world.authorization.counters().tokens_issued, 1U) << "the refresh belongs to all";
    });
    EXPECT_GT(places, 20U);
    EXPECT_GT(cancelled, places / 2);
}

TEST(testing_memory_network, client_executor_and_servers_may_go_at_every_step) {
    enum class first_to_go { servers, executor };
    for (auto const first : {first_to_go::servers, first_to_go::executor}) {
        auto const before = coauth::tests::open_descriptors();
        std::size_t const places = for_each_failure([&](fail_nth& fault) {
            std::optional<stepping_executor> steps(std::in_place);
            std::optional<production> world(std::in_place, memory_network(steps->get_executor()));
            coauth::token_source const tokens(steps->get_executor(), world->source());
            coauth::rest_client const client(steps->get_executor(), world->client(tokens));
            started_call call;
            call.start(steps->get_executor(), client.try_get("/users"));
            while (!call.end && !fault.point()) ASSERT_TRUE(steps->step());
            if (first == first_to_go::servers) {
                world.reset();
                steps->drain();
                EXPECT_TRUE(call.end) << "a server that has gone does not keep anybody waiting";
            } else {
                steps.reset();
            }
        });
        EXPECT_GT(places, 20U);
        EXPECT_EQ(coauth::tests::open_descriptors(), before);
    }
}

}  // namespace
}  // namespace testing_memory_network_test
