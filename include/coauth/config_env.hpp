// SPDX-License-Identifier: BSL-1.0
//
// Settings from environment variables, in the keys of config::schema(). Opt-in. Reads the
// environment like getenv: no thread may change it meanwhile.

#ifndef COAUTH_CONFIG_ENV_HPP
#define COAUTH_CONFIG_ENV_HPP

#include <coauth/codec/percent.hpp>
#include <coauth/config_schema.hpp>
#include <coauth/detail/ascii.hpp>
#include <coauth/detail/config_assembly.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace coauth {

namespace config {

/// Reads every variable whose name begins with `prefix` and '_': `COAUTH_CLIENT_ID` for "COAUTH".
/// An empty one counts as absent; one that no key has is an error. A secret's variable, such as
/// `COAUTH_CLIENT_SECRET`, holds the secret itself and is read when it is needed;
/// `COAUTH_CLIENT_SECRET_FILE` names a file instead. Errors as from_json.
[[nodiscard]] result<settings> from_env(std::string_view prefix);

}  // namespace config

namespace detail {

class config_env_reader {
public:
    explicit config_env_reader(std::string_view prefix)
        : prefix_(std::string(prefix) + "_"),
          settings_([p = prefix_](config::key const& key) { return p + key.variable; }) {}

    [[nodiscard]] result<config::settings> read() {
        collect();
        for (auto const& [name, value] : variables_) read_variable(name, value);
        return settings_.finish();
    }

private:
    static constexpr std::string_view file_suffix = "_FILE";

    /// In the order of their names, so that the same environment always gives the same error.
    void collect() {
        for (char* const* entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
            std::string_view const text(*entry);
            std::size_t const equals = text.find('=');
            if (equals == std::string_view::npos || !text.starts_with(prefix_)) continue;
            variables_.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }

    void read_variable(std::string_view name, std::string_view value) {
        std::string_view const known = name.substr(prefix_.size());
        for (config::key const& key : config::schema()) {
            if (key.variable == known) return read_key(key, std::string(name), value);
            bool const file = key.kind == config::kind::secret && known.ends_with(file_suffix) &&
                              known.substr(0, known.size() - file_suffix.size()) == key.variable;
            if (!file) continue;
            if (!value.empty()) give(key, secret::from_file(std::string(value)), std::string(name));
            return;
        }
        settings_.problem(std::string(name), "unknown variable" + suggestion(known));
    }

    [[nodiscard]] std::string suggestion(std::string_view name) const {
        std::vector<std::string> names;
        for (config::key const& key : config::schema()) {
            if (key.kind == config::kind::code_only) continue;
            names.push_back(key.variable);
            if (key.kind == config::kind::secret) {
                names.push_back(key.variable + std::string(file_suffix));
            }
        }
        std::string const near = nearest_name(name, names);
        return near.empty() ? "" : "; did you mean " + prefix_ + near + "?";
    }

    void read_key(config::key const& key, std::string const& name, std::string_view value) {
        if (value.empty()) return;
        switch (key.kind) {
            case config::kind::code_only:
                return settings_.refuse(key, name, "can be set in code only");
            case config::kind::secret: return give(key, secret::from_env(name), name);
            case config::kind::list: return give(key, words(value), name);
            case config::kind::map: {
                std::optional<string_pairs> pairs = pairs_of(value);
                if (pairs) return give(key, std::move(*pairs), name);
                return settings_.refuse(
                    key, name, "expected name=value pairs, percent-encoded, separated by commas");
            }
            default: return give(key, std::string(value), name);
        }
    }

    void give(config::key const& key, config_given value, std::string const& name) {
        if (settings_.give(key, std::move(value), name)) return;
        settings_.problem(name, "set as well as " + prefix_ + key.variable);
    }

    [[nodiscard]] static std::vector<std::string> words(std::string_view text) {
        std::vector<std::string> found;
        while (!text.empty()) {
            std::size_t const end = std::min(text.find(' '), text.size());
            if (end != 0) found.emplace_back(text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return found;
    }

    [[nodiscard]] static std::optional<string_pairs> pairs_of(std::string_view text) {
        string_pairs pairs;
        while (!text.empty()) {
            std::size_t const end = std::min(text.find(','), text.size());
            std::string_view const pair = trim_ows(text.substr(0, end));
            std::size_t const equals = pair.find('=');
            if (equals == std::string_view::npos || equals == 0) return std::nullopt;
            auto name = percent_decode(pair.substr(0, equals));
            auto value = percent_decode(pair.substr(equals + 1));
            if (!name || !value) return std::nullopt;
            pairs.emplace_back(std::move(*name), std::move(*value));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return pairs;
    }

    std::string prefix_;
    std::map<std::string_view, std::string_view> variables_;
    config_assembly settings_;
};

}  // namespace detail

inline result<config::settings> config::from_env(std::string_view prefix) {
    bool const good = !prefix.empty() && !prefix.ends_with('_') &&
                      std::all_of(prefix.begin(), prefix.end(), [](char c) {
                          return detail::is_alpha(c) || detail::is_digit(c) || c == '_';
                      });
    if (!good) {
        return error(errc::invalid_configuration, stage::configuration,
                     "a prefix is letters, digits and '_' inside, such as COAUTH");
    }
    return detail::config_env_reader(prefix).read();
}

}  // namespace coauth

#endif
