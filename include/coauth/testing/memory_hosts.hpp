// SPDX-License-Identifier: BSL-1.0
//
// Who listens where in an in-memory network: its name service. Any thread.

#ifndef COAUTH_TESTING_MEMORY_HOSTS_HPP
#define COAUTH_TESTING_MEMORY_HOSTS_HPP

#include <coauth/detail/asio.hpp>
#include <coauth/testing/memory_socket.hpp>
#include <coauth/url.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace coauth::detail {

class memory_hosts {
public:
    /// Called as somebody connects, on the client's thread; must not block or call back.
    using listener = std::function<void(descriptor server_end, memory_peer client)>;

    /// Throws std::invalid_argument when somebody listens there already.
    void listen(url const& at, listener accept) {
        std::lock_guard const lock(mutex_);
        if (!hosts_[at.host()].emplace(at.port(), std::move(accept)).second) {
            throw std::invalid_argument("memory_network: two servers at " + at.origin());
        }
    }
    /// The listener is not called any more afterwards. Its host stays known.
    void close(url const& at) {
        std::lock_guard const lock(mutex_);
        hosts_[at.host()].erase(at.port());
    }

    [[nodiscard]] asio::ip::tcp::socket connect(any_executor const& executor,
                                                std::string const& host, std::uint16_t port,
                                                std::error_code& ec) const {
        std::lock_guard const lock(mutex_);
        asio::ip::tcp::socket client(executor);
        auto const ports = hosts_.find(host);
        if (ports == hosts_.end()) {
            ec = asio::error::host_not_found;
            return client;
        }
        auto const found = ports->second.find(port);
        if (found == ports->second.end()) {
            ec = asio::error::connection_refused;
            return client;
        }
        memory_pair pair = make_memory_pair(ec);
        memory_peer const peer(pair.client);
        if (!ec) client = as_stream_socket(executor, std::move(pair.client), ec);
        if (!ec) found->second(std::move(pair.server), peer);
        return client;
    }

private:
    std::mutex mutable mutex_;
    std::map<std::string, std::map<std::uint16_t, listener>> hosts_;
};

/// Where a server stands in a network.
struct memory_address {
    std::shared_ptr<memory_hosts> hosts;
    url origin;
    any_executor executor = {};  ///< What serves there; empty: a thread of the server's own.
};

}  // namespace coauth::detail

#endif
