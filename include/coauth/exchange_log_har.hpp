// SPDX-License-Identifier: BSL-1.0
//
// An exchange log as HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), which browsers'
// developer tools and many others open: a page for each call, an entry for each exchange. What HAR
// has no place for stands in members that begin with '_'. Pure functions; any thread.

#ifndef COAUTH_EXCHANGE_LOG_HAR_HPP
#define COAUTH_EXCHANGE_LOG_HAR_HPP

#include <coauth/codec/form.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/config.hpp>
#include <coauth/detail/exchange_words.hpp>
#include <coauth/exchange_log.hpp>
#include <coauth/exchange_record.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {
namespace detail {

/// What is not UTF-8 becomes U+FFFD.
[[nodiscard]] inline std::string as_utf8(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        char32_t code = 0;
        std::size_t const size = utf8_front(text, code);
        out += size == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, size);
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out;
}

class har_writer {
public:
    [[nodiscard]] std::string write(std::vector<std::shared_ptr<call_record const>> const& calls) {
        json_.begin_object().name("log").begin_object();
        member("version", "1.2");
        json_.name("creator").begin_object();
        member("name", "coauth");
        member("version", COAUTH_VERSION_STRING);
        json_.end_object();
        json_.name("pages").begin_array();
        for (auto const& call : calls) page(*call);
        json_.end_array();
        json_.name("entries").begin_array();
        for (auto const& [exchange, call] : in_order(calls)) entry(*exchange, *call);
        json_.end_array();
        json_.end_object().end_object();
        return std::move(out_);
    }

private:
    using entry_list =
        std::vector<std::pair<std::shared_ptr<exchange_record const>, call_record const*>>;

    /// Calls that waited for one token fetch share its exchanges: they are entries once.
    [[nodiscard]] static entry_list in_order(
        std::vector<std::shared_ptr<call_record const>> const& calls) {
        entry_list entries;
        std::set<exchange_record const*> seen;
        for (auto const& call : calls) {
            for (auto const& exchange : call->all_exchanges()) {
                if (!seen.insert(exchange.get()).second) continue;
                auto const later = std::upper_bound(
                    entries.begin(), entries.end(), exchange->started,
                    [](auto const& at, auto const& entry) { return at < entry.first->started; });
                entries.emplace(later, exchange, call.get());
            }
        }
        return entries;
    }

    void member(std::string_view name, std::string_view value) {
        json_.name(name).string(as_utf8(value));
    }
    void number(std::string_view name, std::int64_t value) { json_.name(name).number(value); }
    void time(std::string_view name, duration value) { json_.name(name).raw(milliseconds(value)); }
    void pair(std::string_view name, std::string_view value) {
        json_.begin_object();
        member("name", name);
        member("value", value);
        json_.end_object();
    }

    [[nodiscard]] static std::string page_id(call_record const& call) {
        return "call_" + std::to_string(call.number);
    }

    void page(call_record const& call) {
        json_.begin_object();
        member("startedDateTime", timestamp(call.started));
        member("id", page_id(call));
        member("title", call.method + " " + call.url);
        json_.name("pageTimings").begin_object();
        number("onContentLoad", -1);
        time("onLoad", call.took);
        json_.end_object();
        number("_status", call.status);
        if (!call.failure.empty()) member("_failure", call.failure);
        json_.name("_tokens").begin_array();
        for (token_decision const& token : call.tokens) {
            json_.begin_object();
            member("decision", to_string(token.how));
            member("reason", to_string(token.why));
            time("waited", token.waited);
            json_.end_object();
        }
        json_.end_array().end_object();
    }

    void entry(exchange_record const& x, call_record const& call) {
        json_.begin_object();
        member("pageref", page_id(call));
        member("startedDateTime", timestamp(x.started));
        timings(x);
        request(x);
        response(x);
        json_.name("cache").begin_object().end_object();
        if (x.connection != 0) member("connection", std::to_string(x.connection));
        member("_party", name_of(x.with));
        member("_reason", name_of(x.why));
        json_.name("_connectionReused").boolean(x.connection_reused);
        if (!x.failure.empty()) member("_failure", x.failure);
        json_.end_object();
    }

    /// HAR wants `time` to be the sum, so what lies between the phases is in none of its numbers;
    /// where no response came, it belongs to what was waited for.
    void timings(exchange_record const& x) {
        exchange_timings const& t = x.timings;
        auto const given = [](exchange_timings::phase const& p) {
            return std::max(p.value_or(duration::zero()), duration::zero());
        };
        duration const known = given(t.queue) + given(t.resolve) + given(t.connect) + given(t.tls) +
                               given(t.send) + given(t.wait) + given(t.receive);
        duration const rest =
            x.status == 0 ? std::max(x.took - known, duration::zero()) : duration::zero();
        auto const optional = [&](std::string_view name, exchange_timings::phase const& p,
                                  duration more) {
            if (p || more != duration::zero())
                time(name, given(p) + more);
            else
                number(name, -1);
        };
        exchange_timings::phase connect = t.connect;
        if (t.tls) connect = given(t.connect) + given(t.tls);  // so the specification says
        json_.name("timings").begin_object();
        optional("blocked", t.queue, t.send ? duration::zero() : rest);
        optional("dns", t.resolve, duration::zero());
        optional("connect", connect, duration::zero());
        optional("ssl", t.tls, duration::zero());
        time("send", given(t.send));
        time("wait", given(t.wait) + (t.send ? rest : duration::zero()));
        time("receive", given(t.receive));
        json_.end_object();
        time("time", known + rest);
    }

    void request(exchange_record const& x) {
        json_.name("request").begin_object();
        member("method", x.method);
        member("url", x.url);
        member("httpVersion", "HTTP/1.1");
        cookies(x.request_headers.all("Cookie"), false);
        headers(x.request_headers);
        json_.name("queryString").begin_array();
        std::string_view const url = std::string_view(x.url).substr(0, x.url.find('#'));
        if (std::size_t const mark = url.find('?'); mark != url.npos) form(url.substr(mark + 1));
        json_.end_array();
        if (x.request_body.size != 0) post_data(x);
        number("headersSize", -1);
        number("bodySize", static_cast<std::int64_t>(x.request_body.size));
        json_.end_object();
    }

    void post_data(exchange_record const& x) {
        std::string_view const type = x.request_headers.find("Content-Type").value_or("");
        bool const is_form =
            iequals(trim_ows(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded");
        json_.name("postData").begin_object();
        member("mimeType", type);
        json_.name("params").begin_array();
        if (is_form) form(x.request_body.text);
        json_.end_array();
        member("text", is_form ? std::string_view() : x.request_body.text);
        json_.end_object();
    }

    void response(exchange_record const& x) {
        bool const came = x.status != 0;
        json_.name("response").begin_object();
        number("status", x.status);
        member("statusText", x.status_text);
        member("httpVersion", came ? "HTTP/1.1" : "");
        cookies(x.response_headers.all("Set-Cookie"), true);
        headers(x.response_headers);
        json_.name("content").begin_object();
        number("size", static_cast<std::int64_t>(x.response_body.size));
        member("mimeType", x.response_headers.find("Content-Type").value_or(""));
        member("text", x.response_body.text);
        json_.end_object();
        member("redirectURL", x.response_headers.find("Location").value_or(""));
        number("headersSize", -1);
        number("bodySize", came ? static_cast<std::int64_t>(x.response_body.size) : -1);
        json_.end_object();
    }

    void headers(http_fields const& fields) {
        json_.name("headers").begin_array();
        for (http_field const field : fields) pair(field.name, field.value);
        json_.end_array();
    }

    /// Their names; the values are not in the record.
    void cookies(std::vector<std::string_view> const& lines, bool only_first) {
        json_.name("cookies").begin_array();
        for (std::string_view line : lines) {
            while (!line.empty()) {
                std::size_t const end = std::min(line.find(';'), line.size());
                std::string_view const one = trim_ows(line.substr(0, end));
                line.remove_prefix(only_first ? line.size() : std::min(end + 1, line.size()));
                std::size_t const equals = one.find('=');
                if (equals != one.npos) pair(one.substr(0, equals), one.substr(equals + 1));
            }
        }
        json_.end_array();
    }

    void form(std::string_view text) {
        for (form_reader reader(text); reader.next();) {
            std::string name;
            std::string value;
            if (!form_reader::decode_to(name, reader.encoded_name())) name = reader.encoded_name();
            if (!form_reader::decode_to(value, reader.encoded_value()))
                value = reader.encoded_value();
            pair(name, value);
        }
    }

    std::string out_;
    json_writer<std::string> json_{out_};
};

}  // namespace detail

/// All calls of the log as one document.
[[nodiscard]] inline std::string to_har(exchange_log const& log) {
    return detail::har_writer().write(log.calls());
}

[[nodiscard]] inline std::string to_har(call_record const& call) {
    return detail::har_writer().write({std::make_shared<call_record const>(call)});
}

}  // namespace coauth

#endif
