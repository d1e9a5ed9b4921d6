// SPDX-License-Identifier: BSL-1.0
//
// What a store keeps of a token, and its form as bytes: one JSON object with a version. A plain
// value that holds secrets; not synchronised.

#ifndef COAUTH_STORE_STORED_TOKEN_HPP
#define COAUTH_STORE_STORED_TOKEN_HPP

#include <coauth/clock.hpp>
#include <coauth/config.hpp>
#include <coauth/result.hpp>
#include <coauth/secret.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace coauth {

/// Times are those of the wall clock, since a store outlives a boot; to the millisecond.
struct stored_token {
    using wall_clock = std::chrono::system_clock;

    stored_token() = default;

    /// Empty: only the refresh token is left. Visible ASCII characters.
    secret access_token;
    /// Empty: there is none. UTF-8.
    secret refresh_token;
    std::string token_type = "Bearer";
    /// What was granted; nothing = as asked for.
    std::optional<std::string> scope;
    /// When its token request began.
    wall_clock::time_point issued_at;
    wall_clock::time_point expires_at;

    /// How long the access token may still be used: zero when it has expired, and when it comes
    /// from the future, since then one of the two clocks is wrong.
    [[nodiscard]] duration left(wall_clock::time_point now) const noexcept;

    /// Throws coauth::exception(errc::invalid_utf8) when a text is not UTF-8.
    [[nodiscard]] secret to_bytes() const;
    /// errc::store_record_newer for a version that this one does not know,
    /// errc::store_record_unreadable for everything that is no record.
    [[nodiscard]] static result<stored_token> from_bytes(std::string_view bytes);
};

namespace detail {

/// One text for every reason: who can change records should not learn from it what he got right.
[[nodiscard]] error unreadable_record();
[[nodiscard]] error newer_record();

}  // namespace detail
}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/store/stored_token_impl.hpp>
#endif

#endif
