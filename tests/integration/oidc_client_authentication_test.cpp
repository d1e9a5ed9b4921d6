// SPDX-License-Identifier: BSL-1.0
//
// Client authentication by assertion, by certificate and by nothing, as a server that others wrote
// sees it: RFC 7523, RFC 8705, RFC 7591 §2.

#include "support/jose_keys.hpp"
#include "support/oidc_fixture.hpp"

#include <coauth/codec/form.hpp>
#include <coauth/exchange_log_har.hpp>
#include <coauth/exchange_log_text.hpp>

#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <set>

namespace coauth::tests::oidc_client_authentication_test {
namespace {

using coauth_test::compact_jws;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string read_file(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file.good()) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

class oidc_client_authentication : public oidc_test {
protected:
    static std::string key_file(std::string const& name) { return oidc().pki() + "/jwt-" + name; }
    static token_source_config with(any_client_authentication client,
                                    std::string_view listener = "https") {
        token_source_config config = source("", listener);
        config.client = std::move(client);
        return config;
    }
    error outcome(any_client_authentication client) {
        token_source const tokens(io.get_executor(), with(std::move(client)));
        return failure(tokens);
    }

    /// A certificate of the server's test authority for the token endpoint.
    static token_source_config with_certificate(any_client_authentication client,
                                                std::string const& name = "client",
                                                std::string_view listener = "mtls") {
        token_source_config config = with(std::move(client), listener);
        config.tls.certificate_file = oidc().pki() + "/" + name + ".crt";
        config.tls.private_key_file = oidc().pki() + "/" + name + ".key";
        return config;
    }
    error certificate_outcome(any_client_authentication client, std::string const& name = "client",
                              std::string_view listener = "mtls") {
        token_source const tokens(io.get_executor(),
                                  with_certificate(std::move(client), name, listener));
        return failure(tokens);
    }

    static std::string parameter_of(logged_request const& r, std::string_view name) {
        auto const form = form_decode(r.body);
        for (auto const& [key, value] : form.value()) {
            if (key == name) return value;
        }
        return "";
    }
    static compact_jws assertion_of(logged_request const& r) {
        return compact_jws(parameter_of(r, "client_assertion"));
    }
};

struct method {
    char const* client_id;
    char const* key;
    jws_algorithm algorithm;
};
constexpr method methods[] = {{"cc-rs256", "rsa", jws_algorithm::rs256},
                              {"cc-ps256", "rsa", jws_algorithm::ps256},
                              {"cc-es256", "ec-p256", jws_algorithm::es256},
                              {"cc-eddsa", "ed25519", jws_algorithm::eddsa}};

TEST_F(oidc_client_authentication, private_key_jwt_is_accepted_with_each_algorithm_and_key_form) {
    for (method const& m : methods) {
        std::string const name = m.key;
        signing_key_options options;
        options.algorithm = m.algorithm;
        for (char const* end : {".key", ".jwk"}) {
            error const e = outcome(
                private_key_jwt(m.client_id, {secret::from_file(key_file(name + end)), options}));
            EXPECT_FALSE(e) << m.client_id << end << ": " << e.what();
        }
        options.password = secret(coauth_test::key_password);
        error const e = outcome(private_key_jwt(
            m.client_id, {secret::from_file(key_file(name + ".enc.key")), options}));
        EXPECT_FALSE(e) << m.client_id << ": " << e.what();
    }
    EXPECT_EQ(oidc().counters().token_ok(), 12);
}

TEST_F(oidc_client_authentication, private_key_jwt_is_accepted_with_a_key_from_pkcs12) {
    std::string const pem = read_file(key_file("rsa.key"));
    coauth_test::test_key const key(detail::read_private_key_pem(pem, secret()).release());
    signing_key_options const options{.password = secret(coauth_test::key_password)};
    error const e = outcome(private_key_jwt("cc-rs256", {secret(key.pkcs12()), options},
                                            {.certificate_thumbprint = true}));
    EXPECT_FALSE(e) << e.what();
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 1U);
    EXPECT_EQ(json::parse(assertion_of(log[0]).header)["x5t#S256"], key.certificate_thumbprint());
}

TEST_F(oidc_client_authentication, client_secret_jwt_is_accepted) {
    error const e = outcome(client_secret_jwt("cc-hs256", secret(oidc_secret)));
    EXPECT_FALSE(e) << e.what();
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 1U);
    EXPECT_THAT(log[0].all("Authorization"), IsEmpty());
    EXPECT_THAT(log[0].body, Not(HasSubstr(oidc_secret)));
    EXPECT_EQ(parameter_of(log[0], "client_secret"), "");
}

// an audience of one's own, the issuer as most servers want it, or a wrong one.
TEST_F(oidc_client_authentication,
       audience_may_be_the_issuer_and_a_wrong_one_is_refused_with_a_hint) {
    signing_key_source const key = secret::from_file(key_file("ec-p256.key"));
    error e = outcome(private_key_jwt("cc-es256", key, {.audience = oidc().origin("https")}));
    EXPECT_FALSE(e) << e.what();
    e = outcome(private_key_jwt("cc-es256", key, {.audience = "https://somebody.example"}));
    EXPECT_TRUE(e.is(errc::client_refused)) << e.what();
    EXPECT_EQ(e.oauth_error(), "invalid_client");
    EXPECT_THAT(e.hint(), HasSubstr("audience"));
    e = outcome(private_key_jwt("cc-es256", key, {.type = "client-authentication+jwt"}));
    EXPECT_FALSE(e) << e.what();
}

TEST_F(oidc_client_authentication, wrong_key_algorithm_method_or_subject_is_refused_by_the_server) {
    signing_key const other =
        signing_key::adopt(coauth_test::test_key::of("ES256").native()).value();
    EXPECT_TRUE(outcome(private_key_jwt("cc-es256", other)).is(errc::client_refused));
    auto const rsa = [](jws_algorithm a) -> signing_key_source {
        return {secret::from_file(key_file("rsa.key")), {.algorithm = a}};
    };
    EXPECT_TRUE(
        outcome(private_key_jwt("cc-ps256", rsa(jws_algorithm::rs256))).is(errc::client_refused));
    EXPECT_TRUE(
        outcome(private_key_jwt("cc-rs256", rsa(jws_algorithm::ps256))).is(errc::client_refused));
    EXPECT_TRUE(outcome(client_secret_jwt("cc-hs256", secret(std::string(66, 'x'))))
                    .is(errc::client_refused));
    EXPECT_TRUE(
        outcome(client_secret_jwt("cc-basic", secret(oidc_secret))).is(errc::client_refused));
    modify_assertion const somebody_else = [](client_assertion& a) {
        a.claims.set("sub", "cc-basic");
    };
    error const mismatch =
        outcome(private_key_jwt("cc-rs256", rsa(jws_algorithm::rs256), {.modify = somebody_else}));
    EXPECT_NE(mismatch.oauth_error(), "") << mismatch.what();
    EXPECT_EQ(oidc().counters().token_ok(), 0);
}

// what the library cannot do is told before anything is sent, and without the key.
TEST_F(oidc_client_authentication, key_that_cannot_be_opened_is_an_error_and_sends_nothing) {
    for (std::optional<secret_source> password :
         {std::optional<secret_source>(), std::optional<secret_source>(secret("not-it-either"))}) {
        signing_key_options options;
        options.password = std::move(password);
        error const e = outcome(
            private_key_jwt("cc-es256", {secret::from_file(key_file("ec-p256.enc.key")), options}));
        EXPECT_TRUE(e.is(errc::invalid_signing_key)) << e.what();
        EXPECT_THAT(e.what(), AllOf(HasSubstr("password"), Not(HasSubstr("not-it-either"))));
    }
    EXPECT_TRUE(outcome(private_key_jwt("cc-es256", secret::from_file(key_file("ec-p384.key"))))
                    .is(errc::invalid_signing_key));
    EXPECT_EQ(oidc().counters().token_total(), 0);
}

//
TEST_F(oidc_client_authentication, every_token_request_has_an_assertion_of_its_own) {
    token_source_config config =
        with(private_key_jwt("cc-es256", secret::from_file(key_file("ec-p256.key"))));
    config.lifetime.min_refresh_interval = duration::zero();
    token_source const tokens(io.get_executor(), config);
    for (int i = 0; i != 5; ++i) {
        result<token_ref> const token = fetch(tokens);
        ASSERT_TRUE(token) << token.error().what();
        tokens.invalidate(*token);
    }
    std::set<std::string> jti;
    for (logged_request const& r : oidc_token_log()) {
        json const claims = json::parse(assertion_of(r).claims);
        EXPECT_EQ(claims["iss"], "cc-es256");
        EXPECT_EQ(claims["sub"], "cc-es256");
        EXPECT_EQ(claims["aud"], oidc().origin("https") + "/token");
        EXPECT_LE(claims["exp"].get<std::int64_t>() - claims["iat"].get<std::int64_t>(), 300);
        EXPECT_TRUE(jti.insert(claims["jti"]).second);
    }
    EXPECT_EQ(jti.size(), 5U);
    EXPECT_EQ(oidc().counters().token_ok(), 5);
}

TEST_F(oidc_client_authentication, assertion_that_has_expired_is_refused_and_not_used_again) {
    bool late = true;
    modify_assertion const modify = [&late](client_assertion& a) {
        if (!late) return;
        a.claims.set("iat", 1'000'000'000).set("exp", 1'000'000'060);
    };
    token_source_config config = with(private_key_jwt(
        "cc-es256", secret::from_file(key_file("ec-p256.key")), {.modify = modify}));
    config.lifetime.min_refresh_interval = duration::zero();
    token_source const tokens(io.get_executor(), config);
    error const refused = failure(tokens);
    EXPECT_TRUE(refused.is(errc::client_refused)) << refused.what();
    EXPECT_THAT(refused.hint(), HasSubstr("clock"));
    late = false;
    tokens.retry_now();
    EXPECT_FALSE(failure(tokens));
}

// the server has seen nothing of the first one, or everything; it gets another `jti` anyway.
TEST_F(oidc_client_authentication, second_send_on_another_connection_has_a_fresh_assertion) {
    token_source_config config =
        with(private_key_jwt("cc-es256", secret::from_file(key_file("ec-p256.key"))));
    config.lifetime.min_refresh_interval = duration::zero();
    token_source const tokens(io.get_executor(), config);
    result<token_ref> const token = fetch(tokens);
    ASSERT_TRUE(token) << token.error().what();
    tokens.invalidate(*token);
    oidc().fault("on=token&reset=1&times=1");
    error const e = failure(tokens);
    EXPECT_FALSE(e) << e.what();
    std::set<std::string> jti;
    for (logged_request const& r : oidc_token_log()) {
        jti.insert(json::parse(assertion_of(r).claims)["jti"]);
    }
    EXPECT_EQ(oidc().counters().token_total(), 3);
    EXPECT_EQ(jti.size(), 3U);
}

//
TEST_F(oidc_client_authentication, neither_key_nor_assertion_is_in_logs_events_and_errors) {
    std::string const pem = read_file(key_file("ec-p256.key"));
    std::string const body = pem.substr(pem.find('\n') + 1, 40);
    exchange_log const log;
    token_source_config config = with(private_key_jwt("cc-es256", secret(pem)));
    config.log = log;
    token_source const right(io.get_executor(), config);
    ASSERT_FALSE(failure(right));
    config.client = private_key_jwt("cc-rs256", secret(pem));
    token_source const wrong(io.get_executor(), config);
    std::string shown = failure(wrong).what();
    EXPECT_NE(shown, "");
    shown += to_text(log) + to_har(log);
    auto const seen = oidc_token_log();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_THAT(shown, HasSubstr("client_assertion=[redacted]"));
    EXPECT_THAT(shown, HasSubstr("client_assertion_type="));
    EXPECT_THAT(shown, Not(HasSubstr(body)));
    for (logged_request const& r : seen) {
        compact_jws const jws = assertion_of(r);
        EXPECT_THAT(shown, Not(HasSubstr(jws.message)));
        EXPECT_THAT(shown, Not(HasSubstr(base64url_encode(jws.signature))));
        EXPECT_THAT(shown, Not(HasSubstr(base64url_encode(jws.claims))));
    }
}

TEST_F(oidc_client_authentication,
       tls_client_auth_is_known_by_subject_or_by_each_alternative_name) {
    for (char const* id : {"cc-tls-dn", "cc-tls-san-dns", "cc-tls-san-uri", "cc-tls-san-ip",
                           "cc-tls-san-email", "cc-tls-bound"}) {
        error const e = certificate_outcome(tls_client_auth(id));
        EXPECT_FALSE(e) << id << ": " << e.what();
        error const strict = certificate_outcome(tls_client_auth(id), "client", "mtls_strict");
        EXPECT_FALSE(strict) << id << ": " << strict.what();
        error const other = certificate_outcome(tls_client_auth(id), "client-other");
        EXPECT_TRUE(other.is(errc::client_refused)) << other.what();
        EXPECT_THAT(other.hint(), HasSubstr("certificate"));
        EXPECT_TRUE(
            certificate_outcome(tls_client_auth(id), "client-untrusted").is(errc::client_refused));
    }
    auto const log = oidc_token_log();
    ASSERT_FALSE(log.empty());
    EXPECT_THAT(log[0].body, HasSubstr("&client_id=cc-tls-dn"));
    EXPECT_THAT(log[0].body, Not(HasSubstr("client_secret")));
    EXPECT_THAT(log[0].all("Authorization"), IsEmpty());
}

TEST_F(oidc_client_authentication, self_signed_tls_client_auth_is_known_by_its_certificate) {
    for (char const* name : {"client-selfsigned", "client-selfsigned-2"}) {
        error const e = certificate_outcome(self_signed_tls_client_auth("cc-tls-self"), name);
        EXPECT_FALSE(e) << e.what();
    }
    EXPECT_TRUE(certificate_outcome(self_signed_tls_client_auth("cc-tls-self"), "client")
                    .is(errc::client_refused));
}

TEST_F(oidc_client_authentication, certificate_method_at_an_endpoint_without_mtls_gets_a_hint) {
    error const e = certificate_outcome(tls_client_auth("cc-tls-dn"), "client", "https");
    EXPECT_TRUE(e.is(errc::client_refused)) << e.what();
    EXPECT_THAT(e.hint(), HasSubstr("mTLS endpoint"));
}

TEST_F(oidc_client_authentication, certificate_method_without_a_certificate_is_no_configuration) {
    for (any_client_authentication const& client :
         {any_client_authentication(tls_client_auth("cc-tls-dn")),
          any_client_authentication(self_signed_tls_client_auth("cc-tls-self"))}) {
        for (char const* listener : {"mtls", "http"}) {
            try {
                token_source const tokens(io.get_executor(), with(client, listener));
                ADD_FAILURE() << "nothing to authenticate with, over " << listener;
            } catch (exception const& e) {
                EXPECT_TRUE(e.error().is(errc::invalid_configuration)) << e.what();
                EXPECT_THAT(e.what(), HasSubstr("certificate"));
            }
        }
    }
}

/// A grant of a user's own, for which the server has no use.
struct unknown_code {
    [[nodiscard]] token_request request(url const& to, requested_access const&) const {
        token_request r(to, "authorization_code");
        r.parameter("code", "unknown").parameter("redirect_uri", "http://127.0.0.1/callback");
        return r;
    }
};

TEST_F(oidc_client_authentication, public_client_is_known_by_its_id_alone) {
    auto const refusal = [&](char const* id) {
        token_source_config config = with(public_client(id));
        config.grant = unknown_code();
        return failure(token_source(io.get_executor(), std::move(config)));
    };
    error const e = refusal("native");
    EXPECT_EQ(e.oauth_error(), "invalid_grant") << e.what();
    EXPECT_TRUE(refusal("cc-basic").is(errc::client_refused));
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 2U);
    EXPECT_EQ(log[0].body,
              "grant_type=authorization_code&code=unknown&redirect_uri=http%3A%2F%2F127.0.0.1%2F"
              "callback&client_id=native");
    EXPECT_THAT(log[0].all("Authorization"), IsEmpty());
}

}  // namespace
}  // namespace coauth::tests::oidc_client_authentication_test
