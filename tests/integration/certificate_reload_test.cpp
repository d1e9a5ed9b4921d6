// SPDX-License-Identifier: BSL-1.0
//
// Certificates in files that are replaced while the program runs.

#include <support/http_driver.hpp>
#include <support/raw_server.hpp>
#include <support/scratch.hpp>
#include <support/tls_party.hpp>

#include <coauth/crypto/pem.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace certificate_reload_test {
namespace {

using namespace coauth;
using namespace coauth::tests;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class named_file {
public:
    explicit named_file(std::string path) : path_(std::move(path)) {}

    void write(std::string const& text) const { std::ofstream(path_) << text; }
    /// As rotation should be done.
    void replace(std::string const& text) const {
        std::ofstream(path_ + ".new") << text;
        std::rename((path_ + ".new").c_str(), path_.c_str());
    }
    [[nodiscard]] std::string const& path() const noexcept { return path_; }

private:
    std::string path_;
};

class certificate_reload : public ::testing::Test {
protected:
    certificate_reload() {
        write(first);
        authority_file.write(party.authority.ca_pem());
        config.system_trust = false;
        config.ca_file = authority_file.path();
        config.certificate_file = certificate_file.path();
        config.private_key_file = key_file.path();
        tls = http::tls_context::make(config).value();
    }

    void write(coauth::testing::certificate const& c) const {
        certificate_file.replace(c.certificate_pem);
        key_file.replace(c.private_key_pem);
    }
    /// A while later, so that a look is due.
    std::string shown() {
        now += 1h;
        return tls->current(now, tell)->client_certificate_thumbprint();
    }

    tls_party party;
    coauth::testing::certificate const first = party.authority.client();
    coauth::testing::certificate const second = party.authority.client();
    coauth_test::scratch_directory const scratch;
    named_file certificate_file{scratch.file("cert.pem")};
    named_file key_file{scratch.file("key.pem")};
    named_file authority_file{scratch.file("ca.pem")};
    tls_config config;
    std::shared_ptr<http::tls_context const> tls;
    time_point now = boot_clock::now();
    std::vector<std::string> told;
    observer tell{[this](certificates_changed const& e) {
        told.push_back(e.failure == nullptr ? "used" : e.failure->code().message());
    }};
};

//
TEST_F(certificate_reload, takes_the_new_files_once_and_says_so) {
    EXPECT_EQ(shown(), first.thumbprint);
    EXPECT_THAT(told, IsEmpty());
    write(second);
    EXPECT_EQ(shown(), second.thumbprint);
    EXPECT_EQ(shown(), second.thumbprint);
    EXPECT_THAT(told, ElementsAre("used"));
}

TEST_F(certificate_reload, looks_at_the_files_at_most_once_a_second) {
    EXPECT_EQ(shown(), first.thumbprint);
    write(second);
    now += 999ms;
    EXPECT_EQ(tls->edition(now, tell), 1U);
    now += 1ms;
    EXPECT_EQ(tls->edition(now, tell), 2U);
}

TEST_F(certificate_reload, keeps_the_old_pair_until_the_new_one_is_whole) {
    certificate_file.replace(second.certificate_pem);
    EXPECT_EQ(shown(), first.thumbprint) << "its key is still to come";
    EXPECT_EQ(shown(), first.thumbprint);
    EXPECT_THAT(told, ElementsAre("invalid_client_certificate")) << "once for each change";
    key_file.replace(second.private_key_pem.substr(0, 60));
    EXPECT_EQ(shown(), first.thumbprint);
    key_file.replace(second.private_key_pem);
    EXPECT_EQ(shown(), second.thumbprint);
    EXPECT_THAT(told,
                ElementsAre("invalid_client_certificate", "invalid_client_certificate", "used"));
}

TEST_F(certificate_reload, survives_files_that_are_gone_or_empty) {
    std::remove(certificate_file.path().c_str());
    EXPECT_EQ(shown(), first.thumbprint);
    authority_file.replace("");
    EXPECT_EQ(shown(), first.thumbprint);
    certificate_file.replace(first.certificate_pem);
    authority_file.replace(party.authority.ca_pem());
    EXPECT_EQ(shown(), first.thumbprint);
    EXPECT_THAT(told, ElementsAre("invalid_client_certificate", "invalid_ca_certificate", "used"));
}

TEST_F(certificate_reload, sees_a_file_that_is_written_over_within_one_tick_of_its_clock) {
    std::string const other = second.certificate_pem + second.private_key_pem;
    std::string one = first.certificate_pem + first.private_key_pem;
    one.resize(std::max(one.size(), other.size()) + 1, '\n');
    named_file const both(scratch.file("both.pem"));
    both.write(one);
    tls_config c;
    c.system_trust = false;
    c.ca_pem = party.authority.ca_pem();
    c.certificate_file = both.path();
    tls = http::tls_context::make(c).value();
    EXPECT_EQ(shown(), first.thumbprint);
    both.write(other + std::string(one.size() - other.size(), '\n'));  // same size, same inode
    EXPECT_EQ(shown(), second.thumbprint);
}

TEST_F(certificate_reload, does_not_mind_a_file_that_is_only_touched) {
    write(first);
    EXPECT_EQ(shown(), first.thumbprint);
    EXPECT_EQ(tls->edition(now, tell), 1U);
    EXPECT_THAT(told, IsEmpty());
}

TEST_F(certificate_reload, opens_an_encrypted_key_with_the_password_as_it_is_by_then) {
    named_file const password(scratch.file("password"));
    password.write("not-the-one");
    config.private_key_password = secret::from_file(password.path());
    tls = http::tls_context::make(config).value();  // a plain key needs none
    auto const encrypted = [&](std::string const& pem) {
        detail::pem_reader text(pem);
        detail::key_handle const key = detail::read_private_key_pem(pem, secret());
        return coauth::detail::pki_pem([&](BIO* bio) {
            return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), EVP_aes_256_cbc(), "new-password",
                                                 12, nullptr, nullptr);
        });
    };
    certificate_file.replace(second.certificate_pem);
    key_file.replace(encrypted(second.private_key_pem));
    EXPECT_EQ(shown(), first.thumbprint);
    password.replace("new-password");
    EXPECT_EQ(shown(), second.thumbprint) << "tried again, although these two have not changed";
}

TEST_F(certificate_reload, is_done_by_one_thread_while_the_others_go_on) {
    write(second);
    std::atomic<int> wrong{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i != 4; ++i) {
            threads.emplace_back([&, at = now] {
                for (int turn = 1; turn != 200; ++turn) {
                    auto const is = tls->current(at + turn * 1s, {})->number();
                    if (is != 1 && is != 2) ++wrong;
                }
            });
        }
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(tls->edition(now, {}), 2U);
}

/// The certificate that the client has shown, for each connection.
class certificate_reader {
public:
    explicit certificate_reader(tls_party const& party)
        : server_(
              [this](raw_connection& c) {
                  detail::x509_handle const peer(SSL_get1_peer_certificate(c.ssl()));
                  {
                      std::lock_guard const lock(mutex_);
                      seen_.push_back(detail::certificate_thumbprint(peer.get()));
                  }
                  c.serve();
              },
              wanting(party)) {}

    [[nodiscard]] std::string url() const { return server_.url("localhost"); }
    [[nodiscard]] std::vector<std::string> seen() {
        std::lock_guard const lock(mutex_);
        return seen_;
    }

private:
    static raw_tls wanting(tls_party const& party) {
        raw_tls tls = party.server();
        tls.client_ca_pem = party.authority.ca_pem();
        return tls;
    }

    std::mutex mutex_;
    std::vector<std::string> seen_;
    raw_server server_;
};

//
TEST_F(certificate_reload, moves_to_new_connections_and_drops_no_call) {
    certificate_reader server(party);
    http::transport_options options;
    options.tls = tls;
    options.observer = tell;
    http_client client(options);
    auto const endpoint = client.at(server.url());
    EXPECT_FALSE(client.run(get_from(endpoint))->error);
    EXPECT_TRUE(client.run(get_from(endpoint))->reused);
    write(second);
    shown();
    auto const next = client.run(get_from(endpoint));
    EXPECT_FALSE(next->error) << next->error.what();
    EXPECT_FALSE(next->reused) << "that one would show the old certificate";
    EXPECT_TRUE(client.run(get_from(endpoint))->reused);
    EXPECT_THAT(server.seen(), ElementsAre(first.thumbprint, second.thumbprint));
}

TEST_F(certificate_reload, gives_those_who_wait_a_connection_of_the_new_ones) {
    certificate_reader server(party);
    http::transport_options options;
    options.tls = tls;
    options.max_connections_per_origin = 1;
    http_client client(options);
    auto const endpoint = client.at(server.url());
    auto const in_use = get_from(endpoint);
    auto const waits = get_from(endpoint);
    client.start(in_use);
    client.start(waits);
    while (client.transport()->waiting() == 0 || in_use->composed == 0) client.io().run_one();
    write(second);
    shown();
    client.run();
    EXPECT_FALSE(in_use->error);
    EXPECT_FALSE(waits->error) << waits->error.what();
    EXPECT_FALSE(waits->reused);
}

//
TEST_F(certificate_reload, stops_to_trust_an_authority_that_has_gone_from_the_file) {
    tls_party const stranger;
    certificate_reader server(party);
    http::transport_options options;
    options.tls = tls;
    http_client client(options);
    auto const endpoint = client.at(server.url());
    EXPECT_FALSE(client.run(get_from(endpoint))->error);
    authority_file.replace(stranger.authority.ca_pem());
    shown();
    auto const refused = client.run(get_from(endpoint));
    EXPECT_TRUE(refused->error.is(errc::certificate_untrusted)) << refused->error.what();
}

}  // namespace
}  // namespace certificate_reload_test
