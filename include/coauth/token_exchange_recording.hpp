// SPDX-License-Identifier: BSL-1.0
//
// The record of one token request, without the secrets that its parameters are. See
// server_exchange_recording.hpp.

#ifndef COAUTH_TOKEN_EXCHANGE_RECORDING_HPP
#define COAUTH_TOKEN_EXCHANGE_RECORDING_HPP

#include <coauth/cache/token_fetcher.hpp>
#include <coauth/codec/http1_writer.hpp>
#include <coauth/exchange_log.hpp>
#include <coauth/protocol/token_request.hpp>
#include <coauth/server_exchange_recording.hpp>
#include <coauth/url.hpp>

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
        : to_(to), recording_("POST", to, log, order) {}

    [[nodiscard]] http::exchange_trace& trace() noexcept { return recording_.trace(); }

    void sending(token_request const& r) {
        if (recording_.wanted()) show(r);
    }

    void end(http::exchange& x, token_request const& r) {
        bool const missed = x.sends() != 0 && !recording_.recorder().composed();
        if (missed) sending(r);
        recording_.end(x);
    }

    /// A server may repeat in its words what it was sent.
    [[nodiscard]] error without_secrets(error e, token_request const& r) {
        if (!recording_.recorder().composed()) hide_secrets(r);
        redactor const& redact = recording_.recorder().redact();
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
        exchange_recorder& recorder = recording_.recorder();
        recorder.hide(r.headers());
        for (auto const& [name, value] : r.parameters()) {
            recorder.hide_parameter(name, value.reveal());
        }
    }

    void show(token_request const& r) {
        hide_secrets(r);
        wiped_buffer body;
        r.encode(body);
        wiped_buffer head;
        write_token_request_head(head, to_, r, body.size());
        recording_.sending(head.view(), "application/x-www-form-urlencoded", body.view());
    }

    url const& to_;
    server_exchange_recording recording_;
};

}  // namespace coauth::detail

#endif
