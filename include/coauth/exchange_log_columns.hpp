// SPDX-License-Identifier: BSL-1.0
//
// An exchange log as text for a wide terminal: the authorization server left, the API right. As
// safe to print as exchange_log_text.hpp. Opt-in. Pure functions; any thread.

#ifndef COAUTH_EXCHANGE_LOG_COLUMNS_HPP
#define COAUTH_EXCHANGE_LOG_COLUMNS_HPP

#include <coauth/exchange_log.hpp>
#include <coauth/exchange_log_text.hpp>
#include <coauth/exchange_record.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {

/// Puts colours around a line of text, or of one side; what is seen keeps its width. Empty: none.
using line_painter = std::function<std::string(std::string const& line)>;

/// From this width on there is room for two sides.
inline constexpr std::size_t columns_for_two_sides = 120;

namespace detail {

class exchange_columns {
public:
    exchange_columns(std::size_t columns, line_painter paint)
        : columns_(columns), paint_(std::move(paint)) {}

    [[nodiscard]] std::string text_of(call_record const& call) const {
        if (columns_ < columns_for_two_sides || !has_both(call)) return one_after_the_other(call);
        return side_by_side(call);
    }

private:
    using party = exchange_record::party;

    [[nodiscard]] static std::vector<std::string> lines_of(std::string_view text) {
        std::vector<std::string> lines;
        while (!text.empty()) {
            std::size_t const end = std::min(text.find('\n'), text.size());
            lines.emplace_back(text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return lines;
    }
    /// Characters, where each is one column wide.
    [[nodiscard]] static std::size_t width_of(std::string_view line) {
        return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
            return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
        }));
    }
    [[nodiscard]] static bool has_both(call_record const& call) {
        auto const all = call.all_exchanges();
        auto const with = [&](party one) {
            return std::any_of(all.begin(), all.end(),
                               [&](auto const& x) { return x->with == one; });
        };
        return with(party::api) && with(party::authorization_server);
    }

    [[nodiscard]] std::string painted(std::string const& line) const {
        return paint_ ? paint_(line) : line;
    }
    [[nodiscard]] std::string painted_lines(std::string_view text) const {
        std::string out;
        for (std::string const& line : lines_of(text)) out += painted(line) + "\n";
        return out;
    }

    [[nodiscard]] std::string one_after_the_other(call_record const& call) const {
        return painted_lines(to_text(call, columns_));
    }

    [[nodiscard]] std::string side_by_side(call_record const& call) const {
        constexpr std::string_view between = " | ";
        std::size_t const column = (columns_ - between.size()) / 2;
        exchange_text head(columns_);
        head.add_head(call);
        std::string out = painted_lines(head.take());
        exchange_text servers[] = {exchange_text(column), exchange_text(column)};
        std::size_t number = 0;
        for (auto const& x : call.all_exchanges()) {
            servers[x->with == party::api ? 1 : 0].add(call, *x, ++number);
        }
        std::vector<std::string> left = lines_of(servers[0].take());
        std::vector<std::string> right = lines_of(servers[1].take());
        std::size_t const rows = std::max(left.size(), right.size());
        left.resize(rows);
        right.resize(rows);
        for (std::size_t i = 0; i != rows; ++i) {
            std::size_t const used = std::min(width_of(left[i]), column);
            std::string line = painted(left[i]) + std::string(column - used, ' ');
            line += right[i].empty() ? between.substr(0, 2) : between;
            out += line + painted(right[i]) + "\n";
        }
        return out;
    }

    std::size_t columns_;
    line_painter paint_;
};

}  // namespace detail

/// As to_text(), with both sides next to each other where the call has two and there are
/// columns_for_two_sides or more.
[[nodiscard]] inline std::string to_columns(call_record const& call,
                                            std::size_t columns = columns_for_two_sides,
                                            line_painter paint = {}) {
    return detail::exchange_columns(columns, std::move(paint)).text_of(call);
}

/// All calls of the log, oldest first, with an empty line between them.
[[nodiscard]] inline std::string to_columns(exchange_log const& log,
                                            std::size_t columns = columns_for_two_sides,
                                            line_painter paint = {}) {
    detail::exchange_columns const each(columns, std::move(paint));
    std::string text = detail::dropped_calls(log);
    for (auto const& call : log.calls()) {
        if (!text.empty()) text += '\n';
        text += each.text_of(*call);
    }
    return text;
}

}  // namespace coauth

#endif
