// SPDX-License-Identifier: BSL-1.0
//
// What was said to a server, as the cache hands it on without looking into it.

#ifndef COAUTH_CACHE_EXCHANGE_RECORDS_HPP
#define COAUTH_CACHE_EXCHANGE_RECORDS_HPP

#include <coauth/fwd.hpp>

#include <memory>
#include <vector>

namespace coauth::detail {

using exchange_records = std::vector<std::shared_ptr<exchange_record const>>;

}  // namespace coauth::detail

#endif
