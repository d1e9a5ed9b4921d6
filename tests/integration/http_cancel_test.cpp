// SPDX-License-Identifier: BSL-1.0
//
// A call that ends in the middle, at every step there is: by cancellation, by stop, by the end of
// its io_context. AddressSanitizer and the count of sockets say whether anything was left.

#include <coauth/testing/fail_nth.hpp>
#include <coauth/testing/stepping_executor.hpp>
#include <support/http_driver.hpp>
#include <support/raw_server.hpp>
#include <support/tls_party.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace http_cancel_test {
namespace {

using namespace coauth;
using namespace coauth::tests;
using coauth::testing::fail_nth;
using coauth::testing::for_each_failure;
using coauth::testing::stepping_executor;

enum class interruption { cancel, stop_now, destroy_context };

struct setting {
    bool tls;
    bool warm;    ///< an idle connection is there
    bool strand;  ///< the transport's executor is a strand
    bool proxy = false;
};

/// A context that can go before everything else.
struct scene {
    scene(setting const& s, http::transport_options options) : steps(std::in_place) {
        any_executor executor = steps->get_executor();
        if (s.strand) executor = asio::make_strand(steps->context());
        transport = http::transport::make(std::move(executor), std::move(options));
    }

    void start(call_handle const& call, asio::cancellation_slot slot) {
        asio::co_spawn(transport->executor(), drive(transport, call),
                       asio::bind_cancellation_slot(slot, asio::detached));
    }

    std::optional<stepping_executor> steps;
    std::shared_ptr<http::transport> transport;
};

class http_cancel : public ::testing::TestWithParam<setting> {
protected:
    void SetUp() override {
        server_.emplace(
            [this](raw_connection& c) {
                if (GetParam().proxy && GetParam().tls) {
                    c.read_request();
                    c.send("HTTP/1.1 200 ok\r\n\r\n");
                    if (!c.start_tls(server_->context())) return;
                }
                while (auto const request = c.read_request()) {
                    c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n");
                    c.send("0\r\n\r\n");
                }
            },
            tls());
        options_ = party_.options();
        if (GetParam().proxy) {
            options_.proxy = std::make_shared<http::proxy const>(proxy_config{
                .url = "http://127.0.0.1:" + std::to_string(server_->port()),
                .credentials = proxy_credentials("user", secret("not-a-real-secret"))});
        }
        options_.max_connections_per_origin = 1;
    }

    /// Interrupts a call, and another one that waits behind it, before one of their steps.
    void interrupt_at(fail_nth& now, interruption how) {
        scene s(GetParam(), options_);
        auto const endpoint = s.transport->endpoint_for(url::parse(server_->url(host())).value());
        if (GetParam().warm) {
            auto const before = get_from(endpoint);
            s.start(before, {});
            s.steps->run();
            EXPECT_FALSE(before->error) << before->error.what();
        }
        asio::cancellation_signal cancel;
        auto const call = get_from(endpoint);
        call->options.total_deadline = boot_clock::now() + std::chrono::seconds(30);
        auto const waiter = get_from(endpoint);
        s.start(call, cancel.slot());
        s.start(waiter, {});
        while (!call->finished && !now.point()) s.steps->step();
        bool const was_done = call->finished;

        switch (how) {
            case interruption::cancel:
                cancel.emit(asio::cancellation_type::terminal);
                s.steps->run();
                EXPECT_FALSE(waiter->error) << waiter->error.what();
                break;
            case interruption::stop_now:
                s.transport->stop_now();
                s.steps->run();
                EXPECT_TRUE(call->finished && waiter->finished);
                EXPECT_TRUE(was_done || call->error.is(errc::stopped)) << call->error.what();
                break;
            case interruption::destroy_context:
                s.steps.reset();
                EXPECT_FALSE(s.transport->executor());
                break;
        }
        EXPECT_EQ(s.transport->open_connections(), s.transport->idle_connections());
        EXPECT_EQ(s.transport->idle_connections(), how == interruption::cancel ? 1U : 0U);
        EXPECT_EQ(s.transport->waiting(), 0U);
        EXPECT_EQ(s.transport->deadlines().size(), 0U);
    }

    void interrupt_everywhere(interruption how) {
        std::size_t const before = client_sockets();
        std::size_t const places = for_each_failure(
            [&](fail_nth& now) {
                interrupt_at(now, how);
                EXPECT_EQ(client_sockets(), before) << now.n();
            },
            500);
        EXPECT_GT(places, 1U);
    }

    /// Sockets of this process that are connected to the server, as far as they are the client's.
    [[nodiscard]] std::size_t client_sockets() const {
        std::size_t count = 0;
        for (int const fd : open_sockets()) {
            ::sockaddr_in peer{};
            ::socklen_t size = sizeof peer;
            bool const connected =
                ::getpeername(fd, reinterpret_cast<::sockaddr*>(&peer), &size) == 0;
            if (connected && ntohs(peer.sin_port) == server_->port()) ++count;
        }
        return count;
    }

    /// A name that is no loopback address: such are reached without a proxy.
    [[nodiscard]] static std::string host() { return GetParam().proxy ? "api.test" : "localhost"; }

    [[nodiscard]] std::optional<raw_tls> tls() const {
        if (!GetParam().tls) return std::nullopt;
        coauth::testing::certificate_options names;
        names.dns_names = {host()};
        raw_tls server = tls_with(party_.authority.server(names));
        server.at_once = !GetParam().proxy;
        return server;
    }

    tls_party party_;
    http::transport_options options_;
    std::optional<raw_server> server_;
};

//
TEST_P(http_cancel, a_call_can_be_cancelled_at_every_step) {
    interrupt_everywhere(interruption::cancel);
}

//
TEST_P(http_cancel, a_transport_can_be_stopped_at_every_step) {
    interrupt_everywhere(interruption::stop_now);
}

//
TEST_P(http_cancel, an_io_context_can_be_destroyed_at_every_step) {
    interrupt_everywhere(interruption::destroy_context);
}

INSTANTIATE_TEST_SUITE_P(everywhere, http_cancel,
                         ::testing::Values(setting{false, false, false}, setting{false, true, true},
                                           setting{true, false, true}, setting{true, true, false},
                                           setting{true, false, false},
                                           setting{true, false, false, true},
                                           setting{true, true, true, true},
                                           setting{false, false, false, true}),
                         [](auto const& run) {
                             setting const& s = run.param;
                             return std::string(s.tls ? "tls" : "plain") +
                                    (s.warm ? "_warm" : "_cold") + (s.strand ? "_strand" : "") +
                                    (s.proxy ? "_proxy" : "");
                         });

TEST(http_cancel_upload, a_call_can_be_cancelled_while_its_request_waits_to_be_sent) {
    for (bool const tls : {false, true}) {
        tls_party const party;
        event over;
        raw_server server(
            [&](raw_connection& c) {
                c.read_some();
                over.wait();
            },
            party.server_if(tls));
        http_client client(party.options());
        auto const call = post_to(client.at(server.url("localhost")), std::string(64 << 20, 'x'));
        asio::cancellation_signal cancel;
        asio::co_spawn(client.io(), drive(client.transport(), call),
                       asio::bind_cancellation_slot(cancel.slot(), asio::detached));
        while (call->composed == 0) client.io().run_one();
        client.io().poll();
        cancel.emit(asio::cancellation_type::terminal);
        client.run();
        EXPECT_TRUE(call->error.is(errc::cancelled)) << call->error.what();
        EXPECT_EQ(client.open(), 0U);
        over.set();
    }
}

TEST(http_cancel_abort, an_exchange_can_be_aborted_before_it_is_sent) {
    raw_server server([](raw_connection& c) { c.serve(); });
    http_client client;
    auto const endpoint = client.at(server.url());
    client.run(get_from(endpoint));
    http::exchange_options options;
    options.endpoint = endpoint;
    http::exchange x(client.transport(), options);
    ASSERT_TRUE(x.try_open());
    x.abort(errc::deadline_exceeded);
    x.send();  // the caller did not know yet
    EXPECT_EQ(x.next(), http::exchange::step::done);
    EXPECT_EQ(x.sends(), 0U);
    EXPECT_TRUE(x.error().is(errc::deadline_exceeded));
    EXPECT_FALSE(x.error().maybe_processed());
    EXPECT_EQ(client.open(), 0U);
}

TEST(http_cancel_abort, a_transport_may_be_made_and_dropped_without_a_call) {
    auto io = std::make_unique<asio::io_context>();
    auto const outlives = http::transport::make(asio::make_strand(*io));
    static_cast<void>(http::transport::make(io->get_executor()));
    io.reset();
    EXPECT_TRUE(outlives->stopped());
    auto const endpoint = outlives->endpoint_for(url::parse("http://127.0.0.1:1/").value());
    http::exchange_options options;
    options.endpoint = endpoint;
    http::exchange x(outlives, options);
    EXPECT_TRUE(x.try_open());
    EXPECT_TRUE(x.error().is(errc::executor_gone));
}

}  // namespace
}  // namespace http_cancel_test
