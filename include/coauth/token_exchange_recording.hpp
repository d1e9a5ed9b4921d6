// SPDX-License-Identifier: BSL-1.0
//
// The record of one token request, for the callers of its flight and for the log of its source. On
// the executor of the fetch; it keeps the time in any case, and the rest only where somebody wants
// it.

#ifndef COAUTH_TOKEN_EXCHANGE_RECORDING_HPP
#define COAUTH_TOKEN_EXCHANGE_RECORDING_HPP

#include <coauth/cache/token_fetcher.hpp>
#include <coauth/codec/http1_writer.hpp>
#include <coauth/exchange_log.hpp>
#include <coauth/exchange_recorder.hpp>
#include <coauth/protocol/token_request.hpp>
#include <coauth/url.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coauth::detail {

/// The head of a token request, as it is sent and as it is recorded.
inline void write_token_request_head(wiped_buffer& out, url const& to, token_request const& r,
                                     std::size_t body_size) {
    http1_head_writer head(out);
    head.request_line("POST", to.target(), to.authority());
    head.field("Accept", "application/json");
    head.field("Accept-Encoding", "identity");
    head.field("Content-Type", "application/x-www-form-urlencoded");
    head.fields(r.headers());
    head.content_length(body_size);
    head.end();
}

class token_exchange_recording {
public:
    token_exchange_recording(url const& to, std::optional<exchange_log> const& log,
                             fetch_order const& order)
        : to_(to),
          log_(log),
          why_(order.why),
          report_(order.report),
          first_(report_ ? report_->size() : 0),
          recorder_(exchange_record::party::authorization_server,
                    log ? log->options() : exchange_log_options()),
          trace_(recorder_.begin(exchange_record::reason::first, "POST", to.to_string())) {}

    [[nodiscard]] http::exchange_trace& trace() noexcept { return trace_; }

    void sending(token_request const& r) {
        if (!wanted()) return;
        show(r);
        if (report_) report_->put(first_, recorder_.so_far());
    }

    void end(http::exchange& x, token_request const& r) {
        if (!wanted()) return;
        if (!recorder_.composed() && x.sends() != 0) show(r);
        exchange_records records;
        recorder_.end(x, records);
        for (std::size_t i = 0; report_ && i != records.size(); ++i)
            report_->put(first_ + i, records[i]);
        if (log_) log_->add(call(x, std::move(records)));
    }

    /// A server may repeat in its words what it was sent.
    [[nodiscard]] error without_secrets(error e, token_request const& r) {
        if (!recorder_.composed()) hide_secrets(r);
        redactor const& redact = recorder_.redact();
        std::string message = redact.text(e.message());
        std::string code = redact.text(e.oauth_error());
        std::string description = redact.text(e.oauth_error_description());
        std::string uri = redact.text(e.oauth_error_uri());
        return std::move(e)
            .with_message(std::move(message))
            .with_oauth(std::move(code), std::move(description), std::move(uri));
    }

private:
    void hide_secrets(token_request const& r) {
        recorder_.hide(r.headers());
        for (auto const& [name, value] : r.parameters()) {
            recorder_.hide_parameter(name, value.reveal());
        }
    }

    [[nodiscard]] bool wanted() const noexcept { return log_ || (report_ && report_->wanted()); }

    void show(token_request const& r) {
        hide_secrets(r);
        wiped_buffer body;
        r.encode(body);
        wiped_buffer head;
        write_token_request_head(head, to_, r, body.size());
        recorder_.sending(head.view(), "application/x-www-form-urlencoded", body.view());
    }

    /// What a source records for itself.
    [[nodiscard]] call_record call(http::exchange& x, exchange_records records) const {
        call_record c;
        c.started = records.front()->started;
        for (auto const& one : records) c.took += one->took;
        c.method = "POST";
        c.url = recorder_.redact().url(to_.to_string());
        c.status = records.back()->status;
        if (x.error()) c.failure = records.back()->failure;
        c.tokens.push_back({token_decision::outcome::fetched, why_, c.took, std::move(records)});
        return c;
    }

    url const& to_;
    std::optional<exchange_log> const& log_;
    fetch_reason why_;
    std::shared_ptr<fetch_report> report_;
    /// Of its records: a fetch may need a second request.
    std::size_t first_;
    exchange_recorder recorder_;
    http::exchange_trace& trace_;
};

}  // namespace coauth::detail

#endif
