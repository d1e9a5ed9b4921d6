// SPDX-License-Identifier: BSL-1.0
//
// Takes credentials out of text of no known grammar, by what they look like: what follows a
// sensitive name and '=' or ':', what follows "Bearer", "Basic" and "DPoP", JWTs, the userinfo of
// URLs, private keys in PEM. Linear. Pure functions; any thread.

#ifndef COAUTH_CODEC_REDACTION_TEXT_HPP
#define COAUTH_CODEC_REDACTION_TEXT_HPP

#include <coauth/codec/form.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/codec/redaction_names.hpp>
#include <coauth/detail/ascii.hpp>
#include <coauth/secret.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

/// Texts inside of texts (a JSON string that is JSON, an encoded URL in a query) are followed so
/// far; what is deeper is taken out whole.
inline constexpr int redaction_depth = 4;

/// The size of "user:password@" at the front of what follows "://", in a URL that ends before any
/// of `ends`; 0 without.
[[nodiscard]] inline std::size_t userinfo_size(std::string_view rest,
                                               std::string_view ends) noexcept {
    constexpr std::size_t longest = 1024;
    rest = rest.substr(0, std::min(rest.substr(0, longest).find_first_of(ends), longest));
    std::string_view const authority = rest.substr(0, rest.find('/'));
    std::size_t at = authority.rfind('@');
    std::size_t const colon = authority.rfind(':');
    bool const no_port = colon != std::string_view::npos && !authority.ends_with(']') &&
                         authority.find_first_not_of("0123456789", colon + 1) != std::string::npos;
    // A '/' that somebody left in a password ends the authority to readers of URLs only.
    if (at == std::string_view::npos && no_port) at = rest.rfind('@');
    return at == std::string_view::npos ? 0 : at + 1;
}

[[nodiscard]] std::string redact_text_by_name(sensitive_names const& names, std::string_view text,
                                              int depth = redaction_depth);

class text_redaction {
public:
    text_redaction(sensitive_names const& names, std::string_view text, int depth)
        : names_(names), text_(text), depth_(depth) {}

    [[nodiscard]] std::string run() {
        while (at_ != text_.size()) {
            if (is_word(text_[at_])) {
                word();
            } else if (text_.substr(at_).starts_with("://")) {
                keep(3);
                authority();
            } else {
                keep(1);
            }
        }
        return std::move(shown_);
    }

private:
    [[nodiscard]] static bool is_word(char c) noexcept {
        return is_alpha(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '%';
    }
    [[nodiscard]] char peek(std::size_t at) const noexcept {
        return at < text_.size() ? text_[at] : '\0';
    }
    void keep(std::size_t size) {
        shown_ += text_.substr(at_, size);
        at_ += size;
    }
    void drop(std::size_t size) {
        if (size != 0) shown_ += redacted;
        at_ += size;
    }

    /// Host and port are shown, whatever the host is called.
    void authority() {
        std::size_t const size = userinfo_size(text_.substr(at_), " \t\r\n\"'<>?#");
        if (size != 0) drop(size - 1);
        std::size_t const end =
            std::min(text_.find_first_of("/?#&;, \t\r\n\"'<>%=", at_), text_.size());
        keep(end - at_);
    }

    void word() {
        std::size_t end = at_;
        while (is_word(peek(end))) ++end;
        std::string_view const word = text_.substr(at_, end - at_);
        if (word.ends_with("-----BEGIN") && private_key(end)) return;
        if (std::size_t const jwt = find_jwt(word); jwt != std::string_view::npos) {
            keep(jwt);
            return drop(word.size() - jwt);
        }
        if (word.find('%') != std::string_view::npos && encoded(word)) return;
        keep(word.size());
        if (iequals(word, "Bearer") || iequals(word, "Basic") || iequals(word, "DPoP")) {
            return credential();
        }
        assignment(word);
    }

    /// Three parts of base64url, or five, of which the first is a JSON object.
    [[nodiscard]] static std::size_t find_jwt(std::string_view word) noexcept {
        std::size_t const begin = word.find("eyJ");
        if (begin == std::string_view::npos || word.size() - begin < 16) return word.npos;
        return word.find('.', begin) == std::string_view::npos ? word.npos : begin;
    }

    [[nodiscard]] bool private_key(std::size_t after) {
        if (text_.substr(after, 40).find("PRIVATE KEY") == std::string_view::npos) return false;
        std::size_t const end = text_.find("-----END", after);
        std::size_t const line_end = end == text_.npos ? end : text_.find_first_of("\r\n", end);
        drop(std::min(line_end, text_.size()) - at_);
        return true;
    }

    /// A word with percent escapes that hides something: it is shown decoded.
    [[nodiscard]] bool encoded(std::string_view word) {
        wiped_buffer plain;
        if (!form_reader::decode_to(plain, word)) return false;
        bool const hides = plain.view().find_first_of("=:\" %") != std::string_view::npos;
        if (hides && depth_ == 0) {
            drop(word.size());
            return true;
        }
        std::string const clean =
            hides ? redact_text_by_name(names_, plain.view(), depth_ - 1) : std::string();
        if (hides && clean != plain.view()) {
            shown_ += clean;
            at_ += word.size();
        } else if (names_.contain(plain.view())) {
            keep(word.size());
        } else {
            return false;
        }
        assignment(plain.view());
        return true;
    }

    /// What follows the name of a scheme. A parameter of a challenge (`Bearer realm="x"`) and a
    /// word of prose ("Bearer token expired") is none.
    void credential() {
        std::size_t begin = at_;
        while (peek(begin) == ' ' || peek(begin) == '\t' || peek(begin) == '+') ++begin;
        if (begin == at_) return;
        std::size_t end = begin;
        while (is_word(peek(end)) || contains("~+/=", peek(end))) ++end;
        keep(begin - at_);
        std::string_view const word = text_.substr(begin, end - begin);
        std::size_t const equals = word.find('=');
        bool const parameter =
            equals != word.npos &&
            (equals + 1 == word.size() ? peek(end) == '"'
                                       : word.find_first_not_of('=', equals) != word.npos);
        if (!parameter && !is_prose(word)) drop(word.size());
    }

    [[nodiscard]] static bool is_prose(std::string_view word) noexcept {
        constexpr std::array<std::string_view, 8> words{"token",          "tokens",        "auth",
                                                        "authentication", "authorization", "scheme",
                                                        "challenge",      "credentials"};
        while (word.ends_with('.')) word.remove_suffix(1);
        return std::any_of(words.begin(), words.end(),
                           [&](std::string_view known) { return iequals(word, known); });
    }

    /// What follows a name, where the name is sensitive and '=' or ':' stands between.
    void assignment(std::string_view name) {
        std::size_t i = at_;
        while (contains("\\\"'])", peek(i)) && i - at_ < 4) ++i;
        while (is_space(peek(i))) ++i;
        bool const in_name = name.ends_with('=') || name.ends_with(':');
        bool const separated = peek(i) == '=' || peek(i) == ':';
        if (!in_name && !separated) return;
        if (!names_.contain(name) || is_prose(name, i)) return;
        while (contains("=:>", peek(i))) ++i;
        while (is_space(peek(i))) ++i;
        keep(i - at_);
        value(name);
    }

    /// "invalid_token: …" and "https://…/token: …" say what went wrong; "auth.example.com:443" is a
    /// place. `i` is where the separator stands.
    [[nodiscard]] bool is_prose(std::string_view name, std::size_t i) const {
        if (peek(i) != ':' || i != at_) return false;
        std::size_t const begin = i - std::min(name.size(), i);
        std::size_t const digits =
            std::min(text_.find_first_not_of("0123456789", i + 1), text_.size());
        std::size_t const dot = name.rfind('.');
        if (dot != name.npos && digits != i + 1 && digits - i <= 6 && !is_word(peek(digits))) {
            return !names_.contain(name.substr(dot + 1));
        }
        if (!is_space(peek(i + 1))) return false;
        return (begin != 0 && text_[begin - 1] == '/') || name.starts_with("invalid_") ||
               name.starts_with("unauthorized_") || name.starts_with("unsupported_");
    }

    void value(std::string_view name) {
        bool const escaped = peek(at_) == '\\' && contains("\"'", peek(at_ + 1));
        char const quote = peek(at_ + (escaped ? 1 : 0));
        if (quote == '"' || quote == '\'') {
            keep(escaped ? 2 : 1);
            return drop(quoted_end(quote, escaped) - at_);
        }
        // What begins like an object has an end that only its own grammar knows.
        if (quote == '{' || quote == '[') return drop(text_.size() - at_);
        bool const line = iequals(name, "Authorization") || iequals(name, "Proxy-Authorization") ||
                          iequals(name, "Cookie") || iequals(name, "Set-Cookie");
        std::string_view const ends = line ? "\r\n" : " \t\r\n&,;\"'<>)}]";
        drop(std::min(text_.find_first_of(ends, at_), text_.size()) - at_);
    }

    /// The place of the quote that ends what begins here, or the end of the text.
    [[nodiscard]] std::size_t quoted_end(char quote, bool escaped) const noexcept {
        for (std::size_t i = at_; i < text_.size(); ++i) {
            if (text_[i] == '\\') {
                if (escaped && peek(i + 1) == quote) return i;
                ++i;
            } else if (text_[i] == quote) {
                return i;
            }
        }
        return text_.size();
    }

    [[nodiscard]] static bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }
    [[nodiscard]] static bool contains(std::string_view set, char c) noexcept {
        return set.find(c) != std::string_view::npos;
    }

    sensitive_names const& names_;
    std::string_view text_;
    int depth_;
    std::size_t at_ = 0;
    std::string shown_;
};

/// Names are found also where somebody wrote a letter of them as \u0061.
inline void unescape_letters(wiped_buffer& out, std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        std::size_t const escape = std::min(text.find("\\u00", at), text.size());
        out.append(text.substr(at, escape - at));
        at = escape;
        if (at == text.size()) return;
        int const high = at + 4 < text.size() ? hex_digit(text[at + 4]) : -1;
        int const low = at + 5 < text.size() ? hex_digit(text[at + 5]) : -1;
        char const c = high < 0 || low < 0 ? '\0' : static_cast<char>(high * 16 + low);
        bool const letter = is_alpha(c) || is_digit(c) || c == '_' || c == '-';
        out.append(letter ? std::string_view(&c, 1) : text.substr(at, 4));
        at += letter ? 6 : 4;
    }
}

inline std::string redact_text_by_name(sensitive_names const& names, std::string_view text,
                                       int depth) {
    if (text.find("\\u00") == std::string_view::npos) {
        return text_redaction(names, text, depth).run();
    }
    wiped_buffer plain;
    unescape_letters(plain, text);
    return text_redaction(names, plain.view(), depth).run();
}

}  // namespace coauth::detail

#endif
