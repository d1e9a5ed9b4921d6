// SPDX-License-Identifier: BSL-1.0
//
// The record of one call while it grows, for the log that it goes into. On the client's executor.

#ifndef COAUTH_CALL_RECORDING_HPP
#define COAUTH_CALL_RECORDING_HPP

#include <coauth/error.hpp>
#include <coauth/exchange_log.hpp>
#include <coauth/exchange_recorder.hpp>
#include <coauth/request.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

/// The record of one call while it grows; becomes part of the log when the call ends.
class call_recording {
public:
    call_recording(exchange_log log, time_point started)
        : log_(std::move(log)),
          started_(started),
          exchange_(exchange_record::party::api, log_.options()) {
        record_.started = wall_time(started);
    }

    [[nodiscard]] exchange_recorder& exchange() noexcept { return exchange_; }
    /// Where the next decision about a token is noted; until the next one begins.
    [[nodiscard]] token_decision& next_token() { return record_.tokens.emplace_back(); }

    [[nodiscard]] http::exchange_trace& begin_exchange(request const& r, std::string const& url) {
        auto const why = record_.exchanges.empty() ? exchange_record::reason::first
                                                   : exchange_record::reason::token_renewed;
        under_way_ = true;
        return exchange_.begin(why, r.method(), url);
    }
    void end_exchange(http::exchange& x) {
        if (std::exchange(under_way_, false)) exchange_.end(x, record_.exchanges);
    }

    /// `status`: of the response that the caller gets, or 0.
    void end(request const& r, std::string_view url, int status, error const& failure) {
        record_.method = r.method();
        auto const& sent = record_.exchanges;
        record_.url = sent.empty() ? exchange_.redact().url(url) : sent.back()->url;
        record_.took = boot_clock::now() - started_;
        record_.status = status;
        if (failure) record_.failure = exchange_.redact().text(failure.what());
        log_.add(std::move(record_));
    }

private:
    exchange_log log_;
    time_point started_;
    call_record record_;
    exchange_recorder exchange_;
    bool under_way_ = false;
};

}  // namespace coauth::detail

#endif
