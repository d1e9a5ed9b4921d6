// SPDX-License-Identifier: BSL-1.0
//
// Reads a document written in JSON (RFC 8259). Pure.

#ifndef COAUTH_OPENAPI_JSON_DOCUMENT_HPP
#define COAUTH_OPENAPI_JSON_DOCUMENT_HPP

#include <coauth/codec/json_reader.hpp>
#include <coauth/openapi/document.hpp>
#include <coauth/openapi/limits.hpp>
#include <coauth/openapi/tree_builder.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace coauth::openapi {

namespace detail {

/// Writes unescaped text into memory that is long enough: it is never longer than the escaped.
class raw_sink {
public:
    explicit raw_sink(char* to) noexcept : begin_(to), at_(to) {}
    void push_back(char c) noexcept { *at_++ = c; }
    void append(std::string_view text) noexcept { at_ = std::copy(text.begin(), text.end(), at_); }
    [[nodiscard]] std::string_view view() const noexcept {
        return {begin_, static_cast<std::size_t>(at_ - begin_)};
    }

private:
    char* begin_;
    char* at_;
};

[[nodiscard]] inline std::string_view json_text(document& into, json_value const& value) {
    if (!value.is(json_type::string)) return value.raw();
    std::string_view const escaped = value.escaped();
    if (!value.has_escapes()) return escaped;
    raw_sink out(static_cast<char*>(into.arena().allocate(escaped.size(), 1)));
    coauth::detail::json_unescape(out, escaped);
    return out.view();
}

}  // namespace detail

/// Fills `into` from its text. No error, or errc::invalid_description or errc::description_limit
/// with line and column. Counts `values` on.
[[nodiscard]] inline error read_json_document(document& into, limits const& bounds,
                                              std::size_t& values) {
    detail::tree_builder build(into, bounds, values);
    json_reader reader(into.text(), json_limits{.max_depth = bounds.max_depth});
    node made;
    for (;;) {
        error wrong;
        json_event const event = reader.next();
        auto const place = [&] { return reader.offset() - reader.raw().size(); };
        switch (event) {
            case json_event::begin_object: wrong = build.open(json_type::object, place()); break;
            case json_event::begin_array: wrong = build.open(json_type::array, place()); break;
            case json_event::end_object:
            case json_event::end_array: wrong = build.close(made); break;
            case json_event::member_name:
                build.name(detail::json_text(into, reader.scalar()));
                break;
            case json_event::string:
            case json_event::number:
            case json_event::boolean:
            case json_event::null:
                wrong = build.value(
                    {reader.scalar().type(), detail::json_text(into, reader.scalar()), place()});
                break;
            case json_event::end: return {};
            case json_event::failure: {
                bool const deep = build.depth() >= bounds.max_depth &&
                                  std::string_view(reader.reason()) == "nested too deep";
                return error(deep ? errc::description_limit : errc::invalid_description,
                             stage::configuration,
                             coauth::detail::text_position(into.text(), reader.offset()) +
                                 ": not JSON: " + reader.reason());
            }
        }
        if (wrong) return wrong;
    }
}

}  // namespace coauth::openapi

#endif
