// SPDX-License-Identifier: BSL-1.0
//
// Writes a JWT (RFC 7519) in the compact serialisation of JWS (RFC 7515 §7.1): members of header
// and claims, and the text that is signed. Not synchronised.

#ifndef COAUTH_JOSE_JWT_HPP
#define COAUTH_JOSE_JWT_HPP

#include <coauth/codec/base64.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/error.hpp>
#include <coauth/secret.hpp>

#include <algorithm>
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
    jwt_members& set(std::string_view name, std::string_view text) {
        if (!is_valid_utf8(name) || !is_valid_utf8(text)) {
            throw exception(error(errc::invalid_utf8, stage::configuration, "a member of a JWT"));
        }
        std::string json;
        json_writer(json).string(text);
        return put(name, std::move(json));
    }
    jwt_members& set(std::string_view name, std::int64_t number) {
        return put(name, std::to_string(number));
    }
    /// Any value that is JSON. Throws coauth::exception(errc::invalid_json) for what is not.
    jwt_members& set_json(std::string_view name, std::string json) {
        json_reader reader(json);
        json_value whole;
        if (!reader.next_value(whole) || reader.next() != json_event::end) {
            throw exception(error(errc::invalid_json, stage::configuration, "a member of a JWT"));
        }
        return put(name, std::move(json));
    }
    jwt_members& remove(std::string_view name) {
        std::erase_if(members_, [&](auto const& m) { return m.first == name; });
        return *this;
    }

    /// The value as JSON, valid until the next change; nothing when there is none of that name.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const {
        auto const at = std::find_if(members_.begin(), members_.end(),
                                     [&](auto const& m) { return m.first == name; });
        if (at == members_.end()) return std::nullopt;
        return at->second;
    }

    /// Appends them to an object that has been begun.
    template <class Sink>
    void write_to(json_writer<Sink>& object) const {
        for (auto const& [name, json] : members_) object.name(name).raw(json);
    }

private:
    jwt_members& put(std::string_view name, std::string json) {
        for (auto& [known, value] : members_) {
            if (known != name) continue;
            value = std::move(json);
            return *this;
        }
        members_.emplace_back(std::string(name), std::move(json));
        return *this;
    }

    std::vector<std::pair<std::string, std::string>> members_;
};

namespace detail {

/// Appends the encoded header; `alg` is its first member, and none of `header`.
inline void write_jwt_header(wiped_buffer& out, std::string_view algorithm,
                             jwt_members const& header) {
    wiped_buffer json;
    json.reserve(256);
    json_writer writer(json);
    header.write_to(writer.begin_object().name("alg").string(algorithm));
    writer.end_object();
    base64url_encode_to(out, json.view());
}

/// Appends claims, which are JSON, and signature to the encoded header that is all of `out`.
/// `sign(out, message)` appends the bytes of the signature.
template <class Sign>
void finish_jwt(wiped_buffer& out, std::string_view claims, Sign const& sign) {
    out.reserve(out.size() + claims.size() * 4 / 3 + 512);
    out.push_back('.');
    base64url_encode_to(out, claims);
    wiped_buffer signature;
    sign(signature, out.view());
    out.push_back('.');
    base64url_encode_to(out, signature.view());
}

/// The object of these members, as JSON.
inline void write_json(wiped_buffer& out, jwt_members const& members) {
    out.reserve(512);
    json_writer writer(out);
    members.write_to(writer.begin_object());
    writer.end_object();
}

}  // namespace detail
}  // namespace coauth

#endif
