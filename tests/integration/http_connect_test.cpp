// SPDX-License-Identifier: BSL-1.0
//
// From a name to a connection, with a resolver that says what the test wants.

#include <support/http_driver.hpp>
#include <support/patience.hpp>
#include <support/raw_server.hpp>
#include <support/tls_party.hpp>

#include <gtest/gtest.h>

#include <dlfcn.h>
#include <map>
#include <mutex>
#include <netdb.h>
#include <vector>

namespace http_connect_test {
namespace {

/// Names under ".test" (RFC 6761) and the addresses they have here.
struct scripted_names {
    std::mutex mutex;
    std::map<std::string, std::vector<std::string>> addresses;
    coauth::tests::event* hang = nullptr;  ///< what "hang.test" waits for

    static scripted_names& instance() {
        static scripted_names names;
        return names;
    }
};

using getaddrinfo_function = int(char const*, char const*, ::addrinfo const*, ::addrinfo**);

int resolve_scripted(getaddrinfo_function* real, std::vector<std::string> const& addresses,
                     char const* service, ::addrinfo const* hints, ::addrinfo** result) {
    ::addrinfo** end = result;
    *result = nullptr;
    for (std::string const& address : addresses) {
        int const failure = real(address.c_str(), service, hints, end);
        if (failure != 0) return failure;
        while (*end != nullptr) end = &(*end)->ai_next;
    }
    return *result == nullptr ? EAI_NONAME : 0;
}

}  // namespace

/// Takes the place of the C library's; names that the tests do not know go there.
extern "C" int getaddrinfo(char const* node, char const* service, ::addrinfo const* hints,
                           ::addrinfo** result) {
    static auto* const real =
        reinterpret_cast<getaddrinfo_function*>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    std::string const name = node == nullptr ? "" : node;
    auto& names = scripted_names::instance();
    std::unique_lock lock(names.mutex);
    if (name == "hang.test" && names.hang != nullptr) {
        auto* const hang = names.hang;
        lock.unlock();
        hang->wait();
        return EAI_AGAIN;
    }
    auto const found = names.addresses.find(name);
    if (found == names.addresses.end()) {
        lock.unlock();
        return real(node, service, hints, result);
    }
    auto const addresses = found->second;
    lock.unlock();
    return resolve_scripted(real, addresses, service, hints, result);
}

namespace {

using namespace coauth;
using namespace coauth::tests;
using coauth_test::with_enough_patience;

void name(std::string const& host, std::vector<std::string> addresses) {
    auto& names = scripted_names::instance();
    std::lock_guard const lock(names.mutex);
    names.addresses[host] = std::move(addresses);
}

/// An address where nothing answers: a listener whose queue is full.
class black_hole {
public:
    black_hole(char const* address, std::uint16_t port) {
        ::sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(port);
        ::inet_pton(AF_INET, address, &at.sin_addr);
        auto* const raw = reinterpret_cast<::sockaddr*>(&at);
        for (int i = 0; i != 5; ++i) {
            int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            sockets_.push_back(fd);
            if (i == 0) {
                EXPECT_EQ(::bind(fd, raw, sizeof at), 0);
                EXPECT_EQ(::listen(fd, 0), 0);
            } else {
                static_cast<void>(::connect(fd, raw, sizeof at));
            }
        }
    }
    ~black_hole() {
        for (int const fd : sockets_) ::close(fd);
    }

private:
    std::vector<int> sockets_;
};

std::string at_port(std::string const& host, std::uint16_t port) {
    return "http://" + host + ":" + std::to_string(port) + "/";
}

/// A port of 127.0.0.1 where nobody listens.
std::uint16_t closed_port() {
    raw_server const server([](raw_connection&) {});
    return server.port();
}

//
TEST(http_connect, a_refused_connection_is_a_connect_error) {
    http_client client;
    auto const call = client.run(get_from(client.at(at_port("127.0.0.1", closed_port()))));
    EXPECT_TRUE(call->error.is(errc::connect_failed)) << call->error.what();
    EXPECT_EQ(call->error.where(), stage::connect);
    EXPECT_EQ(call->error.cause(), std::errc::connection_refused);
    EXPECT_EQ(call->sends, 0U);
    EXPECT_FALSE(call->error.maybe_processed());
    EXPECT_EQ(client.open(), 0U);
}

//
TEST(http_connect, a_name_without_addresses_is_a_resolve_error) {
    name("nobody.test", {});
    http_client client;
    auto const call = client.run(get_from(client.at("http://nobody.test/")));
    EXPECT_TRUE(call->error.is(errc::resolve_failed)) << call->error.what();
    EXPECT_EQ(call->error.where(), stage::resolve);
    EXPECT_TRUE(static_cast<bool>(call->error.cause()));
}

// getaddrinfo hangs; neither the executor nor the deadline does.
TEST(http_connect, a_resolver_that_hangs_costs_the_connect_deadline_and_blocks_nobody) {
    raw_server server([](raw_connection& c) { c.serve(); });
    event answer;
    scripted_names::instance().hang = &answer;
    http::transport_options options;
    options.connect_deadline = std::chrono::milliseconds(50);
    http_client client(options);
    auto const hangs = get_from(client.at("http://hang.test/"));
    // Of a transport of its own, whose deadlines are long: it shares the executor and the resolver.
    auto const patient = http::transport::make(client.io().get_executor(), {});
    auto const other = get_from(patient->endpoint_for(url::parse(server.url()).value()));
    asio::cancellation_signal cancel;
    client.start(hangs);
    asio::co_spawn(client.io(), drive(patient, other), asio::detached);
    while (!hangs->finished || !other->finished) client.io().run_one();
    EXPECT_TRUE(hangs->error.is(errc::deadline_exceeded)) << hangs->error.what();
    EXPECT_EQ(hangs->error.where(), stage::resolve);
    EXPECT_FALSE(other->error) << other->error.what();

    auto const cancelled = get_from(client.at("http://hang.test/"));
    asio::co_spawn(client.io(), drive(client.transport(), cancelled),
                   asio::bind_cancellation_slot(cancel.slot(), asio::detached));
    client.io().poll();
    cancel.emit(asio::cancellation_type::terminal);
    while (!cancelled->finished) client.io().run_one();
    EXPECT_TRUE(cancelled->error.is(errc::cancelled)) << cancelled->error.what();
    answer.set();
    client.run();
    scripted_names::instance().hang = nullptr;
}

// the first address is dead. R-188: it is the same host to TLS.
TEST(http_connect, a_dead_address_does_not_keep_from_a_live_one) {
    name("half-dead.test", {"127.0.0.2", "127.0.0.1"});
    tls_party const party;
    coauth::testing::certificate_options names;
    names.dns_names = {"half-dead.test"};
    raw_server server([](raw_connection& c) { c.serve(); },
                      tls_with(party.authority.server(names)));
    black_hole const dead("127.0.0.2", server.port());
    http_client client(party.options());
    auto const call = client.run(get_from(client.at(server.url("half-dead.test"))));
    EXPECT_FALSE(call->error) << call->error.what();
    EXPECT_EQ(call->body, "ok");
    EXPECT_EQ(client.open(), 1U);
}

// the dot is for DNS; certificates and servers know the name without it.
TEST(http_connect, a_dot_at_the_end_of_a_name_is_not_for_tls) {
    name("dotted.test.", {"127.0.0.1"});
    tls_party const party;
    coauth::testing::certificate_options names;
    names.dns_names = {"dotted.test"};
    raw_server server(
        [](raw_connection& c) {
            while (c.read_request()) c.respond(c.sni());
        },
        tls_with(party.authority.server(names)));
    http_client client(party.options());
    auto const call = client.run(get_from(client.at(server.url("dotted.test."))));
    EXPECT_FALSE(call->error) << call->error.what();
    EXPECT_EQ(call->body, "dotted.test");
}

//
TEST(http_connect, a_refusing_address_is_passed_over_at_once) {
    name("refusing.test", {"127.0.0.3", "::1", "127.0.0.1"});
    raw_server server([](raw_connection& c) { c.serve(); });
    http_client client;
    auto const call = client.run(get_from(client.at(server.url("refusing.test"))));
    EXPECT_FALSE(call->error) << call->error.what();
}

//
TEST(http_connect, a_thousand_addresses_are_eight_at_most) {
    std::vector<asio::ip::tcp::endpoint> many;
    for (unsigned i = 0; i != 1000; ++i) {
        many.emplace_back(asio::ip::address_v4(0x7F000001U + i), std::uint16_t{80});
    }
    EXPECT_EQ(http::race_order(many).size(), 8U);

    std::vector<std::string> refusing;
    for (int i = 0; i != 200; ++i) refusing.push_back("127.0.1." + std::to_string(i + 1));
    name("many.test", refusing);
    http_client client;
    auto const call = client.run(get_from(client.at(at_port("many.test", closed_port()))));
    EXPECT_TRUE(call->error.is(errc::connect_failed)) << call->error.what();
}

// there is no memory of addresses but the connections themselves, which live for max_age.
TEST(http_connect, an_address_that_a_name_has_lost_is_left_when_its_connections_are_old) {
    raw_server before([](raw_connection& c) { c.serve("before"); });
    raw_server after([](raw_connection& c) { c.serve("after"); }, std::nullopt,
                     {"127.0.0.2", before.port()});
    with_enough_patience(std::chrono::milliseconds(100), [&](duration age) {
        name("moving.test", {"127.0.0.1"});
        http::transport_options options;
        options.max_age = age;
        http_client client(options);
        auto const endpoint = client.at(before.url("moving.test"));
        auto const ask = [&] { return client.run(get_from(endpoint)); };
        EXPECT_EQ(ask()->body, "before");
        name("moving.test", {"127.0.0.2"});
        auto const meanwhile = ask();
        if (!meanwhile->reused) return false;
        EXPECT_EQ(meanwhile->body, "before");
        while (ask()->body == "before") {}
        std::size_t const accepted = before.accepted();
        for (int i = 0; i != 20; ++i) {
            // Also where each call has a connection of its own.
            endpoint->close_idle();
            auto const call = ask();
            EXPECT_EQ(call->body, "after");
            EXPECT_FALSE(call->reused);
        }
        EXPECT_EQ(before.accepted(), accepted);
        return true;
    });
}

TEST(http_connect, families_alternate_beginning_with_the_first) {
    auto const v4 = [](int i) {
        return asio::ip::tcp::endpoint(asio::ip::make_address("10.0.0." + std::to_string(i)), 1);
    };
    auto const v6 = [](int i) {
        return asio::ip::tcp::endpoint(asio::ip::make_address("fd00::" + std::to_string(i)), 1);
    };
    using order = std::vector<asio::ip::tcp::endpoint>;
    EXPECT_EQ(http::race_order({v6(1), v6(2), v6(3), v4(1)}), (order{v6(1), v4(1), v6(2), v6(3)}));
    EXPECT_EQ(http::race_order({v4(1), v4(2), v6(1), v6(2)}), (order{v4(1), v6(1), v4(2), v6(2)}));
    EXPECT_EQ(http::race_order({v4(1), v4(2), v4(3)}, 2), (order{v4(1), v4(2)}));
    EXPECT_TRUE(http::race_order({}).empty());
}

}  // namespace
}  // namespace http_connect_test
