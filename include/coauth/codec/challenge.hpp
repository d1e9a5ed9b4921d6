// SPDX-License-Identifier: BSL-1.0
//
// WWW-Authenticate and Proxy-Authenticate, RFC 9110 §11.6.1: a list of challenges, each with
// parameters or a token68. Strict: a field that is not exactly of the grammar gives nothing, so
// that a weaker scheme is never read out of a damaged one. Pure function; any thread.

#ifndef COAUTH_CODEC_CHALLENGE_HPP
#define COAUTH_CODEC_CHALLENGE_HPP

#include <coauth/codec/http_fields.hpp>
#include <coauth/config.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {

/// One challenge. It has parameters or a token68, or neither.
struct challenge {
    std::string scheme;   ///< As the server spelt it; compare with iequals().
    std::string token68;  ///< Empty when there is none.
    std::vector<std::pair<std::string, std::string>> parameters;  ///< Quotes and escapes undone.

    /// The value of a parameter, its name compared without regard to case; valid as long as this
    /// object.
    [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const {
        for (auto const& [key, value] : parameters) {
            if (iequals(key, name)) return std::string_view(value);
        }
        return std::nullopt;
    }
};

/// All challenges of one field value, in order; nothing when it is malformed or empty. Several
/// fields of the name are parsed one by one. A parameter that stands twice in one challenge is
/// malformed.
[[nodiscard]] std::optional<std::vector<challenge>> parse_challenges(std::string_view field_value);

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/codec/challenge_impl.hpp>
#endif

#endif
