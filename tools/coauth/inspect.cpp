// SPDX-License-Identifier: BSL-1.0

#include "inspect.hpp"

#include <algorithm>
#include <coauth/exchange_log_columns.hpp>
#include <string_view>

namespace coauth_tool {
namespace {

/// By what a line begins with, behind its indentation.
[[nodiscard]] std::string painted(std::string const& line, terminal const& at) {
    std::string_view const text =
        std::string_view(line).substr(std::min(line.find_first_not_of(' '), line.size()));
    auto const status = [&](std::string_view mark) {
        return text.starts_with(mark) && text.size() > mark.size() + 2 &&
               text.substr(mark.size()).find_first_not_of("0123456789") == 3;
    };
    if (text.starts_with('[') || text.starts_with("call ")) return at.paint(colour::bold, line);
    if (text.starts_with("failed: ") || text.starts_with("-> failed")) {
        return at.paint(colour::red, line);
    }
    if (status("< ")) return at.paint(text[2] < '4' ? colour::green : colour::red, line);
    if (text.starts_with("> ") && text.find(" http") != std::string_view::npos) {
        return at.paint(colour::cyan, line);
    }
    if (text.starts_with("token: ")) return at.paint(colour::yellow, line);
    return line;
}

}  // namespace

std::string inspect(coauth::exchange_log const& log, terminal const& at) {
    return coauth::to_columns(log, at.width(),
                              [&](std::string const& line) { return painted(line, at); });
}

}  // namespace coauth_tool
