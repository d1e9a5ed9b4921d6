// SPDX-License-Identifier: BSL-1.0

#include <support/http_driver.hpp>
#include <support/raw_server.hpp>
#include <support/scratch.hpp>
#include <support/tls_party.hpp>

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <fstream>

namespace http_tls_test {
namespace {

using namespace coauth;
using namespace coauth::tests;
namespace pki = coauth::testing;

http::transport_options trusting(tls_config const& config) {
    http::transport_options options;
    options.tls = http::tls_context::make(config).value();
    return options;
}

/// One GET at a server with this certificate, from a client that trusts the party's authority.
call_handle ask(tls_party const& party, raw_tls const& server_tls,
                std::string const& host = "localhost") {
    raw_server server([](raw_connection& c) { c.serve(); }, server_tls);
    http_client client(party.options());
    return client.run(get_from(client.at(server.url(host))));
}

errc code_of(call_handle const& call) { return static_cast<errc>(call->error.code().value()); }

//
TEST(http_tls, every_fault_of_a_certificate_has_its_own_code) {
    tls_party const party;
    pki::certificate_authority const stranger("somebody else");
    auto const intermediate = party.authority.intermediate("in between");
    pki::certificate_options expired;
    expired.not_after = std::chrono::seconds(-60);
    pki::certificate_options future;
    future.not_before = std::chrono::hours(1);
    pki::certificate_options elsewhere;
    elsewhere.dns_names = {"other.example.com"};
    elsewhere.ip_addresses = {};
    pki::certificate_options nameless;
    nameless.dns_names = {};
    nameless.ip_addresses = {};
    auto incomplete = intermediate.server();
    incomplete.certificate_pem.resize(incomplete.certificate_pem.find("-----BEGIN", 10));

    EXPECT_EQ(code_of(ask(party, party.server())), errc{});
    EXPECT_EQ(code_of(ask(party, tls_with(intermediate.server()))), errc{});
    EXPECT_EQ(code_of(ask(party, tls_with(party.authority.server(expired)))),
              errc::certificate_expired);
    EXPECT_EQ(code_of(ask(party, tls_with(party.authority.server(future)))),
              errc::certificate_not_yet_valid);
    EXPECT_EQ(code_of(ask(party, tls_with(party.authority.server(elsewhere)))),
              errc::certificate_host_mismatch);
    EXPECT_EQ(code_of(ask(party, tls_with(stranger.server()))), errc::certificate_untrusted);
    EXPECT_EQ(code_of(ask(party, tls_with(incomplete))), errc::certificate_untrusted);
    EXPECT_EQ(code_of(ask(party, tls_with(pki::make_self_signed()))), errc::certificate_untrusted);
    // a common name is no host name.
    EXPECT_EQ(code_of(ask(party, tls_with(party.authority.server(nameless)))),
              errc::certificate_host_mismatch);
    EXPECT_EQ(code_of(ask(party, tls_with(party.authority.client(pki::certificate_options{})))),
              errc::certificate_rejected);

    auto const refused = ask(party, tls_with(stranger.server()));
    EXPECT_EQ(refused->error.where(), stage::tls);
    EXPECT_EQ(refused->sends, 0U);
    EXPECT_FALSE(refused->error.hint().empty());
    EXPECT_TRUE(refused->error.code() == condition::transport);
}

//
TEST(http_tls, names_match_by_the_rules) {
    tls_party const party;
    auto const with_name = [&](std::string name) {
        pki::certificate_options options;
        options.dns_names = {std::move(name)};
        options.ip_addresses = {};
        return tls_with(party.authority.server(options));
    };
    using namespace std::string_literals;
    EXPECT_EQ(code_of(ask(party, with_name("LOCALHOST"))), errc{});
    EXPECT_EQ(code_of(ask(party, with_name("localhost"), "LocalHost")), errc{});
    EXPECT_EQ(code_of(ask(party, with_name("l*t"))), errc::certificate_host_mismatch);
    EXPECT_EQ(code_of(ask(party, with_name("*"))), errc::certificate_host_mismatch);
    EXPECT_EQ(code_of(ask(party, with_name("localhost\0.evil.com"s))),
              errc::certificate_host_mismatch);
    EXPECT_EQ(code_of(ask(party, with_name("127.0.0.1"), "127.0.0.1")),
              errc::certificate_host_mismatch);  // an address is not a name
    EXPECT_EQ(code_of(ask(party, party.server(), "127.0.0.1")), errc{});
    pki::certificate_options other_address;
    other_address.ip_addresses = {"127.0.0.2"};
    EXPECT_EQ(code_of(ask(party, tls_with(party.authority.server(other_address)), "127.0.0.1")),
              errc::certificate_host_mismatch);
}

//
TEST(http_tls, the_server_is_told_names_but_no_addresses) {
    tls_party const party;
    for (auto const& [host, sni] :
         {std::pair("localhost", "localhost"), std::pair("127.0.0.1", "")}) {
        raw_server server(
            [](raw_connection& c) {
                while (c.read_request()) c.respond(c.sni());
            },
            party.server());
        http_client client(party.options());
        auto const call = client.run(get_from(client.at(server.url(host))));
        EXPECT_FALSE(call->error) << call->error.what();
        EXPECT_EQ(call->body, sni);
    }
}

//
TEST(http_tls, servers_of_one_version_only_work) {
    tls_party const party;
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        auto tls = party.server();
        tls.min_version = tls.max_version = version;
        EXPECT_EQ(code_of(ask(party, tls)), errc{}) << version;
    }
    auto config = party.client();
    config.min_version = tls_version::tls_1_3;
    auto tls = party.server();
    tls.max_version = TLS1_2_VERSION;
    raw_server server([](raw_connection& c) { c.serve(); }, tls);
    http_client client(trusting(config));
    auto const call = client.run(get_from(client.at(server.url("localhost"))));
    EXPECT_TRUE(call->error.is(errc::tls_handshake_failed)) << call->error.what();
}

//
TEST(http_tls, old_versions_and_weak_ciphers_are_refused) {
    tls_party const party;
    for (char const* const ciphers :
         {"AES128-SHA", "AES256-GCM-SHA384", "ECDHE+AES+SHA", "aNULL", "eNULL"}) {
        auto tls = party.server();
        tls.security_level = 0;
        tls.max_version = TLS1_2_VERSION;
        tls.cipher_list = ciphers;
        EXPECT_EQ(code_of(ask(party, tls)), errc::tls_handshake_failed) << ciphers;
    }
    auto old = party.server();
    old.security_level = 0;
    old.cipher_list = "ALL:@SECLEVEL=0";
    old.min_version = TLS1_VERSION;
    old.max_version = TLS1_1_VERSION;
    EXPECT_EQ(code_of(ask(party, old)), errc::tls_handshake_failed);
}

// TLS 1.3 messages after the handshake are no data.
TEST(http_tls, a_key_update_and_tickets_between_requests_do_no_harm) {
    tls_party const party;
    event updated;
    raw_server server(
        [&](raw_connection& c) {
            c.read_request();
            c.respond("one");
            SSL_key_update(c.ssl(), SSL_KEY_UPDATE_REQUESTED);
            SSL_do_handshake(c.ssl());
            SSL_new_session_ticket(c.ssl());
            SSL_do_handshake(c.ssl());
            updated.set();
            c.serve("two");
        },
        party.server());
    http_client client(party.options());
    auto const endpoint = client.at(server.url("localhost"));
    client.run(get_from(endpoint));
    updated.wait();
    auto const call = client.run(post_to(endpoint));  // looks at the idle connection
    EXPECT_FALSE(call->error) << call->error.what();
    EXPECT_EQ(call->body, "two");
    EXPECT_TRUE(call->reused);
    EXPECT_EQ(server.accepted(), 1U);
}

//
TEST(http_tls, plain_http_on_a_tls_port_is_recognised) {
    raw_server server([](raw_connection& c) {
        c.read_some();
        c.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    tls_party const party;
    http_client client(party.options());
    auto const call =
        client.run(get_from(client.at("https://localhost:" + std::to_string(server.port()))));
    EXPECT_TRUE(call->error.is(errc::tls_handshake_failed)) << call->error.what();
    EXPECT_NE(call->error.hint().find("does not speak TLS"), std::string::npos);
}

//
TEST(http_tls, tls_on_a_plain_port_is_recognised) {
    raw_server server([](raw_connection& c) {
        c.read_some();
        c.send(std::string("\x15\x03\x03\x00\x02\x02\x46", 7));  // alert: protocol_version
        c.read_to_end();
    });
    http_client client;
    auto const call = client.run(get_from(client.at(server.url())));
    EXPECT_TRUE(call->error.is(errc::malformed_response)) << call->error.what();
    EXPECT_NE(call->error.message().find("TLS"), std::string::npos);
}

//
TEST(http_tls, a_garbage_record_in_the_middle_is_an_error) {
    tls_party const party;
    for (bool const in_body : {false, true}) {
        raw_server server(
            [in_body](raw_connection& c) {
                c.read_request();
                if (in_body) c.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
                std::string const garbage = "\x17\x03\x03\x40\x01" + std::string(16385, 'x');
                c.send_raw(garbage);
                c.read_to_end();
            },
            party.server());
        http_client client(party.options());
        auto const call = client.run(get_from(client.at(server.url("localhost"))));
        EXPECT_TRUE(call->error.is(in_body ? errc::malformed_response : errc::tls_handshake_failed))
            << call->error.what();
        EXPECT_EQ(client.open(), 0U);
    }
}

//
TEST(http_tls, given_authorities_stand_alone_or_beside_those_of_the_system) {
    tls_party const party;
    tls_party const other;
    auto config = other.client();
    config.ca_pem += party.authority.ca_pem();
    raw_server server([](raw_connection& c) { c.serve(); }, party.server());
    {
        http_client client(trusting(config));
        EXPECT_EQ(code_of(client.run(get_from(client.at(server.url("localhost"))))), errc{});
    }
    coauth_test::scratch_directory const scratch;
    std::string const path = scratch.file("ca.pem");
    std::ofstream(path) << party.authority.ca_pem();
    tls_config from_file;
    from_file.system_trust = false;
    from_file.ca_file = path;
    {
        http_client client(trusting(from_file));
        EXPECT_EQ(code_of(client.run(get_from(client.at(server.url("localhost"))))), errc{});
    }
    // The authority as one of the system, first used, then switched off.
    ::setenv("SSL_CERT_FILE", path.c_str(), 1);
    tls_config const system;
    tls_config given_only = other.client();
    auto const system_context = http::tls_context::make(system);
    auto const given_context = http::tls_context::make(given_only);
    ::unsetenv("SSL_CERT_FILE");
    for (bool const with_system : {true, false}) {
        http::transport_options options;
        options.tls = with_system ? system_context.value() : given_context.value();
        http_client client(options);
        EXPECT_EQ(code_of(client.run(get_from(client.at(server.url("localhost"))))),
                  with_system ? errc{} : errc::certificate_untrusted);
    }
}

TEST(http_tls, an_empty_trust_store_is_an_error_of_the_configuration) {
    tls_config config;
    config.system_trust = false;
    auto const made = http::tls_context::make(config);
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().is(errc::empty_trust_store));
    EXPECT_FALSE(made.error().hint().empty());
    for (char const* const broken : {"rubbish", "-----BEGIN CERTIFICATE-----\nrubbish\n"}) {
        config.ca_pem = broken;
        auto const refused = http::tls_context::make(config);
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error().is(errc::invalid_ca_certificate));
    }
    config.ca_pem.clear();
    config.ca_file = "/nowhere/ca.pem";
    auto const unread = http::tls_context::make(config);
    ASSERT_FALSE(unread);
    EXPECT_TRUE(unread.error().is(errc::invalid_ca_certificate));
}

//
TEST(http_tls, only_the_loud_switch_turns_verification_off) {
    pki::certificate_options elsewhere;
    elsewhere.dns_names = {"other.example.com"};
    raw_server server([](raw_connection& c) { c.serve(); },
                      tls_with(pki::make_self_signed(elsewhere)));
    tls_party const party;
    tls_config loud = party.client();
    loud.insecure = i_accept_any_certificate_t{};
    EXPECT_FALSE(http::tls_context::make(loud).value()->verifies());
    EXPECT_TRUE(http::tls_context::make(party.client()).value()->verifies());
    http_client client(trusting(loud));
    EXPECT_EQ(code_of(client.run(get_from(client.at(server.url("localhost"))))), errc{});
    http_client strict(party.options());
    EXPECT_EQ(code_of(strict.run(get_from(strict.at(server.url("localhost"))))),
              errc::certificate_untrusted);
}

//
TEST(http_tls, a_client_certificate_is_shown_where_it_is_asked_for) {
    tls_party const party;
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        auto tls = party.server();
        tls.client_ca_pem = party.authority.ca_pem();
        tls.max_version = version;
        raw_server server([](raw_connection& c) { c.serve(); }, tls);

        auto const certificate = party.authority.client();
        auto config = party.client();
        config.certificate_pem = certificate.certificate_pem;
        config.private_key_pem = certificate.private_key_pem;
        auto const options = trusting(config);
        EXPECT_EQ(options.tls->client_certificate_thumbprint(), certificate.thumbprint);
        http_client client(options);
        EXPECT_EQ(code_of(client.run(get_from(client.at(server.url("localhost"))))), errc{});

        http_client nobody(party.options());
        auto const refused = nobody.run(get_from(nobody.at(server.url("localhost"))));
        ASSERT_TRUE(refused->error);
        // The refusal is an alert, or where the reset overtakes it, the end of the connection.
        EXPECT_TRUE(refused->error.is(errc::tls_handshake_failed) ||
                    refused->error.is(errc::connection_reset))
            << refused->error.what();
        EXPECT_EQ(server.accepted(), 2U);
    }
}

/// The key of a certificate, encrypted.
std::string encrypted(std::string const& key_pem, char const* password) {
    detail::bio_ptr const in = detail::memory_bio(key_pem);
    detail::openssl_ptr<EVP_PKEY, EVP_PKEY_free> const key(
        PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
    detail::bio_ptr const out(BIO_new(BIO_s_mem()));
    PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), EVP_aes_256_cbc(), password,
                                  static_cast<int>(std::string_view(password).size()), nullptr,
                                  nullptr);
    char* data = nullptr;
    long const size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

// all of this is noticed when the configuration is loaded, and nobody is asked for anything.
TEST(http_tls, a_client_certificate_that_cannot_work_is_refused_early) {
    tls_party const party;
    auto const mine = party.authority.client();
    auto const other = party.authority.client();
    auto const outcome = [&](std::string certificate, std::string key, char const* password) {
        auto config = party.client();
        config.certificate_pem = std::move(certificate);
        config.private_key_pem = std::move(key);
        if (password != nullptr) {
            ::setenv("COAUTH_TEST_KEY_PASSWORD", password, 1);
            config.private_key_password = secret::from_env("COAUTH_TEST_KEY_PASSWORD");
        }
        auto const made = http::tls_context::make(config);
        return made ? errc{} : static_cast<errc>(made.error().code().value());
    };
    std::string const locked = encrypted(mine.private_key_pem, "open sesame");
    EXPECT_EQ(outcome(mine.certificate_pem, mine.private_key_pem, nullptr), errc{});
    EXPECT_EQ(outcome(mine.certificate_pem + mine.private_key_pem, "", nullptr), errc{});
    EXPECT_EQ(outcome(mine.certificate_pem, locked, "open sesame"), errc{});
    for (errc const refused : {outcome(mine.certificate_pem, locked, "wrong"),
                               outcome(mine.certificate_pem, locked, nullptr),
                               outcome(mine.certificate_pem, other.private_key_pem, nullptr),
                               outcome(mine.certificate_pem, "", nullptr),
                               outcome(mine.certificate_pem, "rubbish", nullptr),
                               outcome("rubbish", mine.private_key_pem, nullptr),
                               outcome("", mine.private_key_pem, nullptr)}) {
        EXPECT_EQ(refused, errc::invalid_client_certificate);
    }
    ::unsetenv("COAUTH_TEST_KEY_PASSWORD");
}

//
TEST(http_tls, errors_leave_nothing_in_openssls_queue) {
    tls_party const party;
    ask(party, tls_with(pki::make_self_signed()));
    EXPECT_EQ(ERR_peek_error(), 0U);
    tls_config config;
    config.ca_pem = "rubbish";
    EXPECT_FALSE(http::tls_context::make(config));
    EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(http_tls, the_trust_id_names_everything_that_decides_about_trust) {
    tls_party const party;
    tls_party const other;
    auto const id = [](tls_config const& config) {
        return http::tls_context::make(config).value()->trust_id();
    };
    auto const base = party.client();
    EXPECT_EQ(id(base), id(base));
    auto changed = base;
    changed.ca_pem = other.authority.ca_pem();
    EXPECT_NE(id(base), id(changed));
    changed = base;
    changed.insecure = i_accept_any_certificate_t{};
    EXPECT_NE(id(base), id(changed));
    changed = base;
    changed.min_version = tls_version::tls_1_3;
    EXPECT_NE(id(base), id(changed));
    changed = base;
    auto const mine = party.authority.client();
    changed.certificate_pem = mine.certificate_pem;
    changed.private_key_pem = mine.private_key_pem;
    EXPECT_NE(id(base), id(changed));
}

// Nothing is left of many handshakes.
TEST(http_tls, handshakes_leave_no_descriptors) {
    tls_party const party;
    auto const before = open_sockets().size();
    {
        raw_server server(
            [](raw_connection& c) {
                c.read_request();
                c.respond("ok", "Connection: close\r\n");
            },
            party.server());
        http_client client(party.options());
        for (int i = 0; i != 50; ++i) {
            EXPECT_EQ(code_of(client.run(get_from(client.at(server.url("localhost"))))), errc{});
        }
    }
    EXPECT_EQ(open_sockets().size(), before);
}

}  // namespace
}  // namespace http_tls_test
