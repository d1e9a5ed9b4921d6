// SPDX-License-Identifier: BSL-1.0
//
// The issuer in place of the token URL, at a server that others wrote: RFC 8414, OpenID Connect
// Discovery 1.0, and the aliases of RFC 8705 §5.

#include "support/oidc_fixture.hpp"

#include <memory>
#include <string>
#include <vector>

namespace coauth::tests::oidc_discovery_test {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class oidc_discovery : public oidc_test {
protected:
    /// For the issuer, which is one of the server's origins and perhaps a path.
    static token_source_config by_issuer(any_client_authentication client,
                                         std::string const& path = "",
                                         std::string const& listener = "https") {
        token_source_config config = source();
        config.token_url.clear();
        config.issuer = oidc().origin(listener) + path;
        config.client = std::move(client);
        return config;
    }
    static token_source_config with_certificate(token_source_config config,
                                                std::string const& name = "client") {
        config.tls.certificate_file = oidc().pki() + "/" + name + ".crt";
        config.tls.private_key_file = oidc().pki() + "/" + name + ".key";
        return config;
    }
    static any_client_authentication basic(char const* id = "cc-basic") {
        return client_secret_basic(id, secret(oidc_secret));
    }
    error outcome(token_source_config config) {
        return failure(token_source(io.get_executor(), std::move(config)));
    }
    static signing_key_source key(std::string const& name, jws_algorithm algorithm) {
        return {secret::from_file(oidc().pki() + "/jwt-" + name + ".key"),
                {.algorithm = algorithm}};
    }
};

TEST_F(oidc_discovery, issuer_leads_to_a_token_that_its_api_takes) {
    token_source const tokens(io.get_executor(), by_issuer(basic()));
    rest_client const client(io.get_executor(), api(tokens));
    for (int i = 0; i != 3; ++i) EXPECT_EQ(run(client.get("/echo")).status(), 200);
    EXPECT_EQ(oidc().counters().token_total(), 1);
}

//
TEST_F(oidc_discovery, issuer_with_a_path_has_a_token_endpoint_of_its_own) {
    error const e = outcome(by_issuer(basic(), "/tenant/a"));
    EXPECT_FALSE(e) << e.what();
    auto const log = oidc_token_log();
    ASSERT_THAT(log, SizeIs(1));
    EXPECT_THAT(log[0].path, StartsWith("/tenant/a/token"));
}

//
TEST_F(oidc_discovery, issuer_that_differs_by_a_byte_is_sent_no_secret) {
    for (char const* const path : {"/", "/tenant/a/", "/tenant/A"}) {
        error const e = outcome(by_issuer(basic(), path));
        bool const found_out = e.is(errc::issuer_mismatch) || e.is(errc::discovery_failed);
        EXPECT_TRUE(found_out) << path << ": " << e.what();
    }
    token_source_config by_address = by_issuer(basic());
    by_address.issuer.replace(by_address.issuer.find("localhost"), 9, "127.0.0.1");
    EXPECT_TRUE(outcome(by_address).is(errc::issuer_mismatch));
    EXPECT_EQ(oidc().counters().token_total(), 0);
}

TEST_F(oidc_discovery, metadata_url_is_believed_for_the_issuer_that_is_expected) {
    token_source_config config = by_issuer(basic());
    config.metadata_url = config.issuer + "/.well-known/openid-configuration";
    config.expected_issuer = std::exchange(config.issuer, "");
    EXPECT_FALSE(outcome(config));
    config.expected_issuer = "https://somebody.example";
    EXPECT_TRUE(outcome(config).is(errc::issuer_mismatch));
}

//
TEST_F(oidc_discovery, plain_http_is_refused_unless_it_is_said_aloud) {
    token_source_config config = by_issuer(basic(), "", "http");
    try {
        static_cast<void>(outcome(config));
        ADD_FAILURE() << "a secret over plain http";
    } catch (exception const& e) { EXPECT_TRUE(e.error().is(errc::insecure_url)) << e.what(); }
    config.insecure_http = insecure_http_t{};
    EXPECT_FALSE(outcome(config));
}

//
TEST_F(oidc_discovery, each_algorithm_is_accepted_with_the_issuer_as_its_audience) {
    std::vector<any_client_authentication> const clients{
        client_secret_jwt("cc-hs256", secret(oidc_secret)),
        private_key_jwt("cc-rs256", key("rsa", jws_algorithm::rs256)),
        private_key_jwt("cc-ps256", key("rsa", jws_algorithm::ps256)),
        private_key_jwt("cc-es256", key("ec-p256", jws_algorithm::es256)),
        private_key_jwt("cc-eddsa", key("ed25519", jws_algorithm::eddsa))};
    for (std::string const path : {"", "/tenant/a"}) {
        for (auto const& client : clients) {
            error const e = outcome(by_issuer(client, path));
            EXPECT_FALSE(e) << path << ": " << e.what();
        }
    }
    EXPECT_EQ(oidc().counters().token_ok(), 10);
}

//
TEST_F(oidc_discovery, each_kind_of_tls_client_auth_finds_the_listener_for_certificates) {
    for (char const* const id : {"cc-tls-dn", "cc-tls-san-dns", "cc-tls-san-uri", "cc-tls-san-ip",
                                 "cc-tls-san-email", "cc-tls-bound"}) {
        for (std::string const path : {"", "/tenant/a"}) {
            error const e = outcome(with_certificate(by_issuer(tls_client_auth(id), path)));
            EXPECT_FALSE(e) << id << path << ": " << e.what();
        }
    }
    for (char const* const name : {"client-selfsigned", "client-selfsigned-2"}) {
        error const e =
            outcome(with_certificate(by_issuer(self_signed_tls_client_auth("cc-tls-self")), name));
        EXPECT_FALSE(e) << name << ": " << e.what();
    }
    EXPECT_EQ(oidc().counters().token_ok(), 14);
}

// a certificate alone is enough to go there; without one nobody does.
TEST_F(oidc_discovery, alias_is_used_whenever_there_is_a_certificate_and_never_without_one) {
    EXPECT_FALSE(outcome(by_issuer(basic())));
    EXPECT_EQ(oidc().counters().connections("mtls"), 0);
    EXPECT_FALSE(outcome(with_certificate(by_issuer(basic()))));
    EXPECT_EQ(oidc().counters().connections("mtls"), 1);
}

TEST_F(oidc_discovery, token_bound_to_a_certificate_works_on_both_listeners_that_see_it) {
    for (any_client_authentication const& client :
         {basic("cc-basic-bound"), any_client_authentication(tls_client_auth("cc-tls-bound"))}) {
        token_source_config const config = with_certificate(by_issuer(client));
        token_source const tokens(io.get_executor(), config);
        for (char const* const listener : {"mtls", "mtls_strict"}) {
            rest_client_config c = api(tokens, listener);
            c.tls = config.tls;
            EXPECT_EQ(run(rest_client(io.get_executor(), c).get("/mtls")).status(), 200);
        }
        rest_client const bare(io.get_executor(), api(tokens, "mtls"));
        EXPECT_EQ(run(bare.get("/mtls")).status(), 401);
    }
}

}  // namespace
}  // namespace coauth::tests::oidc_discovery_test
