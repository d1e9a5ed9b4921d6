// SPDX-License-Identifier: BSL-1.0
//
// From what stands in a configuration to the type of the member it is meant for. The answers are
// what is wrong, in words that never repeat the value; empty: nothing. Pure functions.

#ifndef COAUTH_DETAIL_CONFIG_VALUE_HPP
#define COAUTH_DETAIL_CONFIG_VALUE_HPP

#include <coauth/codec/basic_auth.hpp>
#include <coauth/codec/http1_writer.hpp>
#include <coauth/codec/redaction.hpp>
#include <coauth/config_key.hpp>
#include <coauth/detail/config_choices.hpp>
#include <coauth/detail/config_draft.hpp>
#include <coauth/http/no_proxy.hpp>
#include <coauth/http/proxy_config.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace coauth::detail {

/// What a reader has found; which alternative, config::kind says.
using config_given =
    std::variant<std::string, std::vector<std::string>, string_pairs, secret_reference, secret>;

[[nodiscard]] inline std::string config_expected(config::key const& key) {
    return "expected " + key.allowed;
}

/// A decimal number with at most six places after the point, and a unit: ms, s (also without), m or
/// h. Nothing for anything else, and beyond ten years.
[[nodiscard]] inline std::optional<duration> parse_config_duration(std::string_view text) {
    constexpr std::int64_t longest = std::int64_t{87600} * 3600 * 1'000'000'000;
    struct unit {
        std::string_view name;
        std::int64_t nanoseconds;
    };
    constexpr std::array<unit, 5> units{{{"", 1'000'000'000},
                                         {"s", 1'000'000'000},
                                         {"ms", 1'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000}}};
    std::size_t const end = std::min(text.find_first_not_of("0123456789."), text.size());
    auto const known = std::find_if(units.begin(), units.end(),
                                    [&](unit const& u) { return u.name == text.substr(end); });
    std::string_view const whole = text.substr(0, std::min(text.find('.'), end));
    std::string_view const places = whole.size() == end
                                        ? std::string_view()
                                        : text.substr(whole.size() + 1, end - whole.size() - 1);
    bool const good = known != units.end() && !whole.empty() && whole.size() <= 15 &&
                      places.size() <= 6 && places.find('.') == std::string_view::npos &&
                      (whole.size() == end || !places.empty());
    if (!good) return std::nullopt;
    std::int64_t value = 0;
    std::from_chars(whole.data(), whole.data() + whole.size(), value);
    if (value > longest / known->nanoseconds) return std::nullopt;
    value *= known->nanoseconds;
    std::int64_t scale = known->nanoseconds;
    for (char const digit : places) {
        scale /= 10;
        value += scale * (digit - '0');
    }
    return duration(value);
}

template <class T>
[[nodiscard]] bool parse_config_number(std::string_view text, T& out) {
    auto const [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
    return wrong == std::errc() && end == text.data() + text.size();
}

[[nodiscard]] inline std::string put_config_text(std::string& out, std::string const& text,
                                                 config_rule rule) {
    if (rule == config_rule::url || rule == config_rule::proxy_url) {
        result<url> const parsed =
            rule == config_rule::url ? url::parse(text) : parse_proxy_url(text);
        if (!parsed) return parsed.error().message();
    }
    if (rule == config_rule::user_id) {
        if (error const wrong = check_basic_auth(text, {})) return wrong.message();
    }
    out = text;
    return {};
}

/// Names that have a field of their own, or whose values nobody should be able to read.
[[nodiscard]] inline std::string check_config_name(std::string const& name, config_rule rule) {
    if (rule == config_rule::header_names) {
        if (check_user_header(name, "") != errc{}) return "a header that cannot be set";
        return is_sensitive_name(name) ? "a credential does not belong here: see http_basic, "
                                         "bearer_token and api_key, or set it in code"
                                       : "";
    }
    for (std::string_view const word : {"secret", "password", "assertion"}) {
        if (name.find(word) != std::string::npos) {
            return "a credential does not belong here: see client_secret, or set it in code";
        }
    }
    return {};
}

[[nodiscard]] inline std::string put_config_map(string_pairs& out, string_pairs const& pairs,
                                                config_rule rule) {
    for (auto const& [name, value] : pairs) {
        std::string const wrong = check_config_name(name, rule);
        if (!wrong.empty()) return "'" + printable(name, 64) + "': " + wrong;
    }
    out = pairs;
    return {};
}

[[nodiscard]] inline std::string put_config_secret(config_secret& out, config_given& from) {
    if (auto* const value = std::get_if<secret>(&from)) {
        out = std::move(*value);
    } else {
        out = std::get<secret_reference>(from);
    }
    return {};
}

/// Reads a scalar out of its text: false when it is none of what is allowed.
template <class T>
[[nodiscard]] bool parse_config_scalar(std::string const& text, T& out, config_rule rule) {
    if constexpr (std::is_same_v<T, bool>) {
        out = text == "true";
        return out || text == "false";
    } else if constexpr (std::is_same_v<T, std::size_t>) {
        return parse_config_number(text, out) && out > 0;
    } else if constexpr (std::is_same_v<T, double>) {
        return parse_config_number(text, out) && out >= 0 && out <= 1;
    } else if constexpr (std::is_same_v<T, duration>) {
        auto const parsed = parse_config_duration(text);
        out = parsed.value_or(duration::zero());
        return parsed && (rule != config_rule::positive || out > duration::zero());
    } else {
        for (auto const& choice : config_choices<T>) {
            out = choice.value;
            if (choice.name == text) return true;
        }
        return false;
    }
}

template <class T>
[[nodiscard]] std::string put_config_value(T& out, config_given& from, config::key const& key) {
    if constexpr (std::is_same_v<T, std::string>) {
        return put_config_text(out, std::get<std::string>(from), key.rule);
    } else if constexpr (std::is_same_v<T, coauth::scope>) {
        auto parsed = coauth::scope::parse(std::get<std::string>(from));
        if (!parsed) return parsed.error().message();
        out = std::move(*parsed);
        return {};
    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
        auto const& list = std::get<std::vector<std::string>>(from);
        if (key.rule == config_rule::no_proxy && !no_proxy_rules::parse(list)) {
            return config_expected(key);
        }
        out = list;
        return {};
    } else if constexpr (std::is_same_v<T, string_pairs>) {
        return put_config_map(out, std::get<string_pairs>(from), key.rule);
    } else if constexpr (std::is_same_v<T, config_secret>) {
        return put_config_secret(out, from);
    } else if constexpr (std::is_same_v<T, std::optional<secret_reference>>) {
        auto const* const reference = std::get_if<secret_reference>(&from);
        if (reference == nullptr) return "only a reference is possible here";
        out = *reference;
        return {};
    } else {
        T parsed{};
        if (!parse_config_scalar(std::get<std::string>(from), parsed, key.rule)) {
            return config_expected(key);
        }
        out = parsed;
        return {};
    }
}

/// Puts a value where its key says. Precondition: not a key for code only.
[[nodiscard]] inline std::string put_config(config_draft& draft, config::key const& key,
                                            config_given& from) {
    auto const put = [&](auto const& field) -> std::string {
        using field_type = std::remove_cvref_t<decltype(field)>;
        if constexpr (std::is_same_v<field_type, std::monostate>) {
            return {};
        } else {
            std::string wrong = put_config_value(field.first(draft), from, key);
            if (wrong.empty() && field.second != nullptr) {
                wrong = put_config_value(field.second(draft), from, key);
            }
            return wrong;
        }
    };
    return std::visit(put, key.target);
}

}  // namespace coauth::detail

#endif
