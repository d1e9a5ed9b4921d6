// SPDX-License-Identifier: BSL-1.0
//
// An in-memory network for tests: production URLs lead to servers in this process, without ports,
// DNS, TLS or files. A handle; copies are the same network. Any thread.

#ifndef COAUTH_TESTING_MEMORY_NETWORK_HPP
#define COAUTH_TESTING_MEMORY_NETWORK_HPP

#include <coauth/detail/asio.hpp>
#include <coauth/http/dialer_impl.hpp>
#include <coauth/testing/http_server.hpp>
#include <coauth/testing/memory_hosts.hpp>
#include <coauth/url.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace coauth::testing {

/// One line added to a production configuration:
///
///     memory_network net;
///     authorization_server auth({.http = net.at("https://auth.example.com"), .clients = {…}});
///     api_server api(auth, {.http = net.at("https://api.example.com")});
///     token_source tokens(ex, {.token_url = "https://auth.example.com/token", …, .network = net});
///     rest_client client(ex, {.base_url = "https://api.example.com/v1", …, .network = net});
///
/// Names mean something inside the network only: an unknown host is errc::resolve_failed, a known
/// one at another port, or one whose server has stopped, errc::connect_failed. Everything else
/// is what production has, rules for URLs included, with one exception: there is no TLS. What
/// depends on certificates is to be tested with an http_server that has one. Tokens are never
/// shared, through a common token_cache, with a source outside of the network.
class memory_network {
public:
    /// Each server has a thread of its own.
    memory_network() = default;

    /// Servers run on `executor`, which one thread at a time runs: with a stepping_executor every
    /// run of a test is the same. Their open connections are work of that executor.
    explicit memory_network(any_executor executor) : executor_(std::move(executor)) {}

    /// Options for an http_server, authorization_server, api_server or scripted_server there:
    /// scheme, host and port count. Throws coauth::exception (errc::invalid_url).
    [[nodiscard]] http_server_options at(std::string_view origin) const {
        http_server_options options;
        options.network = std::make_shared<detail::memory_address const>(
            detail::memory_address{hosts_, url::parse(origin).value(), executor_});
        return options;
    }

    /// For `token_source_config::network` and `rest_client_config::network`.
    operator http::dialer() const {
        return http::dialer::without_tls(
            identity_, [hosts = hosts_](any_executor const& executor, std::string const& host,
                                        std::uint16_t port, std::error_code& ec) {
                return hosts->connect(executor, host, port, ec);
            });
    }

private:
    [[nodiscard]] static std::string next_identity() {
        static std::atomic<std::uint64_t> networks{0};
        return "memory_network " + std::to_string(++networks);
    }

    any_executor executor_;
    std::shared_ptr<detail::memory_hosts> hosts_ = std::make_shared<detail::memory_hosts>();
    std::string identity_ = next_identity();
};

}  // namespace coauth::testing

#endif
