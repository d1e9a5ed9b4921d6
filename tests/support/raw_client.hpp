// SPDX-License-Identifier: BSL-1.0
//
// A blocking HTTP/1.1 client on bare Asio, plain or over TLS, for tests of servers: it shows the
// wire as it is, retries nothing and hides nothing. One thread at a time.

#ifndef COAUTH_TESTS_SUPPORT_RAW_CLIENT_HPP
#define COAUTH_TESTS_SUPPORT_RAW_CLIENT_HPP

#include <coauth/codec/http1_parser.hpp>
#include <coauth/codec/http1_writer.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/secret.hpp>
#include <coauth/testing/pki.hpp>

#include <array>
#include <asio/ssl/context.hpp>
#include <asio/ssl/error.hpp>
#include <asio/ssl/host_name_verification.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/write.hpp>
#include <initializer_list>
#include <openssl/ssl.h>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace coauth_test {

/// How the client does TLS.
struct raw_tls {
    std::string ca_pem;
    std::string host = "localhost";  ///< SNI, and the name that is verified.
    std::optional<coauth::testing::certificate> client = std::nullopt;
    int max_version = TLS1_3_VERSION;
};

struct raw_response {
    int status = 0;
    coauth::http_fields fields;
    std::string body;
    std::error_code error;  ///< Why there is no complete response.

    [[nodiscard]] std::string field(std::string_view name) const {
        return std::string(fields.find(name).value_or("(none)"));
    }
};

class raw_client {
public:
    /// Connects to 127.0.0.1; see connect_error().
    explicit raw_client(unsigned short port, std::optional<raw_tls> tls = std::nullopt)
        : context_(asio::ssl::context::tls_client), socket_(io_) {
        socket_.connect({asio::ip::address_v4::loopback(), port}, connect_error_);
        if (connect_error_) return;
        socket_.set_option(asio::ip::tcp::no_delay(true));
        if (tls) handshake(*tls);
    }

    /// Of TCP or TLS.
    [[nodiscard]] std::error_code connect_error() const noexcept { return connect_error_; }
    [[nodiscard]] asio::ip::tcp::socket& socket() noexcept { return socket_; }

    /// One exchange.
    raw_response send(std::string_view method, std::string_view target,
                      coauth::http_fields const& fields = {}, std::string_view body = {}) {
        coauth::detail::wiped_buffer out;
        std::optional<std::uint64_t> length;
        if (!body.empty()) length = body.size();
        coauth::write_request_head(out, method, target, "localhost", fields, length);
        out.append(body);
        write(out.view());
        return receive(method == "HEAD");
    }

    void write(std::string_view bytes) {
        std::error_code ignored;  // the answer tells
        if (stream_)
            asio::write(*stream_, asio::buffer(bytes), ignored);
        else
            asio::write(socket_, asio::buffer(bytes), ignored);
    }

    raw_response receive(bool to_head = false) {
        parser_.expect(to_head);
        raw_response response;
        while (!parser_.complete() && !response.error) {
            std::size_t consumed = 0;
            response.error = parser_.feed(input_, consumed);
            input_.erase(0, consumed);
            if (parser_.complete() || response.error) break;
            if (std::error_code const ec = read_more()) {
                response.error = ec == asio::error::eof ? parser_.finish() : ec;
            }
        }
        response.status = parser_.status();
        response.fields = parser_.fields();
        response.body = parser_.take_body();
        return response;
    }

    /// Reads until the end, and says how it ended: asio::error::eof is an orderly close (over TLS
    /// with close_notify), asio::ssl::error::stream_truncated one without close_notify.
    std::error_code read_to_end() {
        std::error_code ec;
        while (!ec) ec = read_more();
        return ec;
    }
    /// What read_to_end() has read and receive() has left.
    [[nodiscard]] std::string const& unread() const noexcept { return input_; }

private:
    void handshake(raw_tls const& tls) {
        context_.set_verify_mode(asio::ssl::verify_peer);
        context_.add_certificate_authority(asio::buffer(tls.ca_pem));
        SSL_CTX_set_max_proto_version(context_.native_handle(), tls.max_version);
        if (tls.client) {
            context_.use_certificate_chain(asio::buffer(tls.client->certificate_pem));
            context_.use_private_key(asio::buffer(tls.client->private_key_pem),
                                     asio::ssl::context::pem);
        }
        stream_.emplace(socket_, context_);
        stream_->set_verify_callback(asio::ssl::host_name_verification(tls.host));
        SSL_set_tlsext_host_name(stream_->native_handle(), tls.host.c_str());
        stream_->handshake(asio::ssl::stream_base::client, connect_error_);
    }

    std::error_code read_more() {
        std::array<char, 16 * 1024> buffer;
        std::error_code ec;
        std::size_t const n = stream_ ? stream_->read_some(asio::buffer(buffer), ec)
                                      : socket_.read_some(asio::buffer(buffer), ec);
        input_.append(buffer.data(), n);
        return ec;
    }

    asio::io_context io_;
    asio::ssl::context context_;
    asio::ip::tcp::socket socket_;
    std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> stream_;
    std::error_code connect_error_;
    coauth::http1_parser parser_{coauth::http1_parser::kind::response};
    std::string input_;
};

/// A field list in one expression.
[[nodiscard]] inline coauth::http_fields fields_of(
    std::initializer_list<std::pair<std::string_view, std::string_view>> list) {
    coauth::http_fields fields;
    for (auto const& [name, value] : list) fields.append(name, value);
    return fields;
}

}  // namespace coauth_test

#endif
