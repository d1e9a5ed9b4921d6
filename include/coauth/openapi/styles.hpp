// SPDX-License-Identifier: BSL-1.0
//
// How a value is written into a path, query, header or cookie (OpenAPI's `style` and `explode`),
// and whether it is of its parameter's type. Every byte that could end the value is
// percent-encoded. Pure functions.

#ifndef COAUTH_OPENAPI_STYLES_HPP
#define COAUTH_OPENAPI_STYLES_HPP

#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/percent.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/openapi/arguments.hpp>
#include <coauth/openapi/description.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::openapi::detail {

/// What is wrong with a text as a value of this type; empty: nothing. Never repeats it.
[[nodiscard]] inline std::string check_scalar(value_type type, std::string_view text) {
    if (type == value_type::boolean && text != "true" && text != "false") {
        return "is neither true nor false";
    }
    if (type != value_type::integer && type != value_type::number) return {};
    json_reader reader(text);
    bool const number = reader.next() == json_event::number && reader.next() == json_event::end;
    if (!number) return type == value_type::integer ? "is no integer" : "is no number";
    bool const whole = text.find_first_of(".eE") == std::string_view::npos;
    return type == value_type::number || whole ? "" : "is no integer";
}

[[nodiscard]] inline std::string check_value(parameter const& of, argument_value const& value) {
    auto const check = [&](value_type type, std::string const& text) -> std::string {
        if (std::string wrong = check_scalar(type, text); !wrong.empty()) return wrong;
        bool const listed = of.allowed.empty() || std::find(of.allowed.begin(), of.allowed.end(),
                                                            text) != of.allowed.end();
        if (listed) return {};
        std::string known;
        for (std::string const& one : of.allowed) {
            known += (known.empty() ? "" : ", ") + printable(one, 40);
            if (known.size() > 200) break;
        }
        return "is none of: " + known;
    };
    bool const any = of.type == value_type::any;
    if (auto const* text = value.text()) {
        bool const inner = of.type == value_type::array || of.type == value_type::object;
        return inner ? "has to be an " + std::string(to_string(of.type)) : check(of.type, *text);
    }
    if (auto const* items = value.items()) {
        if (of.type != value_type::array && !any) {
            return "has to be one " + std::string(to_string(of.type)) + ", not several";
        }
        for (std::string const& one : *items) {
            if (std::string wrong = check(of.items, one); !wrong.empty()) {
                return "has an item that " + wrong;
            }
        }
        return items->empty() && of.required ? "has no items" : "";
    }
    return of.type == value_type::object || any
               ? ""
               : "has to be of type " + std::string(to_string(of.type)) + ", not an object";
}

/// `separator` between the parts, each of which has been encoded.
[[nodiscard]] inline std::string join_parts(std::vector<std::string> const& parts,
                                            std::string_view separator) {
    std::string text;
    for (std::size_t i = 0; i != parts.size(); ++i) {
        if (i != 0) text += separator;
        text += parts[i];
    }
    return text;
}

class style_writer {
public:
    /// `keep`: the bytes that are not encoded.
    style_writer(parameter const& of, char_set const& keep) : of_(&of), keep_(keep) {}

    /// Into a path or header. The value has been checked.
    [[nodiscard]] std::string segment(argument_value const& value) const {
        bool const label = of_->style == parameter_style::label;
        bool const matrix = of_->style == parameter_style::matrix;
        std::string const before = label ? "." : matrix ? ";" : "";
        std::string_view const between = !of_->explode || !(label || matrix) ? ","
                                         : label                             ? "."
                                                                             : ";";
        std::string const named = matrix ? encode(of_->name) + "=" : "";
        if (auto const* text = value.text()) return before + named + encode(*text);
        std::vector<std::string> parts;
        if (auto const* items = value.items()) {
            for (std::string const& one : *items) {
                parts.push_back((of_->explode ? named : "") + encode(one));
            }
            return before + (of_->explode ? "" : named) + join_parts(parts, between);
        }
        for (auto const& [name, one] : *value.members()) {
            if (of_->explode) {
                parts.push_back(encode(name) + "=" + encode(one));
            } else {
                parts.push_back(encode(name));
                parts.push_back(encode(one));
            }
        }
        return before + (of_->explode ? "" : named) + join_parts(parts, between);
    }

    /// Into a query, form or cookie: names and values that go beside each other, encoded.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> pairs(
        argument_value const& value) const {
        std::string const name = encode(of_->name);
        if (auto const* text = value.text()) return {{name, encode(*text)}};
        std::vector<std::pair<std::string, std::string>> found;
        std::vector<std::string> parts;
        if (auto const* items = value.items()) {
            for (std::string const& one : *items) parts.push_back(encode(one));
            if (!of_->explode) {
                if (!parts.empty()) found.emplace_back(name, join_parts(parts, separator()));
                return found;
            }
            for (std::string& one : parts) found.emplace_back(name, std::move(one));
            return found;
        }
        bool const deep = of_->style == parameter_style::deep_object;
        for (auto const& [key, one] : *value.members()) {
            if (deep) {
                found.emplace_back(name + "[" + encode(key) + "]", encode(one));
            } else if (of_->explode) {
                found.emplace_back(encode(key), encode(one));
            } else {
                parts.push_back(encode(key));
                parts.push_back(encode(one));
            }
        }
        if (!parts.empty()) found.emplace_back(name, join_parts(parts, separator()));
        return found;
    }

private:
    [[nodiscard]] std::string encode(std::string_view text) const {
        return percent_encode(text, keep_);
    }
    [[nodiscard]] std::string_view separator() const {
        switch (of_->style) {
            case parameter_style::space_delimited: return "%20";
            case parameter_style::pipe_delimited: return "%7C";
            case parameter_style::tab_delimited: return "%09";
            default: return ",";
        }
    }

    parameter const* of_;
    char_set keep_;
};

}  // namespace coauth::openapi::detail

#endif
