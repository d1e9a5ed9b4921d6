// SPDX-License-Identifier: BSL-1.0
//
// How often an authorization server was forgiven something, by kind. A value.

#ifndef COAUTH_QUIRK_COUNTS_HPP
#define COAUTH_QUIRK_COUNTS_HPP

#include <cstdint>

namespace coauth {

/// Token responses with each deviation; the names are those of token_response_quirks.
struct token_response_quirk_counts {
    std::uint64_t expires_in_missing = 0;
    std::uint64_t expires_in_string = 0;
    std::uint64_t expires_in_not_positive = 0;
    std::uint64_t expires_in_clamped = 0;
    std::uint64_t scope_array = 0;
    std::uint64_t scope_malformed = 0;
    std::uint64_t refresh_token_empty = 0;
    std::uint64_t token_type_assumed = 0;
    std::uint64_t token_type_alias = 0;
    std::uint64_t status_201 = 0;
    std::uint64_t content_type_missing = 0;
    std::uint64_t content_type_other = 0;
    std::uint64_t form_encoded = 0;
};

}  // namespace coauth

#endif
