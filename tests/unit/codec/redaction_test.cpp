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

namespace redaction_test {
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

TEST(redaction_json, knows_pairs_of_name_and_value) {
    for (std::string_view const json : {
             R"({"name":"password","value":"Canary"})",
             R"({"value":{"x":"Canary"},"name":"password"})",
             R"({"key":"Authorization","data":["Canary"]})",
             R"({"id":"api_key","title":"Canary"})",
             R"({"type":"password","answer":"Canary"})",
             R"(["Accept","a/b","Cookie","Canary"])",
             R"([["x-token","Canary"],["a","b"]])",
             R"({"log":"{\"password\":\"Canary\"}"})",
             R"({"log":"{\"password\":\"Canary"})",
             R"({"log":"[{\"name\":\"code\",\"value\":\"Canary\"}]"})",
             R"({"log":"see https://h/?code=Canary&x=1"})",
             R"({"a":"Authorization: Bearer Canary"})",
         }) {
        std::string const shown = shown_body("application/json", json);
        EXPECT_EQ(shown.find("Canary"), std::string::npos) << shown;
        EXPECT_NE(shown.find("redacted"), std::string::npos) << shown;
    }
    EXPECT_EQ(coauth::redact_json(R"([{"value":"a","name":"b"},["a","b"]])"),
              R"([{"value":"a","name":"b"},["a","b"]])");
    EXPECT_EQ(coauth::redact_json(R"({"id":7,"name":"auth-service","status":"up"})"),
              R"({"id":7,"name":"auth-service","status":"up"})");
}

TEST(redaction_text, takes_out_what_looks_like_a_credential) {
    for (std::string_view const text :
         {"Authorization: Bearer Canary",
          "got bearer  Canary-1.",
          "Basic Q2FuYXJ5Canary==",
          "DPoP Canary.x.y",
          "jwt eyJhbGciOiJub25lIn0.CanaryCanary.",
          "password=Canary",
          "password = \"a \\\" Canary\"",
          "{\\\"password\\\":\\\"Canary\\\"}",
          "Cookie: a=b; c=Canary",
          "token: {\n Canary",
          "callback({\"client_secret\": 'Canary'})",
          "user[password]=Canary",
          "https://u:Canary@h/",
          "https://u:x/Canary@h/",
          "next=https%3A%2F%2Fu%3ACanary%40h",
          "a%3Fcode%3DCanary",
          "pass%77ord=Canary",
          "at=%2561ccess_token%253DCanary",
          "-----BEGIN EC PRIVATE KEY-----\nCanary\n-----END EC PRIVATE KEY-----\n",
          "-----BEGIN PRIVATE KEY-----\nCanary",
          "data: {\"password\":\"Canary\"}\n\n",
          "ok\n{\"password\":\n\"Canary\"}",
          "\x1E{\"code\":\"Canary\"}\n"}) {
        std::string const shown = redactor().text(text);
        EXPECT_EQ(shown.find("Canary"), std::string::npos) << text << "\n" << shown;
    }
}

TEST(redaction_text, leaves_what_went_wrong_to_be_read) {
    for (std::string_view const text :
         {"invalid_token: the access token expired", "Bearer token missing",
          "https://auth.example.com:8443/oauth/token: connection refused",
          "cannot connect to auth.example.com:443", "HTTP 401 from the token endpoint",
          "urn:ietf:params:oauth:grant-type:jwt-bearer", "[INFO] started\n[2026-01-01] done",
          "scope=users.read&grant_type=client_credentials"}) {
        EXPECT_EQ(redactor().text(text), text);
    }
}

TEST(redaction_url, masks_userinfo_and_sensitive_values_everywhere) {  // R-195
    EXPECT_EQ(coauth::redact_url("https://user:Canary@h:8443/p?a=1"),
              "https://[redacted]@h:8443/p?a=1");
    EXPECT_EQ(coauth::redact_url("https://Canary@h"), "https://[redacted]@h");
    EXPECT_EQ(coauth::redact_url("//user:Canary@h/p"), "//[redacted]@h/p");
    EXPECT_EQ(coauth::redact_header("Location", "//Canary@h/p"), "//[redacted]@h/p");
    EXPECT_EQ(coauth::redact_url("/a//b@c"), "/a//b@c");
    EXPECT_EQ(coauth::redact_url("/p?code=Canary&state=1#access_token=Canary&x=1"),
              "/p?code=[redacted]&state=1#access_token=[redacted]&x=1");
    EXPECT_EQ(coauth::redact_url("https://h/p;jsessionid=Canary/x"),
              "https://h/p;jsessionid=[redacted]");
    EXPECT_EQ(coauth::redact_url("https://h/p?a%63cess_token=Canary"),
              "https://h/p?a%63cess_token=[redacted]");
    EXPECT_EQ(coauth::redact_url("/p?%zz=Canary"), "/p?[redacted]");
    EXPECT_EQ(coauth::redact_url("https://h/p?next=%2Fq%3Fcode%3DCanary%26a%3D1"),
              "https://h/p?next=/q?code%3D[redacted]%26a%3D1");
    std::string const plain = "https://auth.example.com:8443/v1/users?limit=10&q=a%20b+c#top";
    EXPECT_EQ(coauth::redact_url(plain), plain);
}

TEST(redaction_head, keeps_schemes_and_the_names_of_cookies) {
    coauth::http_fields const shown = coauth::redact_head(
        "GET / HTTP/1.1\r\nAuthorization: DPoP Canary\r\nCookie: sid=Canary; b=Canary\r\n"
        "X-Mine: Canary\r\nReferer: https://h/?code=Canary\r\nProxy-Authorization: Canary\r\n\r\n",
        "x-mine");
    ASSERT_EQ(shown.size(), 5U);
    EXPECT_EQ(shown[0].value, "DPoP [redacted]");
    EXPECT_EQ(shown[1].value, "sid=[redacted]; b=[redacted]");
    EXPECT_EQ(shown[2].value, "[redacted]");
    EXPECT_EQ(shown[3].value, "https://h/?code=[redacted]");
    EXPECT_EQ(shown[4].value, "[redacted]");
    EXPECT_EQ(coauth::redact_header("Set-Cookie", "a=Canary; Path=/; HttpOnly; x=Canary"),
              "a=[redacted]; Path=/; HttpOnly; x=[redacted]");
    EXPECT_EQ(coauth::redact_header("Cookie", "Canary"), "[redacted]");
}

TEST(redaction_head, shows_only_the_size_of_a_value_that_no_server_takes) {
    EXPECT_EQ(redactor().header("X-Note", std::string(65536, 'x')).size(), 65536U);
    EXPECT_EQ(redactor().header("X-Note", std::string(65537, 'x')), "[65537 bytes]");
}

TEST(redaction_body, believes_the_content_rather_than_its_type) {
    EXPECT_EQ(shown_body("image/png", std::string_view("\x89PNG\0Canary", 11)), "[11 bytes]");
    EXPECT_EQ(shown_body("text/plain", "Canary\xFF"), "[7 bytes]");
    EXPECT_EQ(shown_body("text/html", "<input name=password value=Canary>"),
              "[34 bytes of markup]");
    EXPECT_EQ(redactor().body("text/plain", "12345", 4), "[5 bytes]");
    EXPECT_EQ(shown_body("application/x-ndjson", "{\"a\":1}\n{\"code\":\"Canary\"}\n"),
              "{\"a\":1}\n{\"code\":\"[redacted]\"}\n");
    EXPECT_EQ(
        shown_body("application/x-ndjson", "{\"a\":1}\n{\"code\":\"Canary\n{\"b\":\"Canary\"}"),
        "{\"a\":1}\n[redacted]");
    EXPECT_EQ(shown_body("", "  "), "  ");
    EXPECT_EQ(shown_body("application/json", "not JSON"), "[8 bytes of broken JSON]");
}

TEST(redaction_body, of_parts_goes_by_their_names) {
    std::string const part = "--b0\r\nContent-Disposition: form-data; name=";
    std::string const body =
        part + "\"user\"\r\n\r\nann\r\n" + part + "\"password\"\r\n\r\nCanary\r\n" + part +
        "\"f\"; filename=\"a.json\"\r\nContent-Type: application/json\r\n\r\n" +
        "{\"code\":\"Canary\"}\r\n--b0--\r\n";
    std::string const shown = shown_body("multipart/form-data; boundary=b0", body);
    EXPECT_EQ(shown.find("Canary"), std::string::npos) << shown;
    EXPECT_NE(shown.find("ann"), std::string::npos);
    EXPECT_NE(shown.find(R"({"code":"[redacted]"})"), std::string::npos);
    for (std::size_t size = 1; size < body.size(); ++size) {
        std::string const cut = shown_body("multipart/form-data", body.substr(0, size));
        ASSERT_EQ(cut.find("Canar"), std::string::npos) << cut;
    }
}

TEST(redaction_body, of_parts_is_hidden_where_no_name_can_be_read) {
    for (char const* name : {"filename=\"a\"; NAME=\"password\"", "filename=\"a\"; name = password",
                             "filename=\"name=a\"; name*=UTF-8''password", "filename=a"}) {
        std::string const body = "--b0\r\nContent-Disposition: form-data; " + std::string(name) +
                                 "\r\n\r\nCanary\r\n--b0--\r\n";
        std::string const shown = shown_body("multipart/form-data; boundary=b0", body);
        EXPECT_EQ(shown.find("Canary"), std::string::npos) << shown;
    }
}

/// Random documents with a canary at sensitive places only.
class documents {
public:
    explicit documents(unsigned seed) : random_(seed) {}

    std::string json(int depth = 4) {
        switch (depth == 0 ? below(3) : below(6)) {
            case 0: return std::to_string(random_());
            case 1: return string(text());
            case 2: return "null";
            case 3: return "[" + json(depth - 1) + " , " + json(depth - 1) + "]";
            case 4: return string("[" + json(depth - 1) + "]");
            default: return "{" + member(depth) + "," + member(depth) + "}";
        }
    }
    std::string form() { return pair() + "&" + pair() + "&" + pair(); }
    std::string url() { return "https://" + userinfo() + "h/a?" + form() + "#" + form(); }
    std::string lines() {
        return "see " + url() + "\n" + json() + "\nAuthorization: Bearer " + canary() + "\n" +
               json();
    }
    std::string parts() {
        std::string const begin = "--bb\r\nContent-Disposition: form-data; name=\"";
        return begin + name() + "\"\r\n\r\n" + canary() + "\r\n" + begin + "x\"\r\n\r\n" + json() +
               "\r\n--bb--";
    }
    std::size_t below(std::size_t n) { return random_() % n; }

private:
    std::string member(int depth) {
        switch (below(4)) {
            case 0: return string(name()) + ":" + string(canary());
            case 1: return string(name()) + ":{\"deep\":[" + string(canary()) + "]}";
            case 2:
                return "\"kv\":{\"value\":" + string(canary()) + ",\"name\":" + string(name()) +
                       "}";
            default: return "\"m" + std::to_string(below(9)) + "\":" + json(depth - 1);
        }
    }
    std::string pair() {
        switch (below(4)) {
            case 0: return coauth::form_encode(name()) + "=" + coauth::form_encode(canary());
            case 1: return "u=" + coauth::form_encode("https://h/?" + name() + "=" + canary());
            case 2:
                return "j=" +
                       coauth::form_encode("{" + string(name()) + ":" + string(canary()) + "}");
            default: return "p=" + coauth::form_encode(text());
        }
    }
    std::string userinfo() { return below(2) == 0 ? "" : "u:Canary/7+x@"; }
    std::string text() { return below(2) == 0 ? "plain \xC3\xA9\n text" : "Bearer " + canary(); }
    std::string string(std::string const& value) {
        std::string out = "\"";
        for (char const c : value) {
            if (is_ascii(c) && below(9) == 0) {
                constexpr std::string_view digits = "0123456789abcdef";
                out += {'\\',
                        'u',
                        '0',
                        '0',
                        digits[static_cast<unsigned char>(c) >> 4U],
                        digits[static_cast<unsigned char>(c) & 15U]};
            } else {
                coauth::json_escape_to(out, {&c, 1});
            }
        }
        return out + "\"";
    }
    static bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
    std::string name() {
        constexpr std::string_view names[] = {"password", "access_token", "client_secret", "code",
                                              "ID_TOKEN", "x-api-key",    "refreshToken"};
        return std::string(names[below(7)]);
    }
    static std::string canary() { return "Canary/7+\"x"; }

    std::mt19937 random_;
};

TEST(redaction_properties, no_canary_at_a_sensitive_place_is_ever_shown) {
    for (unsigned seed = 0; seed != 400; ++seed) {
        documents make(seed);
        std::string const all[] = {
            shown_body("application/json", make.json()),
            shown_body("text/plain", make.json()),
            shown_body("application/x-www-form-urlencoded", make.form()),
            shown_body("text/plain", make.lines()),
            shown_body("multipart/form-data; boundary=bb", make.parts()),
            redactor().url(make.url()),
            redactor().text(make.url()),
            redactor().header("Location", make.url()),
            redactor().header("X-Any", make.json()),
        };
        for (std::string const& shown : all) {
            ASSERT_EQ(shown.find("anar"), std::string::npos) << "seed " << seed << ": " << shown;
        }
    }
}

TEST(redaction_properties, a_known_value_is_never_shown_and_nothing_throws) {
    std::string const value = "Canary/7+\"xyz";
    redactor r({"mine"});
    r.add_secret(value);
    for (unsigned seed = 0; seed != 400; ++seed) {
        documents make(seed);
        std::string text = make.below(2) == 0 ? make.lines() : make.parts();
        for (std::size_t i = make.below(20); i != 0; --i) {
            std::size_t const at = make.below(text.size());
            if (make.below(3) == 0)
                text.insert(at, value);
            else if (make.below(2) == 0)
                text.erase(at, make.below(9));
            else
                text[at] = static_cast<char>(make.below(256));
        }
        for (char const* type : {"application/json", "multipart/x", "text/plain",
                                 "application/x-www-form-urlencoded"}) {
            ASSERT_EQ(r.body(type, text, no_limit).find(value), std::string::npos) << seed;
        }
        ASSERT_EQ(r.text(text).find(value), std::string::npos) << seed;
        ASSERT_EQ(r.url(text).find(value), std::string::npos) << seed;
        ASSERT_EQ(r.header(text.substr(0, 5), text).find(value), std::string::npos) << seed;
        static_cast<void>(r.head(text));
        static_cast<void>(r.form(text));
    }
}

TEST(redaction_properties, hostile_text_takes_linear_work) {
    redactor r;
    r.add_secret(std::string(2000, 'a') + "b");
    for (std::string_view const piece :
         {"a", "%", "\\", "eyJ.", "://a:b/", "token", "token=\"", "[", "{\"a\":", "--", "Basic ",
          "%25", "\\\\", "\"key\":", "-----BEGIN", "{\n", "x=%7B&"}) {
        std::string text;
        while (text.size() < 20'000) text += piece;
        EXPECT_LE(r.text(text).size(), 12 * text.size());
        EXPECT_LE(r.body("application/x-www-form-urlencoded", text, 1U << 20U).size(),
                  12 * text.size());
    }
}

/// Reads the response in two pieces, cut anywhere.
TEST(redaction_body, of_a_message_read_in_two_pieces_is_redacted) {  // R-193
    std::string const body = R"({"access_token":"Canary-1234567","note":"Canary-1234567"})";
    std::string const wire =
        "HTTP/1.1 200 OK\r\nSet-Cookie: sid=Canary-1234567\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    redactor r;
    r.add_secret("Canary-1234567");
    for (std::size_t cut = 0; cut != wire.size(); ++cut) {
        coauth::http1_parser parser(coauth::http1_parser::kind::response);
        for (std::string_view piece :
             {std::string_view(wire).substr(0, cut), std::string_view(wire).substr(cut)}) {
            std::size_t consumed = 0;
            ASSERT_FALSE(parser.feed(piece, consumed));
        }
        ASSERT_TRUE(parser.complete());
        EXPECT_EQ(r.body("application/json", parser.body(), no_limit),
                  R"({"access_token":"[redacted]","note":"[redacted]"})");
        EXPECT_EQ(r.fields(parser.fields())[0].value, "sid=[redacted]");
    }
}

}  // namespace
}  // namespace redaction_test
