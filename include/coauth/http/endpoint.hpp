// SPDX-License-Identifier: BSL-1.0
//
// The pool of one origin as seen through one TLS configuration, and one proxy or none: idle
// connections, the last used first; a bounded number of slots; and a queue, first come first
// served, for those who find none. On the transport's sequential executor; not synchronised.

#ifndef COAUTH_HTTP_ENDPOINT_HPP
#define COAUTH_HTTP_ENDPOINT_HPP

#include <coauth/http/connection.hpp>
#include <coauth/http/participant.hpp>
#include <coauth/http/proxy.hpp>
#include <coauth/http/tls_context.hpp>
#include <coauth/observer.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace coauth::http {

/// A slot is the right to have one connection, open or being opened. Idle connections keep theirs.
class endpoint {
public:
    /// `proxy`: null for a direct way. `tell`: hears of certificates that change.
    endpoint(url const& origin, std::shared_ptr<tls_context const> tls, std::size_t max_slots,
             std::shared_ptr<http::proxy const> proxy = nullptr, observer tell = {})
        : host_(origin.host()),
          origin_(origin.origin()),
          authority_(origin.authority()),
          port_(origin.port()),
          tls_(std::move(tls)),
          proxy_(std::move(proxy)),
          tell_(std::move(tell)),
          max_slots_(std::max<std::size_t>(max_slots, 1)) {}
    endpoint(endpoint const&) = delete;
    endpoint& operator=(endpoint const&) = delete;

    [[nodiscard]] std::string const& host() const noexcept { return host_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// "https://host:port"
    [[nodiscard]] std::string const& origin() const noexcept { return origin_; }
    /// Null for http.
    [[nodiscard]] std::shared_ptr<tls_context const> const& tls() const noexcept { return tls_; }
    /// What a connection is opened with now. Precondition: https.
    [[nodiscard]] std::shared_ptr<tls_edition const> current_tls(time_point now) const {
        return tls_->current(now, tell_);
    }
    /// Whether a request may go out on a connection that has been used. One that was opened with
    /// certificates of before shows the wrong one, or trusts somebody who is trusted no more.
    [[nodiscard]] bool usable(connection& c, time_point now, bool careful) const {
        return c.edition() == (tls_ ? tls_->edition(now, tell_) : 0) && c.usable(now, careful);
    }
    /// As in the Host field: without the port where it is the scheme's default.
    [[nodiscard]] std::string const& authority() const noexcept { return authority_; }
    /// Always with the port.
    [[nodiscard]] std::string host_and_port() const {
        return origin_.substr(origin_.find("://") + 3);
    }

    /// Null where there is none on the way.
    [[nodiscard]] http::proxy const* proxy() const noexcept { return proxy_.get(); }
    /// The proxy reads the requests and hands them on; else it leads through a tunnel.
    [[nodiscard]] bool is_forwarded() const noexcept { return proxy_ && !tls_; }
    /// Where connections are made to.
    [[nodiscard]] std::string const& next_host() const noexcept {
        return proxy_ ? proxy_->host() : host_;
    }
    [[nodiscard]] std::uint16_t next_port() const noexcept {
        return proxy_ ? proxy_->port() : port_;
    }

    [[nodiscard]] std::size_t slots() const noexcept { return slots_; }
    [[nodiscard]] std::size_t idle() const noexcept { return idle_.size(); }
    [[nodiscard]] participant_list& waiters() noexcept { return waiters_; }
    [[nodiscard]] bool unused() const noexcept { return slots_ == 0 && waiters_.empty(); }

    /// The caller owns the slot of what it gets. Null when there is none to be used again.
    [[nodiscard]] std::shared_ptr<connection> take_idle(time_point now, bool careful) {
        while (!idle_.empty()) {
            // The look may throw: until it is over, the connection and its slot stay here.
            bool const good = usable(*idle_.back(), now, careful);
            std::shared_ptr<connection> last = std::move(idle_.back());
            idle_.pop_back();
            if (good) return last;
            last->close();
            --slots_;
        }
        return nullptr;
    }

    /// A slot for a new connection. False: all are taken, the caller waits in waiters().
    [[nodiscard]] bool claim_slot() noexcept {
        if (slots_ >= max_slots_) return false;
        ++slots_;
        return true;
    }

    /// The caller's slot, empty, goes to the next waiter.
    void release_slot() noexcept {
        if (waiters_.empty()) {
            --slots_;
        } else {
            hand_over(nullptr);
        }
    }

    /// The caller's slot with a connection that can be used again.
    void put_back(std::shared_ptr<connection> c, time_point now) noexcept {
        if (!waiters_.empty()) return hand_over(std::move(c));
        if (!idle_.empty() && now >= idle_.front()->idle_until()) close_expired(now);
        try {
            idle_.push_back(c);
        } catch (std::bad_alloc const&) {
            c->close();
            return release_slot();
        }
        // Those at the top are in use all the time and keep their TLS buffers.
        constexpr std::size_t warm = 32;
        if (idle_.size() <= warm) return;
        if (tls_engine* const tls = idle_[idle_.size() - 1 - warm]->bytes().tls()) {
            tls->release_buffers();
        }
    }

    /// Idle ones are looked at when somebody comes by; no timer wakes an idle process for them.
    void close_expired(time_point now) noexcept {
        drop_idle([now](connection& c) { return now >= c.idle_until(); });
    }
    void close_idle() noexcept {
        drop_idle([](connection&) { return true; });
    }

private:
    void hand_over(std::shared_ptr<connection> c) noexcept {
        participant& next = waiters_.front();
        next.unlink();
        next.granted(std::move(c));
    }

    template <class Predicate>
    void drop_idle(Predicate drop) noexcept {
        std::size_t const before = idle_.size();
        std::erase_if(idle_, [&](std::shared_ptr<connection> const& c) {
            if (!drop(*c)) return false;
            c->close();
            return true;
        });
        slots_ -= before - idle_.size();
    }

    std::string host_;
    std::string origin_;
    std::string authority_;
    std::uint16_t port_;
    std::shared_ptr<tls_context const> tls_;
    std::shared_ptr<http::proxy const> proxy_;
    observer tell_;
    std::size_t max_slots_;
    std::size_t slots_ = 0;
    std::vector<std::shared_ptr<connection>> idle_;
    participant_list waiters_;
};

}  // namespace coauth::http

#endif
