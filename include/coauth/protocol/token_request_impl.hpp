// SPDX-License-Identifier: BSL-1.0
//
// Bodies of token_request.hpp.

#ifndef COAUTH_PROTOCOL_TOKEN_REQUEST_IMPL_HPP
#define COAUTH_PROTOCOL_TOKEN_REQUEST_IMPL_HPP

#include <coauth/codec/form.hpp>
#include <coauth/codec/http1_writer.hpp>
#include <coauth/protocol/token_request.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace coauth {

COAUTH_INLINE token_request& token_request::add_parameter(std::string_view name,
                                                          std::string_view value) {
    parameters_.emplace_back(std::string(name), secret(value));
    return *this;
}

COAUTH_INLINE token_request& token_request::header(std::string_view name, std::string_view value) {
    if (check_user_header(name, value) != errc{}) {
        throw exception(error(errc::invalid_header, stage::configuration,
                              "a header of the token request is not allowed by HTTP, or is set "
                              "by the library"));
    }
    headers_.set(name, value);
    return *this;
}

COAUTH_INLINE token_request& token_request::remove_parameter(std::string_view name) {
    std::erase_if(parameters_, [&](auto const& p) { return p.first == name; });
    return *this;
}

COAUTH_INLINE std::optional<std::string_view> token_request::parameter(
    std::string_view name) const {
    auto const it = std::find_if(parameters_.begin(), parameters_.end(),
                                 [&](auto const& p) { return p.first == name; });
    if (it == parameters_.end()) return std::nullopt;
    return it->second.reveal();
}

COAUTH_INLINE void token_request::encode(detail::wiped_buffer& out) const {
    form_writer writer(out);
    for (auto const& [name, value] : parameters_) writer.add(name, value.reveal());
}

}  // namespace coauth

#endif
