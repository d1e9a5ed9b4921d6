// SPDX-License-Identifier: BSL-1.0
//
// Nothing of one TLS connection is carried over to the next: no session is kept, so none can be
// resumed by somebody else, and nothing is ever sent before a handshake.

#include <support/http_driver.hpp>
#include <support/raw_server.hpp>
#include <support/tls_party.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <atomic>
#include <string>
#include <vector>

namespace http_tls_session_test {
namespace {

using namespace coauth;
using namespace coauth::tests;

/// What the ClientHellos of a test had in them.
struct hellos {
    std::atomic<unsigned> seen = 0;
    std::atomic<unsigned> with_session = 0;
    std::atomic<unsigned> with_early_data = 0;
    std::atomic<unsigned> resumed = 0;
    std::atomic<unsigned> certificates = 0;

    static int look(SSL* ssl, int*, void* self) {
        auto& all = *static_cast<hellos*>(self);
        ++all.seen;
        unsigned char const* bytes = nullptr;
        std::size_t size = 0;
        auto const has = [&](unsigned type) {
            return SSL_client_hello_get0_ext(ssl, type, &bytes, &size) == 1;
        };
        bool const ticket = has(TLSEXT_TYPE_session_ticket) && size != 0;
        if (ticket || has(TLSEXT_TYPE_psk)) ++all.with_session;
        if (has(TLSEXT_TYPE_early_data)) ++all.with_early_data;
        return SSL_CLIENT_HELLO_SUCCESS;
    }
    void watch(raw_server const& server) {
        SSL_CTX_set_client_hello_cb(server.context(), &look, this);
        SSL_CTX_set_max_early_data(server.context(), 16 * 1024);
        SSL_CTX_set_session_cache_mode(server.context(), SSL_SESS_CACHE_SERVER);
        constexpr unsigned char id[] = "one for all clients";
        SSL_CTX_set_session_id_context(server.context(), id, sizeof id);
    }
    /// Sends tickets with the response, and takes no second request.
    void serve_once(raw_connection& c) {
        if (!c.read_request()) return;
        if (SSL_session_reused(c.ssl()) != 0) ++resumed;
        if (SSL_get_early_data_status(c.ssl()) != SSL_EARLY_DATA_NOT_SENT) ++with_early_data;
        if (c.has_client_certificate()) ++certificates;
        c.respond("ok", "Connection: close\r\n");
        c.say_goodbye();
    }
};

class http_tls_session : public ::testing::TestWithParam<int> {
protected:
    [[nodiscard]] raw_tls server_of_one_version() const {
        raw_tls tls = party.server();
        tls.min_version = tls.max_version = GetParam();
        tls.client_ca_pem = party.authority.ca_pem();
        tls.client_certificate_required = false;
        return tls;
    }
    [[nodiscard]] std::shared_ptr<http::tls_context const> identity(char const* name) const {
        tls_config config = party.client();
        if (name != nullptr) {
            auto const certificate =
                party.authority.client({.common_name = name, .dns_names = {}, .ip_addresses = {}});
            config.certificate_pem = certificate.certificate_pem;
            config.private_key_pem = certificate.private_key_pem;
        }
        return http::tls_context::make(config).value();
    }

    tls_party party;
};

// the server gives out tickets and takes early data; nobody wants either, whichever
// client comes, to whichever name.
TEST_P(http_tls_session, is_never_resumed_by_anybody_and_nothing_is_sent_early) {
    hellos all;
    raw_server server([&](raw_connection& c) { all.serve_once(c); }, server_of_one_version());
    all.watch(server);
    http_client client(party.options());
    std::vector<std::shared_ptr<http::tls_context const>> const clients = {
        identity(nullptr), identity("one"), identity("two")};
    for (int round = 0; round != 3; ++round) {
        for (auto const& tls : clients) {
            for (char const* host : {"localhost", "127.0.0.1"}) {
                auto const origin = url::parse(server.url(host)).value();
                auto const call =
                    client.run(get_from(client.transport()->endpoint_for(origin, tls)));
                EXPECT_FALSE(call->error) << call->error.what();
                EXPECT_FALSE(call->reused);
            }
        }
    }
    EXPECT_EQ(server.accepted(), 18U);
    EXPECT_EQ(all.seen, 18U);
    EXPECT_EQ(all.certificates, 12U);
    EXPECT_EQ(all.with_session, 0U);
    EXPECT_EQ(all.with_early_data, 0U);
    EXPECT_EQ(all.resumed, 0U);
    // bounded by nothing at all.
    for (auto const& tls : clients) {
        auto const now = tls->current(boot_clock::now(), {});
        EXPECT_EQ(SSL_CTX_get_session_cache_mode(now->native()), SSL_SESS_CACHE_OFF);
        EXPECT_EQ(SSL_CTX_sess_number(now->native()), 0);
    }
}

// The counters of the test above see it where somebody does resume.
TEST_P(http_tls_session, would_be_noticed_if_it_were_resumed) {
    hellos all;
    raw_server server([&](raw_connection& c) { all.serve_once(c); }, server_of_one_version());
    all.watch(server);
    std::shared_ptr<SSL_CTX> const context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    std::shared_ptr<SSL_SESSION> session;
    for (int i = 0; i != 2; ++i) {
        std::shared_ptr<BIO> const bio(BIO_new_ssl_connect(context.get()), BIO_free_all);
        SSL* ssl = nullptr;
        BIO_get_ssl(bio.get(), &ssl);
        if (session) SSL_set_session(ssl, session.get());
        BIO_set_conn_hostname(bio.get(), ("127.0.0.1:" + std::to_string(server.port())).c_str());
        ASSERT_GT(BIO_puts(bio.get(), "GET / HTTP/1.1\r\n\r\n"), 0);
        char answer[1024];
        while (BIO_read(bio.get(), answer, sizeof answer) > 0) {}
        session.reset(SSL_get1_session(ssl), SSL_SESSION_free);
    }
    EXPECT_EQ(all.with_session, 1U);
    EXPECT_EQ(all.resumed, 1U);
}

INSTANTIATE_TEST_SUITE_P(both_versions, http_tls_session,
                         ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION), [](auto const& run) {
                             return run.param == TLS1_3_VERSION ? "tls_1_3" : "tls_1_2";
                         });

}  // namespace
}  // namespace http_tls_session_test
