// SPDX-License-Identifier: BSL-1.0
//
// What a person is shown holds no credential, whatever it is and however it is written.

#include <coauth/codec/base64.hpp>
#include <coauth/codec/form.hpp>
#include <coauth/codec/http1_parser.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/redaction.hpp>

#include <cstddef>
#include <functional>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using coauth::redactor;

constexpr std::size_t no_limit = 1U << 20U;

std::string shown_body(std::string_view type, std::string_view body) {
    return redactor().body(type, body, no_limit);
}

TEST(redaction_names, of_credentials_are_known) {  // R-192
    for (std::string_view const name :
         {"Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "DPoP", "X-My-Token",
          "x-secret-thing", "X-Api-Key", "X-Auth", "Author", "KEYWORD"}) {
        std::string const shown = coauth::redact_header(name, "Canary-1");
        EXPECT_EQ(shown, "[redacted]") << name;
    }
    for (std::string_view const name :
         {"client_secret", "client_assertion", "refresh_token", "access_token", "id_token", "code",
          "password", "code_verifier", "device_code", "SAMLResponse", "assertion"}) {
        std::string const pair = std::string(name) + "=Canary-1";
        EXPECT_EQ(shown_body("application/x-www-form-urlencoded", pair),
                  std::string(name) + "=[redacted]");
        EXPECT_EQ(shown_body("application/json", "{\"" + std::string(name) + "\":\"Canary-1\"}"),
                  "{\"" + std::string(name) + "\":\"[redacted]\"}");
        EXPECT_EQ(coauth::redact_url("https://h/p?a=1&" + pair),
                  "https://h/p?a=1&" + std::string(name) + "=[redacted]");
    }
}

TEST(redaction_names, that_only_sound_like_credentials_are_shown) {
    for (std::string_view const name : {"token_type", "token_endpoint", "authorization_endpoint",
                                        "token_endpoint_auth_methods_supported", "author",
                                        "refresh_expires_in", "client_assertion_type"}) {
        EXPECT_FALSE(coauth::is_sensitive_name(name)) << name;
    }
    EXPECT_EQ(
        coauth::redact_header("WWW-Authenticate", R"(Bearer realm="a", error="invalid_token")"),
        R"(Bearer realm="a", error="invalid_token")");
}

TEST(redaction_names, of_the_user_count_wherever_a_name_contains_them) {
    redactor const r({"Patient"});
    EXPECT_EQ(r.header("X-PATIENT-Id", "7"), "[redacted]");
    EXPECT_EQ(r.form("patientId=7&x=1"), "patientId=[redacted]&x=1");
    EXPECT_EQ(r.json(R"({"the_patient":{"a":7},"x":1})"), R"({"the_patient":"[redacted]","x":1})");
    EXPECT_EQ(r.url("/p?patient=7"), "/p?patient=[redacted]");
    EXPECT_EQ(r.text("patient: 7 left"), "patient: [redacted] left");
}

TEST(redaction_values, go_wherever_they_stand_and_however_they_are_written) {
    std::string const value = "S3CR3T/va+l \"\xC3\xA9=x";
    redactor r;
    r.add_secret(value);
    std::string json;
    coauth::json_escape_to(json, value);
    std::string nested;
    coauth::json_escape_to(nested, json);
    for (std::string const& form :
         {value, json, nested, coauth::form_encode(value), coauth::form_encode(json),
          coauth::percent_encode(value, coauth::char_sets::unreserved),
          std::string(R"(S3CR3T\/va\u002bl\u0020\"\u00E9=x)"), coauth::base64_encode(value),
          coauth::base64_encode("u:" + value), coauth::base64_encode("us:" + value + "!"),
          coauth::base64url_encode("use:" + value),
          coauth::form_encode(coauth::base64_encode("user:" + value))}) {
        for (std::string_view const where : {"<p>", "echo ", "{{{", "a="}) {
            std::string const text = std::string(where) + form + " tail";
            EXPECT_EQ(r.text(text).find(form), std::string::npos) << text;
            EXPECT_EQ(r.body("text/plain", text, no_limit).find(form), std::string::npos) << text;
            EXPECT_EQ(r.header("X-Echo", text).find(form), std::string::npos) << text;
        }
        EXPECT_EQ(r.text("echo " + form + " tail"), "echo [redacted] tail") << form;
    }
}

TEST(redaction_values, that_are_short_go_where_they_stand_alone) {
    redactor r;
    r.add_secret("pw1");
    EXPECT_EQ(r.text("pw1 and 'pw1', not pw12 nor xpw1"),
              "[redacted] and '[redacted]', not pw12 nor xpw1");
}

TEST(redaction_json, is_structural_and_what_is_broken_goes_whole) {  // R-194
    EXPECT_EQ(coauth::redact_json(R"({"a":[{"password":{"x":["Canary"]}},1.50],"b":null})"),
              R"({"a":[{"password":"[redacted]"},1.50],"b":null})");
    EXPECT_EQ(coauth::redact_json(R"({"pass\u0077ord":"Canary"})"), R"({"password":"[redacted]"})");
    std::string const whole = R"({"a":[{"x":"Canary"}],"password":"Canary"})";
    for (std::size_t size = 1; size != whole.size(); ++size) {
        std::string const cut = whole.substr(0, size);
        std::string const note = "[" + std::to_string(size) + " bytes of broken JSON]";
        for (char const* type :
             {"application/json", "text/plain", "", "application/x-www-form-urlencoded"}) {
            EXPECT_EQ(shown_body(type, cut), note);
        }
        EXPECT_EQ(coauth::redact_json(cut), "[redacted]");
    }
    EXPECT_EQ(shown_body("text/html", "\xEF\xBB\xBF{\"code\":1}"), R"({"code":"[redacted]"})");
}

}  // namespace
