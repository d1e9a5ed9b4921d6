// SPDX-License-Identifier: BSL-1.0
//
// The record of one exchange with the authorization server, for the callers of its flight and for
// the log of its source. On the executor of the fetch; it keeps the time in any case, and the rest
// only where somebody wants it.

#ifndef COAUTH_SERVER_EXCHANGE_RECORDING_HPP
#define COAUTH_SERVER_EXCHANGE_RECORDING_HPP

#include <coauth/cache/token_fetcher.hpp>
#include <coauth/exchange_log.hpp>
#include <coauth/exchange_recorder.hpp>
#include <coauth/url.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

class server_exchange_recording {
public:
    server_exchange_recording(std::string method, url const& to,
                              std::optional<exchange_log> const& log, fetch_order const& order)
        : method_(std::move(method)),
          to_(to),
          log_(log),
          why_(order.why),
          report_(order.report),
          first_(report_ ? report_->size() : 0),
          recorder_(exchange_record::party::authorization_server,
                    log ? log->options() : exchange_log_options()),
          trace_(recorder_.begin(exchange_record::reason::first, method_, to.to_string())) {}

    [[nodiscard]] http::exchange_trace& trace() noexcept { return trace_; }
    [[nodiscard]] exchange_recorder& recorder() noexcept { return recorder_; }
    [[nodiscard]] bool wanted() const noexcept { return log_ || (report_ && report_->wanted()); }

    /// What goes out, where it is wanted.
    void sending(std::string_view head, std::string_view content_type, std::string_view body) {
        recorder_.sending(head, content_type, body);
        if (report_) report_->put(first_, recorder_.so_far());
    }

    void end(http::exchange& x) {
        if (!wanted()) return;
        exchange_records records;
        recorder_.end(x, records);
        for (std::size_t i = 0; report_ && i != records.size(); ++i)
            report_->put(first_ + i, records[i]);
        if (log_) log_->add(call(x, std::move(records)));
    }

private:
    /// What a source records for itself.
    [[nodiscard]] call_record call(http::exchange& x, exchange_records records) const {
        call_record c;
        c.started = records.front()->started;
        for (auto const& one : records) c.took += one->took;
        c.method = method_;
        c.url = recorder_.redact().url(to_.to_string());
        c.status = records.back()->status;
        if (x.error()) c.failure = records.back()->failure;
        c.tokens.push_back({token_decision::outcome::fetched, why_, c.took, std::move(records)});
        return c;
    }

    std::string const method_;
    url const& to_;
    std::optional<exchange_log> const& log_;
    fetch_reason why_;
    std::shared_ptr<fetch_report> report_;
    /// Of its records: a fetch may need several requests.
    std::size_t first_;
    exchange_recorder recorder_;
    http::exchange_trace& trace_;
};

}  // namespace coauth::detail

#endif
