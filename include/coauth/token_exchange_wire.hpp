// SPDX-License-Identifier: BSL-1.0
//
// One exchange with a token endpoint as bytes: what goes into it, what the hooks see of it, and
// what is known of the answer beside its body. On the executor of the fetch.

#ifndef COAUTH_TOKEN_EXCHANGE_WIRE_HPP
#define COAUTH_TOKEN_EXCHANGE_WIRE_HPP

#include <coauth/clock.hpp>
#include <coauth/codec/redaction.hpp>
#include <coauth/hooks.hpp>
#include <coauth/http/exchange.hpp>
#include <coauth/protocol/error_response.hpp>
#include <coauth/protocol/token_request.hpp>
#include <coauth/secret.hpp>
#include <coauth/token_exchange_recording.hpp>
#include <coauth/url.hpp>

#include <string>

namespace coauth::detail {

inline void compose_token_request(http::exchange& x, url const& to, token_request const& r,
                                  token_hooks const& hooks) {
    wiped_buffer body;
    r.encode(body);
    wiped_buffer& out = x.output();
    write_token_request_head(out, to, r, body.size());
    if (hooks.before_send) {
        hooks.before_send(sent_request("POST", to.to_string(), redact_head(out.view()),
                                       redact_form(body.view())));
    }
    out.append(body.view());
    x.send();
}

inline void show_token_answer(http::exchange& x, token_hooks const& hooks) {
    if (!hooks.after_response) return;
    auto const type = x.fields().find("Content-Type");
    hooks.after_response(
        received_response(x.status(), std::string(x.parser().reason()), redact_headers(x.fields()),
                          redact_body(type.value_or("application/json"), x.body())));
}

/// `origin` and the exchange outlive it.
[[nodiscard]] inline token_endpoint_context token_answer_context(http::exchange& x,
                                                                 std::string const& origin,
                                                                 token_request const& r) {
    token_endpoint_context context;
    context.endpoint = origin;
    context.client_auth_method = r.authentication_method();
    context.basic_encodings_differ = r.basic_encodings_differ();
    context.retry_after = x.fields().find("Retry-After");
    context.now = seconds_since_1970();
    return context;
}

}  // namespace coauth::detail

#endif
