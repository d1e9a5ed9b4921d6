// SPDX-License-Identifier: BSL-1.0
//
// The last failure of a key, and until when it is the answer. Immutable; protected by hazard
// pointers.

#ifndef COAUTH_CACHE_REMEMBERED_FAILURE_HPP
#define COAUTH_CACHE_REMEMBERED_FAILURE_HPP

#include <coauth/cache/backoff.hpp>
#include <coauth/clock.hpp>
#include <coauth/detail/hazard_domain.hpp>
#include <coauth/error.hpp>

#include <cstdint>
#include <utility>

namespace coauth::detail {

struct remembered_failure : hazard_domain::retirable {
    remembered_failure(error e, time_point until, backoff after, std::uint64_t held)
        : failure(std::move(e)), retry_at(until), steps(after), generation(held) {}

    error const failure;
    time_point const retry_at;
    /// Where the next failure goes on.
    backoff const steps;
    /// Of the token whose renewal it has put off; 0 without one.
    std::uint64_t const generation;
};

}  // namespace coauth::detail

#endif
