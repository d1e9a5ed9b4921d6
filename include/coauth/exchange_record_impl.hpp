// SPDX-License-Identifier: BSL-1.0
//
// Bodies of exchange_record.hpp.

#ifndef COAUTH_EXCHANGE_RECORD_IMPL_HPP
#define COAUTH_EXCHANGE_RECORD_IMPL_HPP

#include <coauth/exchange_record.hpp>

#include <algorithm>
#include <vector>

namespace coauth {

COAUTH_INLINE detail::exchange_records call_record::all_exchanges() const {
    detail::exchange_records all = exchanges;
    for (token_decision const& token : tokens) {
        all.insert(all.end(), token.exchanges.begin(), token.exchanges.end());
    }
    std::erase(all, nullptr);
    std::stable_sort(all.begin(), all.end(),
                     [](auto const& a, auto const& b) { return a->started < b->started; });
    return all;
}

}  // namespace coauth

#endif
