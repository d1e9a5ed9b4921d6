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
    switch (e.http_status()) {
        case 408:
        case 421:
        case 425:
        case 429: return failure_kind::transient;
        case 501:
        case 505: return failure_kind::definitive;
        default: return e.http_status() >= 500 ? failure_kind::transient : failure_kind::definitive;
    }
}

}  // namespace coauth

#endif
