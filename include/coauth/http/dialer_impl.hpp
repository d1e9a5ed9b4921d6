// SPDX-License-Identifier: BSL-1.0
//
// What a dialer calls, which needs sockets: bodies of dialer.hpp.

#ifndef COAUTH_HTTP_DIALER_IMPL_HPP
#define COAUTH_HTTP_DIALER_IMPL_HPP

#include <coauth/detail/asio.hpp>
#include <coauth/http/dialer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace coauth::http {

struct dialer::dial_function
    : std::function<asio::ip::tcp::socket(any_executor const& executor, std::string const& host,
                                          std::uint16_t port, std::error_code& ec)> {
    using function::function;
};

template <class Dial>
dialer dialer::without_tls(std::string identity, Dial dial) {
    dialer made;
    made.identity_ = std::move(identity);
    made.dial_ = std::make_shared<dial_function const>(std::move(dial));
    return made;
}

}  // namespace coauth::http

#endif
