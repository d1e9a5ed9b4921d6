// SPDX-License-Identifier: BSL-1.0
//
// How a sealed record begins:
//
//   magic 6 | version 1 | its complement 1 | cipher 1 | id of the key 8 | nonce 12
//
// The complement tells a later version from a flipped bit, since the tag of a later version cannot
// be checked. Nothing of it is secret. Pure functions.

#ifndef COAUTH_STORE_SEAL_HEAD_HPP
#define COAUTH_STORE_SEAL_HEAD_HPP

#include <coauth/store/sealing_key.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace coauth::detail {

inline constexpr std::string_view seal_magic = "coauth";
inline constexpr unsigned seal_version = 1;
inline constexpr std::size_t seal_head_size = seal_magic.size() + 3 + record_key::id_size;

[[nodiscard]] inline bool is_newer_seal(std::string_view record) noexcept {
    if (record.size() < seal_magic.size() + 2 || !record.starts_with(seal_magic)) return false;
    auto const version = static_cast<unsigned char>(record[seal_magic.size()]);
    auto const complement = static_cast<unsigned char>(record[seal_magic.size() + 1]);
    return (version ^ complement) == 0xFF && version > seal_version;
}

/// The id of the key that sealed the record; nothing where it is not sealed, or by a later version.
[[nodiscard]] inline std::optional<std::string_view> seal_key_id(std::string_view record) noexcept {
    bool const whole = record.size() >= seal_head_size;
    if (!whole || !record.starts_with(seal_magic) || is_newer_seal(record)) return std::nullopt;
    return record.substr(seal_head_size - record_key::id_size, record_key::id_size);
}

}  // namespace coauth::detail

#endif
