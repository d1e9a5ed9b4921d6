// SPDX-License-Identifier: BSL-1.0
//
// An open connection to one endpoint, used by one exchange after another. Holds no buffers while it
// idles: ten thousand of them are cheap. Not synchronised.

#ifndef COAUTH_HTTP_CONNECTION_HPP
#define COAUTH_HTTP_CONNECTION_HPP

#include <coauth/clock.hpp>
#include <coauth/http/connection_watch.hpp>
#include <coauth/http/participant.hpp>
#include <coauth/http/socket_options.hpp>
#include <coauth/http/stream.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace coauth::http {

class connection : public std::enable_shared_from_this<connection> {
public:
    connection(asio::ip::tcp::socket socket, time_point now, std::uint64_t number)
        : stream_(std::move(socket)), opened_(now), number_(number) {}

    [[nodiscard]] stream& bytes() noexcept { return stream_; }
    [[nodiscard]] time_point opened() const noexcept { return opened_; }
    /// Among the connections of its transport, from 1.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    /// Of the TLS configuration: it was opened with this one. 0 without TLS.
    [[nodiscard]] std::uint64_t edition() const noexcept { return edition_; }
    void start_tls(tls_edition const& edition, std::string const& host) {
        edition_ = edition.number();
        stream_.start_tls(edition, host);
    }
    /// Null where nobody observes it.
    [[nodiscard]] std::unique_ptr<connection_watch>& watch() noexcept { return watch_; }
    /// Responses that were read to their end.
    [[nodiscard]] unsigned responses() const noexcept { return responses_; }

    /// After a complete response, before it goes to the pool.
    void rest(time_point now, time_point until) noexcept {
        ++responses_;
        if (watch_) watch_->answered();
        if (suspected_) {
            detail::set_user_timeout(stream_.socket().native_handle(), detail::usual_user_timeout);
            suspected_ = false;
        }
        set_idle(now, until);
    }
    /// The same without a response: it was opened or taken, and not needed.
    void set_idle(time_point now, time_point until) noexcept {
        idle_since_ = now;
        idle_until_ = until;
    }
    [[nodiscard]] time_point idle_until() const noexcept { return idle_until_; }

    /// Whether a request may go out on it: not too old, still open, and silent. A connection that
    /// has just been used, and not for the first time, is taken at its word unless `careful`: a
    /// server that closes without saying so does it after the first response or after a pause.
    [[nodiscard]] bool usable(time_point now, bool careful) {
        if (now >= idle_until_) return false;
        constexpr duration moment = std::chrono::milliseconds(10);
        rested_ = responses_ <= 1 || now - idle_since_ >= moment;
        if (!careful && !rested_) return true;
        return is_silent();
    }

    /// There was a pause before its present use, in which the peer may have gone without a word.
    [[nodiscard]] bool rested() const noexcept { return rested_; }
    /// Half of `patience` without a sign of the peer is the end of the connection, so that the
    /// other half is left for a new one. Never below a second, which a slow way may take.
    void suspect(duration patience) noexcept {
        auto const half = std::chrono::floor<std::chrono::milliseconds>(patience / 2);
        if (half >= detail::usual_user_timeout) return;
        constexpr std::chrono::milliseconds least = std::chrono::seconds(1);
        detail::set_user_timeout(stream_.socket().native_handle(), std::max(half, least));
        suspected_ = true;
    }

    /// Tells `owner` when the socket takes more bytes, once; the last one to ask counts.
    void wait_writable(participant& owner) {
        writer_ = &owner;
        if (waiting_) return;
        auto& socket = stream_.socket();
        socket.async_wait(
            asio::ip::tcp::socket::wait_write,
            asio::bind_executor(socket.get_executor(), on_writable{weak_from_this()}));
        waiting_ = true;
    }
    void forget(participant const& owner) noexcept {
        if (writer_ == &owner) writer_ = nullptr;
    }

    void close() noexcept {
        writer_ = nullptr;
        stream_.close();
        watch_.reset();
    }

private:
    struct on_writable {
        std::weak_ptr<connection> target;
        void operator()(std::error_code const&) const {
            auto const self = target.lock();
            if (!self) return;
            self->waiting_ = false;
            if (participant* const writer = std::exchange(self->writer_, nullptr)) {
                writer->writable();
            }
        }
    };

    /// Over TLS, session tickets and key updates may have come meanwhile; they are taken in.
    [[nodiscard]] bool is_silent() {
        std::array<char, 2048> raw;
        for (;;) {
            std::error_code ec;
            std::size_t const n = stream_.try_read(raw.data(), raw.size(), ec);
            if (ec) return ec == asio::error::would_block;
            tls_engine* const tls = stream_.tls();
            if (tls == nullptr) return false;
            tls->feed({raw.data(), n});
            char unexpected = 0;
            std::size_t size = 0;
            if (tls->read(&unexpected, 1, size) != tls_status::wants_input) return false;
            if (!stream_.flush(ec)) return false;
        }
    }

    stream stream_;
    time_point opened_;
    std::uint64_t number_;
    std::uint64_t edition_ = 0;
    std::unique_ptr<connection_watch> watch_;
    time_point idle_since_{};
    time_point idle_until_{};
    participant* writer_ = nullptr;
    unsigned responses_ = 0;
    bool waiting_ = false;
    bool rested_ = false;
    bool suspected_ = false;
};

}  // namespace coauth::http

#endif
