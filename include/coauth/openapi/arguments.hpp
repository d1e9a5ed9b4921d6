// SPDX-License-Identifier: BSL-1.0
//
// What one call of an operation is given: parameters by name, and a body. A value; not
// synchronised.

#ifndef COAUTH_OPENAPI_ARGUMENTS_HPP
#define COAUTH_OPENAPI_ARGUMENTS_HPP

#include <coauth/json_body.hpp>
#include <coauth/openapi/description.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace coauth::openapi {

/// A value as it goes over the wire: text, several texts, or names and texts. Numbers and truth
/// values become their text in JSON; a text is as good as what it says, so that "10" is an integer.
class argument_value {
public:
    using list = std::vector<std::string>;
    using object = std::vector<std::pair<std::string, std::string>>;

    argument_value(std::string text) : value_(std::move(text)) {}
    argument_value(std::string_view text) : value_(std::string(text)) {}
    argument_value(char const* text) : value_(std::string(text)) {}
    argument_value(std::same_as<bool> auto truth) : value_(std::string(truth ? "true" : "false")) {}
    template <class Number>
    requires(std::integral<Number> || std::floating_point<Number>) &&
        (!std::same_as<Number, bool>)argument_value(Number number) {
        std::array<char, 64> text{};
        auto const end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
        value_ = std::string(text.data(), end);
    }
    argument_value(list items) : value_(std::move(items)) {}
    argument_value(object members) : value_(std::move(members)) {}

    [[nodiscard]] std::string const* text() const noexcept { return std::get_if<0>(&value_); }
    [[nodiscard]] list const* items() const noexcept { return std::get_if<1>(&value_); }
    [[nodiscard]] object const* members() const noexcept { return std::get_if<2>(&value_); }

private:
    std::variant<std::string, list, object> value_;
};

class arguments {
public:
    arguments() = default;

    /// A parameter in path, query, header or cookie; by name, and, where that is not enough, by its
    /// place.
    arguments& set(std::string name, argument_value value) & {
        values_.emplace_back(std::nullopt, std::move(name), std::move(value));
        return *this;
    }
    arguments& set(parameter_in in, std::string name, argument_value value) & {
        values_.emplace_back(in, std::move(name), std::move(value));
        return *this;
    }
    /// The body as it is; an empty type is the operation's only one.
    arguments& body(std::string content, std::string content_type = {}) & {
        body_ = std::move(content);
        content_type_ = std::move(content_type);
        return *this;
    }
    /// The body as JSON. Throws what write_json() has as an error.
    template <json_writable T>
    arguments& json(T const& value) & {
        return body(write_json(value).value(), "application/json");
    }
    /// A field of a body that is a form.
    arguments& form(std::string name, argument_value value) & {
        fields_.emplace_back(std::nullopt, std::move(name), std::move(value));
        return *this;
    }
    /// A file in a multipart form.
    arguments& file(std::string name, std::string file_name, std::string content,
                    std::string content_type = "application/octet-stream") & {
        files_.emplace_back(std::move(name), std::move(file_name), std::move(content),
                            std::move(content_type));
        return *this;
    }

    arguments&& set(std::string name, argument_value value) && {
        return std::move(set(std::move(name), std::move(value)));
    }
    arguments&& set(parameter_in in, std::string name, argument_value value) && {
        return std::move(set(in, std::move(name), std::move(value)));
    }
    arguments&& body(std::string content, std::string content_type = {}) && {
        return std::move(body(std::move(content), std::move(content_type)));
    }
    template <json_writable T>
    arguments&& json(T const& value) && {
        return std::move(json(value));
    }
    arguments&& form(std::string name, argument_value value) && {
        return std::move(form(std::move(name), std::move(value)));
    }
    arguments&& file(std::string name, std::string file_name, std::string content,
                     std::string content_type = "application/octet-stream") && {
        return std::move(file(std::move(name), std::move(file_name), std::move(content),
                              std::move(content_type)));
    }

    // For the library.

    struct named {
        named(std::optional<parameter_in> where, std::string n, argument_value v)
            : in(where), name(std::move(n)), value(std::move(v)) {}
        std::optional<parameter_in> in;
        std::string name;
        argument_value value;
    };
    struct attached {
        attached(std::string n, std::string f, std::string c, std::string t)
            : name(std::move(n)),
              file_name(std::move(f)),
              content(std::move(c)),
              type(std::move(t)) {}
        std::string name;
        std::string file_name;
        std::string content;
        std::string type;
    };
    [[nodiscard]] std::vector<named> const& values() const noexcept { return values_; }
    [[nodiscard]] std::vector<named> const& fields() const noexcept { return fields_; }
    [[nodiscard]] std::vector<attached> const& files() const noexcept { return files_; }
    [[nodiscard]] std::optional<std::string> const& body() const noexcept { return body_; }
    [[nodiscard]] std::string const& content_type() const noexcept { return content_type_; }

private:
    std::vector<named> values_;
    std::vector<named> fields_;
    std::vector<attached> files_;
    std::optional<std::string> body_;
    std::string content_type_;
};

static_assert(!std::is_aggregate_v<arguments>, "g++ 12 miscompiles aggregates inside co_await");

}  // namespace coauth::openapi

#endif
