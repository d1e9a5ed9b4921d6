// SPDX-License-Identifier: BSL-1.0
//
// Bodies of jwt.hpp.

#ifndef COAUTH_JOSE_JWT_IMPL_HPP
#define COAUTH_JOSE_JWT_IMPL_HPP

#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/error.hpp>
#include <coauth/jose/jwt.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {

COAUTH_INLINE jwt_members& jwt_members::set(std::string_view name, std::string_view text) {
    if (!is_valid_utf8(name) || !is_valid_utf8(text)) {
        throw exception(error(errc::invalid_utf8, stage::configuration, "a member of a JWT"));
    }
    std::string json;
    json_writer(json).string(text);
    return put(name, std::move(json));
}

COAUTH_INLINE jwt_members& jwt_members::set(std::string_view name, std::int64_t number) {
    return put(name, std::to_string(number));
}

COAUTH_INLINE jwt_members& jwt_members::set_json(std::string_view name, std::string json) {
    json_reader reader(json);
    json_value whole;
    if (!reader.next_value(whole) || reader.next() != json_event::end) {
        throw exception(error(errc::invalid_json, stage::configuration, "a member of a JWT"));
    }
    return put(name, std::move(json));
}

COAUTH_INLINE jwt_members& jwt_members::remove(std::string_view name) {
    std::erase_if(members_, [&](auto const& m) { return m.first == name; });
    return *this;
}

COAUTH_INLINE std::optional<std::string_view> jwt_members::find(std::string_view name) const {
    auto const at = std::find_if(members_.begin(), members_.end(),
                                 [&](auto const& m) { return m.first == name; });
    if (at == members_.end()) return std::nullopt;
    return at->second;
}

COAUTH_INLINE jwt_members& jwt_members::put(std::string_view name, std::string json) {
    for (auto& [known, value] : members_) {
        if (known != name) continue;
        value = std::move(json);
        return *this;
    }
    members_.emplace_back(std::string(name), std::move(json));
    return *this;
}

}  // namespace coauth

#endif
