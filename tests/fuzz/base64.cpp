// SPDX-License-Identifier: BSL-1.0
//
// base64 and base64url: one text for one sequence of bytes, and nothing else is read.

#include "target.hpp"

#include <coauth/codec/base64.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace base64_fuzz {
namespace {

using coauth_fuzz::require;

COAUTH_FUZZ_TARGET(base64, input) {
    require(coauth::base64_decode(coauth::base64_encode(input)) == input,
            "what is written is read");
    require(coauth::base64url_decode(coauth::base64url_encode(input)) == input,
            "what is written for URLs is read");

    std::optional<std::string> const padded = coauth::base64_decode(input);
    require(!padded || coauth::base64_encode(*padded) == input, "only what is written is read");
    std::optional<std::string> const plain = coauth::base64url_decode(input);
    require(!plain || coauth::base64url_encode(*plain) == input,
            "only what is written for URLs is read");

    coauth::detail::wiped_buffer secret;
    require(coauth::base64url_decode_to(secret, input) == plain.has_value(),
            "secrets are read like other texts");
    require(!plain || secret.view() == *plain, "secrets are read as the same bytes");
}

}  // namespace
}  // namespace base64_fuzz
