// SPDX-License-Identifier: BSL-1.0
//
// Takes credentials out of JSON by the names of members, of pairs {"name": …, "value": …} and of
// lists [name, value], at any depth, and out of texts inside. Linear. Pure functions; any thread.

#ifndef COAUTH_CODEC_REDACTION_JSON_HPP
#define COAUTH_CODEC_REDACTION_JSON_HPP

#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/redaction_names.hpp>
#include <coauth/codec/redaction_text.hpp>
#include <coauth/secret.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::detail {

/// What its beginning says.
enum class json_look : unsigned char {
    none,
    perhaps,  ///< A string, or "[1": prose may begin like this, too.
    json,     ///< An object, or an array of what has parts.
};

[[nodiscard]] inline json_look look_for_json(std::string_view text) noexcept {
    constexpr std::string_view space = " \t\r\n";
    std::size_t const first = text.find_first_not_of(space);
    if (first == text.npos) return json_look::none;
    if (text[first] == '{') return json_look::json;
    if (text[first] == '"') return json_look::perhaps;
    std::size_t const second = text.find_first_not_of(space, first + 1);
    if (text[first] != '[') return json_look::none;
    bool const parts =
        second == text.npos || std::string_view("[{\"]").find(text[second]) != text.npos;
    return parts ? json_look::json : json_look::perhaps;
}

[[nodiscard]] std::string redact_leaf(sensitive_names const& names, std::string_view text,
                                      int depth);

class json_redaction {
public:
    json_redaction(sensitive_names const& names, std::string_view json, int depth)
        : names_(names), json_(json), depth_(depth), writer_(shown_), reader_(json) {}

    /// Nothing where it is not one document of JSON.
    [[nodiscard]] std::optional<std::string> run() {
        if (!find_pairs()) return std::nullopt;
        for (json_event e = reader_.next(); e != json_event::end; e = reader_.next()) {
            if (e == json_event::failure) return std::nullopt;
            show(e);
        }
        return std::move(shown_);
    }

private:
    struct level {
        bool object = false;
        /// Of an object: one of its members names a credential.
        bool names_credential = false;
        /// The value that comes next is what a name before it spoke of.
        bool hide_next = false;
        bool label = false;
    };

    /// Which objects have a member like "name" whose value names a credential: known before the
    /// first of their members is shown, whatever their order.
    [[nodiscard]] bool find_pairs() {
        json_reader reader(json_);
        std::vector<std::size_t> open;
        bool label = false;
        for (json_event e = reader.next(); e != json_event::end; e = reader.next()) {
            switch (e) {
                case json_event::failure: return false;
                case json_event::begin_object:
                    open.push_back(pairs_.size());
                    pairs_.push_back(false);
                    break;
                case json_event::end_object: open.pop_back(); break;
                case json_event::member_name: label = is_label(text_of(reader).view()); continue;
                case json_event::string:
                    if (label && is_credential_name(text_of(reader).view())) {
                        pairs_[open.back()] = true;
                    }
                    break;
                default: break;
            }
            label = false;
        }
        return true;
    }

    void show(json_event e) {
        if (e == json_event::end_object || e == json_event::end_array) {
            levels_.pop_back();
            if (e == json_event::end_object)
                writer_.end_object();
            else
                writer_.end_array();
            return;
        }
        if (e == json_event::member_name) return show_name();
        if (!levels_.empty() && is_hidden(e)) return hide(e);
        switch (e) {
            case json_event::begin_object:
                levels_.push_back({.object = true, .names_credential = pairs_[objects_++]});
                writer_.begin_object();
                break;
            case json_event::begin_array:
                levels_.push_back({});
                writer_.begin_array();
                break;
            case json_event::string: show_string(); break;
            default: writer_.raw(reader_.raw()); break;
        }
    }

    void show_name() {
        wiped_buffer const name = text_of(reader_);
        level& in = levels_.back();
        in.label = is_label(name.view());
        in.hide_next =
            names_.contain(name.view()) || (in.names_credential && !is_about_the_pair(name.view()));
        writer_.name(redact_text_by_name(names_, name.view(), depth_));
    }

    [[nodiscard]] bool is_hidden(json_event e) {
        level& in = levels_.back();
        if (!std::exchange(in.hide_next, false)) return false;
        // What says which credential it is stays, even {"key": "password", …}.
        bool const says = in.object && in.names_credential && in.label && e == json_event::string;
        return !says || !is_credential_name(text_of(reader_).view());
    }

    void show_string() {
        wiped_buffer const text = text_of(reader_);
        std::string const clean = redact_leaf(names_, text.view(), depth_);
        if (clean == text.view())
            writer_.raw(reader_.raw());
        else
            writer_.string(clean);
        if (levels_.empty() || levels_.back().object) return;
        levels_.back().hide_next = is_credential_name(text.view());
    }

    /// The value that began with `e`, whole.
    void hide(json_event e) {
        writer_.string(redacted);
        if (e != json_event::begin_object && e != json_event::begin_array) return;
        std::size_t const outside = reader_.depth() - 1;
        if (e == json_event::begin_object) ++objects_;
        while (reader_.depth() > outside) {
            if (reader_.next() == json_event::begin_object) ++objects_;
        }
    }

    [[nodiscard]] static wiped_buffer text_of(json_reader const& reader) {
        wiped_buffer text;
        reader.scalar().unescape_to(text);
        return text;
    }

    [[nodiscard]] static bool is_label(std::string_view name) {
        constexpr std::array<std::string_view, 15> labels{
            "type",     "name",      "key",   "field", "header", "param", "parameter", "property",
            "variable", "attribute", "label", "id",    "k",      "n",     "title"};
        return std::any_of(labels.begin(), labels.end(),
                           [&](std::string_view known) { return iequals(name, known); });
    }
    /// What is told of a thing beside its name and value: many a thing that holds no credential has
    /// a name that sounds like one.
    [[nodiscard]] static bool is_about_the_pair(std::string_view name) {
        constexpr std::array<std::string_view, 16> known{
            "id",          "type",    "kind",    "status",  "state",      "enabled",
            "required",    "version", "created", "updated", "created_at", "updated_at",
            "description", "path",    "domain",  "in"};
        return std::any_of(known.begin(), known.end(),
                           [&](std::string_view one) { return iequals(one, name); });
    }

    /// Short enough for a name: a title may speak of passwords, too.
    [[nodiscard]] bool is_credential_name(std::string_view text) const {
        return text.size() <= 40 && std::count(text.begin(), text.end(), ' ') <= 2 &&
               names_.contain(text);
    }

    sensitive_names const& names_;
    std::string_view json_;
    int depth_;
    std::string shown_;
    json_writer<std::string> writer_;
    json_reader reader_;
    std::vector<bool> pairs_;  // of the objects, in the order in which they begin
    std::size_t objects_ = 0;
    std::vector<level> levels_;
};

[[nodiscard]] inline std::optional<std::string> redact_json_by_name(sensitive_names const& names,
                                                                    std::string_view json,
                                                                    int depth = redaction_depth) {
    return json_redaction(names, json, depth).run();
}

/// A value inside of something else: JSON where it looks like it, else text.
inline std::string redact_leaf(sensitive_names const& names, std::string_view text, int depth) {
    json_look const look = look_for_json(text);
    if (look == json_look::none) return redact_text_by_name(names, text, depth);
    if (depth == 0) return std::string(redacted);
    if (auto json = redact_json_by_name(names, text, depth - 1)) return *std::move(json);
    return look == json_look::json ? std::string(redacted)
                                   : redact_text_by_name(names, text, depth);
}

}  // namespace coauth::detail

#endif
