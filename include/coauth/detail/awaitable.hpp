// SPDX-License-Identifier: BSL-1.0
//
// As much of Asio as the declarations of the facade need. Together with detail/asio.hpp the only
// place that deals with Asio's versions (1.22.1 and later, standalone).

#ifndef COAUTH_DETAIL_AWAITABLE_HPP
#define COAUTH_DETAIL_AWAITABLE_HPP

// clang with libstdc++ is not recognised as a coroutine compiler before Asio 1.26.
#if defined(__clang__) && !defined(ASIO_HAS_CO_AWAIT)
#define ASIO_HAS_CO_AWAIT 1
#endif
// Asio does not see that a program is compiled without RTTI.
#if !defined(__cpp_rtti) && !defined(ASIO_NO_TYPEID)
#define ASIO_NO_TYPEID 1
#endif

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/version.hpp>

#if ASIO_VERSION < 102201
#error "coauth needs Asio 1.22.1 or later"
#endif

namespace coauth {

/// Every asynchronous member of the library returns this.
template <class T = void>
using awaitable = asio::awaitable<T>;

using any_executor = asio::any_io_executor;

}  // namespace coauth

#endif
