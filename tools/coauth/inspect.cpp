// SPDX-License-Identifier: BSL-1.0

#include "inspect.hpp"

#include <algorithm>
#include <coauth/exchange_log_text.hpp>
#include <string_view>
#include <vector>

namespace coauth_tool {
namespace {

using party = coauth::exchange_record::party;

[[nodiscard]] std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        std::size_t const end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// Characters, where each is one column wide.
[[nodiscard]] std::size_t width_of(std::string_view line) {
    return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

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

[[nodiscard]] std::string one_column(coauth::call_record const& call, terminal const& at) {
    std::string text;
    for (std::string const& line : lines_of(coauth::to_text(call, at.width()))) {
        text += painted(line, at) + "\n";
    }
    return text;
}

[[nodiscard]] std::string two_columns(coauth::call_record const& call, terminal const& at) {
    std::size_t const column = (at.width() - 3) / 2;
    coauth::detail::exchange_text head(at.width());
    head.add_head(call);
    std::string text;
    for (std::string const& line : lines_of(head.take())) text += painted(line, at) + "\n";

    coauth::detail::exchange_text left(column);
    coauth::detail::exchange_text right(column);
    std::size_t number = 0;
    for (auto const& x : call.all_exchanges()) {
        (x->with == party::api ? right : left).add(call, *x, ++number);
    }
    std::vector<std::string> const sides[] = {lines_of(left.take()), lines_of(right.take())};
    for (std::size_t i = 0; i != std::max(sides[0].size(), sides[1].size()); ++i) {
        std::string const none;
        std::string const& first = i < sides[0].size() ? sides[0][i] : none;
        std::string const& second = i < sides[1].size() ? sides[1][i] : none;
        std::size_t const used = std::min(width_of(first), column);
        text += painted(first, at) + std::string(column - used, ' ') +
                at.paint(colour::dim, " | ") + painted(second, at) + "\n";
    }
    return text;
}

[[nodiscard]] bool has_both(coauth::call_record const& call) {
    auto const all = call.all_exchanges();
    auto const with = [&](party one) {
        return std::any_of(all.begin(), all.end(), [&](auto const& x) { return x->with == one; });
    };
    return with(party::api) && with(party::authorization_server);
}

}  // namespace

std::string inspect(coauth::exchange_log const& log, terminal const& at) {
    std::string text;
    for (auto const& call : log.calls()) {
        if (!text.empty()) text += '\n';
        bool const wide = at.width() >= wide_enough && has_both(*call);
        text += wide ? two_columns(*call, at) : one_column(*call, at);
    }
    return text;
}

}  // namespace coauth_tool
