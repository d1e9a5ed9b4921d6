// SPDX-License-Identifier: BSL-1.0
//
// One operation and its arguments become a request; whatever does not fit the description is an
// error before anything is sent. Pure.

#ifndef COAUTH_OPENAPI_REQUEST_BUILDER_HPP
#define COAUTH_OPENAPI_REQUEST_BUILDER_HPP

#include <coauth/codec/http_fields.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/detail/nearest_name.hpp>
#include <coauth/detail/uri_text.hpp>
#include <coauth/openapi/arguments.hpp>
#include <coauth/openapi/body_builder.hpp>
#include <coauth/openapi/description.hpp>
#include <coauth/openapi/styles.hpp>
#include <coauth/request.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::openapi::detail {

class request_builder {
public:
    request_builder(operation const& of, arguments const& given) : of_(&of), given_(&given) {}

    /// errc::invalid_argument with everything that is wrong, invalid_target, invalid_header.
    [[nodiscard]] request build() {
        for (arguments::named const& one : given_->values()) assign(one);
        for (parameter const& one : of_->parameters) {
            if (one.in == parameter_in::form || values_.contains(&one)) continue;
            if (one.required) problem("parameter '" + name(one) + " is missing");
        }
        body_builder body(*of_, *given_, problems_);
        body.check();
        if (!problems_.empty()) throw exception(failure());
        request made(of_->method, target());
        write_headers(made);
        body.write(made);
        return made;
    }

private:
    [[nodiscard]] static std::string name(parameter const& one) {
        return printable(one.name, 100) + "' (" + std::string(to_string(one.in)) + ")";
    }

    void problem(std::string text) { problems_.push_back(std::move(text)); }

    [[nodiscard]] error failure() const {
        std::string text = printable(of_->name(), 200) + ": ";
        constexpr std::size_t shown = 10;
        for (std::size_t i = 0; i != std::min(shown, problems_.size()); ++i) {
            text += (i == 0 ? "" : "; ") + problems_[i];
        }
        return error(errc::invalid_argument, stage::configuration, std::move(text));
    }

    void assign(arguments::named const& one) {
        parameter const* found = nullptr;
        for (parameter const& known : of_->parameters) {
            bool const same = known.in == parameter_in::header ? iequals(known.name, one.name)
                                                               : known.name == one.name;
            bool const here = one.in ? *one.in == known.in : known.in != parameter_in::form;
            if (!same || !here) continue;
            if (found != nullptr) {
                return problem("parameter '" + printable(one.name, 100) + "' is one in " +
                               std::string(to_string(found->in)) + " and one in " +
                               std::string(to_string(known.in)) + ": say which");
            }
            found = &known;
        }
        if (found == nullptr) return unknown(one.name);
        if (!values_.emplace(found, &one.value).second) {
            problem("parameter '" + name(*found) + " is given twice");
        }
        if (std::string wrong = check_value(*found, one.value); !wrong.empty()) {
            problem("parameter '" + name(*found) + " " + wrong);
        }
    }
    void unknown(std::string const& wanted) {
        std::vector<std::string> names;
        for (parameter const& one : of_->parameters) {
            if (one.in != parameter_in::form) names.push_back(one.name);
        }
        std::string const near = coauth::detail::nearest_name(wanted, names);
        problem("there is no parameter '" + printable(wanted, 100) + "'" +
                (near.empty() ? "" : ", but '" + printable(near, 100) + "'"));
    }

    [[nodiscard]] std::string target() const {
        std::string path;
        std::string_view rest = of_->path;
        for (;;) {
            std::size_t const open = rest.find('{');
            path += percent_encode(rest.substr(0, open), literal);
            if (open == std::string_view::npos) break;
            std::size_t const close = rest.find('}', open);
            path += path_value(rest.substr(open + 1, close - open - 1));
            rest.remove_prefix(close + 1);
        }
        check_segments(path);
        std::string const query = query_text();
        return query.empty() ? path : path + '?' + query;
    }
    [[nodiscard]] std::string path_value(std::string_view name) const {
        for (auto const& [known, value] : values_) {
            if (known->in != parameter_in::path || known->name != name) continue;
            std::string text = style_writer(*known, char_sets::unreserved).segment(*value);
            if (text.empty() || text == "." || text == ";") {
                throw exception(error(errc::invalid_target, stage::configuration,
                                      "path parameter '" + printable(name, 100) + "' is empty"));
            }
            return text;
        }
        return {};
    }
    /// No value, also with what stands beside it, may be a dot segment.
    static void check_segments(std::string_view path) {
        for (;;) {
            std::size_t const slash = path.find('/');
            if (coauth::detail::count_dots(path.substr(0, slash)) != 0) {
                throw exception(error(errc::invalid_target, stage::configuration,
                                      "a path parameter makes a dot segment ('.' or '..')"));
            }
            if (slash == std::string_view::npos) return;
            path.remove_prefix(slash + 1);
        }
    }

    [[nodiscard]] std::string query_text() const {
        std::string text;
        for (parameter const& one : of_->parameters) {
            auto const at = values_.find(&one);
            if (one.in != parameter_in::query || at == values_.end()) continue;
            char_set const& keep = one.allow_reserved ? reserved : char_sets::unreserved;
            for (auto const& [key, value] : style_writer(one, keep).pairs(*at->second)) {
                if (!text.empty()) text += '&';
                text.append(key).append(1, '=').append(value);
            }
        }
        return text;
    }

    void write_headers(request& into) const {
        std::string cookies;
        for (parameter const& one : of_->parameters) {
            auto const at = values_.find(&one);
            if (at == values_.end()) continue;
            if (one.in == parameter_in::header) {
                into.header(one.name, style_writer(one, printable_bytes).segment(*at->second));
            } else if (one.in == parameter_in::cookie) {
                style_writer const writer(one, char_sets::unreserved);
                for (auto const& [key, value] : writer.pairs(*at->second)) {
                    if (!cookies.empty()) cookies += "; ";
                    cookies.append(key).append(1, '=').append(value);
                }
            }
        }
        if (cookies.empty()) return;
        std::string given(into.headers().find("Cookie").value_or(""));
        if (!given.empty()) given += "; ";
        into.header("Cookie", given + cookies);
    }

    /// A path as the description has it; what no URL may hold is encoded.
    static inline constexpr char_set literal = char_sets::path_segment | char_set("/%");
    /// RFC 3986 §2.2, without what would end the value.
    static inline constexpr char_set reserved = char_sets::unreserved | char_set(":/?[]@!$'()*,;");
    /// Headers are not percent-encoded; what HTTP forbids is refused by request::header().
    static inline constexpr char_set printable_bytes = [] {
        std::array<char, 256> all{};
        for (std::size_t i = 0; i != all.size(); ++i) {
            all[i] = static_cast<char>(static_cast<unsigned char>(i));
        }
        return char_set(std::string_view(all.data(), all.size()));
    }();

    operation const* of_;
    arguments const* given_;
    std::map<parameter const*, argument_value const*> values_;
    std::vector<std::string> problems_;
};

}  // namespace coauth::openapi::detail

#endif
