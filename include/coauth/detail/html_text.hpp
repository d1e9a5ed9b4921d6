// SPDX-License-Identifier: BSL-1.0
//
// Text of anybody as text of a page of HTML: fit for the inside of an element and of an attribute
// in double quotes. Pure functions.

#ifndef COAUTH_DETAIL_HTML_TEXT_HPP
#define COAUTH_DETAIL_HTML_TEXT_HPP

#include <coauth/detail/exchange_words.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace coauth::detail {

/// One line: what is not printable, or would change how the text around it looks, is escaped
/// visibly.
[[nodiscard]] inline std::string html_text(std::string_view text) {
    std::string out;
    for (char const c : one_line(text)) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

/// The same of several lines, which stay lines.
[[nodiscard]] inline std::string html_lines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        std::size_t const end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        out += html_text(line) + "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

}  // namespace coauth::detail

#endif
