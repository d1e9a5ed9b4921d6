// SPDX-License-Identifier: BSL-1.0
//
// The base URL of a description: one server, its variables filled in so that no value can change
// more than its own place, relative ones resolved. Pure functions.

#ifndef COAUTH_OPENAPI_SERVER_URL_HPP
#define COAUTH_OPENAPI_SERVER_URL_HPP

#include <coauth/codec/utf8.hpp>
#include <coauth/detail/uri_text.hpp>
#include <coauth/openapi/choices.hpp>
#include <coauth/openapi/description.hpp>
#include <coauth/result.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::openapi::detail {

/// Where in a URL a variable stands: what its value may be follows from that.
enum class variable_place : unsigned char {
    whole_url,  ///< the URL begins with it
    scheme,     ///< of the URL: all that stands before "://"
    host,       ///< in the authority, and the host's last two labels are not fixed behind it
    label,      ///< in the authority, before a fixed domain
    port,
    path,
};

[[nodiscard]] inline variable_place place_of(std::string_view url, std::size_t open,
                                             std::size_t close) {
    std::size_t const authority = url.find("//");
    if (authority == std::string_view::npos || open < authority) {
        if (open == 0 && url.substr(close + 1).starts_with("://")) return variable_place::scheme;
        return open == 0 || authority != std::string_view::npos ? variable_place::whole_url
                                                                : variable_place::path;
    }
    std::size_t const end = std::min(url.find_first_of("/?#", authority + 2), url.size());
    if (open >= end) return variable_place::path;
    std::string_view const behind = url.substr(close + 1, end - close - 1);
    if (behind.empty() && url[open - 1] == ':') return variable_place::port;
    std::string_view const host = behind.substr(0, behind.find(':'));
    std::string_view const fixed = host.substr(host.rfind('}') + 1);
    bool const domain = std::count(fixed.begin(), fixed.end(), '.') >= 2;
    return domain && fixed.front() == '.' ? variable_place::label : variable_place::host;
}

/// What is wrong with a value there; empty: nothing.
[[nodiscard]] inline std::string check_variable(variable_place place, std::string_view value) {
    auto const only = [&](std::string_view also) {
        return std::all_of(value.begin(), value.end(), [&](char c) {
            return coauth::detail::is_alpha(c) || coauth::detail::is_digit(c) ||
                   also.find(c) != std::string_view::npos;
        });
    };
    switch (place) {
        case variable_place::whole_url: {
            result<url> const whole = url::parse(value);
            if (!whole) return whole.error().message();
            return whole->query().empty() ? "" : "it has a query";
        }
        case variable_place::scheme: {
            bool const good = value == "https" || value == "http";
            return good ? "" : "it is the URL's scheme: https or http";
        }
        case variable_place::host:
        case variable_place::label: {
            bool const dots = value.find("..") != std::string_view::npos ||
                              value.starts_with('.') || value.ends_with('.');
            bool const good = !value.empty() && only("-.") && !dots;
            return good ? "" : "it is a part of the host: letters, digits, '-' and '.' only";
        }
        case variable_place::port: {
            bool const digits =
                !value.empty() && std::all_of(value.begin(), value.end(), coauth::detail::is_digit);
            return digits ? "" : "it is a port: digits only";
        }
        case variable_place::path: {
            bool const dots = value.find("//") != std::string_view::npos ||
                              coauth::detail::remove_dot_segments("/" + std::string(value)) !=
                                  "/" + std::string(value);
            return only("-._~/") && !dots
                       ? ""
                       : "it is a part of the path: letters, digits, '-._~/' and no dot segments";
        }
    }
    return "";
}

class server_url {
public:
    server_url(api_description const& description, choices const& chosen, plan& into)
        : description_(&description), chosen_(&chosen), into_(&into) {}

    /// Sets the plan's base URL, or asks.
    void decide() {
        if (!chosen_->base_url.empty()) {
            result<url> const given = url::parse(chosen_->base_url);
            if (!given) throw exception(given.error());
            into_->base_url = given->to_string();
            return;
        }
        if (server const* const one = choose()) fill(*one);
    }

    /// Of an operation's own server; empty when it is not clear.
    [[nodiscard]] std::string of(server const& one) {
        std::size_t const asked = into_->questions.size();
        std::string const before = std::exchange(into_->base_url, {});
        fill(one);
        into_->questions.resize(asked);
        return std::exchange(into_->base_url, before);
    }

private:
    [[nodiscard]] server const* choose() {
        auto const& servers = description_->servers;
        if (!chosen_->server.empty()) {
            auto const at = std::find_if(servers.begin(), servers.end(), [&](server const& one) {
                return one.url == chosen_->server;
            });
            if (at != servers.end()) return &*at;
            throw exception(error(errc::invalid_configuration, stage::configuration,
                                  "choices::server: the description has no server '" +
                                      printable(chosen_->server, 200) + "'; it has " + list()));
        }
        if (servers.size() == 1) return &servers.front();
        if (servers.empty()) {
            ask(question_kind::base_url, "the description names no host", {}, "choices::base_url");
        } else {
            std::vector<std::string> answers;
            answers.reserve(servers.size());
            for (server const& one : servers) answers.push_back(one.url);
            ask(question_kind::server,
                "the description has " + std::to_string(servers.size()) + " servers",
                std::move(answers), "choices::server");
        }
        return nullptr;
    }

    [[nodiscard]] std::string list() const {
        std::string text;
        for (server const& one : description_->servers) {
            text += (text.empty() ? "" : ", ") + printable(one.url, 200);
        }
        return text.empty() ? "none" : text;
    }

    void fill(server const& from) {
        std::string filled;
        std::string_view rest = from.url;
        bool asked = false;
        for (;;) {
            std::size_t const open = rest.find('{');
            filled += rest.substr(0, open);
            if (open == std::string_view::npos) break;
            std::size_t const close = rest.find('}', open);
            if (close == std::string_view::npos) {
                throw exception(error(errc::invalid_description, stage::configuration,
                                      from.place + ": '{' without '}' in the server's URL"));
            }
            std::size_t const at = from.url.size() - rest.size();
            auto const value = value_of(from, rest.substr(open + 1, close - open - 1),
                                        place_of(from.url, at + open, at + close));
            asked = asked || !value;
            filled += value.value_or("");
            rest.remove_prefix(close + 1);
        }
        if (!asked) resolve(from, filled);
    }

    [[nodiscard]] std::optional<std::string> value_of(server const& from, std::string_view name,
                                                      variable_place place) {
        auto const known =
            std::find_if(from.variables.begin(), from.variables.end(),
                         [&](server_variable const& one) { return one.name == name; });
        auto const given = chosen_->variables.find(std::string(name));
        bool const by_caller = given != chosen_->variables.end();
        bool const described = known != from.variables.end();
        std::vector<std::string> allowed;
        if (described) allowed = known->allowed;
        bool const scheme = place == variable_place::scheme;
        bool const names_host =
            scheme || place == variable_place::whole_url || place == variable_place::host;
        std::string value = by_caller ? given->second : described ? known->default_value : "";
        if (!by_caller && (value.empty() || names_host)) {
            if (allowed.empty() && !value.empty()) allowed.push_back(value);
            ask(question_kind::variable,
                (scheme       ? "the scheme of the API's URL is the variable '"
                 : names_host ? "the host of the API is the variable '"
                              : "no value for variable '") +
                    printable(name, 100) + "' of the server " + printable(from.url, 200) + " (" +
                    from.place + ")",
                std::move(allowed), "choices::variables");
            return std::nullopt;
        }
        bool const listed =
            allowed.empty() || std::find(allowed.begin(), allowed.end(), value) != allowed.end();
        std::string const wrong =
            listed ? check_variable(place, value) : "it is none of those that are allowed";
        if (!wrong.empty()) {
            throw exception(
                error(by_caller ? errc::invalid_configuration : errc::invalid_description,
                      stage::configuration,
                      from.place + (from.place.empty() ? "" : ": ") + "variable '" +
                          printable(name, 100) + "' cannot be '" + printable(value, 100) +
                          "': " + wrong));
        }
        return value;
    }

    void resolve(server const& from, std::string const& text) {
        result<url> where = error(errc::invalid_url);
        if (coauth::detail::split_uri(text).scheme) {
            where = url::parse(text);
        } else if (!description_->fetched_from.empty()) {
            where = resolve_reference(url::parse(description_->fetched_from).value(), text);
        } else {
            std::string const of = from.place.empty() ? "" : " (" + from.place + ")";
            return ask(question_kind::base_url,
                       from.place.empty() ? "the description names no server"
                                          : "the server '" + printable(text, 200) +
                                                "' is relative to a URL that is not known" + of,
                       {}, "choices::base_url");
        }
        if (!where || !where->query().empty()) {
            throw exception(
                error(errc::invalid_description, stage::configuration,
                      from.place + ": the server '" + printable(text, 200) +
                          "': " + (where ? "a base URL has no query" : where.error().message())));
        }
        into_->base_url = where->to_string();
    }

    void ask(question_kind kind, std::string text, std::vector<std::string> answers,
             std::string by) {
        into_->questions.push_back({kind, std::move(text), std::move(answers), std::move(by)});
    }

    api_description const* description_;
    choices const* chosen_;
    plan* into_;
};

}  // namespace coauth::openapi::detail

#endif
