// SPDX-License-Identifier: BSL-1.0
//
// A key of the configuration schema: its names, and what its value has to be. Opt-in, through
// config_schema.hpp. Plain values.

#ifndef COAUTH_CONFIG_KEY_HPP
#define COAUTH_CONFIG_KEY_HPP

#include <coauth/detail/config_draft.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace coauth {

namespace detail {

/// Where the value of a key goes; into two places for `tls` and `proxy`, which API and token
/// endpoint share.
template <class T>
struct config_field {
    T& (*first)(config_draft&) = nullptr;
    T& (*second)(config_draft&) = nullptr;
};

/// The type of the field says what a value has to be; monostate: it can be set in code only.
using config_target =
    std::variant<std::monostate, config_field<std::string>, config_field<scope>,
                 config_field<std::size_t>, config_field<double>, config_field<bool>,
                 config_field<duration>, config_field<config_auth_method>,
                 config_field<coauth::basic_credentials>, config_field<tls_version>,
                 config_field<jws_algorithm>, config_field<std::vector<std::string>>,
                 config_field<string_pairs>, config_field<config_secret>,
                 config_field<std::optional<secret_reference>>>;

/// What the type alone does not say.
enum class config_rule : unsigned char {
    none,
    positive,
    url,
    header_names,
    parameter_names,
    proxy_url,
    user_id,
    no_proxy
};

}  // namespace detail

namespace config {

/// How a value is written. The second form is that of an environment variable, where it differs.
enum class kind : unsigned char {
    code_only,  ///< Not at all: hooks, clocks, and the switches that give up a protection.
    text,       ///< A string that is not empty.
    integer,    ///< A whole number above 0.
    share,      ///< A number from 0 to 1.
    boolean,    ///< `true` or `false`.
    duration,   ///< Seconds as a number, or "250ms", "30s", "5m", "1.5h".
    choice,     ///< One of the names in key::allowed.
    list,       ///< An array of strings; words separated by spaces.
    map,        ///< An object of strings; `name=value` pairs separated by commas, percent-encoded.
    secret,     ///< "env:NAME" or "file:/path"; the variable itself, or NAME_FILE with a path.
};

/// One key of the schema.
struct key {
    /// Its place in a JSON document, RFC 6901: `/token/client_id`.
    std::string pointer = {};
    /// The environment variable, without the program's prefix: `CLIENT_ID`.
    std::string variable = {};
    config::kind kind = kind::text;
    /// What is accepted, for a person.
    std::string allowed = {};
    /// The default in the notation of an environment variable; empty: none.
    std::string fallback = {};
    /// One line about its meaning.
    std::string about = {};
    // For the library.
    detail::config_target target = {};
    detail::config_rule rule = detail::config_rule::none;
};

}  // namespace config
}  // namespace coauth

#endif
