// SPDX-License-Identifier: BSL-1.0
//
// Bodies of stored_token.hpp.

#ifndef COAUTH_STORE_STORED_TOKEN_IMPL_HPP
#define COAUTH_STORE_STORED_TOKEN_IMPL_HPP

#include <coauth/store/stored_token.hpp>

#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/utf8.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coauth {
namespace detail {

inline constexpr std::int64_t stored_token_version = 1;

COAUTH_INLINE error unreadable_record() {
    return error(errc::store_record_unreadable, stage::store, "the record of a token is unreadable")
        .with_hint("it was sealed under another key, moved, or damaged; the next save replaces it");
}

COAUTH_INLINE error newer_record() {
    return error(errc::store_record_newer, stage::store,
                 "a later version of the library wrote the record of a token")
        .with_hint("update this program; the record is left as it is");
}

[[nodiscard]] inline std::int64_t wall_milliseconds(stored_token::wall_clock::time_point at) {
    return std::chrono::floor<std::chrono::milliseconds>(at).time_since_epoch().count();
}

/// The members that a record of this version has; others are left unread.
class stored_token_reader {
public:
    explicit stored_token_reader(std::string_view text) : reader_(text) {}

    [[nodiscard]] result<stored_token> read() {
        if (!collect()) return unreadable_record();
        json_value const version = at(version_).value_or(json_value());
        if (!version.is(json_type::number)) return unreadable_record();
        if (version.to_integer() > stored_token_version) return newer_record();
        stored_token token;
        bool const good = version.to_integer() == stored_token_version &&
                          secret_at(access_token_, token.access_token) &&
                          secret_at(refresh_token_, token.refresh_token) && rest(token);
        if (!good) return unreadable_record();
        return token;
    }

private:
    enum member { version_, access_token_, refresh_token_, token_type_, scope_, issued_, expires_ };
    static constexpr std::array<std::string_view, 7> names = {
        "version", "access_token", "refresh_token", "token_type",
        "scope",   "issued_at",    "expires_at"};

    [[nodiscard]] std::optional<json_value> const& at(member m) const { return values_[m]; }

    [[nodiscard]] bool collect() {
        if (reader_.next() != json_event::begin_object) return false;
        json_event event = reader_.next();
        for (; event == json_event::member_name; event = reader_.next()) {
            std::string const name = reader_.scalar().to_string();
            json_value value;
            if (!reader_.next_value(value)) return false;
            auto const found = std::find(names.begin(), names.end(), name);
            if (found == names.end()) continue;
            auto& place = values_[static_cast<std::size_t>(found - names.begin())];
            if (place) return false;
            place = value;
        }
        return event == json_event::end_object && reader_.next() == json_event::end;
    }

    [[nodiscard]] bool secret_at(member m, secret& out) const {
        if (!at(m)) return true;
        if (!at(m)->is(json_type::string)) return false;
        wiped_buffer text;
        at(m)->unescape_to(text);
        out = secret(text.view());
        return true;
    }

    [[nodiscard]] bool rest(stored_token& token) const {
        // It goes into a header.
        std::string_view const access = token.access_token.reveal();
        bool const visible =
            std::all_of(access.begin(), access.end(), [](char c) { return c > ' ' && c < '\x7f'; });
        if (!visible || (access.empty() && token.refresh_token.empty())) return false;
        if (!at(token_type_) || !at(token_type_)->is(json_type::string)) return false;
        token.token_type = at(token_type_)->to_string();
        if (token.token_type != "Bearer" && token.token_type != "DPoP") return false;
        if (at(scope_) && !at(scope_)->is(json_type::string)) return false;
        if (at(scope_)) token.scope = at(scope_)->to_string();
        return time_at(issued_, token.issued_at) && time_at(expires_, token.expires_at);
    }

    [[nodiscard]] bool time_at(member m, stored_token::wall_clock::time_point& out) const {
        constexpr std::int64_t year_2200 = 7'258'118'400'000;
        if (!at(m) || !at(m)->is(json_type::number)) return false;
        std::int64_t const value = at(m)->to_integer();
        if (value < 0 || value > year_2200) return false;
        out = stored_token::wall_clock::time_point(std::chrono::milliseconds(value));
        return true;
    }

    json_reader reader_;
    std::array<std::optional<json_value>, names.size()> values_{};
};

}  // namespace detail

COAUTH_INLINE duration stored_token::left(wall_clock::time_point now) const noexcept {
    if (now < issued_at || now >= expires_at) return duration::zero();
    return expires_at - now;
}

COAUTH_INLINE secret stored_token::to_bytes() const {
    bool const utf8 = is_valid_utf8(access_token.reveal()) &&
                      is_valid_utf8(refresh_token.reveal()) && is_valid_utf8(scope.value_or(""));
    if (!utf8) throw exception(error(errc::invalid_utf8, stage::store, "a token is not UTF-8"));
    detail::wiped_buffer text;
    text.reserve(256 + access_token.size() + refresh_token.size());
    json_writer out(text);
    out.begin_object().name("version").number(detail::stored_token_version);
    if (!access_token.empty()) out.name("access_token").string(access_token.reveal());
    if (!refresh_token.empty()) out.name("refresh_token").string(refresh_token.reveal());
    out.name("token_type").string(token_type);
    if (scope) out.name("scope").string(*scope);
    out.name("issued_at").number(detail::wall_milliseconds(issued_at));
    out.name("expires_at").number(detail::wall_milliseconds(expires_at)).end_object();
    return secret(text.view());
}

COAUTH_INLINE result<stored_token> stored_token::from_bytes(std::string_view bytes) {
    return detail::stored_token_reader(bytes).read();
}

}  // namespace coauth

#endif
