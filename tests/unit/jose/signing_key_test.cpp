// SPDX-License-Identifier: BSL-1.0

#include <coauth/jose/signing_key.hpp>
#include <support/jose_keys.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <openssl/err.h>
#include <string>
#include <thread>
#include <vector>

#include "../vector_file.hpp"

namespace signing_key_test {
namespace {

using namespace coauth_test;
using coauth::errc;
using coauth::jws_algorithm;
using coauth::result;
using coauth::secret;
using coauth::signing_key;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view names[] = {"RS256", "PS256", "ES256", "EdDSA"};
constexpr jws_algorithm algorithms[] = {jws_algorithm::rs256, jws_algorithm::ps256,
                                        jws_algorithm::es256, jws_algorithm::eddsa};

std::string sign(signing_key const& key, std::string_view message) {
    coauth::detail::wiped_buffer out;
    key.sign_to(out, message);
    return std::string(out.view());
}

signing_key load(std::string_view text, std::string_view password = {},
                 std::optional<jws_algorithm> algorithm = std::nullopt) {
    return signing_key::load(secret(text), secret(password), algorithm).value();
}

/// Why it is refused; empty when it is not.
std::string refusal(std::string_view text, std::string_view password = {},
                    std::optional<jws_algorithm> algorithm = std::nullopt) {
    result<signing_key> const key = signing_key::load(secret(text), secret(password), algorithm);
    EXPECT_EQ(ERR_peek_error(), 0U) << "R-203: something is left in OpenSSL's queue";
    if (key) return "";
    EXPECT_TRUE(key.error().is(errc::invalid_signing_key)) << key.error().what();
    EXPECT_EQ(key.error().code(), coauth::condition::configuration);
    return key.error().what();
}

/// RFC 7515 §A.3.1, RFC 7517 §A.2.
json ec_jwk() {
    return {{"kty", "EC"},
            {"crv", "P-256"},
            {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
            {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
            {"d", "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}};
}
json rsa_jwk() { return json::parse(read_vector("jose-cookbook/3_4.rsa_private_key.json")); }
json ed25519_jwk() {
    return json::parse(read_vector("jose-cookbook/ed25519.json"))["input"]["key"];
}

json with(json jwk, std::string const& member, json value) {
    jwk[member] = std::move(value);
    return jwk;
}
json without(json jwk, std::string const& member) {
    jwk.erase(member);
    return jwk;
}

// R-372: the examples that have one right answer, byte for byte.
TEST(signing_key, reproduces_the_signatures_of_rfc_7520_and_rfc_8037) {
    for (char const* file :
         {"jose-cookbook/4_1.rsa_v15_signature.json", "jose-cookbook/ed25519.json"}) {
        json const example = json::parse(read_vector(file));
        signing_key const key = load(example["input"]["key"].dump());
        EXPECT_EQ(to_string(key.algorithm()), example["input"]["alg"].get<std::string>());
        std::string const input = example["signing"]["sig-input"];
        EXPECT_EQ(coauth::base64url_encode(sign(key, input)),
                  example["signing"]["sig"].get<std::string>())
            << file;
    }
}

// R-372: RFC 7515 §A.3; an ECDSA signature is another one each time.
TEST(signing_key, es256_has_r_and_s_in_32_bytes_each_as_in_rfc_7515) {
    constexpr std::string_view input =
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
        "LmNvbS9pc19yb290Ijp0cnVlfQ";
    std::string const published =
        coauth::base64url_decode(
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
            "pmWQxfKTUJqPP3-Kg6NU1Q")
            .value();
    coauth::detail::jwk_members members;
    ASSERT_TRUE(members.read(ec_jwk().dump()));
    test_key const& any = test_key::of("ES256");
    EXPECT_FALSE(any.verifies("ES256", input, published));
    signing_key const key = load(ec_jwk().dump());
    EXPECT_EQ(key.algorithm(), jws_algorithm::es256);
    test_key const same = test_key(coauth::detail::ec_key_of(members).release());
    EXPECT_TRUE(same.verifies("ES256", input, published));
    for (int i = 0; i != 300; ++i) {  // a short R or S comes about once in 128
        std::string const signature = sign(key, input);
        ASSERT_EQ(signature.size(), 64U);
        ASSERT_TRUE(same.verifies("ES256", input, signature));
    }
}

TEST(signing_key, every_algorithm_from_every_form_verifies_with_openssl) {
    for (std::size_t i = 0; i != std::size(names); ++i) {
        test_key const& made = test_key::of(names[i]);
        std::vector<signing_key> keys{
            load(made.pkcs8(), "", algorithms[i]),
            load(made.encrypted_pkcs8(), key_password, algorithms[i]),
            load(made.pkcs12(), key_password, algorithms[i]),
            load("Bag Attributes\n" + made.certificate_pem() + made.pkcs8(), "", algorithms[i]),
            signing_key::adopt(made.native(), algorithms[i]).value()};
        if (names[i] != "EdDSA") keys.push_back(load(made.traditional(), "", algorithms[i]));
        for (signing_key const& key : keys) {
            EXPECT_EQ(key.algorithm(), algorithms[i]);
            EXPECT_TRUE(made.verifies(names[i], "message", sign(key, "message"))) << names[i];
            EXPECT_FALSE(made.verifies(names[i], "another", sign(key, "message"))) << names[i];
            EXPECT_EQ(key.thumbprint(), keys[0].thumbprint());
        }
        EXPECT_EQ(keys[0].certificate_thumbprint(), "");
        EXPECT_EQ(keys[2].certificate_thumbprint(), made.certificate_thumbprint());
        EXPECT_EQ(keys[3].certificate_thumbprint(), made.certificate_thumbprint());
    }
}

TEST(signing_key, certificate_of_another_key_is_not_taken_for_its_own) {
    test_key const& mine = test_key::of("ES256");
    std::string const pem = test_key::ec().certificate_pem() + mine.pkcs8();
    EXPECT_EQ(load(pem).certificate_thumbprint(), "");
    EXPECT_EQ(load(pem + mine.certificate_pem()).certificate_thumbprint(),
              mine.certificate_thumbprint());
}

TEST(signing_key, without_a_word_about_it_the_kind_of_key_decides_on_the_algorithm) {
    EXPECT_EQ(load(test_key::of("RS256").pkcs8()).algorithm(), jws_algorithm::rs256);
    EXPECT_EQ(load(test_key::of("ES256").pkcs8()).algorithm(), jws_algorithm::es256);
    EXPECT_EQ(load(test_key::of("EdDSA").pkcs8()).algorithm(), jws_algorithm::eddsa);
    EXPECT_EQ(load(rsa_jwk().dump()).algorithm(), jws_algorithm::rs256);
    EXPECT_EQ(load(with(rsa_jwk(), "alg", "PS256").dump()).algorithm(), jws_algorithm::ps256);
    EXPECT_EQ(load(rsa_jwk().dump()).key_id(), "bilbo.baggins@hobbiton.example");
}

TEST(signing_key, thumbprints_are_those_of_rfc_7638) {
    for_each_scalar("RFC8037-A.3 thumbprint",
                    [&](std::string const& input, std::string const& output) {
                        signing_key const key = load(ed25519_jwk().dump());
                        EXPECT_EQ(key.public_jwk(), input);
                        EXPECT_EQ(key.thumbprint(), output);
                    });
    json rsa = rsa_jwk();
    signing_key const key = load(rsa.dump());
    EXPECT_EQ(json::parse(key.public_jwk()),
              (json{{"kty", "RSA"}, {"n", rsa["n"]}, {"e", rsa["e"]}}));
    EXPECT_THAT(key.public_jwk(), testing::StartsWith(R"({"e":"AQAB","kty":"RSA","n":"n4EPt)"));
    json ec = without(ec_jwk(), "d");
    EXPECT_EQ(json::parse(load(ec_jwk().dump()).public_jwk()), ec);
    // A coordinate that begins with a zero byte keeps it: about one key in 128.
    for (int i = 0; i != 400; ++i) {
        json const jwk =
            json::parse(signing_key::adopt(test_key::ec().native()).value().public_jwk());
        ASSERT_EQ(jwk["x"].get<std::string>().size(), 43U);
        ASSERT_EQ(jwk["y"].get<std::string>().size(), 43U);
    }
}

TEST(signing_key, rsa_jwk_without_primes_signs_the_same) {
    json bare = rsa_jwk();
    for (char const* name : {"p", "q", "dp", "dq", "qi"}) bare.erase(name);
    EXPECT_EQ(sign(load(bare.dump()), "message"), sign(load(rsa_jwk().dump()), "message"));
}

// R-355
TEST(signing_key, weak_keys_are_refused) {
    EXPECT_THAT(refusal(test_key::rsa(1024).pkcs8()), HasSubstr("2048 bits"));
    EXPECT_NE(refusal(with(rsa_jwk(), "e", "AQ").dump()), "");
    EXPECT_NE(refusal(with(rsa_jwk(), "e", "Ag").dump()), "");
    for (char const* curve : {"P-192", "P-224", "secp256k1", "P-384", "P-521"}) {
        EXPECT_THAT(refusal(test_key::ec(curve).pkcs8()), HasSubstr("ES256")) << curve;
    }
}

// R-356, R-351, R-353
TEST(signing_key, jwks_that_are_not_what_they_seem_are_refused) {
    EXPECT_EQ(refusal(ec_jwk().dump()), "");
    EXPECT_EQ(refusal(with(ec_jwk(), "use", "sig").dump()), "");
    EXPECT_EQ(refusal(with(ec_jwk(), "key_ops", {"verify", "sign"}).dump()), "");
    std::string const other = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LA";
    for (json const& bad : {
             with(ec_jwk(), "use", "enc"),
             with(ec_jwk(), "key_ops", {"verify"}),
             with(ec_jwk(), "key_ops", "sign"),
             with(ec_jwk(), "alg", "RS256"),
             with(ec_jwk(), "alg", "none"),
             with(ec_jwk(), "alg", "HS256"),
             with(ec_jwk(), "kty", "RSA"),
             with(ec_jwk(), "kty", "oct"),
             with(ec_jwk(), "crv", "P-384"),
             with(ec_jwk(), "d", other),          // belongs to another public part
             with(ec_jwk(), "y", ec_jwk()["x"]),  // off the curve
             with(ec_jwk(), "x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV"),  // not canonical
             with(ec_jwk(), "x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU="),
             with(ec_jwk(), "d", 7),
             without(ec_jwk(), "d"),
             without(ec_jwk(), "y"),
             without(ec_jwk(), "kty"),
             with(ed25519_jwk(), "x", ec_jwk()["x"]),
             with(ed25519_jwk(), "crv", "X25519"),
             with(rsa_jwk(), "oth", json::array()),
             with(rsa_jwk(), "d", "bWUC9B"),
             without(rsa_jwk(), "dq"),
         }) {
        EXPECT_NE(refusal(bad.dump()), "") << bad;
    }
    std::string const twice = ec_jwk().dump();
    EXPECT_THAT(refusal(R"({"kty":"EC",)" + twice.substr(1)), HasSubstr("each member once"));
    EXPECT_NE(refusal(twice.substr(0, twice.size() - 1)), "");
    EXPECT_NE(refusal(twice + "}"), "");
    EXPECT_NE(refusal("{}"), "");
}

TEST(signing_key, algorithm_of_another_kind_of_key_is_refused) {
    for (std::string_view const kind : names) {
        for (std::size_t i = 0; i != std::size(names); ++i) {
            bool const fits = kind == names[i] || (kind[1] == 'S' && names[i][1] == 'S' &&
                                                   kind != "ES256" && names[i] != "ES256");
            EXPECT_EQ(refusal(test_key::of(kind).pkcs8(), "", algorithms[i]).empty(), fits)
                << kind << ' ' << names[i];
        }
    }
    EXPECT_THAT(refusal(with(rsa_jwk(), "alg", "RS256").dump(), "", jws_algorithm::ps256),
                HasSubstr("another algorithm"));
}

// R-191, R-203: no error shows the key, its text or the password.
TEST(signing_key, wrong_passwords_and_broken_texts_are_told_apart_without_showing_them) {
    test_key const& made = test_key::of("ES256");
    std::string const pem = made.pkcs8();
    std::string const body = pem.substr(pem.find('\n') + 1, 40);
    std::vector<std::string> const told{
        refusal(made.encrypted_pkcs8()),
        refusal(made.encrypted_pkcs8(), "not-the-password"),
        refusal(made.pkcs12()),
        refusal(made.pkcs12(), "not-the-password"),
        refusal(made.public_pem()),
        refusal(made.certificate_pem()),
        refusal(pem.substr(0, 60)),
        refusal("-----BEGIN PRIVATE KEY-----\n" + body + "\n-----END PRIVATE KEY-----\n"),
        refusal(body),
        refusal("")};
    for (std::string const& one : told) {
        EXPECT_NE(one, "");
        EXPECT_THAT(one, Not(HasSubstr("not-the-password")));
        EXPECT_THAT(one, Not(HasSubstr(body.substr(0, 12))));
    }
    EXPECT_THAT(told[0], HasSubstr("password"));
    EXPECT_THAT(told[1], HasSubstr("password"));
    EXPECT_THAT(told[3], HasSubstr("password"));
    EXPECT_THAT(told[4], HasSubstr("no private key"));
    EXPECT_EQ(refusal(made.pkcs8(), "superfluous"), "");
}

TEST(signing_key, pkcs12_whose_last_byte_was_taken_for_a_line_end_is_whole_again) {
    std::string der = test_key::of("ES256").pkcs12();
    // The iterations of the MAC come last, 2048: a number that ends like a line is put there, and
    // with it the MAC is wrong, so that a password error shows that the structure was read.
    ASSERT_EQ(der.substr(der.size() - 2), std::string("\x08\x00", 2));
    der[der.size() - 1] = '\n';
    std::string const whole = refusal(der, key_password);
    EXPECT_THAT(whole, HasSubstr("cannot be opened"));
    EXPECT_EQ(refusal(der.substr(0, der.size() - 1), key_password), whole);
    EXPECT_THAT(refusal(der.substr(0, der.size() - 4), key_password), HasSubstr("neither PEM"));
}

TEST(signing_key, hostile_texts_are_refused_and_nothing_worse) {
    std::string const p12 = test_key::of("ES256").pkcs12();
    for (std::size_t size = 0; size < p12.size(); size += 7) {
        EXPECT_NE(refusal(p12.substr(0, size), key_password), "");
    }
    for (std::string const& text :
         {std::string(100000, '{'), std::string("\x30\x84\xff\xff\xff\xff"),
          std::string("\x30\x80\x00\x00", 4), std::string(1, '\0'),
          std::string("-----BEGIN -----BEGIN ")}) {
        EXPECT_NE(refusal(text, "x"), "");
    }
}

TEST(signing_key, one_key_signs_on_many_threads) {
    for (std::string_view const name : {"RS256", "ES256", "EdDSA"}) {
        test_key const& made = test_key::of(name);
        signing_key const key = load(made.pkcs8());
        std::vector<std::jthread> threads;
        for (int t = 0; t != 4; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i != 20; ++i) {
                    std::string const message = std::to_string(t * 100 + i);
                    EXPECT_TRUE(made.verifies(name, message, sign(key, message)));
                }
            });
        }
    }
}

}  // namespace
}  // namespace signing_key_test
