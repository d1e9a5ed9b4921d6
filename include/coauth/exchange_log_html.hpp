// SPDX-License-Identifier: BSL-1.0
//
// An exchange log as one page of HTML that needs nothing else: no script, no resource of any other
// place, which its content security policy holds a browser to. The authorization server stands
// beside the API, on one line of time. What servers sent is text and nothing else in it. Pure
// functions; any thread.

#ifndef COAUTH_EXCHANGE_LOG_HTML_HPP
#define COAUTH_EXCHANGE_LOG_HTML_HPP

#include <coauth/config.hpp>
#include <coauth/detail/exchange_page.hpp>
#include <coauth/detail/exchange_words.hpp>
#include <coauth/detail/html_text.hpp>
#include <coauth/exchange_log.hpp>
#include <coauth/exchange_record.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {
namespace detail {

/// How a caller came by a token, for people.
[[nodiscard]] inline std::string words_of(token_decision const& token) {
    auto const reason = [&]() -> std::string {
        switch (token.why) {
            case fetch_reason::no_cached_token: return "there was none in memory";
            case fetch_reason::expired: return "the one in memory had expired";
            case fetch_reason::refresh_ahead: return "the one in memory neared its end";
            case fetch_reason::rejected: return "the API had rejected the one in memory";
            case fetch_reason::forced: return "the one in memory had been given up";
        }
        return "";
    };
    std::string const waited = "waited " + milliseconds(token.waited) + " ms";
    switch (token.how) {
        case token_decision::outcome::hit: return "The token came from memory.";
        case token_decision::outcome::fetched:
            return "A token was fetched, since " + reason() + "; the call " + waited + ".";
        case token_decision::outcome::joined:
            return "The call joined a token request that was under way, since " + reason() +
                   "; it " + waited + ".";
        case token_decision::outcome::remembered_failure:
            return "The last token request had failed, and its pause was not over: no other one "
                   "was sent.";
        case token_decision::outcome::rejection_not_believed:
            return "The API rejected a token just renewed for it: no other one was fetched.";
    }
    return "";
}

[[nodiscard]] inline std::string words_of(exchange_record::reason why) {
    switch (why) {
        case exchange_record::reason::first: return "";
        case exchange_record::reason::token_renewed:
            return "Sent again after a 401, with another token.";
        case exchange_record::reason::connection_lost:
            return "Sent again: the reused connection had ended before an answer.";
    }
    return "";
}

class html_writer {
public:
    [[nodiscard]] std::string write(std::vector<std::shared_ptr<call_record const>> const& calls,
                                    std::uint64_t dropped) {
        out_ += exchange_page_head;
        out_ += "<h1>Exchange log</h1>\n";
        if (dropped != 0) {
            element("p", "", std::to_string(dropped) + " earlier calls had to make room.");
        }
        if (calls.empty()) element("p", "", "No call has ended so far.");
        if (calls.size() > 1) contents(calls);
        for (auto const& call : calls) section(*call);
        out_ += "</main>\n<footer>Written by coauth " COAUTH_VERSION_STRING
                ". Credentials were taken out.</footer>\n</body>\n</html>\n";
        return std::move(out_);
    }

private:
    void element(std::string_view name, std::string_view style, std::string_view text) {
        out_.append("<").append(name);
        if (!style.empty()) out_.append(" class=\"").append(style).append("\"");
        out_.append(">").append(html_text(text)).append("</").append(name).append(">\n");
    }

    [[nodiscard]] static std::string id_of(call_record const& call) {
        return "call-" + std::to_string(call.number);
    }
    [[nodiscard]] static std::string title_of(call_record const& call) {
        return call.method + " " + call.url;
    }
    [[nodiscard]] static std::string outcome_of(int status, bool failed) {
        return failed || status == 0 ? "failed" : std::to_string(status);
    }
    void badge(int status, bool failed) {
        bool const bad = failed || status == 0 || status >= 400;
        element("span", bad ? "badge bad" : "badge good", outcome_of(status, failed));
    }

    void contents(std::vector<std::shared_ptr<call_record const>> const& calls) {
        out_ += "<nav aria-label=\"Calls\"><ol>\n";
        for (auto const& call : calls) {
            out_ += "<li value=\"" + std::to_string(call->number) + "\"><a href=\"#" +
                    id_of(*call) + "\">" + html_text(title_of(*call)) + "</a> ";
            badge(call->status, !call->failure.empty());
            out_ += "</li>\n";
        }
        out_ += "</ol></nav>\n";
    }

    void section(call_record const& call) {
        out_ += "<section id=\"" + id_of(call) + "\">\n<h2>" + html_text(title_of(call)) + " ";
        badge(call.status, !call.failure.empty());
        out_ += "</h2>\n";
        element("p", "",
                "Call " + std::to_string(call.number) + " began at " + timestamp(call.started) +
                    " and took " + milliseconds(call.took) + " ms.");
        story(call);
        exchange_records const all = call.all_exchanges();
        if (!all.empty()) {
            time_line(call, all);
            sides(call, all);
        }
        out_ += "</section>\n";
    }

    void story(call_record const& call) {
        out_ += "<ul class=\"story\">\n";
        for (token_decision const& token : call.tokens) element("li", "", words_of(token));
        for (auto const& x : call.exchanges) {
            std::string const words = words_of(x->why);
            if (!words.empty()) element("li", "", words);
        }
        if (!call.failure.empty()) {
            element("li", "bad", "The call failed: " + call.failure);
        } else {
            element("li", "", "The caller got " + std::to_string(call.status) + ".");
        }
        out_ += "</ul>\n";
    }

    // The line of time, in millionths of its length.

    using wall = std::chrono::system_clock::time_point;

    void time_line(call_record const& call, exchange_records const& all) {
        wall first = call.started;
        duration whole = call.took;
        for (auto const& x : all) first = std::min(first, x->started);
        for (auto const& x : all) whole = std::max(whole, since(first, x->started) + x->took);
        whole = std::max<duration>(whole, std::chrono::microseconds(1));
        out_ += "<div class=\"line\">\n";
        std::size_t number = 0;
        for (auto const& x : all) {
            element("span", "", "[" + std::to_string(++number) + "] " + party_name(*x));
            bars(*x, since(first, x->started), whole);
        }
        out_ += "<span></span><span class=\"scale\"><span>0 ms</span><span>" + milliseconds(whole) +
                " ms</span></span>\n</div>\n";
    }

    [[nodiscard]] static duration since(wall from, wall to) {
        return std::max(duration::zero(), std::chrono::duration_cast<duration>(to - from));
    }

    void bars(exchange_record const& x, duration from, duration whole) {
        auto const place = [&](duration d) {
            double const share =
                static_cast<double>(d.count()) / static_cast<double>(whole.count());
            return std::to_string(static_cast<std::int64_t>(1e6 * std::max(share, 0.0)));
        };
        auto const bar = [&](std::string_view style, duration at, duration size,
                             std::string_view title) {
            out_ += "<rect class=\"" + std::string(style) + "\" x=\"" + place(at) +
                    "\" y=\"0\" height=\"10\" width=\"" + place(size) + "\"><title>" +
                    std::string(title) + " " + milliseconds(size) + " ms</title></rect>";
        };
        std::string words;
        for (auto const& [name, took] : phases_of(x.timings)) {
            words += (words.empty() ? "" : ", ") + std::string(name) + " " + milliseconds(took);
        }
        out_ +=
            "<svg viewBox=\"0 0 1000000 10\" preserveAspectRatio=\"none\" role=\"img\" "
            "aria-label=\"" +
            milliseconds(x.took) + " ms: " + words + "\">";
        bar("all", from, x.took, "exchange");
        for (auto const& [name, took] : phases_of(x.timings)) {
            bar(name, from, took, name);
            from += took;
        }
        out_ += "</svg>\n";
    }

    // Both parties, in columns.

    [[nodiscard]] static bool is_api(exchange_record const& x) {
        return x.with == exchange_record::party::api;
    }
    [[nodiscard]] static std::string party_name(exchange_record const& x) {
        return is_api(x) ? "API" : "authorization server";
    }

    void sides(call_record const& call, exchange_records const& all) {
        out_ += "<div class=\"sides\">\n";
        for (bool const api : {false, true}) {
            out_ += "<div>\n";
            element("h3", "", api ? "API" : "Authorization server");
            bool any = false;
            std::size_t number = 0;
            for (auto const& x : all) {
                ++number;
                if (is_api(*x) != api) continue;
                any = true;
                article(call, *x, number);
            }
            if (!any) element("p", "", "Nothing was said.");
            out_ += "</div>\n";
        }
        out_ += "</div>\n";
    }

    void article(call_record const& call, exchange_record const& x, std::size_t number) {
        out_ += "<article>\n<h4>[" + std::to_string(number) + "] " +
                html_text(x.method + " " + x.url) + " ";
        badge(x.status, !x.failure.empty());
        out_ += "</h4>\n";
        std::string const connection = x.connection == 0
                                           ? "no connection"
                                           : "connection " + std::to_string(x.connection) +
                                                 (x.connection_reused ? ", reused" : ", new");
        element("p", "",
                "+" + milliseconds(since(call.started, x.started)) + " ms, " + connection + ", " +
                    milliseconds(x.took) + " ms in all");
        phase_list(x);
        if (!x.failure.empty()) element("p", "bad", "Failed: " + x.failure);
        message("Request", x.method + " " + x.url, x.request_headers, x.request_body);
        if (x.status != 0) {
            message("Response", std::to_string(x.status) + " " + x.status_text, x.response_headers,
                    x.response_body);
        } else if (x.failure.empty()) {
            element("p", "", "No response so far.");
        }
        out_ += "</article>\n";
    }

    void phase_list(exchange_record const& x) {
        out_ += "<ul class=\"phases\">\n";
        for (auto const& [name, took] : phases_of(x.timings)) {
            element("li", name, std::string(name) + " " + milliseconds(took) + " ms");
        }
        out_ += "</ul>\n";
    }

    void message(std::string_view which, std::string const& start, http_fields const& headers,
                 recorded_body const& body) {
        fold(std::string(which) + " headers", start + "\n" + text_of(headers));
        if (body.text.empty()) {
            if (body.size != 0) element("p", "", std::to_string(body.size) + " bytes of body");
            return;
        }
        auto const json = indent_json(body.text);
        fold(std::string(which) + " body, " + std::to_string(body.size) + " bytes",
             json ? *json : body.text);
    }
    [[nodiscard]] static std::string text_of(http_fields const& headers) {
        std::string text;
        for (http_field const field : headers) {
            text.append(field.name).append(": ").append(field.value).append("\n");
        }
        return text;
    }
    void fold(std::string_view title, std::string_view text) {
        out_ += "<details><summary>" + html_text(title) + "</summary><pre>" + html_lines(text) +
                "</pre></details>\n";
    }

    std::string out_;
};

}  // namespace detail

/// All calls of the log as one page, UTF-8.
[[nodiscard]] inline std::string to_html(exchange_log const& log) {
    return detail::html_writer().write(log.calls(), log.dropped());
}

[[nodiscard]] inline std::string to_html(call_record const& call) {
    return detail::html_writer().write({std::make_shared<call_record const>(call)}, 0);
}

}  // namespace coauth

#endif
