// SPDX-License-Identifier: BSL-1.0
//
// What a failure of a store is called. Functions; any thread.

#ifndef COAUTH_DETAIL_STORE_FAILURE_HPP
#define COAUTH_DETAIL_STORE_FAILURE_HPP

#include <coauth/error.hpp>

#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <utility>

namespace coauth::detail {

/// A system call has failed with `number`.
[[nodiscard]] inline error store_failure(std::string what, int number) {
    std::error_code const cause(number, std::generic_category());
    return error(errc::store_unavailable, stage::store, std::move(what) + ": " + cause.message())
        .with_cause(cause);
}

/// Whatever an operation of a store has thrown.
[[nodiscard]] inline error store_failure(std::exception_ptr const& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (exception const& e) { return e.error(); } catch (std::bad_alloc const&) {
        return error(errc::out_of_memory, stage::store);
    } catch (std::system_error const& e) {
        // Asio's word for a cancelled operation.
        if (e.code() == std::errc::operation_canceled) return error(errc::cancelled, stage::store);
        return error(errc::store_unavailable, stage::store, e.what()).with_cause(e.code());
    } catch (std::exception const& e) {
        return error(errc::store_unavailable, stage::store, e.what());
    } catch (...) {
        return error(errc::store_unavailable, stage::store, "the store threw something unknown");
    }
}

}  // namespace coauth::detail

#endif
