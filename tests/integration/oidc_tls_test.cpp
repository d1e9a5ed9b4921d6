// SPDX-License-Identifier: BSL-1.0
//
// The listeners of oidc-provider: good and bad certificates, client certificates, TLS 1.2, plain
// http on loopback.

#include "support/oidc_fixture.hpp"
#include "support/scratch.hpp"

#include <fstream>
#include <iterator>

namespace coauth::tests::oidc_tls_test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// tls_client_auth (RFC 8705 §2.1): the certificate is the credential, the body names the client.
class certificate_alone {
public:
    explicit certificate_alone(std::string client_id) : client_id_(std::move(client_id)) {}
    [[nodiscard]] awaitable<token_request> authenticate(token_request r) const {
        return authenticate(std::move(r), client_id_);
    }

private:
    static awaitable<token_request> authenticate(token_request r, std::string client_id) {
        r.parameter("client_id", client_id).authentication_method("tls_client_auth");
        co_return r;
    }
    std::string client_id_;
};
static_assert(client_authentication<certificate_alone>);

class oidc_tls : public oidc_test {
protected:
    static tls_config with_certificate(std::string const& name = "client") {
        tls_config config = trust();
        config.certificate_file = oidc().pki() + "/" + name + ".crt";
        config.private_key_file = oidc().pki() + "/" + name + ".key";
        return config;
    }

    error token_failure(std::string_view listener, tls_config const& tls) {
        token_source_config config = source("cc-basic", listener);
        config.tls = tls;
        token_source const tokens(io.get_executor(), config);
        error const first = failure(tokens);
        if (first) {
            EXPECT_EQ(failure(tokens).what(), first.what()) << "from memory";
            EXPECT_EQ(tokens.statistics().fetches, 1U);
        }
        return first;
    }

    error call_failure(std::string_view listener, tls_config const& tls) {
        rest_client_config config = api(http_basic("Aladdin", secret("open sesame £")), listener);
        config.tls = tls;
        rest_client const client(io.get_executor(), config);
        result<response> const answer = run(client.try_get("/basic"));
        return answer ? error() : answer.error();
    }

    /// Both a token request and a call, without a byte of HTTP reaching the server.
    void expect_refused(std::string_view listener, tls_config const& tls, errc expected) {
        for (error const& refused : {token_failure(listener, tls), call_failure(listener, tls)}) {
            EXPECT_TRUE(refused.is(expected)) << listener << ": " << refused.what();
            EXPECT_EQ(refused.where(), stage::tls) << refused.what();
            EXPECT_EQ(refused.code(), condition::transport);
            EXPECT_EQ(refused.endpoint(), oidc().origin(listener));
            EXPECT_FALSE(refused.maybe_processed());
        }
        EXPECT_EQ(oidc().counters().token_total(), 0);
        EXPECT_EQ(oidc().counters().resource_total(), 0);
    }
};

//
TEST_F(oidc_tls, each_bad_certificate_has_a_code_of_its_own_and_is_not_tried_again) {
    expect_refused("tls_wronghost", trust(), errc::certificate_host_mismatch);
    expect_refused("tls_expired", trust(), errc::certificate_expired);
    expect_refused("tls_untrusted", trust(), errc::certificate_untrusted);
    EXPECT_NE(make_error_code(errc::certificate_expired), condition::retryable);
    EXPECT_THAT(token_failure("tls_untrusted", trust()).hint(), HasSubstr("ca_file"));
}

TEST_F(oidc_tls, private_ca_is_trusted_only_where_it_is_given) {
    expect_refused("https", tls_config(), errc::certificate_untrusted);

    tls_config both = trust();
    both.system_trust = true;
    EXPECT_FALSE(token_failure("https", both));
    EXPECT_FALSE(call_failure("https", both));

    std::ifstream file(oidc().ca_file());
    tls_config text;
    text.system_trust = false;
    text.ca_pem.assign(std::istreambuf_iterator<char>(file), {});
    EXPECT_FALSE(token_failure("https", text));

    tls_config none;
    none.system_trust = false;
    token_source_config config = source();
    config.tls = none;
    try {
        token_source const tokens(io.get_executor(), config);
        ADD_FAILURE() << "no CA at all";
    } catch (exception const& e) {
        EXPECT_TRUE(e.error().is(errc::empty_trust_store)) << e.what();
        EXPECT_EQ(e.code(), condition::configuration);
    }
}

TEST_F(oidc_tls, unverified_source_shares_no_token_with_a_verified_one) {
    token_cache const cache;
    token_source_config config = source();
    token_source const verified(cache, io.get_executor(), config);
    EXPECT_FALSE(failure(verified));
    config.tls = tls_config();
    config.tls.insecure = i_accept_any_certificate_t();
    token_source const unverified(cache, io.get_executor(), config);
    EXPECT_FALSE(unverified.try_cached());
    EXPECT_FALSE(failure(unverified));
    EXPECT_EQ(oidc().counters().token_total(), 2);
}

TEST_F(oidc_tls, any_certificate_will_do_only_where_the_program_says_so) {
    tls_config careless;
    careless.insecure = i_accept_any_certificate_t();
    for (char const* const listener : {"tls_wronghost", "tls_expired", "tls_untrusted"}) {
        EXPECT_FALSE(call_failure(listener, careless)) << listener;
    }
}

TEST_F(oidc_tls, server_with_tls_1_2_at_most_is_used_unless_1_3_is_asked_for) {
    token_source const tokens(io.get_executor(), source("cc-basic", "tls12"));
    rest_client const client(io.get_executor(), api(tokens, "tls12"));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(run(client.get("/echo")).status(), 200);
    auto const log = oidc_resource_log();
    ASSERT_EQ(log.size(), 3U);
    EXPECT_EQ(log[2].connection, log[0].connection);
    EXPECT_EQ(oidc().counters().connections("tls12"), 2);

    oidc().reset();
    tls_config strict = trust();
    strict.min_version = tls_version::tls_1_3;
    expect_refused("tls12", strict, errc::tls_handshake_failed);
    EXPECT_THAT(call_failure("tls12", strict).hint(), HasSubstr("TLS 1.3"));
}

//
TEST_F(oidc_tls, server_that_wants_a_client_certificate_says_so_and_is_content_with_one) {
    // TLS 1.3: the refusal comes after the client's handshake, when the request is on its way.
    for (int i = 0; i < 20; ++i) {
        error const token = token_failure("mtls_strict", trust());
        EXPECT_TRUE(token.is(errc::tls_handshake_failed)) << token.what();
        EXPECT_THAT(token.hint(), HasSubstr("client certificate"));
        error const call = call_failure("mtls_strict", trust());
        EXPECT_TRUE(call.is(errc::tls_handshake_failed)) << call.what();
        EXPECT_THAT(call.hint(), HasSubstr("client certificate"));
    }
    EXPECT_EQ(oidc().counters().token_total(), 0);
    EXPECT_FALSE(token_failure("mtls_strict", with_certificate()));
    EXPECT_FALSE(call_failure("mtls_strict", with_certificate()));
    EXPECT_FALSE(token_failure("mtls_strict", with_certificate("client-rsa")));

    // For a certificate that it does not trust this server has no alert: it just closes.
    oidc().reset();
    error const foreign = call_failure("mtls_strict", with_certificate("client-untrusted"));
    EXPECT_EQ(foreign.code(), condition::transport) << foreign.what();
    EXPECT_EQ(oidc().counters().resource_total(), 0);
}

TEST_F(oidc_tls, encrypted_key_needs_its_password) {
    tls_config config = with_certificate();
    config.private_key_file = oidc().pki() + "/client.enc.key";
    EXPECT_THROW((void)client_certificate(config), exception);
    coauth_test::scratch_directory const scratch;
    std::string const path = scratch.file("password");
    std::ofstream(path) << "changeit\n";
    config.private_key_password = secret::from_file(path);
    rest_client const client(io.get_executor(), api(client_certificate(config), "mtls_strict"));
    response const answer = run(client.get("/echo"));
    EXPECT_EQ(answer.status(), 401) << "through the handshake, but without a token";
    EXPECT_EQ(oidc().counters().resource_total(), 1);
}

TEST_F(oidc_tls, certificate_bound_token_works_with_its_certificate_only) {
    token_source_config config = source("cc-basic-bound", "mtls");
    config.tls = with_certificate();
    token_source const tokens(io.get_executor(), config);
    rest_client_config with = api(tokens, "mtls");
    with.tls = with_certificate();
    rest_client const bound(io.get_executor(), with);
    EXPECT_EQ(run(bound.get("/mtls")).status(), 200);

    rest_client const bare(io.get_executor(), api(tokens, "mtls"));
    EXPECT_EQ(run(bare.get("/mtls")).status(), 401);
    EXPECT_EQ(oidc().counters().token_total(), 2) << "renewed once, and no better";
}

TEST_F(oidc_tls, strategy_of_the_user_authenticates_by_certificate_alone) {
    token_source_config config = source("", "mtls");
    config.client = certificate_alone("cc-tls-dn");
    config.tls = with_certificate();
    token_source const tokens(io.get_executor(), config);
    error const refused = failure(tokens);
    EXPECT_FALSE(refused) << refused.what();
    auto const log = oidc_token_log();
    ASSERT_EQ(log.size(), 1U);
    EXPECT_THAT(log[0].all("Authorization"), IsEmpty());
    EXPECT_THAT(log[0].body, HasSubstr("client_id=cc-tls-dn"));

    config.tls = with_certificate("client-other");
    token_source const other(io.get_executor(), config);
    EXPECT_TRUE(failure(other).is(errc::client_refused));
}

//
TEST_F(oidc_tls, plain_http_is_for_loopback_only) {
    token_source_config config = source("cc-basic", "http");
    token_source const tokens(io.get_executor(), config);
    rest_client const client(io.get_executor(), api(tokens, "http"));
    EXPECT_EQ(run(client.get("/echo")).status(), 200);
    EXPECT_EQ(run(client.post("/echo", "x")).status(), 200);
    EXPECT_EQ(oidc().counters().token_total(), 1);

    config.token_url = "http://auth.example.com/token";
    try {
        token_source const insecure(io.get_executor(), config);
        ADD_FAILURE() << "a secret over plain http";
    } catch (exception const& e) { EXPECT_TRUE(e.error().is(errc::insecure_url)) << e.what(); }
}

TEST_F(oidc_tls, ports_that_speak_the_other_protocol_are_told_apart) {
    token_source_config config = source();
    config.token_url = oidc().origin("http") + "/token";
    config.token_url.replace(0, 4, "https");
    token_source const tls_to_http(io.get_executor(), config);
    error const no_tls = failure(tls_to_http);
    EXPECT_TRUE(no_tls.is(errc::tls_handshake_failed)) << no_tls.what();
    EXPECT_THAT(no_tls.hint(), HasSubstr("http://"));

    config.token_url = oidc().origin("https") + "/token";
    config.token_url.erase(4, 1);
    token_source const http_to_tls(io.get_executor(), config);
    error const no_http = failure(http_to_tls);
    EXPECT_EQ(no_http.code(), condition::transport) << no_http.what();
    EXPECT_EQ(oidc().counters().token_total(), 0);
}

}  // namespace
}  // namespace coauth::tests::oidc_tls_test
