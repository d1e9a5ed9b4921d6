// SPDX-License-Identifier: BSL-1.0
//
// TLS of one connection without I/O: ciphertext that has arrived goes in, ciphertext to be sent
// comes out, so that plain and TLS connections await the same socket operation. The server's name
// is verified here (RFC 9110 §4.3.4, RFC 9525, RFC 6066 §3). Not synchronised.

#ifndef COAUTH_HTTP_TLS_ENGINE_HPP
#define COAUTH_HTTP_TLS_ENGINE_HPP

#include <coauth/crypto/openssl_error.hpp>
#include <coauth/http/tls_edition.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string>
#include <string_view>

namespace coauth::http {

/// What a step of the engine came to.
enum class tls_status : unsigned char {
    ok,
    wants_input,  ///< feed() more, then again
    closed,       ///< the peer has said that it will send nothing more (close_notify)
    failed,       ///< see cause(); output() may hold an alert for the peer
};

class tls_engine {
public:
    /// `host`: a name, or an IP address without brackets. Throws std::bad_alloc.
    tls_engine(tls_edition const& edition, std::string const& host)
        : ssl_(SSL_new(edition.native())) {
        BIO* const bio = BIO_new(method());
        if (!ssl_ || bio == nullptr) {
            BIO_free(bio);
            ERR_clear_error();
            throw std::bad_alloc();
        }
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl_.get(), bio, bio);  // one reference is enough when both are the same
        SSL_set_connect_state(ssl_.get());
        name_server(edition, host);
    }
    tls_engine(tls_engine const&) = delete;
    tls_engine& operator=(tls_engine const&) = delete;

    /// Ciphertext for the calls that follow, until they say wants_input. It must stay where it is;
    /// what was fed before has been used up by then.
    void feed(std::string_view ciphertext) noexcept { input_ = ciphertext; }

    [[nodiscard]] tls_status handshake() {
        ERR_clear_error();
        return outcome_of(SSL_do_handshake(ssl_.get()));
    }

    /// Decrypts into `out`; `size` is what came.
    [[nodiscard]] tls_status read(char* out, std::size_t room, std::size_t& size) {
        ERR_clear_error();
        size = 0;
        return outcome_of(SSL_read_ex(ssl_.get(), out, room, &size));
    }

    /// Encrypts at most one record; `size` is how much of `data` it holds.
    [[nodiscard]] tls_status write(std::string_view data, std::size_t& size) {
        ERR_clear_error();
        size = 0;
        return outcome_of(SSL_write_ex(ssl_.get(), data.data(), data.size(), &size));
    }

    /// Adds a close_notify to the output, as far as that is still possible.
    void say_goodbye() noexcept {
        if (SSL_is_init_finished(ssl_.get()) == 0 || broken_) return;
        SSL_shutdown(ssl_.get());
        ERR_clear_error();
    }

    /// Ciphertext to be sent; the engine takes no more data to write while there is any.
    [[nodiscard]] std::string_view output() const noexcept {
        return std::string_view(output_).substr(sent_);
    }
    void sent(std::size_t size) noexcept {
        sent_ += size;
        if (sent_ == output_.size()) {
            output_.clear();
            sent_ = 0;
        }
    }

    /// After `failed`: OpenSSL's code; empty when the stream ended without close_notify.
    [[nodiscard]] std::error_code const& cause() const noexcept { return cause_; }
    /// X509_V_OK, or why the server's certificate was refused.
    [[nodiscard]] long verify_result() const noexcept { return SSL_get_verify_result(ssl_.get()); }

    /// Frees some 33 KB, which come back with the next record.
    void release_buffers() noexcept {
        SSL_free_buffers(ssl_.get());
        if (output_.empty()) std::string().swap(output_);
    }

private:
    void name_server(tls_edition const& edition, std::string const& host) {
        // The dot at the end makes a name absolute for DNS; certificates hold names without it.
        std::string name = host;
        if (name.size() > 1 && name.back() == '.') name.pop_back();
        unsigned char address[16];
        bool const is_address = ::inet_pton(AF_INET, name.c_str(), address) == 1 ||
                                ::inet_pton(AF_INET6, name.c_str(), address) == 1;
        bool named = is_address || SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) == 1;
        if (edition.verifies()) {
            X509_VERIFY_PARAM* const param = SSL_get0_param(ssl_.get());
            // The common name has not been a host name since RFC 6125, nor is "f*o" one.
            X509_VERIFY_PARAM_set_hostflags(
                param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
            named = named && (is_address ? X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str())
                                         : X509_VERIFY_PARAM_set1_host(param, name.data(),
                                                                       name.size())) == 1;
        }
        ERR_clear_error();
        // A name that was not set would not be verified.
        if (!named)
            throw exception(error(errc::invalid_url, stage::tls, "not a host name for TLS"));
    }

    [[nodiscard]] tls_status outcome_of(int result) {
        if (result == 1) return tls_status::ok;
        switch (SSL_get_error(ssl_.get(), result)) {
            case SSL_ERROR_WANT_READ: return tls_status::wants_input;
            case SSL_ERROR_ZERO_RETURN: return tls_status::closed;
            default: break;
        }
        broken_ = true;
        cause_ = detail::take_openssl_error();
        if (no_memory_) cause_ = {ENOMEM, std::system_category()};
        return tls_status::failed;
    }

    static tls_engine& of(BIO* bio) noexcept {
        return *static_cast<tls_engine*>(BIO_get_data(bio));
    }

    static int bio_read(BIO* bio, char* out, int room) {
        std::string_view& input = of(bio).input_;
        BIO_clear_retry_flags(bio);
        if (input.empty()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        std::size_t const n = std::min(input.size(), static_cast<std::size_t>(room));
        std::memcpy(out, input.data(), n);
        input.remove_prefix(n);
        return static_cast<int>(n);
    }

    static int bio_write(BIO* bio, char const* data, int size) noexcept {
        BIO_clear_retry_flags(bio);
        try {
            of(bio).output_.append(data, static_cast<std::size_t>(size));
        } catch (...) {
            of(bio).no_memory_ = true;
            return -1;
        }
        return size;
    }

    static long bio_control(BIO*, int command, long, void*) noexcept {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    /// Never freed: a connection may outlive every static object.
    static BIO_METHOD const* method() {
        static BIO_METHOD const* const instance = [] {
            BIO_METHOD* const m =
                BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "coauth");
            if (m == nullptr || BIO_meth_set_read(m, &bio_read) != 1 ||
                BIO_meth_set_write(m, &bio_write) != 1 || BIO_meth_set_ctrl(m, &bio_control) != 1) {
                throw std::bad_alloc();
            }
            return m;
        }();
        return instance;
    }

    detail::openssl_ptr<SSL, SSL_free> ssl_;
    std::string_view input_;
    std::string output_;
    std::size_t sent_ = 0;
    std::error_code cause_;
    bool broken_ = false;
    bool no_memory_ = false;
};

}  // namespace coauth::http

#endif
