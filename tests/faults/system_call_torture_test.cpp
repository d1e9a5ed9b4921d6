// SPDX-License-Identifier: BSL-1.0
//
// Each system call of a whole piece of work fails once: the work ends, by an error that says why,
// and the next call works. And those of which the machine has run out fail always.

#include "support/failing_system_calls.hpp"
#include "support/http_driver.hpp"
#include "support/tortured_call.hpp"

#include <coauth/testing/fail_nth.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>

namespace system_call_torture_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;
using coauth::testing::fail_nth;
using coauth::testing::for_each_failure;

struct shortage {
    unsigned calls;
    int number;
};

class system_call_torture : public ::testing::TestWithParam<bool> {
protected:
    [[nodiscard]] tortured_client make() const {
        coauth::token_source_config source = servers.source();
        if (!GetParam()) source.token_url = authorization.token_url();
        source.lifetime.min_refresh_interval = 0s;
        return tortured_client(std::move(source), client());
    }
    [[nodiscard]] coauth::rest_client_config client() const {
        coauth::rest_client_config config = servers.client({});
        if (!GetParam()) config.base_url = api.base_url();
        config.call_deadline = 5s;
        return config;
    }

    /// By an error of its own or well, and not because its time was over.
    static void expect_told(tortured_call const& call, shortage const& s, std::size_t n) {
        bool const ok = call.finished && !call.error.is(errc::deadline_exceeded);
        EXPECT_TRUE(ok && !call.bad_alloc) << "calls " << s.calls << ", errno " << s.number
                                           << ", number " << n << ": " << call.verdict();
        EXPECT_TRUE(call.error || call.status == 200) << call.verdict();
    }
    static void expect_works(tortured_client& c, std::size_t n) {
        c.tokens.retry_now();
        auto const after = c.start();
        c.run();
        EXPECT_EQ(after->status, 200) << "after call " << n << ": " << after->verdict();
    }

    template <class Prepare>
    std::size_t torture(shortage const& s, Prepare prepare) {
        std::size_t const before = client_sockets();
        std::size_t const places = for_each_failure([&](fail_nth& fault) {
            tortured_client c = make();
            prepare(c);
            auto const call = c.start();
            {
                failing_system_calls const failing(s.calls, s.number, fault);
                EXPECT_EQ(c.run(), 0U) << fault.n();
            }
            expect_told(*call, s, fault.n());
            expect_works(c, fault.n());
        });
        EXPECT_EQ(client_sockets(), before);
        return places;
    }

    /// Sockets that are connected to one of the servers, as far as they are the client's.
    [[nodiscard]] std::size_t client_sockets() const {
        std::size_t count = 0;
        for (int const fd : coauth::tests::open_sockets()) {
            ::sockaddr_in peer{};
            ::socklen_t size = sizeof peer;
            bool const connected =
                ::getpeername(fd, reinterpret_cast<::sockaddr*>(&peer), &size) == 0;
            unsigned const port = ntohs(peer.sin_port);
            for (std::string const& url : {servers.authorization.token_url(), api.base_url(),
                                           servers.api.base_url(), authorization.token_url()}) {
                if (connected && coauth::url::parse(url).value().port() == port) ++count;
            }
        }
        return count;
    }

    embedded_servers servers;
    coauth::testing::authorization_server authorization{
        {.clients = {{.client_id = client_id, .secret = client_secret, .scope = "users.read"}}}};
    coauth::testing::api_server api{authorization};
};

constexpr shortage every_shortage[] = {
    {calls_socket, EMFILE},        {calls_socket, ENOBUFS},
    {calls_connect, ECONNREFUSED}, {calls_connect, ENETUNREACH},
    {calls_send, ECONNRESET},      {calls_send, ENOBUFS},
    {calls_send, EPIPE},           {calls_receive, ECONNRESET},
    {calls_receive, ENOMEM},       {calls_receive | calls_send | calls_connect | calls_poll, EINTR},
};

//
TEST_P(system_call_torture, first_call_ends_whichever_system_call_fails) {
    for (shortage const& s : every_shortage) {
        std::size_t const places = torture(s, [](tortured_client&) {});
        EXPECT_GE(places, 2U) << s.calls << ' ' << s.number;
    }
}

//
TEST_P(system_call_torture, call_on_a_pooled_connection_ends_whichever_system_call_fails) {
    for (shortage const& s : every_shortage) {
        torture(s, [](tortured_client& c) { expect_works(c, 0); });
    }
}

//
TEST_P(system_call_torture, renewal_after_a_401_ends_whichever_system_call_fails) {
    for (shortage const& s : every_shortage) {
        torture(s, [this](tortured_client& c) {
            expect_works(c, 0);
            authorization.revoke_all();
            servers.authorization.revoke_all();
        });
    }
}

//
TEST_P(system_call_torture, exhausted_machine_is_an_error_and_few_attempts) {
    for (shortage const& s : {shortage{calls_connect, EADDRNOTAVAIL},
                              {calls_connect, ENOBUFS},
                              {calls_connect, ENOMEM},
                              {calls_socket, ENOBUFS},
                              {calls_socket, ENOMEM}}) {
        tortured_client c = make();
        for (bool const with_token : {false, true}) {
            if (with_token) {
                expect_works(c, 0);
                c.api = coauth::rest_client(coauth::single_threaded, c.io.get_executor(),
                                            tortured_client::with(client(), c.tokens));
            }
            auto const call = c.start();
            failing_system_calls const failing(s.calls, s.number);
            EXPECT_EQ(c.run(), 0U);
            EXPECT_TRUE(call->error.is(errc::connect_failed)) << call->verdict();
            EXPECT_EQ(call->error.cause().value(), s.number);
            EXPECT_GE(failing.failures(), 1U);
            EXPECT_LE(failing.failures(), 2U) << "calls " << s.calls << ", errno " << s.number;
        }
        expect_works(c, 0);
    }
}

INSTANTIATE_TEST_SUITE_P(over, system_call_torture, ::testing::Bool(),
                         [](auto const& run) { return run.param ? "tls" : "tcp"; });

}  // namespace
}  // namespace system_call_torture_test
