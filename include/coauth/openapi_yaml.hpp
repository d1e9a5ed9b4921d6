// SPDX-License-Identifier: BSL-1.0
//
// API descriptions in YAML 1.2, through yaml-cpp 0.7 or later, which the program links. Opt-in.
//
// An alias is the value it stands for, not a copy of it, so that aliases of aliases do not grow.

#ifndef COAUTH_OPENAPI_YAML_HPP
#define COAUTH_OPENAPI_YAML_HPP

#include <coauth/openapi/document.hpp>
#include <coauth/openapi/import_options.hpp>
#include <coauth/openapi/json_document.hpp>
#include <coauth/openapi/limits.hpp>
#include <coauth/openapi/tree_builder.hpp>
#include <coauth/result.hpp>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace coauth::openapi {

namespace detail {

class yaml_events final : public YAML::EventHandler {
public:
    yaml_events(document& into, limits const& bounds, std::size_t& values)
        : build_(into, bounds, values), limits_(&bounds) {}

    void OnDocumentStart(YAML::Mark const&) override {}
    void OnDocumentEnd() override {}

    void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        scalar(node(json_type::null, "null", place(mark)), anchor);
    }
    void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                  std::string const& value) override {
        bool const plain = tag == "?";
        std::string_view const text = build_.copy(value);
        scalar(node(plain ? plain_type(text) : json_type::string, text, place(mark)), anchor);
    }
    void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        node const at(json_type::null, "", place(mark));
        if (++aliases_ > limits_->max_references) {
            throw exception(build_.limit("more aliases than max_references", at));
        }
        if (anchor >= anchors_.size() || !anchors_[anchor].known) {
            refuse(mark, "an alias stands inside of what it means");
        }
        node const& meant = anchors_[anchor].value;
        if (names_next()) {
            if (!meant.children().empty()) refuse(mark, "a name is no plain text");
            return name(meant.text());
        }
        add(meant);
    }

    void OnSequenceStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, json_type::array, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, json_type::object, anchor);
    }
    void OnMapEnd() override {
        merge();
        close();
    }

private:
    struct level {
        bool object;
        bool named;  ///< a name has been read, its value comes next
        YAML::anchor_t anchor;
    };
    struct anchored {
        node value;
        bool known = false;
    };

    [[nodiscard]] static std::uint64_t place(YAML::Mark const& mark) {
        return static_cast<std::uint64_t>(mark.line) << 32U |
               static_cast<std::uint32_t>(mark.column);
    }
    [[noreturn]] static void refuse(YAML::Mark const& mark, std::string const& why) {
        throw YAML::ParserException(mark, why);
    }
    static void check(error wrong) {
        if (wrong) throw exception(std::move(wrong));
    }

    /// The core schema of YAML 1.2; null is an event of its own.
    [[nodiscard]] static json_type plain_type(std::string_view text) {
        for (char const* const one : {"true", "True", "TRUE", "false", "False", "FALSE"}) {
            if (text == one) return json_type::boolean;
        }
        bool const number = text.find_first_not_of("0123456789+-.eE") == std::string_view::npos &&
                            text.find_first_of("0123456789") != std::string_view::npos;
        return number ? json_type::number : json_type::string;
    }

    [[nodiscard]] bool names_next() const {
        return !levels_.empty() && levels_.back().object && !levels_.back().named;
    }
    void name(std::string_view text) {
        build_.name(text);
        levels_.back().named = true;
    }
    void add(node value) {
        check(build_.value(value));
        if (!levels_.empty()) levels_.back().named = false;
    }
    void remember(YAML::anchor_t anchor, node value) {
        if (anchor == 0) return;
        if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
        anchors_[anchor] = {value, true};
    }
    void scalar(node value, YAML::anchor_t anchor) {
        remember(anchor, value);
        if (names_next()) return name(value.text());
        add(value);
    }
    void open(YAML::Mark const& mark, json_type type, YAML::anchor_t anchor) {
        if (names_next()) refuse(mark, "a name is no plain text");
        check(build_.open(type, place(mark)));
        levels_.push_back({type == json_type::object, false, anchor});
    }
    void close() {
        YAML::anchor_t const anchor = levels_.back().anchor;
        levels_.pop_back();
        node made;
        check(build_.close(made));
        remember(anchor, made);
        if (!levels_.empty()) levels_.back().named = false;
    }

    /// "<<": the members of a mapping, or of several, that are not there yet.
    void merge() {
        auto const all = build_.children();
        std::size_t index = all.size();
        for (std::size_t i = 0; i != all.size(); ++i) {
            if (all[i].name == "<<") index = i;
        }
        if (index == all.size()) return;
        node const from = all[index].value;
        build_.drop_child(index);
        std::unordered_set<std::string_view> have;
        for (member const& one : build_.children()) have.insert(one.name);
        if (from.is(json_type::object)) return merge_one(from, have);
        for (member const& one : from.children()) merge_one(one.value, have);
    }
    void merge_one(node const& from, std::unordered_set<std::string_view>& have) {
        for (member const& one : from.children()) {
            if (!have.insert(one.name).second) continue;
            build_.name(one.name);
            check(build_.value(one.value));
        }
    }

    tree_builder build_;
    limits const* limits_;
    std::vector<level> levels_;
    std::vector<anchored> anchors_;
    std::size_t aliases_ = 0;
};

}  // namespace detail

/// As read_json_document(), of YAML; or of JSON, where the text begins like it.
[[nodiscard]] inline error read_yaml_document(document& into, limits const& bounds,
                                              std::size_t& values) {
    std::size_t const first = into.text().find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && into.text()[first] == '{') {
        return read_json_document(into, bounds, values);
    }
    into.places_are_lines();
    auto const refused = [](YAML::Mark const& mark, std::string const& why) {
        return error(errc::invalid_description, stage::configuration,
                     "line " + std::to_string(mark.line + 1) + ", column " +
                         std::to_string(mark.column + 1) + ": not YAML: " + printable(why, 200));
    };
    if (std::size_t const good = valid_utf8_size(into.text()); good != into.text().size()) {
        return error(errc::invalid_description, stage::configuration,
                     coauth::detail::text_position(into.text(), good) + ": not UTF-8");
    }
    try {
        std::istringstream text{std::string(into.text())};
        YAML::Parser parser(text);
        detail::yaml_events events(into, bounds, values);
        if (!parser.HandleNextDocument(events)) return refused({}, "no document");
        detail::yaml_events more(into, bounds, values);
        if (parser.HandleNextDocument(more)) return refused({}, "more than one document");
        return {};
    } catch (YAML::Exception const& e) {
        return refused(e.mark, e.msg);
    } catch (exception const& e) { return e.error(); }
}

/// The options with YAML as a syntax: `load("api.yaml", with_yaml())`.
[[nodiscard]] inline import_options with_yaml(import_options options = {}) {
    options.syntax = read_yaml_document;
    return options;
}

}  // namespace coauth::openapi

#endif
