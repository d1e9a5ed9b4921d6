// SPDX-License-Identifier: BSL-1.0
//
// What a failed token request means for the next one. A pure function of the error.

#ifndef COAUTH_PROTOCOL_FAILURE_HPP
#define COAUTH_PROTOCOL_FAILURE_HPP

#include <coauth/error.hpp>

namespace coauth {

enum class failure_kind : unsigned char {
    transient,       ///< The server or the way to it: likely to pass by itself.
    definitive,      ///< Somebody has to change something, here or there.
    not_remembered,  ///< Says nothing about the server: the next caller simply tries.
};

/// The next try may do: 408, 421, 425, 429 and 5xx.
[[nodiscard]] constexpr bool is_temporary_status(int status) noexcept {
    return (status >= 500 && status < 600) || status == 408 || status == 421 || status == 425 ||
           status == 429;
}

[[nodiscard]] inline failure_kind classify_failure(error const& e) noexcept {
    if (e.code() == condition::cancelled || e.is(errc::broken_flight) ||
        e.is(errc::out_of_memory) || e.is(errc::executor_gone)) {
        return failure_kind::not_remembered;
    }
    // What broke on the way says nothing about the status that may have come before.
    if (e.code() == condition::transport || e.is(errc::deadline_exceeded)) {
        return e.code() == condition::retryable ? failure_kind::transient
                                                : failure_kind::definitive;
    }
    int const status = e.http_status();
    bool const for_good = !is_temporary_status(status) || status == 501 || status == 505;
    return for_good ? failure_kind::definitive : failure_kind::transient;
}

}  // namespace coauth

#endif
