// SPDX-License-Identifier: BSL-1.0
//
// The members of a JWT (RFC 7519): of its header, or its claims. Not synchronised.

#ifndef COAUTH_JOSE_JWT_HPP
#define COAUTH_JOSE_JWT_HPP

#include <coauth/config.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {

/// The members of a JSON object, each name once, in the order in which they were set first.
class jwt_members {
public:
    /// A string. Throws coauth::exception(errc::invalid_utf8) for what is not UTF-8.
    jwt_members& set(std::string_view name, std::string_view text);
    jwt_members& set(std::string_view name, std::int64_t number);
    /// Any value that is JSON. Throws coauth::exception(errc::invalid_json) for what is not.
    jwt_members& set_json(std::string_view name, std::string json);
    jwt_members& remove(std::string_view name);

    /// The value as JSON, valid until the next change; nothing when there is none of that name.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;

    /// Name and value as JSON, in their order.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> const& all() const noexcept {
        return members_;
    }

private:
    jwt_members& put(std::string_view name, std::string json);

    std::vector<std::pair<std::string, std::string>> members_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/jose/jwt_impl.hpp>
#endif

#endif
