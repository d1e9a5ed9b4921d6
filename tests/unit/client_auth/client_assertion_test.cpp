// SPDX-License-Identifier: BSL-1.0
//
// What stands in an assertion, by which it may be told apart, and where its key comes from; without
// a server.

#include <coauth/client_auth/client_secret_jwt.hpp>
#include <coauth/client_auth/client_secret_post.hpp>
#include <coauth/client_auth/private_key_jwt.hpp>
#include <coauth/client_auth/tls_client_auth.hpp>
#include <coauth/crypto/digest.hpp>
#include <support/effort.hpp>
#include <support/jose_keys.hpp>
#include <support/scratch.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <unordered_set>
#include <vector>

namespace client_assertion_test {
namespace {

using namespace coauth_test;
using coauth::any_client_authentication;
using coauth::awaitable;
using coauth::client_assertion;
using coauth::client_assertion_options;
using coauth::client_secret_jwt;
using coauth::errc;
using coauth::jws_algorithm;
using coauth::private_key_jwt;
using coauth::secret;
using coauth::token_request;
using nlohmann::json;

constexpr char const* long_secret = "not-a-real-secret-but-a-long-one-indeed";

token_request request() {
    return token_request(coauth::url::parse("https://as.example/token?x=1").value(),
                         "client_credentials");
}

awaitable<std::optional<token_request>> authenticate(any_client_authentication client,
                                                     token_request r) {
    token_request done = co_await client.authenticate(std::move(r));
    co_return std::optional<token_request>(std::move(done));
}

token_request authenticated(any_client_authentication const& client, token_request r = request()) {
    asio::io_context io;
    std::optional<token_request> done;
    std::exception_ptr thrown;
    asio::co_spawn(io, authenticate(client, std::move(r)),
                   [&](std::exception_ptr e, std::optional<token_request> v) {
                       thrown = std::move(e);
                       done = std::move(v);
                   });
    io.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*done);
}

struct assertion {
    explicit assertion(token_request const& r)
        : jws(r.parameter("client_assertion").value_or("")),
          header(json::parse(jws.header)),
          claims(json::parse(jws.claims)) {}
    compact_jws jws;
    json header;
    json claims;
};

assertion made_by(any_client_authentication const& client) {
    return assertion(authenticated(client));
}

errc failure(any_client_authentication const& client) {
    try {
        static_cast<void>(authenticated(client));
    } catch (coauth::exception const& e) { return static_cast<errc>(e.error().code().value()); }
    return errc{};
}

private_key_jwt es256(client_assertion_options options = {}) {
    return private_key_jwt("orders", secret(test_key::of("ES256").pkcs8()), std::move(options));
}

std::int64_t now() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

// R-119
TEST(client_assertion, has_the_claims_of_rfc_7523_and_nothing_else) {
    std::int64_t const before = now();
    token_request const r = authenticated(es256());
    assertion const a(r);
    EXPECT_EQ(r.parameter("client_id"), "orders");
    EXPECT_EQ(r.parameter("client_assertion_type"),
              "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    EXPECT_EQ(r.authentication_method(), "private_key_jwt");
    EXPECT_TRUE(r.single_use());
    EXPECT_EQ(a.header, (json{{"alg", "ES256"}, {"typ", "JWT"}}));
    EXPECT_EQ(a.claims["iss"], "orders");
    EXPECT_EQ(a.claims["sub"], "orders");
    EXPECT_EQ(a.claims["aud"], "https://as.example/token?x=1");
    EXPECT_EQ(a.claims["jti"].get<std::string>().size(), 22U);
    std::int64_t const iat = a.claims["iat"];
    EXPECT_GE(iat, before);
    EXPECT_LE(iat, now());
    EXPECT_EQ(a.claims["exp"], iat + 60);
    EXPECT_EQ(a.claims.size(), 6U) << "no nbf";
}

TEST(client_assertion, every_algorithm_verifies_with_openssl) {
    for (auto const algorithm :
         {jws_algorithm::rs256, jws_algorithm::ps256, jws_algorithm::es256, jws_algorithm::eddsa}) {
        std::string_view const name = to_string(algorithm);
        test_key const& key = test_key::of(name);
        assertion const a =
            made_by(private_key_jwt("orders", {secret(key.pkcs8()), {.algorithm = algorithm}}));
        EXPECT_EQ(a.header["alg"], std::string(name));
        EXPECT_TRUE(key.verifies(name, a.jws.message, a.jws.signature)) << name;
    }
    assertion const a = made_by(client_secret_jwt("orders", secret(long_secret)));
    EXPECT_EQ(a.header, (json{{"alg", "HS256"}, {"typ", "JWT"}}));
    EXPECT_EQ(a.jws.signature, coauth::as_bytes(coauth::hmac_sha256(long_secret, a.jws.message)));
}

// RFC 7518 §3.2
TEST(client_assertion, client_secret_that_is_shorter_than_its_hash_is_refused) {
    EXPECT_EQ(failure(client_secret_jwt("orders", secret(std::string(31, 'x')))),
              errc::invalid_credentials);
    EXPECT_EQ(failure(client_secret_jwt("orders", secret(std::string(32, 'x')))), errc{});
}

TEST(client_assertion, audience_is_what_is_set_else_the_issuer_else_the_token_url) {
    auto const with_issuer = [] {
        token_request r = request();
        r.issuer("https://as.example");
        return r;
    };
    EXPECT_EQ(assertion(authenticated(es256(), with_issuer())).claims["aud"], "https://as.example");
    any_client_authentication const set = es256({.audience = "https://other.example/"});
    EXPECT_EQ(assertion(authenticated(set, with_issuer())).claims["aud"], "https://other.example/");
}

TEST(client_assertion, header_type_lifetime_and_claims_are_settable) {
    client_assertion_options options;
    options.type = "client-authentication+jwt";
    options.key_id = "2026-11";
    options.header = {{"x5t#S256", "abc"}, {"iss", "x"}};
    options.lifetime = std::chrono::seconds(300);
    options.modify = [](client_assertion& a) {
        a.header.remove("iss").set_json("crit", R"(["b64"])");
        a.claims.set("nbf", 5).set("tenant", "é").remove("jti");
    };
    assertion const a = made_by(es256(options));
    EXPECT_EQ(a.header, (json{{"alg", "ES256"},
                              {"typ", "client-authentication+jwt"},
                              {"kid", "2026-11"},
                              {"x5t#S256", "abc"},
                              {"crit", {"b64"}}}));
    EXPECT_EQ(a.claims["exp"].get<int>() - a.claims["iat"].get<int>(), 300);
    EXPECT_EQ(a.claims["nbf"], 5);
    EXPECT_EQ(a.claims["tenant"], "é");
    EXPECT_FALSE(a.claims.contains("jti"));
    EXPECT_TRUE(test_key::of("ES256").verifies("ES256", a.jws.message, a.jws.signature));
    EXPECT_FALSE(made_by(es256({.type = ""})).header.contains("typ"));
}

TEST(client_assertion, certificate_of_the_key_is_named_where_it_is_asked_for) {
    test_key const& key = test_key::of("RS256");
    private_key_jwt const with("orders", {secret(key.pkcs12()), {.password = secret(key_password)}},
                               {.certificate_thumbprint = true});
    EXPECT_EQ(made_by(with).header["x5t#S256"], key.certificate_thumbprint());
    EXPECT_EQ(failure(es256({.certificate_thumbprint = true})), errc::invalid_configuration);
}

TEST(client_assertion, kid_of_a_jwk_is_sent_unless_another_one_is_set) {
    json jwk =
        json::parse(coauth::signing_key::adopt(test_key::of("ES256").native())->public_jwk());
    EXPECT_EQ(failure(private_key_jwt("o", secret(jwk.dump()))), errc::invalid_signing_key);
    jwk = {{"kty", "EC"},
           {"crv", "P-256"},
           {"kid", "from-jwk"},
           {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
           {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
           {"d", "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}};
    EXPECT_EQ(made_by(private_key_jwt("o", secret(jwk.dump()))).header["kid"], "from-jwk");
    EXPECT_EQ(made_by(private_key_jwt("o", secret(jwk.dump()), {.key_id = "mine"})).header["kid"],
              "mine");
}

// The algorithm belongs to the key (RFC 8725 §3.1); nobody sets it beside it.
TEST(client_assertion, algorithm_cannot_be_set_in_the_header) {
    EXPECT_EQ(failure(es256({.header = {{"alg", "none"}}})), errc::invalid_configuration);
    EXPECT_EQ(failure(es256({.modify = [](client_assertion& a) { a.header.set("alg", "HS256"); }})),
              errc::invalid_configuration);
}

TEST(client_assertion, lifetime_is_from_one_second_to_five_minutes) {
    for (auto const bad :
         {std::chrono::seconds(0), std::chrono::seconds(301), std::chrono::seconds(-1)}) {
        EXPECT_THROW(es256({.lifetime = bad}), coauth::exception);
        EXPECT_THROW(client_secret_jwt("o", secret(long_secret), {.lifetime = bad}),
                     coauth::exception);
    }
    EXPECT_NO_THROW(es256({.lifetime = std::chrono::seconds(1)}));
}

TEST(client_assertion, client_id_that_is_not_utf8_is_refused) {
    EXPECT_EQ(failure(client_secret_jwt("\xff", secret(long_secret))), errc::invalid_utf8);
}

TEST(client_assertion, authenticating_again_replaces_the_assertion_by_a_fresh_one) {
    any_client_authentication const client = client_secret_jwt("orders", secret(long_secret));
    token_request first = authenticated(client);
    std::string const jti = assertion(first).claims["jti"];
    std::size_t const parameters = first.parameters().size();
    token_request const second = authenticated(client, std::move(first));
    EXPECT_NE(assertion(second).claims["jti"], jti);
    EXPECT_EQ(second.parameters().size(), parameters);
}

// R-120, R-371
TEST(client_assertion, jti_from_sixteen_threads_are_all_different) {
    constexpr std::size_t threads = 16;
    constexpr std::size_t each = coauth_test::times(62'500);
    std::vector<std::string> made(threads * each);
    {
        std::vector<std::jthread> pool;
        for (std::size_t t = 0; t != threads; ++t) {
            pool.emplace_back([&, t] {
                for (std::size_t i = 0; i != each; ++i) {
                    made[t * each + i] = coauth::detail::fresh_jti();
                }
            });
        }
    }
    std::sort(made.begin(), made.end());
    EXPECT_EQ(std::adjacent_find(made.begin(), made.end()), made.end());
}

// R-371
TEST(client_assertion, jti_of_a_forked_child_are_not_those_of_its_parent) {
    static_cast<void>(coauth::detail::fresh_jti());  // some are in store now
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::pid_t const child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        std::string const mine = coauth::detail::fresh_jti();
        bool const said = ::write(ends[1], mine.data(), mine.size()) == 22;
        ::_exit(said ? 0 : 1);
    }
    std::string theirs(22, ' ');
    EXPECT_EQ(::read(ends[0], theirs.data(), theirs.size()), 22);
    EXPECT_EQ(::waitpid(child, nullptr, 0), child);
    ::close(ends[0]);
    ::close(ends[1]);
    for (int i = 0; i != 16; ++i) EXPECT_NE(coauth::detail::fresh_jti(), theirs);
}

TEST(client_assertion, follows_its_key_and_its_audience_from_one_request_to_the_next) {
    any_client_authentication const client = es256();
    for (char const* const issuer : {"https://one.example", "https://two.example", ""}) {
        token_request r = request();
        r.issuer(issuer);
        std::string const wanted = *issuer == 0 ? "https://as.example/token?x=1" : issuer;
        EXPECT_EQ(assertion(authenticated(client, std::move(r))).claims["aud"], wanted);
    }
}

TEST(signing_key_source, key_in_a_file_is_read_again_when_it_has_changed) {
    scratch_directory const scratch;
    std::string const path = scratch.file("key");
    std::ofstream(path) << test_key::of("ES256").pkcs8();
    any_client_authentication const client = private_key_jwt("o", secret::from_file(path));
    EXPECT_EQ(made_by(client).header["alg"], "ES256");
    std::ofstream(path) << test_key::of("EdDSA").pkcs8();
    EXPECT_EQ(made_by(client).header["alg"], "EdDSA");
}

TEST(signing_key_source, key_stays_in_use_while_what_is_there_is_none) {
    scratch_directory const scratch;
    std::string const path = scratch.file("key");
    std::ofstream(path) << "half of a";
    any_client_authentication const client = private_key_jwt("o", secret::from_file(path));
    EXPECT_EQ(failure(client), errc::invalid_signing_key) << "there has not been one yet";
    std::ofstream(path) << test_key::of("ES256").pkcs8();
    EXPECT_FALSE(authenticated(client).stale_credential());
    std::ofstream(path) << "half of a";
    token_request const half = authenticated(client);
    EXPECT_EQ(assertion(half).header["alg"], "ES256");
    EXPECT_TRUE(half.stale_credential().is(errc::invalid_signing_key));
    std::remove(path.c_str());
    EXPECT_TRUE(authenticated(client).stale_credential().is(errc::secret_unavailable));
    std::ofstream(path) << test_key::of("EdDSA").pkcs8();
    token_request const whole = authenticated(client);
    EXPECT_EQ(assertion(whole).header["alg"], "EdDSA");
    EXPECT_FALSE(whole.stale_credential());
}

TEST(signing_key_source, provider_and_password_are_asked_every_time) {
    int asked = 0;
    auto const vault = [&asked]() -> awaitable<secret> {
        ++asked;
        co_return secret(test_key::of("ES256").encrypted_pkcs8());
    };
    ::setenv("COAUTH_TEST_KEY_PASSWORD", "wrong", 1);
    any_client_authentication const client =
        private_key_jwt("o", {vault, {.password = secret::from_env("COAUTH_TEST_KEY_PASSWORD")}});
    EXPECT_EQ(failure(client), errc::invalid_signing_key);
    ::setenv("COAUTH_TEST_KEY_PASSWORD", key_password, 1);
    EXPECT_EQ(failure(client), errc{});
    ::setenv("COAUTH_TEST_KEY_PASSWORD", "wrong again", 1);
    EXPECT_TRUE(authenticated(client).stale_credential().is(errc::invalid_signing_key));
    ::unsetenv("COAUTH_TEST_KEY_PASSWORD");
    EXPECT_TRUE(authenticated(client).stale_credential().is(errc::secret_unavailable));
    EXPECT_EQ(asked, 4);
}

TEST(signing_key_source, key_that_is_there_already_can_be_given) {
    coauth::signing_key const key =
        coauth::signing_key::adopt(test_key::of("PS256").native(), jws_algorithm::ps256).value();
    assertion const a = made_by(private_key_jwt("o", key));
    EXPECT_TRUE(test_key::of("PS256").verifies("PS256", a.jws.message, a.jws.signature));
}

// Whoever could not have authenticated is not given the token from memory.
TEST(client_assertion, identity_tells_apart_whatever_changes_the_assertion) {
    auto const id = [](any_client_authentication const& c) {
        return std::string(c.cache_identity().value().reveal());
    };
    auto const same = [](client_assertion_options options = {}) {
        return private_key_jwt("o", secret::from_file("/key"), std::move(options));
    };
    EXPECT_EQ(id(same()), id(same()));
    client_assertion_options hooked;
    hooked.modify = [](client_assertion&) {};
    private_key_jwt const with_hook = same(hooked);
    private_key_jwt const& copy = with_hook;
    EXPECT_EQ(id(with_hook), id(copy));
    std::vector<any_client_authentication> const all{
        same(),
        same({.audience = "a"}),
        same({.type = ""}),
        same({.key_id = "k"}),
        same({.certificate_thumbprint = true}),
        same({.header = {{"a", "b"}}}),
        same({.header = {{"ab", ""}}}),
        same({.lifetime = std::chrono::seconds(30)}),
        with_hook,
        same(hooked),
        private_key_jwt("p", secret::from_file("/key")),
        private_key_jwt("o", secret::from_file("/key2")),
        private_key_jwt("o", {secret::from_file("/key"), {.algorithm = jws_algorithm::ps256}}),
        private_key_jwt("o", {secret::from_file("/key"), {.password = secret::from_env("P")}}),
        private_key_jwt("o", {secret::from_file("/key"), {.password = secret("P")}}),
        private_key_jwt("o", coauth::signing_key::adopt(test_key::of("RS256").native()).value()),
        private_key_jwt("o", coauth::signing_key::adopt(test_key::of("ES256").native()).value()),
        client_secret_jwt("o", secret::from_file("/key")),
        coauth::client_secret_post("o", secret::from_file("/key")),
        coauth::tls_client_auth("o"),
        coauth::self_signed_tls_client_auth("o"),
        coauth::public_client("o")};
    std::unordered_set<std::string> identities;
    for (auto const& one : all) EXPECT_TRUE(identities.insert(id(one)).second) << id(one);
}

TEST(tls_client_auth, sends_the_client_id_in_the_body_and_nothing_else) {
    auto const parameters = [](token_request const& r) {
        coauth::detail::wiped_buffer body;
        r.encode(body);
        return std::string(body.view());
    };
    std::vector<std::pair<any_client_authentication, std::string>> const methods{
        {coauth::tls_client_auth("a b"), "tls_client_auth"},
        {coauth::self_signed_tls_client_auth("a b"), "self_signed_tls_client_auth"},
        {coauth::public_client("a b"), "none"}};
    for (auto const& [client, name] : methods) {
        token_request const r = authenticated(client);
        EXPECT_EQ(parameters(r), "grant_type=client_credentials&client_id=a+b");
        EXPECT_EQ(r.authentication_method(), name);
        EXPECT_FALSE(r.single_use());
        EXPECT_TRUE(r.headers().empty());
        EXPECT_EQ(client.needs_client_certificate(), name != "none");
    }
}

}  // namespace
}  // namespace client_assertion_test
