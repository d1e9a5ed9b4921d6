// SPDX-License-Identifier: BSL-1.0
//
// What the bodies need of Asio. Together with detail/awaitable.hpp the only place that deals with
// Asio's versions.

#ifndef COAUTH_DETAIL_ASIO_HPP
#define COAUTH_DETAIL_ASIO_HPP

// Before anything of Asio.
#include <coauth/detail/awaitable.hpp>

#include <asio/async_result.hpp>
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

#endif
