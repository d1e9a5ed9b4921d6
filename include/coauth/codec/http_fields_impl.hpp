// SPDX-License-Identifier: BSL-1.0
//
// How fields are stored: bodies of http_fields.hpp.

#ifndef COAUTH_CODEC_HTTP_FIELDS_IMPL_HPP
#define COAUTH_CODEC_HTTP_FIELDS_IMPL_HPP

#include <coauth/codec/http_fields.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace coauth {

COAUTH_INLINE http_fields::http_fields(http_fields const& other) : entries_(other.entries_) {
    buffer_.append(other.buffer_.view());
}

COAUTH_INLINE http_fields& http_fields::operator=(http_fields const& other) {
    if (this != &other) *this = http_fields(other);
    return *this;
}

COAUTH_INLINE void http_fields::extend_last(std::string_view continuation) {
    if (continuation.empty()) return;
    piece& value = entries_.back().value;
    if (value.size != 0) buffer_.push_back(' ');
    buffer_.append(continuation);
    value.size = static_cast<std::uint32_t>(buffer_.size() - value.at);
}

COAUTH_INLINE std::optional<std::string_view> http_fields::find(
    std::string_view name) const noexcept {
    for (entry const& e : entries_) {
        if (iequals(view_of(e.name), name)) return view_of(e.value);
    }
    return std::nullopt;
}

COAUTH_INLINE std::size_t http_fields::count(std::string_view name) const noexcept {
    std::size_t n = 0;
    for (entry const& e : entries_) {
        if (iequals(view_of(e.name), name)) ++n;
    }
    return n;
}

COAUTH_INLINE bool http_fields::contains(std::string_view name) const noexcept {
    return find(name).has_value();
}

COAUTH_INLINE void http_fields::append(std::string_view name, std::string_view value) {
    if (points_inside(name) || points_inside(value)) {
        http_fields const copy(*this);
        append_bytes(copy.same_bytes(*this, name), copy.same_bytes(*this, value));
    } else {
        append_bytes(name, value);
    }
}

COAUTH_INLINE void http_fields::set(std::string_view name, std::string_view value) {
    append(name, value);
    entry const added = entries_.back();
    entries_.pop_back();
    erase(view_of(added.name));
    entries_.push_back(added);
}

COAUTH_INLINE void http_fields::erase(std::string_view name) {
    std::erase_if(entries_, [&](entry const& e) { return iequals(view_of(e.name), name); });
}

COAUTH_INLINE std::vector<std::string_view> http_fields::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (entry const& e : entries_) {
        if (iequals(view_of(e.name), name)) values.push_back(view_of(e.value));
    }
    return values;
}

COAUTH_INLINE void http_fields::append_bytes(std::string_view name, std::string_view value) {
    auto const at = static_cast<std::uint32_t>(buffer_.size());
    auto const name_size = static_cast<std::uint32_t>(name.size());
    buffer_.append(name);
    buffer_.append(value);
    entries_.push_back(
        {{at, name_size}, {at + name_size, static_cast<std::uint32_t>(value.size())}});
}

}  // namespace coauth

#endif
