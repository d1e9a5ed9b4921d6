// SPDX-License-Identifier: BSL-1.0
//
// The only place that deals with Asio's versions (1.22.1 and later, standalone).

#ifndef COAUTH_DETAIL_ASIO_HPP
#define COAUTH_DETAIL_ASIO_HPP

// clang with libstdc++ is not recognised as a coroutine compiler before Asio 1.26.
#if defined(__clang__) && !defined(ASIO_HAS_CO_AWAIT)
#define ASIO_HAS_CO_AWAIT 1
#endif

// Asio does not see that a program is compiled without RTTI.
#if !defined(__cpp_rtti) && !defined(ASIO_NO_TYPEID)
#define ASIO_NO_TYPEID 1
#endif

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/connect.hpp>
#include <asio/detached.hpp>
#include <asio/dispatch.hpp>
#include <asio/error.hpp>
#include <asio/execution_context.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
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
