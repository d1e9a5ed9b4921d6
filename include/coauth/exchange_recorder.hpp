// SPDX-License-Identifier: BSL-1.0
//
// Turns one HTTP exchange into records for a log: redacts what is sent when it is sent, and what is
// received when it is over. Exists only where somebody records. Not synchronised.

#ifndef COAUTH_EXCHANGE_RECORDER_HPP
#define COAUTH_EXCHANGE_RECORDER_HPP

#include <coauth/codec/base64.hpp>
#include <coauth/codec/form.hpp>
#include <coauth/codec/redaction.hpp>
#include <coauth/exchange_log.hpp>
#include <coauth/exchange_record.hpp>
#include <coauth/http/exchange.hpp>
#include <coauth/http/exchange_trace.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

/// A point of the steady time line by the wall clock.
[[nodiscard]] inline std::chrono::system_clock::time_point wall_time(time_point at) {
    return std::chrono::system_clock::now() +
           std::chrono::duration_cast<std::chrono::system_clock::duration>(at - boot_clock::now());
}

class exchange_recorder {
public:
    exchange_recorder(exchange_record::party with, exchange_log_options const& options)
        : redact_(options.also_redact), max_body_(options.max_body) {
        draft_.with = with;
    }
    exchange_recorder(exchange_recorder const&) = delete;
    exchange_recorder& operator=(exchange_recorder const&) = delete;

    /// The value of a header that must not be shown, wherever it turns up.
    void hide(std::string_view value) {
        std::size_t const space = value.find(' ');
        bool const has_scheme = space != std::string_view::npos && is_token(value.substr(0, space));
        std::string_view const credentials = has_scheme ? value.substr(space + 1) : value;
        redact_.add_secret(credentials);
        if (!has_scheme || !iequals(value.substr(0, space), "Basic")) return;
        std::optional<std::string> plain = base64_decode(credentials);
        if (!plain) return;
        std::size_t const colon = plain->find(':');
        if (colon != std::string::npos) hide_encoded(std::string_view(*plain).substr(colon + 1));
        wipe(plain->data(), plain->size());
    }
    /// The values of headers with sensitive names.
    void hide(http_fields const& headers) {
        for (http_field const field : headers) {
            if (redact_.hides_header(field.name)) hide(field.value);
        }
    }
    /// The same of a parameter.
    void hide_parameter(std::string_view name, std::string_view value) {
        if (redact_.hides(name)) redact_.add_secret(value);
    }
    [[nodiscard]] redactor const& redact() const noexcept { return redact_; }

    /// Another exchange begins; the trace is for it.
    http::exchange_trace& begin(exchange_record::reason why, std::string method,
                                std::string_view url) {
        trace_ = {};
        exchange_record next;
        next.with = draft_.with;
        next.why = why;
        next.method = std::move(method);
        next.url = redact_.url(url);
        draft_ = std::move(next);
        return trace_;
    }
    [[nodiscard]] bool composed() const noexcept { return !draft_.request_headers.empty(); }

    /// What goes out, head and body apart.
    void sending(std::string_view head, std::string_view content_type, std::string_view body) {
        draft_.request_headers = redact_.head(head);
        draft_.request_body = {redact_.body(content_type, body, max_body_), body.size()};
    }

    /// What is known while the exchange is under way.
    [[nodiscard]] std::shared_ptr<exchange_record const> so_far() const {
        exchange_record record = draft_;
        if (trace_.size() != 0) add_times(record, trace_[trace_.size() - 1], stage::none);
        return std::make_shared<exchange_record const>(std::move(record));
    }

    /// The exchange is over: one record for each of its tries.
    void end(http::exchange& x, exchange_records& out) {
        std::size_t const tries = trace_.size();
        for (std::size_t i = 0; i + 1 < tries; ++i) out.push_back(lost(trace_[i]));
        exchange_record record = draft_;
        if (tries > 1) record.why = exchange_record::reason::connection_lost;
        take_response(record, x);
        if (x.error()) record.failure = redact_.text(x.error().what());
        if (tries != 0) add_times(record, trace_[tries - 1], x.where());
        out.push_back(std::make_shared<exchange_record const>(std::move(record)));
    }

private:
    /// As it stands, and as it is where RFC 6749 §2.3.1 has had it encoded.
    void hide_encoded(std::string_view password) {
        redact_.add_secret(password);
        wiped_buffer decoded;
        if (form_reader::decode_to(decoded, password)) redact_.add_secret(decoded.view());
    }

    [[nodiscard]] std::shared_ptr<exchange_record const> lost(http::exchange_attempt const& a) {
        exchange_record record = draft_;
        record.failure = a.lost.message();
        add_times(record, a, stage::wait);
        return std::make_shared<exchange_record const>(std::move(record));
    }

    void take_response(exchange_record& record, http::exchange& x) {
        // Also one that broke off: what came of it helps to see why.
        if (x.sends() == 0) return;
        record.status = x.status();
        record.status_text = redact_.text(x.parser().reason());
        record.response_headers = redact_.fields(x.fields());
        std::string_view const type = x.fields().find("Content-Type").value_or("");
        std::string_view const body = x.body();
        record.response_body = {redact_.body(type, body, max_body_), body.size()};
    }

    /// `at`: where it ended before its time, else stage::none.
    static void add_times(exchange_record& record, http::exchange_attempt const& a, stage at) {
        record.connection = a.connection;
        record.connection_reused = a.reused;
        if (!a.begun) return;
        record.started = wall_time(*a.begun);
        exchange_timings& t = record.timings;
        time_point last = *a.begun;
        auto const lap = [&last](exchange_timings::phase& phase, http::exchange_attempt::mark to) {
            if (!to) return;
            phase = std::max(duration::zero(), *to - last);
            last = std::max(last, *to);
        };
        lap(t.queue, a.slot);
        lap(t.resolve, a.resolved);
        // A proxy's tunnel is part of connecting, also one that did not come about.
        http::exchange_attempt::mark const way = a.tunnelled ? a.tunnelled : a.connected;
        lap(t.connect, at == stage::proxy ? a.ended : way);
        lap(t.tls, a.secured);
        if (a.composed) last = *a.composed;
        lap(t.send, a.sent);
        lap(t.wait, a.first_byte);
        record.took = a.ended.value_or(last) - *a.begun;
        exchange_timings::phase* const rest = a.first_byte ? &t.receive : phase_of(t, at);
        if (rest != nullptr) lap(*rest, a.ended);
    }

    static exchange_timings::phase* phase_of(exchange_timings& t, stage at) {
        switch (at) {
            case stage::queue: return &t.queue;
            case stage::resolve: return &t.resolve;
            case stage::connect: return &t.connect;
            case stage::tls: return &t.tls;
            case stage::write: return &t.send;
            case stage::wait: return &t.wait;
            default: return nullptr;
        }
    }

    redactor redact_;
    std::size_t max_body_;
    http::exchange_trace trace_;
    exchange_record draft_;
};

}  // namespace coauth::detail

#endif
