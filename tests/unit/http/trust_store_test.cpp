// SPDX-License-Identifier: BSL-1.0
//
// CA certificates that several TLS contexts trust: parsed once, and never those of another time.

#include <support/scratch.hpp>

#include <coauth/http/tls_context.hpp>
#include <coauth/testing/pki.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <openssl/ssl.h>
#include <string>

namespace trust_store_test {
namespace {

using namespace coauth;
using coauth::testing::certificate_authority;

/// A machine of our own: its CA certificates are where the test puts them.
class trust_store : public ::testing::Test {
protected:
    trust_store() {
        std::filesystem::create_directory(certificates_);
        write(bundle_, first.ca_pem());
        ::setenv("SSL_CERT_FILE", bundle_.c_str(), 1);
        ::setenv("SSL_CERT_DIR", certificates_.c_str(), 1);
    }
    ~trust_store() override {
        ::unsetenv("SSL_CERT_FILE");
        ::unsetenv("SSL_CERT_DIR");
    }

    static void write(std::filesystem::path const& to, std::string const& text) {
        std::ofstream(to) << text;
    }
    void write_to_bundle(std::string const& text) const { write(bundle_, text); }
    [[nodiscard]] std::filesystem::path in_directory(char const* name) const {
        return certificates_ / name;
    }

    static std::shared_ptr<http::tls_edition const> made(tls_config const& config = {}) {
        return http::tls_edition::load(config, 1).value();
    }
    static X509_STORE* store_of(std::shared_ptr<http::tls_edition const> const& edition) {
        return SSL_CTX_get_cert_store(edition->native());
    }

    certificate_authority const first;
    certificate_authority const second;

private:
    coauth_test::scratch_directory const scratch_;
    std::filesystem::path const certificates_ = scratch_.file("certs");
    std::filesystem::path const bundle_ = scratch_.file("bundle.pem");
};

TEST_F(trust_store, is_one_for_all_contexts_that_trust_the_machine) {
    auto const one = made();
    auto const other = made();
    EXPECT_NE(one->native(), other->native());
    EXPECT_EQ(store_of(one), store_of(other));
}

TEST_F(trust_store, is_shared_by_clients_with_certificates_of_their_own) {
    auto const certificate = first.client();
    tls_config config;
    config.certificate_pem = certificate.certificate_pem;
    config.private_key_pem = certificate.private_key_pem;
    auto const plain = made();
    auto const named = made(config);
    EXPECT_EQ(store_of(plain), store_of(named));
    EXPECT_NE(plain->trust_id(), named->trust_id());
}

TEST_F(trust_store, is_another_for_whoever_trusts_somebody_else) {
    auto const machine = made();
    tls_config more;
    more.ca_pem = second.ca_pem();
    tls_config only = more;
    only.system_trust = false;
    auto const with_more = made(more);
    auto const alone = made(only);
    EXPECT_NE(store_of(machine), store_of(with_more));
    EXPECT_NE(store_of(machine), store_of(alone));
    EXPECT_NE(store_of(with_more), store_of(alone));
    EXPECT_EQ(store_of(alone), store_of(made(only)));
}

TEST_F(trust_store, is_another_when_the_file_of_the_machine_has_changed) {
    auto const before = made();
    write_to_bundle(second.ca_pem());
    auto const after = made();
    EXPECT_NE(store_of(before), store_of(after));
}

// What OpenSSL has read from a directory stays in the store, so the store must not.
TEST_F(trust_store, is_another_when_a_certificate_has_gone_from_the_directory) {
    write(in_directory("0a1b2c3d.0"), second.ca_pem());
    write(in_directory("1a2b3c4d.0"), first.ca_pem());
    auto const before = made();
    EXPECT_EQ(store_of(before), store_of(made()));
    std::filesystem::remove(in_directory("0a1b2c3d.0"));
    auto const after = made();
    EXPECT_NE(store_of(before), store_of(after));
    write(in_directory("1a2b3c4d.0"), second.ca_pem() + "\n");
    EXPECT_NE(store_of(after), store_of(made()));
}

TEST_F(trust_store, goes_with_its_last_context) {
    std::weak_ptr<http::trust_store const> store = http::trust_store::load({}, "").value();
    EXPECT_TRUE(store.expired());
    auto one = made();
    auto other = made();
    store = http::trust_store::load({}, "").value();
    one = nullptr;
    EXPECT_FALSE(store.expired());
    other = nullptr;
    EXPECT_TRUE(store.expired());
}

TEST_F(trust_store, of_the_directory_does_where_the_file_is_broken) {
    write_to_bundle("-----BEGIN CERTIFICATE-----\nrubbish\n");
    write(in_directory("0a1b2c3d.0"), first.ca_pem());
    auto const store = http::trust_store::load({}, "").value();
    EXPECT_EQ(store->found(), in_directory("").parent_path().string() + "\n");
}

}  // namespace
}  // namespace trust_store_test
