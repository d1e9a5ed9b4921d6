// SPDX-License-Identifier: BSL-1.0
//
// How an exchange gets past a proxy: a tunnel to an https server, and what a forwarding proxy has
// to be told. The proxy's credentials are written here and nowhere else. Bodies of exchange.hpp.

#ifndef COAUTH_HTTP_EXCHANGE_TUNNEL_HPP
#define COAUTH_HTTP_EXCHANGE_TUNNEL_HPP

#include <coauth/codec/http1_writer.hpp>
#include <coauth/http/exchange.hpp>
#include <coauth/http/proxy_refusal.hpp>

#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace coauth::http {

/// What happens now is between this machine and the proxy.
inline bool exchange::is_at_proxy() const noexcept {
    bool const before_server = phase_ == phase::connecting || phase_ == phase::tunnelling;
    return before_server && endpoint_->proxy() != nullptr;
}

inline void exchange::ask_for_tunnel() {
    phase_ = phase::tunnelling;
    result<secret> credentials = endpoint_->proxy()->authorization();
    if (!credentials) return end_failed(where(), [&] { return std::move(credentials).error(); });
    std::string const server = endpoint_->host_and_port();
    http1_head_writer head(workspace_->output);
    head.request_line("CONNECT", server, server);
    if (!credentials->empty()) head.field("Proxy-Authorization", credentials->reveal());
    head.end();
    http1_parser& parser = workspace_->parser;
    parser.expect(false, true);
    http1_limits limits;
    limits.max_head = transport_->options().max_head;
    // A refusal counts whatever length it gives itself: no more is read than came with its head.
    limits.max_body = std::numeric_limits<std::size_t>::max();
    parser.set_limits(limits);
    output_at_ = 0;
    push_tunnel_request();
}

/// Where the connection has ended, the read says so, after what the proxy may have said.
inline void exchange::push_tunnel_request() {
    std::error_code ec;
    if (push(workspace_->output.view(), output_at_, ec)) {
        workspace_->wipe_output();
    } else if (ec == asio::error::would_block) {
        connection_->wait_writable(*this);
    } else if (detail::is_shortage(ec)) {
        fail(errc::out_of_memory, ec);
    }
}

inline void exchange::take_tunnel_answer(std::error_code const& ec, std::size_t size) {
    in_io_ = false;
    if (phase_ == phase::done) return connection_.reset();
    if (ec == asio::error::operation_aborted) return fail(errc::cancelled);
    if (ec) return fail_at_proxy(errc::proxy_failed, ec, "the proxy did not answer");
    http1_parser& parser = workspace_->parser;
    std::size_t consumed = 0;
    if (std::error_code const fault = parser.feed({workspace_->input.get(), size}, consumed)) {
        fail_at_proxy(errc::proxy_malformed_response, fault, "the proxy's answer");
    } else if (parser.head_complete()) {
        end_tunnel(size - consumed);
    }
}

/// The server speaks after the client only: bytes that are there already come from somebody else.
inline void exchange::end_tunnel(std::size_t surplus) {
    if (status() / 100 != 2) return refused_by_proxy();
    if (surplus != 0 || !workspace_->output.empty()) {
        return fail_at_proxy(errc::proxy_malformed_response, {},
                             surplus != 0 ? "bytes behind the proxy's answer"
                                          : "the proxy answered before it was asked");
    }
    mark(&exchange_attempt::tunnelled);
    start_tls();
}

/// RFC 9112 §3.2.2: the whole URL in the request line, and for the proxy alone the credentials,
/// behind the Host field. False when it has failed.
inline bool exchange::add_proxy_hop() {
    if (!endpoint_->is_forwarded()) return true;
    result<secret> credentials = endpoint_->proxy()->authorization();
    if (!credentials) {
        end_failed(stage::proxy, [&] { return std::move(credentials).error(); });
        return false;
    }
    std::string_view const head = workspace_->output.view();
    std::size_t const target = head.find(' ') + 1;
    std::size_t const fields = head.find("\r\n", head.find("\r\n") + 2) + 2;
    detail::wiped_buffer out;
    out.append(head.substr(0, target));
    out.append("http://");
    out.append(endpoint_->authority());
    out.append(head.substr(target, fields - target));
    if (!credentials->empty()) {
        http1_head_writer(out).field("Proxy-Authorization", credentials->reveal());
    }
    out.append(head.substr(fields));
    std::swap(workspace_->output, out);
    return true;
}

inline void exchange::fail_at_proxy(errc code, std::error_code const& cause,
                                    char const* message) noexcept {
    end_failed(stage::proxy, [&] {
        return coauth::error(code, stage::proxy, message + (" for " + endpoint_->host_and_port()))
            .with_cause(cause);
    });
}

inline void exchange::refused_by_proxy() noexcept {
    phase_ = phase::tunnelling;  // also where it was asked to forward: the server knows nothing
    end_failed(stage::proxy, [&] {
        return detail::proxy_refusal(status(), fields(), endpoint_->proxy()->has_credentials(),
                                     endpoint_->host_and_port());
    });
}

}  // namespace coauth::http

#endif
