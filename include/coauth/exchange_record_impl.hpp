// SPDX-License-Identifier: BSL-1.0
//
// Bodies of exchange_record.hpp.

#ifndef COAUTH_EXCHANGE_RECORD_IMPL_HPP
#define COAUTH_EXCHANGE_RECORD_IMPL_HPP

#include <coauth/exchange_record.hpp>

#include <algorithm>

namespace coauth {

COAUTH_INLINE detail::exchange_records call_record::all_exchanges() const {
    detail::exchange_records all;
    auto const insert = [&all](auto const& record) {
        if (!record) return;
        auto const later = [](auto const& a, auto const& b) { return a->started < b->started; };
        all.insert(std::upper_bound(all.begin(), all.end(), record, later), record);
    };
    for (auto const& record : exchanges) insert(record);
    for (token_decision const& token : tokens) {
        for (auto const& record : token.exchanges) insert(record);
    }
    return all;
}

}  // namespace coauth

#endif
