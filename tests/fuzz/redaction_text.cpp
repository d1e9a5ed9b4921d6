// SPDX-License-Identifier: BSL-1.0
//
// Redaction of everything else: a known secret, which the input places and encodes ('@' and a
// digit), is shown nowhere; nor is what stands where a credential does.

#include "target.hpp"

#include <coauth/codec/base64.hpp>
#include <coauth/codec/form.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/redaction.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace redaction_text_fuzz {
namespace {

using coauth::redactor;
using coauth_fuzz::require;

constexpr std::string_view canary = "Zq7/Canary+9xW\"~k";

/// The ways in which it may be written.
std::vector<std::string> const& spellings() {
    static std::vector<std::string> const all = [] {
        std::string json;
        coauth::json_escape_to(json, canary);
        std::string nested;
        coauth::json_escape_to(nested, json);
        std::string const form = coauth::form_encode(canary);
        return std::vector<std::string>{std::string(canary),
                                        json,
                                        nested,
                                        form,
                                        coauth::form_encode(form),
                                        coauth::form_encode(json),
                                        coauth::base64_encode(canary),
                                        coauth::base64url_encode("u:" + std::string(canary)),
                                        coauth::base64_encode("us:" + std::string(canary)),
                                        std::string(R"(\u005aq7\/Canary\u002b9xW\"~k)")};
    }();
    return all;
}

/// The input with spellings of the secret in place of "@0" to "@9".
std::string with_secrets(std::string_view input, std::vector<std::string>& placed) {
    std::string text;
    for (std::size_t i = 0; i != input.size(); ++i) {
        bool const mark =
            input[i] == '@' && i + 1 != input.size() && input[i + 1] >= '0' && input[i + 1] <= '9';
        if (!mark) {
            text += input[i];
            continue;
        }
        placed.push_back(spellings()[static_cast<std::size_t>(input[++i] - '0')]);
        text += placed.back();
    }
    return text;
}

void check_known(std::string_view text, std::vector<std::string> const& placed) {
    static redactor const told = [] {
        redactor r;
        r.add_secret(canary);
        return r;
    }();
    constexpr std::size_t limit = 1 << 20;
    for (std::string const& shown :
         {told.text(text), told.url(text), told.form(text), told.json(text),
          told.header("X-Echo", text), told.header("Location", text),
          told.header("WWW-Authenticate", text), told.header("Set-Cookie", text),
          told.body("text/plain", text, limit), told.body("application/json", text, limit),
          told.body("multipart/form-data", text, limit),
          told.body("application/x-www-form-urlencoded", text, limit)}) {
        require(shown.find(canary) == std::string::npos, "a known value is not shown");
        for (std::string const& spelling : placed) {
            require(shown.find(spelling) == std::string::npos, "however it is written");
        }
        require(shown.size() <= 64 + 20 * text.size(), "what is shown does not explode");
    }
}

/// Of credentials that nobody has told about, by where they stand.
void check_places(std::string_view before, std::string_view after) {
    std::string const value = std::string(before) + std::string(canary) + std::string(after);
    for (std::string const& shown : {
             coauth::redact_header("Authorization", "Bearer " + value),
             coauth::redact_header("Proxy-Authorization", "Basic " + value),
             coauth::redact_header("X-Api-Key", value),
             coauth::redact_form("access_token=" + coauth::form_encode(value)),
             coauth::redact_url("https://h/p?a=1&code=" + coauth::form_encode(value)),
         }) {
        require(shown.find(canary.substr(4)) == std::string::npos &&
                    shown.find("Canary") == std::string::npos,
                "a credential is not shown where it stands");
    }
    if (value.find(';') != std::string::npos) return;
    for (char const* name : {"Cookie", "Set-Cookie"}) {
        std::string const shown = coauth::redact_header(name, "sid=" + value + "; Path=/");
        require(shown.find("Canary") == std::string::npos, "the value of a cookie is not shown");
    }
}

COAUTH_FUZZ_TARGET(redaction_text, input) {
    std::vector<std::string> placed;
    std::string const text = with_secrets(input, placed);
    check_known(text, placed);
    auto const [before, after] = coauth_fuzz::two_lines(input);
    check_places(before, after);
}

}  // namespace
}  // namespace redaction_text_fuzz
