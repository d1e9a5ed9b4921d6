// SPDX-License-Identifier: BSL-1.0
//
// Tells an observer of one connection's life; its destruction is the connection's end. Made only
// where there is an observer.

#ifndef COAUTH_HTTP_CONNECTION_WATCH_HPP
#define COAUTH_HTTP_CONNECTION_WATCH_HPP

#include <coauth/clock.hpp>
#include <coauth/observer.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace coauth::http {

class connection_watch {
public:
    /// `begun`: when it was asked for.
    connection_watch(observer o, std::string host, std::uint16_t port, time_point begun)
        : observer_(std::move(o)), host_(std::move(host)), port_(port), since_(begun) {}
    connection_watch(connection_watch const&) = delete;
    connection_watch& operator=(connection_watch const&) = delete;
    ~connection_watch() {
        if (!open_) return;
        observer_(connection_closed{host_, port_, boot_clock::now() - since_, responses_});
    }

    /// Requests can be sent from now on.
    void opened(bool tls) noexcept {
        time_point const now = boot_clock::now();
        observer_(connection_opened{host_, port_, tls, now - since_});
        since_ = now;
        open_ = true;
    }
    void reused() const noexcept { observer_(connection_reused{host_, port_}); }
    void answered() noexcept { ++responses_; }

private:
    observer observer_;
    std::string host_;
    std::uint16_t port_;
    time_point since_;
    unsigned responses_ = 0;
    bool open_ = false;
};

}  // namespace coauth::http

#endif
