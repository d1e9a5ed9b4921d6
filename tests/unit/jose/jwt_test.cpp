// SPDX-License-Identifier: BSL-1.0

#include <coauth/crypto/digest.hpp>
#include <coauth/jose/jwt_writer.hpp>
#include <support/jose_keys.hpp>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "../vector_file.hpp"

namespace jwt_test {
namespace {

using coauth::jwt_members;
using coauth::detail::wiped_buffer;

std::string object(jwt_members const& members) {
    std::string text;
    coauth::json_writer writer(text);
    writer.begin_object();
    coauth::detail::write_members(writer, members);
    writer.end_object();
    return text;
}

bool refuses(coauth::errc why, auto change) {
    jwt_members members;
    try {
        change(members);
    } catch (coauth::exception const& e) { return e.error().is(why); }
    return false;
}

TEST(jwt, members_keep_their_order_and_each_name_is_there_once) {
    jwt_members members;
    members.set("iss", "a\"b").set("exp", 17).set("iss", "c").set_json("amr", R"(["x",1])");
    EXPECT_EQ(object(members), R"({"iss":"c","exp":17,"amr":["x",1]})");
    EXPECT_EQ(members.find("exp"), "17");
    EXPECT_EQ(members.find("iss"), R"("c")");
    members.remove("iss").remove("nobody");
    EXPECT_EQ(members.find("iss"), std::nullopt);
    EXPECT_EQ(object(members), R"({"exp":17,"amr":["x",1]})");
    EXPECT_EQ(object(jwt_members()), "{}");
}

TEST(jwt, nothing_that_is_no_json_comes_in) {
    using coauth::errc;
    EXPECT_TRUE(refuses(errc::invalid_utf8, [](jwt_members& m) { m.set("a", "\xff"); }));
    EXPECT_TRUE(refuses(errc::invalid_utf8, [](jwt_members& m) { m.set("\xff", "a"); }));
    for (char const* text : {"", "{", "1 2", "nul", "1,\"admin\":true"}) {
        EXPECT_TRUE(refuses(errc::invalid_json, [&](jwt_members& m) { m.set_json("a", text); }))
            << text;
    }
}

// R-372: RFC 7520 §4.4, whose payload is no JSON, part by part.
TEST(jwt, hmac_of_rfc_7520_is_reproduced) {
    auto const example = nlohmann::json::parse(
        coauth_test::read_vector("jose-cookbook/4_4.hmac-sha2_integrity_protection.json"));
    std::string const key =
        coauth::base64url_decode(example["input"]["key"]["k"].get<std::string>()).value();
    std::string const input = example["signing"]["sig-input"];
    EXPECT_EQ(coauth::base64url_encode(coauth::as_bytes(coauth::hmac_sha256(key, input))),
              example["signing"]["sig"].get<std::string>());
    jwt_members header;
    header.set("kid", example["input"]["key"]["kid"].get<std::string>());
    wiped_buffer out;
    coauth::detail::write_jwt_header(out, "HS256", header);
    EXPECT_EQ(out.view(), example["signing"]["protected_b64u"].get<std::string>());
}

TEST(jwt, is_three_parts_of_which_the_first_two_are_signed) {
    jwt_members claims;
    claims.set("a", 1);
    wiped_buffer out;
    coauth::detail::write_jwt_header(out, "X1", jwt_members());
    wiped_buffer json;
    coauth::detail::write_json(json, claims);
    std::string seen;
    coauth::detail::finish_jwt(out, json.view(), [&](wiped_buffer& to, std::string_view message) {
        seen = message;
        to.append("\x01\x02");
    });
    coauth_test::compact_jws const jws(out.view());
    EXPECT_EQ(jws.header, R"({"alg":"X1"})");
    EXPECT_EQ(jws.claims, R"({"a":1})");
    EXPECT_EQ(jws.signature, "\x01\x02");
    EXPECT_EQ(seen, jws.message);
}

}  // namespace
}  // namespace jwt_test
