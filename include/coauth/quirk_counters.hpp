// SPDX-License-Identifier: BSL-1.0
//
// How often an authorization server was forgiven something, by kind: what is tolerated is counted,
// so that an operator sees it. Any thread.

#ifndef COAUTH_QUIRK_COUNTERS_HPP
#define COAUTH_QUIRK_COUNTERS_HPP

#include <coauth/quirk_counts.hpp>
#include <coauth/token.hpp>

#include <cstdint>
#include <mutex>

namespace coauth::detail {

class quirk_counters {
public:
    void add(token_response_quirks const& q) {
        using counts = token_response_quirk_counts;
        std::lock_guard const lock(mutex_);
        auto const count = [this](std::uint64_t counts::*counter, bool seen) {
            if (seen) ++(counts_.*counter);
        };
        count(&counts::expires_in_missing, q.expires_in_missing);
        count(&counts::expires_in_string, q.expires_in_string);
        count(&counts::expires_in_not_positive, q.expires_in_not_positive);
        count(&counts::expires_in_clamped, q.expires_in_clamped);
        count(&counts::scope_array, q.scope_array);
        count(&counts::scope_malformed, q.scope_malformed);
        count(&counts::refresh_token_empty, q.refresh_token_empty);
        count(&counts::token_type_assumed, q.token_type_assumed);
        count(&counts::token_type_alias, q.token_type_alias);
        count(&counts::status_201, q.status_201);
        count(&counts::content_type_missing, q.content_type_missing);
        count(&counts::content_type_other, q.content_type_other);
        count(&counts::form_encoded, q.form_encoded);
    }

    [[nodiscard]] token_response_quirk_counts snapshot() const {
        std::lock_guard const lock(mutex_);
        return counts_;
    }

private:
    mutable std::mutex mutex_;
    token_response_quirk_counts counts_;
};

}  // namespace coauth::detail

#endif
