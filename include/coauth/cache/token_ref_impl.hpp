// SPDX-License-Identifier: BSL-1.0
//
// Bodies of token_ref.hpp.

#ifndef COAUTH_CACHE_TOKEN_REF_IMPL_HPP
#define COAUTH_CACHE_TOKEN_REF_IMPL_HPP

#include <coauth/cache/token_record.hpp>
#include <coauth/cache/token_ref.hpp>
#include <coauth/detail/hazard_domain.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

COAUTH_INLINE std::string_view token_ref::authorization() const noexcept {
    return record_->authorization.view();
}

COAUTH_INLINE std::string_view token_ref::access_token() const noexcept {
    return record_->access_token();
}

COAUTH_INLINE std::string_view token_ref::token_type() const noexcept {
    return authorization().substr(0, record_->scheme_size);
}

COAUTH_INLINE time_point token_ref::expires_at() const noexcept { return record_->expiry; }

COAUTH_INLINE std::optional<std::string> const& token_ref::scope() const noexcept {
    return record_->scope;
}

COAUTH_INLINE std::uint64_t token_ref::generation() const noexcept { return record_->generation; }

COAUTH_INLINE bool token_ref::valid(time_point now) const noexcept { return record_->valid(now); }

COAUTH_INLINE bool token_ref::rejected() const noexcept { return record_->rejected(); }

COAUTH_INLINE void token_ref::release() noexcept {
    domain_->release(std::exchange(slot_, nullptr));
}

}  // namespace coauth

#endif
