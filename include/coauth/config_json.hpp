// SPDX-License-Identifier: BSL-1.0
//
// Settings from a JSON document (RFC 8259), in the keys of config::schema(). Opt-in. Any thread.

#ifndef COAUTH_CONFIG_JSON_HPP
#define COAUTH_CONFIG_JSON_HPP

#include <coauth/codec/json_reader.hpp>
#include <coauth/config_schema.hpp>
#include <coauth/detail/config_assembly.hpp>
#include <coauth/detail/text_position.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {

namespace config {

struct json_options {
    /// Accept `{"inline_secret": "…"}` where a secret is asked for. For experiments: whoever can
    /// read the document has the secret.
    bool allow_inline_secrets = false;
};

/// Reads the whole document before it answers. errc::invalid_configuration names every problem with
/// its place and what is allowed there, never a value; text that is no JSON is one problem.
/// errc::secret_unavailable where a password, bearer token or API key cannot be read; a client
/// secret is read later, for each token request.
[[nodiscard]] result<settings> from_json(std::string_view text, json_options options = {});

/// The same from a file of at most 64 KiB; the bytes are wiped afterwards.
[[nodiscard]] result<settings> from_json_file(std::string path, json_options options = {});

}  // namespace config

namespace detail {

class config_json_reader {
public:
    config_json_reader(std::string_view text, config::json_options options)
        : text_(text),
          options_(options),
          settings_([](config::key const& key) { return key.pointer; }) {}

    [[nodiscard]] result<config::settings> read() {
        json_reader whole(text_);
        json_event const first = whole.next();
        for (json_event e = first; e != json_event::end; e = whole.next()) {
            if (e == json_event::failure) return malformed(whole.reason(), whole.offset());
        }
        if (first != json_event::begin_object) return malformed("not an object", 0);
        json_reader reader(text_);
        static_cast<void>(reader.next());
        read_part(reader, "");
        return settings_.finish();
    }

private:
    [[nodiscard]] error malformed(char const* why, std::size_t offset) const {
        return error(errc::invalid_configuration, stage::configuration,
                     "not a JSON configuration: " + std::string(why) + " at " +
                         text_position(text_, offset));
    }
    [[nodiscard]] std::string place(std::string const& pointer, std::string_view at) const {
        auto const offset = static_cast<std::size_t>(at.data() - text_.data());
        return pointer + " (" + text_position(text_, offset) + ")";
    }

    /// The members of an object whose bracket has been read.
    void read_part(json_reader& reader, std::string const& part) {
        while (reader.next() == json_event::member_name) {
            std::string const name = reader.scalar().to_string();
            std::string const pointer = part + pointer_step(name);
            std::string const where = place(pointer, reader.raw());
            json_value value;
            if (!seen_.insert(pointer).second) {
                settings_.problem(where, "given twice");
            } else if (config::key const* const key = find_config_key(pointer)) {
                static_cast<void>(reader.next_value(value));
                read_key(*key, value, where);
                continue;
            } else if (!is_part(pointer)) {
                settings_.problem(where, "unknown key" + suggestion(part, name));
            } else if (reader.next() == json_event::begin_object) {
                read_part(reader, pointer);
                continue;
            } else {
                settings_.problem(where, "expected an object");
                skip_rest(reader, part);
                continue;
            }
            static_cast<void>(reader.next_value(value));
        }
    }
    /// What has been read instead of an object: past the end of it, when it is an array.
    static void skip_rest(json_reader& reader, std::string const& part) {
        auto const outside =
            1 + static_cast<std::size_t>(std::count(part.begin(), part.end(), '/'));
        while (reader.depth() > outside) static_cast<void>(reader.next());
    }

    [[nodiscard]] static bool is_part(std::string const& pointer) {
        auto const& keys = config::schema();
        return std::any_of(keys.begin(), keys.end(), [&](config::key const& key) {
            return key.pointer.starts_with(pointer + "/");
        });
    }

    /// A key or part of the same object first, then a key of that very name elsewhere.
    [[nodiscard]] static std::string suggestion(std::string const& part, std::string const& name) {
        std::vector<std::string> here;
        std::string elsewhere;
        for (config::key const& key : config::schema()) {
            std::string const& pointer = key.pointer;
            if (pointer.ends_with(pointer_step(name)) && elsewhere.empty()) elsewhere = pointer;
            if (!pointer.starts_with(part + "/")) continue;
            std::string const rest = pointer.substr(part.size() + 1);
            here.push_back(rest.substr(0, rest.find('/')));
        }
        std::string const near = nearest_name(name, here);
        if (!near.empty()) return "; did you mean '" + near + "'?";
        return elsewhere.empty() ? "" : "; did you mean " + elsewhere + "?";
    }

    void read_key(config::key const& key, json_value const& value, std::string const& where) {
        std::string why = config_expected(key);
        std::optional<config_given> given;
        switch (key.kind) {
            case config::kind::code_only: why = "can be set in code only"; break;
            case config::kind::text:
            case config::kind::choice: given = text_of(value); break;
            case config::kind::duration:
                given = value.is(json_type::number) ? std::string(value.raw()) : text_of(value);
                break;
            case config::kind::integer:
            case config::kind::share:
                if (value.is(json_type::number)) given = std::string(value.raw());
                break;
            case config::kind::boolean:
                if (value.is(json_type::boolean)) given = std::string(value.raw());
                break;
            case config::kind::list: given = list_of(value); break;
            case config::kind::map: given = map_of(value, why); break;
            case config::kind::secret: given = secret_of(value, why); break;
        }
        if (!given) {
            settings_.refuse(key, where, why);
        } else {
            static_cast<void>(settings_.give(key, std::move(*given), where));
        }
    }

    using maybe_given = std::optional<config_given>;

    /// Text that is not empty and has no NUL, at which C would cut it off.
    [[nodiscard]] static maybe_given text_of(json_value const& value) {
        if (!value.is(json_type::string)) return std::nullopt;
        std::string text = value.to_string();
        if (text.empty() || text.find('\0') != std::string::npos) return std::nullopt;
        return text;
    }
    [[nodiscard]] static maybe_given list_of(json_value const& value) {
        if (!value.is(json_type::array)) return std::nullopt;
        std::vector<std::string> list;
        json_reader reader(value.raw());
        static_cast<void>(reader.next());
        for (json_value one; reader.next_value(one);) {
            auto text = text_of(one);
            if (!text) return std::nullopt;
            list.push_back(std::move(std::get<std::string>(*text)));
        }
        return list;
    }
    [[nodiscard]] static maybe_given map_of(json_value const& value, std::string& why) {
        if (!value.is(json_type::object)) return std::nullopt;
        string_pairs pairs;
        std::set<std::string> names;
        for (json_object_reader reader(value.raw()); reader.next();) {
            auto text = text_of(reader.value());
            if (!text) return std::nullopt;
            std::string name(reader.name());
            if (!names.insert(name).second) {
                why = "'" + printable(name, 64) + "' is given twice";
                return std::nullopt;
            }
            pairs.emplace_back(std::move(name), std::move(std::get<std::string>(*text)));
        }
        return pairs;
    }

    [[nodiscard]] maybe_given secret_of(json_value const& value, std::string& why) const {
        why = R"(a secret is given by reference: "env:NAME" or "file:/path")";
        if (value.is(json_type::object)) return inline_secret(value, why);
        auto text = text_of(value);
        if (!text) return std::nullopt;
        std::string_view const reference = std::get<std::string>(*text);
        if (reference.starts_with("env:") && reference.size() > 4) {
            return secret::from_env(std::string(reference.substr(4)));
        }
        if (reference.starts_with("file:") && reference.size() > 5) {
            return secret::from_file(std::string(reference.substr(5)));
        }
        return std::nullopt;
    }
    [[nodiscard]] maybe_given inline_secret(json_value const& value, std::string& why) const {
        json_object_reader reader(value.raw());
        bool const one = reader.next() && reader.name() == "inline_secret" &&
                         reader.value().is(json_type::string) && !reader.value().escaped().empty();
        wiped_buffer bytes;
        if (one) reader.value().unescape_to(bytes);
        if (!one || reader.next()) return std::nullopt;
        if (!options_.allow_inline_secrets) {
            why += "; inline_secret needs allow_inline_secrets of the program";
            return std::nullopt;
        }
        return secret(bytes.view());
    }

    std::string_view text_;
    config::json_options options_;
    config_assembly settings_;
    std::set<std::string> seen_;
};

}  // namespace detail

inline result<config::settings> config::from_json(std::string_view text, json_options options) {
    return detail::config_json_reader(text, options).read();
}

inline result<config::settings> config::from_json_file(std::string path, json_options options) {
    result<secret> const text = secret::from_file(std::move(path)).read();
    if (!text) {
        return error(errc::invalid_configuration, stage::configuration, text.error().message());
    }
    return from_json(text->reveal(), options);
}

}  // namespace coauth

#endif
