// SPDX-License-Identifier: BSL-1.0
//
// The body of one call: text of one of the operation's content types, or a form out of fields and
// files. Not synchronised.

#ifndef COAUTH_OPENAPI_BODY_BUILDER_HPP
#define COAUTH_OPENAPI_BODY_BUILDER_HPP

#include <coauth/codec/form.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/crypto/random.hpp>
#include <coauth/json_body.hpp>
#include <coauth/openapi/arguments.hpp>
#include <coauth/openapi/description.hpp>
#include <coauth/openapi/styles.hpp>
#include <coauth/request.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::openapi::detail {

/// "application/json" of "Application/JSON; charset=utf-8".
[[nodiscard]] inline std::string media_type(std::string_view content_type) {
    std::string_view text = content_type.substr(0, content_type.find(';'));
    std::string type(trim_ows(text));
    std::transform(type.begin(), type.end(), type.begin(), coauth::detail::ascii_lower);
    return type;
}

class body_builder {
public:
    body_builder(operation const& of, arguments const& given, std::vector<std::string>& problems)
        : of_(&of), given_(&given), problems_(&problems) {}

    void check() {
        bool const form = !given_->fields().empty() || !given_->files().empty();
        bool const any = form || given_->body().has_value();
        if (!of_->body) {
            if (any) problems_->emplace_back("the operation takes no body");
            return;
        }
        if (form && given_->body()) {
            problems_->emplace_back("give a body or a form, not both");
        } else if (form) {
            check_form();
        } else if (any) {
            check_text();
        } else if (of_->body->required || required_field()) {
            problems_->emplace_back("the body is missing (" + known() + ")");
        }
    }

    void write(request& into) const {
        if (type_.empty()) return;
        if (given_->body()) {
            into.body(*given_->body(), type_);
        } else if (media_type(type_) == "multipart/form-data") {
            write_multipart(into);
        } else {
            into.body(urlencoded(), "application/x-www-form-urlencoded");
        }
    }

private:
    [[nodiscard]] std::string known() const {
        std::string text;
        for (std::string const& one : of_->body->content_types) {
            text += (text.empty() ? "" : ", ") + printable(one, 100);
        }
        return text.empty() ? "of any type" : text;
    }
    [[nodiscard]] bool required_field() const {
        bool const only_form =
            std::all_of(of_->body->content_types.begin(), of_->body->content_types.end(),
                        [](auto const& one) { return is_form_type(media_type(one)); });
        return only_form &&
               std::any_of(of_->parameters.begin(), of_->parameters.end(), [](auto const& one) {
                   return one.in == parameter_in::form && one.required;
               });
    }
    [[nodiscard]] static bool is_form_type(std::string const& type) {
        return type == "application/x-www-form-urlencoded" || type == "multipart/form-data";
    }
    [[nodiscard]] static bool fits(std::string const& type, std::string const& pattern) {
        return pattern == "*/*" || pattern == type ||
               (pattern.ends_with("/*") && type.starts_with(pattern.substr(0, pattern.size() - 1)));
    }
    [[nodiscard]] bool accepted(std::string const& type) const {
        auto const& types = of_->body->content_types;
        return types.empty() || std::any_of(types.begin(), types.end(), [&](auto const& one) {
                   return fits(type, media_type(one));
               });
    }

    void check_text() {
        type_ = given_->content_type();
        auto const& types = of_->body->content_types;
        if (type_.empty()) {
            if (types.size() != 1 || types.front().find('*') != std::string::npos) {
                problems_->emplace_back("say the type of the body: " + known());
                return;
            }
            type_ = types.front();
        }
        std::string const type = media_type(type_);
        if (!accepted(type)) {
            problems_->emplace_back("the body is to be " + known() + ", not " +
                                    printable(type, 100));
        }
        if (type == "application/json" || type.ends_with("+json")) {
            error const wrong = coauth::detail::check_json(*given_->body());
            if (wrong) problems_->emplace_back("the body is no JSON: " + wrong.message());
        }
    }

    void check_form() {
        bool const multipart = accepted("multipart/form-data");
        bool const urlencoded_form = accepted("application/x-www-form-urlencoded");
        bool const files = !given_->files().empty();
        if (!multipart && (files || !urlencoded_form)) {
            problems_->push_back(std::string("the body is to be ") + known() +
                                 (files ? ", not a form with files" : ", not a form"));
            return;
        }
        type_ = multipart && (files || !urlencoded_form) ? "multipart/form-data"
                                                         : "application/x-www-form-urlencoded";
        bool described = false;
        for (parameter const& one : of_->parameters) {
            if (one.in != parameter_in::form) continue;
            described = true;
            if (one.required && !given(one.name)) {
                problems_->emplace_back("form field '" + printable(one.name, 100) + "' is missing");
            }
        }
        if (!described) return;
        for (arguments::named const& one : given_->fields()) {
            parameter const* const field = find(one.name);
            std::string const wrong =
                field == nullptr ? "is not described" : check_value(*field, one.value);
            if (wrong.empty()) continue;
            problems_->emplace_back("form field '" + printable(one.name, 100) + "' " + wrong);
        }
        for (arguments::attached const& one : given_->files()) {
            if (find(one.name) != nullptr) continue;
            problems_->emplace_back("form field '" + printable(one.name, 100) +
                                    "' is not described");
        }
    }
    [[nodiscard]] parameter const* find(std::string const& name) const {
        for (parameter const& one : of_->parameters) {
            if (one.in == parameter_in::form && one.name == name) return &one;
        }
        return nullptr;
    }
    [[nodiscard]] bool given(std::string const& name) const {
        auto const is = [&](auto const& one) { return one.name == name; };
        return std::any_of(given_->fields().begin(), given_->fields().end(), is) ||
               std::any_of(given_->files().begin(), given_->files().end(), is);
    }

    /// Names and values of a field, each encoded for a form or as they are.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> pairs(
        arguments::named const& one, char_set const& keep) const {
        parameter plain;
        plain.name = one.name;
        parameter const* const field = find(one.name);
        return style_writer(field == nullptr ? plain : *field, keep).pairs(one.value);
    }
    [[nodiscard]] std::string urlencoded() const {
        std::string text;
        for (arguments::named const& one : given_->fields()) {
            for (auto const& [name, value] : pairs(one, char_sets::unreserved)) {
                if (!text.empty()) text += '&';
                text.append(name).append(1, '=').append(value);
            }
        }
        return text;
    }

    /// RFC 7578.
    void write_multipart(request& into) const {
        constexpr std::string_view digits = "0123456789abcdef";
        std::string boundary = "coauth-";
        for (char const c : random_bytes(16)) {
            boundary += digits[static_cast<unsigned char>(c) >> 4U];
            boundary += digits[static_cast<unsigned char>(c) & 15U];
        }
        std::string text;
        auto const begin = [&](std::string const& name) {
            text += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + quoted(name) +
                    '"';
        };
        for (arguments::named const& one : given_->fields()) {
            for (auto const& [name, value] : texts(one)) {
                begin(name);
                text += "\r\n\r\n" + value + "\r\n";
            }
        }
        for (arguments::attached const& one : given_->files()) {
            begin(one.name);
            text += "; filename=\"" + quoted(one.file_name) +
                    "\"\r\nContent-Type: " + printable(one.type, 200) + "\r\n\r\n" + one.content +
                    "\r\n";
        }
        text += "--" + boundary + "--\r\n";
        into.body(std::move(text), "multipart/form-data; boundary=" + boundary);
    }
    /// A field of a multipart form is one part for each of its values.
    [[nodiscard]] static argument_value::object texts(arguments::named const& one) {
        if (auto const* const text = one.value.text()) return {{one.name, *text}};
        if (auto const* const members = one.value.members()) return *members;
        argument_value::object all;
        for (std::string const& item : *one.value.items()) all.emplace_back(one.name, item);
        return all;
    }
    /// As browsers do it: what would end the name is percent-encoded.
    [[nodiscard]] static std::string quoted(std::string_view name) {
        std::string text;
        for (char const c : name) {
            if (c == '"' || c == '\r' || c == '\n')
                coauth::detail::append_percent(text, c);
            else
                text += c;
        }
        return text;
    }

    operation const* of_;
    arguments const* given_;
    std::vector<std::string>* problems_;
    std::string type_;
};

}  // namespace coauth::openapi::detail

#endif
