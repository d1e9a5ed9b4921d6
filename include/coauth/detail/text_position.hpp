// SPDX-License-Identifier: BSL-1.0
//
// Where in a text a byte is, as editors count, and where in a JSON document a value is, RFC 6901.
// Pure functions.

#ifndef COAUTH_DETAIL_TEXT_POSITION_HPP
#define COAUTH_DETAIL_TEXT_POSITION_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace coauth::detail {

/// "line 3, column 5", both from 1; columns are characters of UTF-8.
[[nodiscard]] inline std::string text_position(std::string_view text, std::size_t offset) {
    std::string_view const before = text.substr(0, offset);
    std::size_t const last = before.rfind('\n');
    std::string_view const line = last == std::string_view::npos ? before : before.substr(last + 1);
    auto const newlines = std::count(before.begin(), before.end(), '\n');
    auto const characters = std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    });
    return "line " + std::to_string(newlines + 1) + ", column " + std::to_string(characters + 1);
}

/// `name` as one step of a JSON pointer, with its slash.
[[nodiscard]] inline std::string pointer_step(std::string_view name) {
    std::string step = "/";
    for (char const c : name) {
        if (c == '~') {
            step += "~0";
        } else if (c == '/') {
            step += "~1";
        } else {
            step += c;
        }
    }
    return step;
}

}  // namespace coauth::detail

#endif
