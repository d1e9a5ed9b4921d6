// SPDX-License-Identifier: BSL-1.0
//
// Redaction of JSON: a document is made out of the input with a canary at places that a name calls
// sensitive. The canary is never shown, wherever the document is cut; and any bytes give JSON.

#include "target.hpp"

#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/redaction.hpp>
#include <coauth/codec/utf8.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace redaction_json_fuzz {
namespace {

using coauth_fuzz::require;

constexpr std::string_view canary = "Zq7Canary9xW";
constexpr std::string_view beginning = canary.substr(0, 6);

bool shows(std::string_view text) { return text.find(beginning) != text.npos; }

/// A document with the canary in it, by decisions of the input.
class document {
public:
    explicit document(coauth_fuzz::choices from) : from_(from) {}

    [[nodiscard]] std::string run() {
        if (from_.flag())
            object(0, false);
        else
            array(0, false);
        return std::move(out_);
    }

private:
    static constexpr int deepest = 5;

    void value(int depth, bool hidden) {
        switch (from_.below(depth < deepest ? 6 : 4)) {
            case 0: out_ += "-1.5e3"; break;
            case 1: out_ += "null"; break;
            case 2: text(hidden ? canary : any_text()); break;
            case 3:
                text(hidden ? std::string(any_text()) + std::string(canary) : any_text());
                break;
            case 4: object(depth + 1, hidden); break;
            default: array(depth + 1, hidden); break;
        }
    }
    void object(int depth, bool hidden) {
        constexpr std::array<std::string_view, 10> sensitive{
            "password", "access_token", "client_secret", "X-Api-Key", "code",
            "sid",      "Set-Cookie",   "id_token",      "pin",       "user_password_2"};
        out_ += '{';
        char const* separator = "";
        for (std::size_t n = from_.below(4); n != 0 && !from_.empty(); --n) {
            out_ += separator;
            separator = from_.flag() ? "," : " ,\n";
            switch (from_.below(4)) {
                case 0: member(any_text(), depth, hidden); break;
                case 1: pair(sensitive[from_.below(sensitive.size())]); break;
                default: member(sensitive[from_.below(sensitive.size())], depth, true); break;
            }
        }
        out_ += '}';
    }
    void member(std::string_view name, int depth, bool hidden) {
        text(name);
        out_ += from_.flag() ? ":" : " : ";
        value(depth, hidden);
    }
    /// What a list of headers or parameters looks like in JSON.
    void pair(std::string_view name) {
        text("entry");
        out_ += R"(:{"value":)";
        text(canary);
        out_ += R"(,"name":)";
        text(name);
        out_ += '}';
    }
    void array(int depth, bool hidden) {
        out_ += '[';
        char const* separator = "";
        for (std::size_t n = from_.below(4); n != 0 && !from_.empty(); --n) {
            out_ += separator;
            separator = ",";
            value(depth, hidden);
        }
        out_ += ']';
    }
    /// Some letters as \u0061.
    void text(std::string_view plain) {
        unsigned const how = from_.byte();
        std::string escaped;
        coauth::json_escape_to(escaped, plain);
        out_ += '"';
        for (std::size_t i = 0; i != escaped.size(); ++i) {
            constexpr std::string_view digits = "0123456789abcdef";
            char const c = escaped[i];
            bool const letter = c >= 'a' && c <= 'z' && escaped.find('\\') == escaped.npos;
            if (letter && (how >> i % 8U & 1U) != 0 && how > 128) {
                out_ += "\\u00";
                out_ += digits[static_cast<unsigned char>(c) >> 4U];
                out_ += digits[static_cast<unsigned char>(c) & 15U];
            } else {
                out_ += c;
            }
        }
        out_ += '"';
    }
    [[nodiscard]] std::string_view any_text() {
        std::string_view const taken = from_.text(from_.below(24));
        return coauth::is_valid_utf8(taken) ? taken : std::string_view("other");
    }

    coauth_fuzz::choices from_;
    std::string out_;
};

/// Whether a string or a name in it is the canary, however it is escaped.
bool shows_in_json(std::string_view json) {
    coauth::json_reader reader(json, {.max_depth = 10'000});
    for (;;) {
        coauth::json_event const event = reader.next();
        if (event == coauth::json_event::end || event == coauth::json_event::failure) return false;
        bool const text =
            event == coauth::json_event::string || event == coauth::json_event::member_name;
        if (text && shows(reader.scalar().to_string())) return true;
    }
}

[[nodiscard]] bool is_json(std::string_view text) {
    coauth::json_reader reader(text, {.max_depth = 10'000});
    for (;;) {
        coauth::json_event const event = reader.next();
        if (event == coauth::json_event::end) return true;
        if (event == coauth::json_event::failure) return false;
    }
}

void check_cut(std::string_view text) {
    constexpr std::array types{"application/json", "text/plain", "application/x-ndjson", ""};
    require(!shows(coauth::redact_json(text)), "a part of a document does not show it");
    require(!shows(coauth::redact_body(types[text.size() % types.size()], text)),
            "nor does a body that was cut");
}

COAUTH_FUZZ_TARGET(redaction_json, input) {
    std::string const any = coauth::redact_json(input);
    require(any == coauth::redacted || is_json(any), "what is shown of any bytes is JSON");
    if (shows(input)) return;

    std::string const text = document(coauth_fuzz::choices(input)).run();
    std::string const shown = coauth::redact_json(text);
    require(is_json(text) && is_json(shown), "what is shown of a document is JSON");
    require(!shows_in_json(shown), "the canary is not shown");
    std::size_t const step = text.size() / 16 + 1;
    for (std::size_t size = 0; size < text.size(); size += step) check_cut(text.substr(0, size));

    // Told the value, a redactor finds it in any part and in any bytes around it.
    coauth::redactor told;
    told.add_secret(canary);
    std::size_t const at = text.find(canary);
    if (at == std::string::npos) return;
    std::string const tail = text.substr(at) + std::string(input);
    require(told.text(tail).find(canary) == std::string::npos, "a known value is not shown");
    require(told.body("application/json", tail, 65536).find(canary) == std::string::npos,
            "nor in a body that begins in its middle");
}

}  // namespace
}  // namespace redaction_json_fuzz
