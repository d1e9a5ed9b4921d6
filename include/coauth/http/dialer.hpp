// SPDX-License-Identifier: BSL-1.0
//
// Takes the place of DNS, TCP and TLS below a transport. Empty in production; the testing kit's
// memory_network is one.

#ifndef COAUTH_HTTP_DIALER_HPP
#define COAUTH_HTTP_DIALER_HPP

#include <coauth/detail/asio.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <system_error>
#include <utility>

namespace coauth::http {

/// A value; copies share what they call. Dialing must be possible from any thread.
class dialer {
public:
    /// Gives a connected stream socket that belongs to `executor`, without waiting, or sets the
    /// error: asio::error::host_not_found is errc::resolve_failed, any other
    /// errc::connect_failed.
    using dial_function =
        std::function<asio::ip::tcp::socket(any_executor const& executor, std::string const& host,
                                            std::uint16_t port, std::error_code& ec)>;

    /// None: the transport resolves, connects and secures as usual.
    dialer() = default;

    /// What it gives is used as it is, for https as well: requests with their credentials go
    /// through `dial` readable, and no certificate is shown or verified. `identity` is all that a
    /// cache knows of whom such a transport trusts: tokens are shared between sources whose dialers
    /// have the same one, and never with a source that has none.
    [[nodiscard]] static dialer without_tls(std::string identity, dial_function dial) {
        dialer made;
        made.identity_ = std::move(identity);
        made.dial_ = std::move(dial);
        return made;
    }

    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(dial_); }
    [[nodiscard]] std::string const& identity() const noexcept { return identity_; }

    /// Precondition: not empty.
    [[nodiscard]] asio::ip::tcp::socket dial(any_executor const& executor, std::string const& host,
                                             std::uint16_t port, std::error_code& ec) const {
        return dial_(executor, host, port, ec);
    }

private:
    std::string identity_;
    dial_function dial_;
};

}  // namespace coauth::http

#endif
