// SPDX-License-Identifier: BSL-1.0
//
// An exchange log as text for a terminal. What servers sent cannot drive the terminal nor forge a
// line: each of its lines has a mark before it, and whatever is not printable is escaped. Pure
// functions; any thread.

#ifndef COAUTH_EXCHANGE_LOG_TEXT_HPP
#define COAUTH_EXCHANGE_LOG_TEXT_HPP

#include <coauth/codec/http_fields.hpp>
#include <coauth/detail/exchange_words.hpp>
#include <coauth/exchange_log.hpp>
#include <coauth/exchange_record.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {
namespace detail {

class exchange_text {
public:
    explicit exchange_text(std::size_t columns) : columns_(std::max<std::size_t>(columns, 40)) {}

    void add(call_record const& call) {
        add_head(call);
        std::size_t number = 0;
        for (auto const& exchange : call.all_exchanges()) add(call, *exchange, ++number);
    }

    /// The call as a whole, and how it came by its tokens.
    void add_head(call_record const& call) {
        line("", "call " + std::to_string(call.number) + "  " + timestamp(call.started) + "  " +
                     milliseconds(call.took) + " ms");
        line("  ", call.method + " " + call.url);
        line("  ", call.failure.empty() ? "-> " + std::to_string(call.status)
                                        : "-> failed: " + call.failure);
        for (token_decision const& token : call.tokens) add(token);
    }

    /// One exchange, below an empty line.
    void add(call_record const& call, exchange_record const& x, std::size_t number) {
        bool const api = x.with == exchange_record::party::api;
        std::string head = "[" + std::to_string(number) + "] " +
                           (api ? "API" : "authorization server") + "  +" +
                           milliseconds(x.started - call.started) + " ms";
        if (x.why == exchange_record::reason::token_renewed) {
            head += "  sent again with another token";
        } else if (x.why == exchange_record::reason::connection_lost) {
            head += "  sent again: the reused connection had ended";
        }
        out_ += "\n";
        line("  ", head);
        line("      ", x.connection == 0 ? std::string("no connection")
                                         : "connection " + std::to_string(x.connection) +
                                               (x.connection_reused ? ", reused" : ", new"));
        line("      ", times(x));
        line("      > ", x.method + " " + x.url);
        message("      > ", x.request_headers, x.request_body);
        if (x.status != 0) {
            out_ += "\n";
            line("      < ", std::to_string(x.status) + " " + x.status_text);
            message("      < ", x.response_headers, x.response_body);
        }
        if (!x.failure.empty()) {
            line("      ", "failed: " + x.failure);
        } else if (x.status == 0) {
            line("      ", "no response so far");
        }
    }

    [[nodiscard]] std::string take() { return std::exchange(out_, {}); }

private:
    void add(token_decision const& token) {
        std::string text = "token: ";
        text += to_string(token.how);
        bool const fetch = token.how == token_decision::outcome::joined ||
                           token.how == token_decision::outcome::fetched;
        if (fetch) text += " (" + std::string(to_string(token.why)) + ")";
        if (token.waited > duration::zero())
            text += ", waited " + milliseconds(token.waited) + " ms";
        line("  ", text);
    }

    [[nodiscard]] static std::string times(exchange_record const& x) {
        std::string text = milliseconds(x.took) + " ms";
        char const* separator = ": ";
        for (auto const& [name, took] : phases_of(x.timings)) {
            text += std::exchange(separator, ", ") + std::string(name) + " " + milliseconds(took);
        }
        return text;
    }

    void message(std::string_view mark, http_fields const& headers, recorded_body const& body) {
        for (http_field const field : headers) {
            line(mark, std::string(field.name) + ": " + std::string(field.value));
        }
        if (body.text.empty()) return;
        line(mark, "");
        constexpr std::size_t small = 4096;
        std::optional<std::string> json;
        if (body.text.size() <= small) json = indent_json(body.text);
        std::string_view rest = json ? *json : std::string_view(body.text);
        while (!rest.empty()) {
            std::size_t const end = std::min(rest.find('\n'), rest.size());
            std::string_view text = rest.substr(0, end);
            if (text.ends_with('\r')) text.remove_suffix(1);
            line(mark, text);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }

    /// What does not fit goes on in the next line, behind the same mark.
    void line(std::string_view mark, std::string_view text) {
        std::string const safe = one_line(text);
        std::string_view rest = safe;
        std::string_view indent;
        do {
            std::size_t const room = columns_ - mark.size() - indent.size();
            std::size_t size = std::min(room, rest.size());
            // Not inside of a character.
            while (size != 0 && size != rest.size() &&
                   (static_cast<unsigned char>(rest[size]) & 0xC0U) == 0x80U) {
                --size;
            }
            // Between two words, where that does not leave much of the line empty.
            std::size_t const space = size == rest.size() ? 0 : rest.rfind(' ', size - 1);
            if (space != std::string_view::npos && space > room * 2 / 3) size = space + 1;
            std::string row =
                std::string(mark) + std::string(indent) + std::string(rest.substr(0, size));
            row.erase(row.find_last_not_of(' ') + 1);
            out_ += row + "\n";
            rest.remove_prefix(size);
            indent = "  ";
        } while (!rest.empty());
    }

    std::size_t columns_;
    std::string out_;
};

[[nodiscard]] inline std::string dropped_calls(exchange_log const& log) {
    std::uint64_t const dropped = log.dropped();
    if (dropped == 0) return {};
    return "(" + std::to_string(dropped) + " earlier calls had to make room)\n";
}

}  // namespace detail

/// Several lines, the last one ended, none wider than `columns` (at least 40).
[[nodiscard]] inline std::string to_text(call_record const& call, std::size_t columns = 100) {
    detail::exchange_text text(columns);
    text.add(call);
    return text.take();
}

/// All calls of the log, oldest first, with an empty line between them.
[[nodiscard]] inline std::string to_text(exchange_log const& log, std::size_t columns = 100) {
    std::string text = detail::dropped_calls(log);
    for (auto const& call : log.calls()) {
        if (!text.empty()) text += '\n';
        text += to_text(*call, columns);
    }
    return text;
}

}  // namespace coauth

#endif
