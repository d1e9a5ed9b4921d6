// SPDX-License-Identifier: BSL-1.0
//
// Reads paths, parameters and bodies, of all versions. Not synchronised.

#ifndef COAUTH_OPENAPI_READ_OPERATIONS_HPP
#define COAUTH_OPENAPI_READ_OPERATIONS_HPP

#include <coauth/codec/http_fields.hpp>
#include <coauth/openapi/description.hpp>
#include <coauth/openapi/documents.hpp>
#include <coauth/openapi/read_security.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::openapi::detail {

[[nodiscard]] inline bool is_multipart(std::string_view content_type) {
    return content_type.starts_with("multipart/form-data");
}
[[nodiscard]] inline bool is_form(std::string_view content_type) {
    return content_type.starts_with("application/x-www-form-urlencoded") ||
           is_multipart(content_type);
}

class operation_reader : public security_reader {
public:
    operation_reader(documents& all, bool swagger, located root, std::size_t max_operations)
        : security_reader(all), swagger_(swagger), max_operations_(max_operations), root_(root) {
        if (located const security = root.find("security")) general_ = requirements(security);
        if (swagger) consumes_ = texts(root, "consumes");
    }

    [[nodiscard]] std::vector<operation> operations() {
        for (auto const& [path, item] : members(root_, "paths")) {
            if (path.starts_with('/')) read_item(path, item);
        }
        return std::move(found_);
    }

private:
    /// A path item may stand elsewhere as a whole, with operations beside the reference.
    void read_item(std::string_view path, located item) {
        require_object(item);
        std::size_t const first = found_.size();
        read_methods(path, item);
        located const reference = item.find("$ref");
        if (!reference) return;
        std::size_t const own = found_.size();
        try {
            read_methods(path, all().follow(item));
        } catch (unreachable const& e) {
            all().note("the operations of " + printable(path, 200) +
                       " are not known: " + e.error().message());
        }
        for (std::size_t i = own; i != found_.size(); ++i) {
            for (std::size_t j = first; j != own; ++j) {
                if (found_[j].method != found_[i].method) continue;
                all().fail(item,
                           "'" + found_[i].method + "' stands here and where the reference leads");
            }
        }
    }

    void read_methods(std::string_view path, located item) {
        static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> methods{
            {{"get", "GET"},
             {"put", "PUT"},
             {"post", "POST"},
             {"delete", "DELETE"},
             {"options", "OPTIONS"},
             {"head", "HEAD"},
             {"patch", "PATCH"},
             {"trace", "TRACE"}}};
        for (auto const& [name, value] : members(item)) {
            for (auto const& [key, method] : methods) {
                if (name == key) read_operation(path, std::string(method), item, value);
            }
        }
    }

    void read_operation(std::string_view path, std::string method, located item, located from) {
        require_object(from);
        if (found_.size() >= max_operations_) {
            all().fail(from, "more operations than max_operations", errc::description_limit);
        }
        constexpr std::size_t bytes = sizeof(operation);
        all().spend(from, bytes + path.size());
        operation made;
        made.method = std::move(method);
        made.path = std::string(path);
        made.id = text(from, "operationId");
        made.summary = text(from, "summary");
        made.deprecated = flag(from, "deprecated", false);
        std::vector<std::string> const consumes =
            swagger_ && from.find("consumes") ? texts(from, "consumes") : consumes_;
        for (located const object : {from, item}) {
            for (located const one : elements(object, "parameters")) {
                read_parameter(all().follow(one), made, consumes);
            }
            if (!swagger_ && made.servers.empty()) {
                made.servers = servers(object, made.name() + ": /servers");
            }
        }
        located const body = from.find("requestBody");
        if (body && !swagger_) read_body(all().follow(body), made);
        add_template_variables(made, from);
        located const security = from.find("security");
        if (security) {
            made.security = requirements(security);
        } else {
            for (security_requirement const& one : general_) {
                all().spend(from, one.size() * sizeof(security_need));
            }
            made.security = general_;
        }
        found_.push_back(std::move(made));
    }

    void read_parameter(located from, operation& into, std::vector<std::string> const& consumes) {
        require_object(from);
        std::string const in = required_text(from, "in");
        if (in == "body" && swagger_) {
            into.body = request_body{flag(from, "required", false), consumes};
            if (consumes.empty()) into.body->content_types = {"*/*"};
            return;
        }
        parameter made;
        made.name = required_text(from, "name");
        made.required = flag(from, "required", false);
        if (in == "path") {
            made.in = parameter_in::path;
        } else if (in == "query") {
            made.in = parameter_in::query;
        } else if (in == "header") {
            made.in = parameter_in::header;
        } else if (in == "cookie" && !swagger_) {
            made.in = parameter_in::cookie;
        } else if (in == "formData" && swagger_) {
            made.in = parameter_in::form;
            add_form(from, into, consumes);
        } else {
            all().fail(from, "a parameter is not in '" + in + "'");
        }
        if (ignored(made) || known(into, made)) return;
        if (made.in == parameter_in::path) made.required = true;
        read_style(from, made);
        if (swagger_) {
            read_type(from, made);
        } else if (located const schema = from.find("schema")) {
            read_schema(schema, made);
        }
        add(from, into, std::move(made));
    }

    void add(located from, operation& into, parameter made) const {
        all().spend(from, sizeof made);
        if (into.parameters.size() >= most_parameters) {
            all().fail(from, "an operation with more than 1,000 parameters",
                       errc::description_limit);
        }
        into.parameters.push_back(std::move(made));
    }

    /// A body of Swagger 2.0 that is a form.
    void add_form(located from, operation& into, std::vector<std::string> const& consumes) const {
        bool const file = text(from, "type") == "file";
        if (!into.body) into.body.emplace();
        std::vector<std::string>& types = into.body->content_types;
        if (types.empty()) {
            for (std::string const& one : consumes) {
                if (is_form(one)) types.push_back(one);
            }
            if (types.empty()) types.emplace_back("application/x-www-form-urlencoded");
        }
        if (file) types = {"multipart/form-data"};
    }

    /// OpenAPI leaves these to bodies and security.
    [[nodiscard]] bool ignored(parameter const& one) const {
        if (swagger_ || one.in != parameter_in::header) return false;
        return iequals(one.name, "Accept") || iequals(one.name, "Content-Type") ||
               iequals(one.name, "Authorization");
    }
    /// The operation's own come first, and replace those of the path.
    [[nodiscard]] static bool known(operation const& into, parameter const& one) {
        return std::any_of(into.parameters.begin(), into.parameters.end(), [&](auto const& other) {
            bool const same = one.in == parameter_in::header ? iequals(other.name, one.name)
                                                             : other.name == one.name;
            return same && other.in == one.in;
        });
    }

    void read_style(located from, parameter& into) const {
        bool const in_query = into.in == parameter_in::query;
        bool const like_form = in_query || into.in == parameter_in::cookie;
        into.style = like_form ? parameter_style::form : parameter_style::simple;
        if (into.in == parameter_in::form) into.style = parameter_style::form;
        if (swagger_) return read_collection_format(from, into);
        std::string const style = text(from, "style");
        if (!style.empty()) into.style = style_of(from, style, into.in);
        into.explode = flag(from, "explode", into.style == parameter_style::form);
        into.allow_reserved = in_query && flag(from, "allowReserved", false);
    }
    void read_collection_format(located from, parameter& into) const {
        std::string const format = text(from, "collectionFormat");
        into.explode = format == "multi";
        if (format == "ssv") into.style = parameter_style::space_delimited;
        if (format == "tsv") into.style = parameter_style::tab_delimited;
        if (format == "pipes") into.style = parameter_style::pipe_delimited;
    }
    [[nodiscard]] parameter_style style_of(located from, std::string const& name,
                                           parameter_in in) const {
        bool const path = in == parameter_in::path;
        bool const query = in == parameter_in::query;
        if (name == "simple" && (path || in == parameter_in::header)) {
            return parameter_style::simple;
        }
        if (name == "label" && path) return parameter_style::label;
        if (name == "matrix" && path) return parameter_style::matrix;
        if (name == "form" && (query || in == parameter_in::cookie)) return parameter_style::form;
        if (name == "spaceDelimited" && query) return parameter_style::space_delimited;
        if (name == "pipeDelimited" && query) return parameter_style::pipe_delimited;
        if (name == "deepObject" && query) return parameter_style::deep_object;
        all().fail(from,
                   "style '" + name + "' is none for a parameter in " + std::string(to_string(in)));
    }

    /// Where the schema is not to be had, any value will do.
    void read_schema(located schema, parameter& into) const {
        try {
            read_type(all().follow(schema), into);
        } catch (unreachable const& e) {
            all().note("the type of '" + printable(into.name, 100) +
                       "' is not known: " + e.error().message());
        }
    }

    /// The type of a schema, and of the items of an array; `any` where it is not one.
    void read_type(located schema, parameter& into) const {
        into.type = type_of(schema);
        into.file = is_file(schema);
        located values = schema;
        if (into.type == value_type::array) {
            located const items = schema.find("items");
            if (!items) return;
            values = all().follow(items);
            into.items = type_of(values);
            into.file = into.file || is_file(values);
        }
        if (!values.is(json_type::object)) return;
        into.allowed = texts(values, "enum");
    }
    [[nodiscard]] bool is_file(located schema) const {
        if (!schema.is(json_type::object)) return false;
        located const type = schema.find("type");
        located const format = schema.find("format");
        return (type && type.text() == "file") || (format && format.text() == "binary");
    }
    [[nodiscard]] value_type type_of(located schema) const {
        if (!schema.is(json_type::object)) return value_type::any;
        located const type = schema.find("type");
        if (!type) {
            // Often one schema, wrapped so that it can have a description beside the reference.
            located const parts = schema.find("allOf");
            bool const one = parts && parts.value->children().size() == 1;
            if (!one) return value_type::any;
            located const inner = all().follow(parts.at(parts.value->children().front()));
            return inner.find("allOf") ? value_type::any : type_of(inner);
        }
        if (type.is(json_type::string)) return type_named(type.text());
        // OpenAPI 3.1: ["string", "null"].
        value_type only = value_type::any;
        for (member const& one : type.value->children()) {
            if (one.value.text() == "null" || !one.value.children().empty()) continue;
            if (only != value_type::any) return value_type::any;
            only = type_named(one.value.text());
        }
        return only;
    }
    [[nodiscard]] static value_type type_named(std::string_view name) {
        for (value_type const type : {value_type::string, value_type::integer, value_type::number,
                                      value_type::boolean, value_type::array, value_type::object}) {
            if (name == to_string(type)) return type;
        }
        return value_type::any;
    }

    void read_body(located from, operation& into) const {
        require_object(from);
        request_body body;
        body.required = flag(from, "required", false);
        bool form = false;
        for (auto const& [type, media] : members(from, "content")) {
            all().spend(media, type.size());
            body.content_types.emplace_back(type);
            located const schema = media.is(json_type::object) ? media.find("schema") : located();
            if (!is_form(type) || !schema || form) continue;
            form = true;
            try {
                read_form(all().follow(schema), into);
            } catch (unreachable const& e) { all().note("a form: " + e.error().message()); }
        }
        into.body = std::move(body);
    }
    /// The fields of a form are the properties of its schema.
    void read_form(located schema, operation& into) const {
        if (!schema.is(json_type::object)) return;
        std::vector<std::string> const required = texts(schema, "required");
        for (auto const& [name, property] : members(schema, "properties")) {
            parameter made;
            all().spend(property, name.size());
            made.name = std::string(name);
            made.in = parameter_in::form;
            made.required = std::find(required.begin(), required.end(), name) != required.end();
            read_schema(property, made);
            add(property, into, std::move(made));
        }
    }

    /// A variable of the path that nobody describes is text; a description of none is dropped.
    void add_template_variables(operation& into, located from) const {
        std::vector<std::string> names;
        std::string_view rest = into.path;
        for (;;) {
            std::size_t const open = rest.find('{');
            if (open == std::string_view::npos) break;
            std::size_t const close = rest.find('}', open);
            if (close == std::string_view::npos) {
                all().fail(from, "the path '" + into.path + "' has '{' without '}'");
            }
            if (names.size() >= most_places) {
                all().fail(from, "a path with more than 100 variables", errc::description_limit);
            }
            names.emplace_back(rest.substr(open + 1, close - open - 1));
            rest.remove_prefix(close + 1);
        }
        std::erase_if(into.parameters, [&](parameter const& one) {
            return one.in == parameter_in::path &&
                   std::find(names.begin(), names.end(), one.name) == names.end();
        });
        for (std::string const& name : names) {
            parameter made;
            made.name = name;
            made.in = parameter_in::path;
            made.required = true;
            made.style = parameter_style::simple;
            made.explode = false;
            made.type = value_type::string;
            if (!known(into, made)) add(from, into, std::move(made));
        }
    }

    static constexpr std::size_t most_parameters = 1000;

    bool swagger_;
    std::size_t max_operations_;
    located root_;
    std::vector<security_requirement> general_;
    std::vector<std::string> consumes_;
    std::vector<operation> found_;
};

}  // namespace coauth::openapi::detail

#endif
