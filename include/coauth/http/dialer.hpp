// SPDX-License-Identifier: BSL-1.0
//
// Takes the place of DNS, TCP and TLS below a transport. Empty in production; the testing kit's
// memory_network is one.

#ifndef COAUTH_HTTP_DIALER_HPP
#define COAUTH_HTTP_DIALER_HPP

#include <coauth/config.hpp>

#include <memory>
#include <string>

namespace coauth::http {

/// A value; copies share what they call. Dialing must be possible from any thread.
class dialer {
public:
    /// None: the transport resolves, connects and secures as usual.
    dialer() = default;

    /// What it gives is used as it is, for https as well: requests with their credentials go
    /// through `dial` readable, and no certificate is shown or verified. `identity` is all that a
    /// cache knows of whom such a transport trusts: tokens are shared between sources whose dialers
    /// have the same one, and never with a source that has none.
    ///
    /// `dial(any_executor const& executor, std::string const& host, std::uint16_t port,
    /// std::error_code& ec)` gives a connected asio::ip::tcp::socket that belongs to `executor`,
    /// without waiting, or sets the error: asio::error::host_not_found is errc::resolve_failed, any
    /// other errc::connect_failed. Its body is in dialer_impl.hpp, which is to be included where
    /// this is called with COAUTH_SEPARATE_COMPILATION.
    template <class Dial>
    [[nodiscard]] static dialer without_tls(std::string identity, Dial dial);

    [[nodiscard]] explicit operator bool() const noexcept { return dial_ != nullptr; }
    [[nodiscard]] std::string const& identity() const noexcept { return identity_; }

    struct dial_function;
    /// For the library. Precondition: not empty.
    [[nodiscard]] dial_function const& dial() const noexcept { return *dial_; }

private:
    std::string identity_;
    std::shared_ptr<dial_function const> dial_;
};

}  // namespace coauth::http

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/http/dialer_impl.hpp>
#endif

#endif
