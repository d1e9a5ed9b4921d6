// SPDX-License-Identifier: BSL-1.0
//
// A server on 127.0.0.1 that does exactly what a script says, byte by byte: one thread that
// accepts, one per connection that runs the script on a blocking socket, plain or TLS.

#ifndef COAUTH_TESTS_SUPPORT_RAW_SERVER_HPP
#define COAUTH_TESTS_SUPPORT_RAW_SERVER_HPP

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <linux/sockios.h>
#include <list>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace coauth::tests {

/// Something that one thread says and others wait for; a forgotten one fails instead of hanging.
class event {
public:
    void set() {
        std::lock_guard const lock(mutex_);
        set_ = true;
        changed_.notify_all();
    }
    bool wait() { return wait_for(std::chrono::seconds(30)); }
    bool wait_for(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [this] { return set_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool set_ = false;
};

struct raw_tls {
    std::string certificate_pem;
    std::string private_key_pem;
    std::string client_ca_pem = {};  ///< given: a client certificate is asked for
    bool client_certificate_required = true;
    int min_version = TLS1_2_VERSION;
    int max_version = TLS1_3_VERSION;
    std::string cipher_list = {};  ///< TLS 1.2
    int security_level = 2;
    bool at_once = true;  ///< false: the script begins it, with raw_server::context()
};

class raw_connection {
public:
    raw_connection(int fd, std::size_t index) : fd_(fd), index_(index) {
        ::timeval const patience{30, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        int const at_once = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    }
    raw_connection(raw_connection const&) = delete;
    raw_connection& operator=(raw_connection const&) = delete;
    ~raw_connection() { close(); }

    /// Counted from 0 in the order of acceptance.
    [[nodiscard]] std::size_t index() const { return index_; }

    bool start_tls(SSL_CTX* context) {
        ssl_.reset(SSL_new(context));
        SSL_set_fd(ssl_.get(), fd_);
        bool const ok = SSL_accept(ssl_.get()) == 1;
        ERR_clear_error();
        if (!ok) return false;
        char const* const name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
        if (name != nullptr) sni_ = name;
        return true;
    }
    [[nodiscard]] SSL* ssl() { return ssl_.get(); }
    /// What the client named; empty: nothing.
    [[nodiscard]] std::string const& sni() const { return sni_; }
    [[nodiscard]] bool has_client_certificate() const {
        return ssl_ && SSL_get0_peer_certificate(ssl_.get()) != nullptr;
    }

    /// Some bytes; empty at the end of the stream or after a failure.
    std::string read_some() {
        char buffer[16 * 1024];
        int n = -1;
        if (ssl_) {
            n = SSL_read(ssl_.get(), buffer, sizeof buffer);
            ERR_clear_error();
        } else if (fd_ >= 0) {
            n = static_cast<int>(::recv(fd_, buffer, sizeof buffer, 0));
        }
        return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : std::string();
    }
    void read_to_end() {
        while (!read_some().empty()) {}
    }

    /// One request, with its body if Content-Length names one; nothing when the client is gone.
    std::optional<std::string> read_request() {
        for (;;) {
            std::size_t const head = pending_.find("\r\n\r\n");
            if (head != std::string::npos) {
                std::size_t size = head + 4;
                std::size_t const length = pending_.find("Content-Length: ");
                if (length < head)
                    size += std::strtoul(pending_.c_str() + length + 16, nullptr, 10);
                if (pending_.size() >= size) {
                    std::string request = pending_.substr(0, size);
                    pending_.erase(0, size);
                    return request;
                }
            }
            std::string const more = read_some();
            if (more.empty()) return std::nullopt;
            pending_ += more;
        }
    }

    bool send(std::string_view data) {
        while (!data.empty()) {
            std::size_t const piece = std::min<std::size_t>(data.size(), 1U << 20U);
            int n = -1;
            if (ssl_) {
                n = SSL_write(ssl_.get(), data.data(), static_cast<int>(piece));
                ERR_clear_error();
            } else if (fd_ >= 0) {
                n = static_cast<int>(::send(fd_, data.data(), piece, MSG_NOSIGNAL));
            }
            if (n <= 0) return false;
            data.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    /// As a packet of its own.
    bool send_packet(std::string_view data) {
        if (!send(data)) return false;
        for (int waiting = 1; waiting != 0; std::this_thread::yield()) {
            if (::ioctl(fd_, SIOCOUTQNSD, &waiting) != 0) return false;
        }
        return true;
    }
    /// Past TLS, straight to the socket.
    bool send_raw(std::string_view data) {
        return ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL) ==
               static_cast<::ssize_t>(data.size());
    }
    bool respond(std::string_view body, std::string_view more_fields = "") {
        return send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                    std::string(more_fields) + "\r\n" + std::string(body));
    }
    /// Answers whatever comes until the client goes.
    void serve(std::string_view body = "ok") {
        while (read_request()) {
            if (!respond(body)) return;
        }
    }

    /// TLS's close_notify; the socket stays open.
    void say_goodbye() {
        if (ssl_) SSL_shutdown(ssl_.get());
        ERR_clear_error();
    }
    void half_close() { ::shutdown(fd_, SHUT_WR); }
    /// FIN, on TLS without close_notify.
    void close() { close_socket(); }
    /// RST.
    void reset() {
        ::linger const at_once{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close_socket();
    }

    /// From another thread: whatever blocks ends.
    void interrupt() {
        std::lock_guard const lock(mutex_);
        if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
    }

private:
    struct ssl_free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };

    void close_socket() {
        std::lock_guard const lock(mutex_);
        if (ssl_) SSL_set_quiet_shutdown(ssl_.get(), 1);
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

    std::mutex mutex_;
    int fd_;
    std::size_t index_;
    std::unique_ptr<SSL, ssl_free> ssl_;
    std::string sni_;
    std::string pending_;
};

class raw_server {
public:
    using script = std::function<void(raw_connection&)>;

    /// `at`: one of the machine's own addresses, and a port or 0 for any free one.
    explicit raw_server(script each, std::optional<raw_tls> const& tls = std::nullopt,
                        std::pair<char const*, std::uint16_t> at = {"127.0.0.1", 0})
        : script_(std::move(each)) {
        if (tls) make_context(*tls);
        tls_at_once_ = tls && tls->at_once;
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ::sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(at.second);
        ::inet_pton(AF_INET, at.first, &address.sin_addr);
        ::socklen_t size = sizeof address;
        bool const ok =
            listener_ >= 0 &&
            ::bind(listener_, reinterpret_cast<::sockaddr*>(&address), sizeof address) == 0 &&
            ::listen(listener_, 256) == 0 &&
            ::getsockname(listener_, reinterpret_cast<::sockaddr*>(&address), &size) == 0;
        if (!ok) throw std::runtime_error("raw_server cannot listen");
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept(); });
    }
    raw_server(raw_server const&) = delete;
    raw_server& operator=(raw_server const&) = delete;
    ~raw_server() { stop(); }

    /// Ends every script and closes everything.
    void stop() {
        if (!acceptor_.joinable()) return;
        stopping_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        ::close(listener_);
        for (session& s : sessions_) s.connection.interrupt();
        for (session& s : sessions_) s.thread.join();
        sessions_.clear();
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] SSL_CTX* context() const { return context_.get(); }
    [[nodiscard]] std::string url(std::string const& host = "127.0.0.1") const {
        return (context_ ? "https://" : "http://") + host + ":" + std::to_string(port_) + "/";
    }
    [[nodiscard]] std::size_t accepted() const { return accepted_; }

private:
    struct session {
        session(int fd, std::size_t index) : connection(fd, index) {}
        raw_connection connection;
        std::thread thread;
    };
    struct context_free {
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    };

    void accept() {
        for (;;) {
            int const fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            bool const passing = errno == EINTR || errno == ECONNABORTED || errno == EMFILE;
            if (fd < 0 && passing && !stopping_) continue;
            if (fd < 0 || stopping_) {
                if (fd >= 0) ::close(fd);
                return;
            }
            session& s = sessions_.emplace_back(fd, accepted_.fetch_add(1));
            s.thread = std::thread([this, &s] {
                ::sigset_t pipe;  // OpenSSL's own socket writes raise it
                ::sigemptyset(&pipe);
                ::sigaddset(&pipe, SIGPIPE);
                ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
                if (!tls_at_once_ || s.connection.start_tls(context_.get())) script_(s.connection);
                s.connection.close();
            });
        }
    }

    void make_context(raw_tls const& tls) {
        context_.reset(SSL_CTX_new(TLS_server_method()));
        SSL_CTX_set_security_level(context_.get(), tls.security_level);
        SSL_CTX_set_min_proto_version(context_.get(), tls.min_version);
        SSL_CTX_set_max_proto_version(context_.get(), tls.max_version);
        if (!tls.cipher_list.empty()) {
            SSL_CTX_set_cipher_list(context_.get(), tls.cipher_list.c_str());
        }
        auto const bio = [](std::string const& text) {
            return std::shared_ptr<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
                                        BIO_free_all);
        };
        auto const next = [](BIO* source) {
            return std::shared_ptr<X509>(PEM_read_bio_X509(source, nullptr, nullptr, nullptr),
                                         X509_free);
        };
        auto const chain = bio(tls.certificate_pem);
        SSL_CTX_use_certificate(context_.get(), next(chain.get()).get());
        while (auto const above = next(chain.get())) {
            SSL_CTX_add1_chain_cert(context_.get(), above.get());
        }
        std::shared_ptr<EVP_PKEY> const key(
            PEM_read_bio_PrivateKey(bio(tls.private_key_pem).get(), nullptr, nullptr, nullptr),
            EVP_PKEY_free);
        SSL_CTX_use_PrivateKey(context_.get(), key.get());
        if (!tls.client_ca_pem.empty()) {
            auto const ca = next(bio(tls.client_ca_pem).get());
            X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), ca.get());
            SSL_CTX_set_verify(
                context_.get(),
                SSL_VERIFY_PEER |
                    (tls.client_certificate_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                nullptr);
        }
        ERR_clear_error();
    }

    script script_;
    std::unique_ptr<SSL_CTX, context_free> context_;
    bool tls_at_once_ = false;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::size_t> accepted_ = 0;
    std::list<session> sessions_;  // touched by the acceptor's thread until it has been joined
    std::thread acceptor_;
};

}  // namespace coauth::tests

#endif
