// SPDX-License-Identifier: BSL-1.0
//
// From a host and a port to an open TCP connection: resolve, then a race between at most eight
// addresses (RFC 8305: alternating families, the next one starts after 250 ms or as soon as one has
// failed). Ends at once when it is told to, even while getaddrinfo hangs. Everything on one
// sequential executor; not synchronised.

#ifndef COAUTH_HTTP_CONNECT_HPP
#define COAUTH_HTTP_CONNECT_HPP

#include <coauth/clock.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/suspension.hpp>
#include <coauth/error.hpp>
#include <coauth/http/dialer_impl.hpp>
#include <coauth/http/socket_options.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace coauth::http {

/// Addresses in the order in which they are tried: families alternate, beginning with that of the
/// first, at most `limit` of them.
[[nodiscard]] inline std::vector<asio::ip::tcp::endpoint> race_order(
    std::vector<asio::ip::tcp::endpoint> const& resolved, std::size_t limit = 8) {
    std::vector<asio::ip::tcp::endpoint> order;
    if (resolved.empty()) return order;
    bool v6 = resolved.front().address().is_v6();
    std::array<std::size_t, 2> at{};  // per family, how far `resolved` has been looked through
    auto const next_of = [&](bool family) {
        std::size_t& i = at[family ? 1 : 0];
        while (i != resolved.size() && resolved[i].address().is_v6() != family) ++i;
        return i == resolved.size() ? nullptr : &resolved[i++];
    };
    while (order.size() < limit) {
        auto const* next = next_of(v6);
        if (next == nullptr) next = next_of(!v6);
        if (next == nullptr) break;
        order.push_back(*next);
        v6 = !next->address().is_v6();
    }
    return order;
}

/// One connection being made. Start it, wait for finished(), then look at ok().
class connector : public std::enable_shared_from_this<connector> {
public:
    connector(any_executor executor, std::string host, std::uint16_t port,
              http::dialer instead = {})
        : executor_(std::move(executor)),
          host_(std::move(host)),
          port_(port),
          dialer_(std::move(instead)),
          finished_(std::make_shared<detail::suspension>()) {}

    /// Once. Completes through finished() only.
    void start() {
        if (dialer_) return dial();
        std::error_code not_an_address;
        auto const address = asio::ip::make_address(host_, not_an_address);
        if (!not_an_address) {
            order_.emplace_back(address, port_);
            where_ = stage::connect;
            return start_next();
        }
        resolver_.emplace(executor_);
        resolver_->async_resolve(host_, std::to_string(port_),
                                 asio::ip::tcp::resolver::numeric_service,
                                 asio::bind_executor(executor_, on_resolved{shared_from_this()}));
    }

    /// Woken with `ready` at the end; whoever else wakes it gives another reason.
    [[nodiscard]] std::shared_ptr<detail::suspension> const& finished() const noexcept {
        return finished_;
    }

    /// Drops sockets, timer and resolver; nothing happens any more, nobody is woken.
    void abort() noexcept {
        drop_race();
        winner_.reset();
    }

    [[nodiscard]] bool ok() const noexcept { return winner_.has_value(); }
    [[nodiscard]] asio::ip::tcp::socket take_socket() { return *std::exchange(winner_, {}); }
    /// When addresses were known; empty where the host was one, or before.
    [[nodiscard]] std::optional<time_point> const& resolved_at() const noexcept {
        return resolved_at_;
    }
    [[nodiscard]] time_point started_at() const noexcept { return started_at_; }
    /// stage::resolve or stage::connect.
    [[nodiscard]] stage where() const noexcept { return where_; }
    /// Why it failed: that of the first address, which is the one the system prefers.
    [[nodiscard]] std::error_code const& cause() const noexcept { return cause_; }
    [[nodiscard]] errc code() const noexcept {
        if (out_of_memory_) return errc::out_of_memory;
        if (where_ == stage::resolve) return errc::resolve_failed;
        bool const descriptors = cause_.category() == asio::error::get_system_category() &&
                                 (cause_.value() == EMFILE || cause_.value() == ENFILE);
        return descriptors ? errc::too_many_open_files : errc::connect_failed;
    }

private:
    using tcp = asio::ip::tcp;

    struct on_resolved {
        std::shared_ptr<connector> self;
        void operator()(std::error_code const& ec, tcp::resolver::results_type const& found) const {
            self->guarded([&] { self->resolved(ec, found); });
        }
    };
    struct on_connected {
        std::shared_ptr<connector> self;
        std::size_t attempt;
        void operator()(std::error_code const& ec) const {
            self->guarded([&] { self->connected(attempt, ec); });
        }
    };
    struct on_stagger {
        std::shared_ptr<connector> self;
        std::size_t attempts;
        void operator()(std::error_code const& ec) const {
            // Another attempt may have begun meanwhile, which has a pause of its own.
            if (ec || self->done_ || attempts != self->attempts_.size()) return;
            self->guarded([&] { self->start_next(); });
        }
    };

    void dial() {
        auto socket = dialer_.dial()(executor_, host_, port_, cause_);
        if (cause_ != asio::error::host_not_found) where_ = stage::connect;
        if (!cause_) winner_.emplace(std::move(socket));
        finish();
    }

    void resolved(std::error_code const& ec, tcp::resolver::results_type const& found) {
        if (done_) return;
        resolver_.reset();
        std::vector<tcp::endpoint> addresses;
        for (auto const& entry : found) addresses.push_back(entry.endpoint());
        if (ec || addresses.empty()) {
            cause_ = ec;
            return finish();
        }
        resolved_at_ = boot_clock::now();
        order_ = race_order(addresses);
        where_ = stage::connect;
        start_next();
    }

    /// The next address whose attempt can be begun at all; the end of the race when none is left.
    void start_next() {
        while (attempts_.size() < order_.size()) {
            std::size_t const index = attempts_.size();
            auto& socket = attempts_.emplace_back(std::make_unique<tcp::socket>(executor_));
            std::error_code ec;
            detail::open_tcp_socket(*socket, order_[index].protocol(), ec);
            if (ec) {
                note_failure(ec);
                continue;
            }
            ++pending_;
            socket->async_connect(
                order_[index],
                asio::bind_executor(executor_, on_connected{shared_from_this(), index}));
            if (attempts_.size() < order_.size()) wait_for_next();
            return;
        }
        if (pending_ == 0) finish();
    }

    void wait_for_next() {
        if (!stagger_) stagger_.emplace(executor_);
        stagger_->expires_after(std::chrono::milliseconds(250));
        stagger_->async_wait(
            asio::bind_executor(executor_, on_stagger{shared_from_this(), attempts_.size()}));
    }

    void connected(std::size_t attempt, std::error_code const& ec) {
        if (done_) return;
        --pending_;
        if (!ec) {
            winner_.emplace(std::move(*attempts_[attempt]));
            return finish();
        }
        note_failure(ec);
        attempts_[attempt]->close(ignored_);
        start_next();
    }

    /// From a handler, which has nobody to throw to.
    template <class Step>
    void guarded(Step const& step) {
        try {
            step();
        } catch (std::bad_alloc const&) {
            out_of_memory_ = true;
            finish();
        }
    }

    void note_failure(std::error_code const& ec) {
        if (!cause_) cause_ = ec;
    }

    void drop_race() noexcept {
        done_ = true;
        attempts_.clear();
        stagger_.reset();
        resolver_.reset();
        executor_ = any_executor();
    }

    void finish() {
        drop_race();
        auto const finished = finished_;  // whoever goes on may drop the connector
        finished->wake_from_handler(detail::wake_reason::ready);
    }

    any_executor executor_;
    std::string host_;
    std::uint16_t port_;
    http::dialer dialer_;
    std::shared_ptr<detail::suspension> finished_;
    stage where_ = stage::resolve;
    time_point const started_at_ = boot_clock::now();
    std::optional<time_point> resolved_at_;
    bool done_ = false;
    bool out_of_memory_ = false;
    std::error_code cause_;
    std::error_code ignored_;
    std::optional<tcp::resolver> resolver_;
    std::optional<asio::steady_timer> stagger_;
    std::vector<tcp::endpoint> order_;
    std::vector<std::unique_ptr<tcp::socket>> attempts_;
    std::size_t pending_ = 0;
    std::optional<tcp::socket> winner_;
};

}  // namespace coauth::http

#endif
