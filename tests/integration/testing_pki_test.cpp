// SPDX-License-Identifier: BSL-1.0

#include <coauth/testing/pki.hpp>

#include <gtest/gtest.h>
#include <memory>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <string>
#include <vector>

namespace testing_pki_test {
namespace {

using namespace coauth::testing;
using namespace std::chrono_literals;

using x509_ptr = std::unique_ptr<X509, decltype(&X509_free)>;

std::vector<x509_ptr> read_chain(std::string const& pem) {
    std::unique_ptr<BIO, decltype(&BIO_free_all)> const bio(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all);
    std::vector<x509_ptr> chain;
    while (X509* const next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
        chain.emplace_back(next, &X509_free);
    }
    return chain;
}

/// OpenSSL's verdict on a server certificate, for a client that trusts `ca_pem` and wants `host`.
int verdict(certificate const& server, std::string const& ca_pem,
            std::string const& host = "localhost") {
    auto const roots = read_chain(ca_pem);
    auto const chain = read_chain(server.certificate_pem);
    std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> const store(X509_STORE_new(),
                                                                        &X509_STORE_free);
    for (auto const& root : roots) X509_STORE_add_cert(store.get(), root.get());
    std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> const rest(
        sk_X509_new_null(), [](STACK_OF(X509) * s) { sk_X509_free(s); });
    for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(rest.get(), chain[i].get());
    std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> const context(
        X509_STORE_CTX_new(), &X509_STORE_CTX_free);
    X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), rest.get());
    X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) != 1) {
        X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size());
    }
    X509_verify_cert(context.get());
    return X509_STORE_CTX_get_error(context.get());
}

TEST(testing_pki, issues_a_server_certificate_for_loopback) {
    certificate_authority const ca;
    certificate const server = ca.server();
    EXPECT_EQ(verdict(server, ca.ca_pem()), X509_V_OK);
    EXPECT_EQ(verdict(server, ca.ca_pem(), "127.0.0.1"), X509_V_OK);
    EXPECT_EQ(verdict(server, ca.ca_pem(), "::1"), X509_V_OK);
    EXPECT_EQ(verdict(server, ca.ca_pem(), "example.com"), X509_V_ERR_HOSTNAME_MISMATCH);
    EXPECT_EQ(verdict(server, ca.ca_pem(), "127.0.0.2"), X509_V_ERR_IP_ADDRESS_MISMATCH);
}

TEST(testing_pki, issues_for_other_names_also_with_a_wildcard_or_a_nul) {
    certificate_authority const ca;
    certificate const wildcard = ca.server({.dns_names = {"*.example.com", "two.test"}});
    EXPECT_EQ(verdict(wildcard, ca.ca_pem(), "a.example.com"), X509_V_OK);
    EXPECT_EQ(verdict(wildcard, ca.ca_pem(), "two.test"), X509_V_OK);
    EXPECT_EQ(verdict(wildcard, ca.ca_pem()), X509_V_ERR_HOSTNAME_MISMATCH);
    certificate const evil = ca.server({.dns_names = {std::string("good.test\0.evil.test", 20)}});
    EXPECT_EQ(verdict(evil, ca.ca_pem(), "good.test"), X509_V_ERR_HOSTNAME_MISMATCH);
}

TEST(testing_pki, leaves_out_alternative_names_when_there_are_none) {
    certificate_authority const ca;
    certificate const by_name =
        ca.server({.common_name = "only.test", .dns_names = {}, .ip_addresses = {}});
    EXPECT_EQ(verdict(by_name, ca.ca_pem(), "only.test"), X509_V_OK);  // OpenSSL falls back to CN
}

TEST(testing_pki, issues_certificates_outside_of_their_validity) {
    certificate_authority const ca;
    EXPECT_EQ(verdict(ca.server({.not_before = -48h, .not_after = -24h}), ca.ca_pem()),
              X509_V_ERR_CERT_HAS_EXPIRED);
    EXPECT_EQ(verdict(ca.server({.not_before = 24h, .not_after = 48h}), ca.ca_pem()),
              X509_V_ERR_CERT_NOT_YET_VALID);
}

TEST(testing_pki, another_authority_and_a_self_signed_certificate_are_not_trusted) {
    certificate_authority const ca;
    certificate_authority const other("another authority");
    EXPECT_EQ(verdict(other.server(), ca.ca_pem()), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    EXPECT_EQ(verdict(make_self_signed(), ca.ca_pem()), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
}

TEST(testing_pki, two_runs_share_neither_key_nor_trust_although_the_names_are_the_same) {
    certificate_authority const first;
    certificate_authority const second;
    EXPECT_NE(first.ca_pem(), second.ca_pem());
    EXPECT_NE(first.server().private_key_pem, first.server().private_key_pem);
    EXPECT_NE(verdict(first.server(), second.ca_pem()), X509_V_OK);
}

TEST(testing_pki, an_intermediate_authority_sends_its_certificate_along) {
    certificate_authority const root;
    certificate_authority const intermediate = root.intermediate("intermediate authority");
    certificate const server = intermediate.server();
    EXPECT_EQ(read_chain(server.certificate_pem).size(), 2U);
    EXPECT_EQ(verdict(server, root.ca_pem()), X509_V_OK);

    certificate incomplete = server;
    incomplete.certificate_pem.resize(server.certificate_pem.find("-----BEGIN", 1));
    EXPECT_EQ(verdict(incomplete, root.ca_pem()), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

TEST(testing_pki, a_client_certificate_is_not_one_for_a_server) {
    certificate_authority const ca;
    certificate const client = ca.client({.common_name = "somebody"});
    EXPECT_EQ(verdict(client, ca.ca_pem()), X509_V_ERR_INVALID_PURPOSE);
    EXPECT_EQ(client.thumbprint.size(), 43U);
    EXPECT_NE(client.thumbprint, ca.client().thumbprint);
}

TEST(testing_pki, an_address_that_is_none_is_an_exception) {
    EXPECT_THROW((void)certificate_authority().server({.ip_addresses = {"300.1.1.1"}}),
                 std::runtime_error);
}

}  // namespace
}  // namespace testing_pki_test
