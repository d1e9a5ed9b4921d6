// SPDX-License-Identifier: BSL-1.0
//
// JSON: the same texts are accepted and the same values read as by another well-known reader. What
// that one decides differently: it skips a byte order mark, ends the text at a NUL, and refuses
// numbers beyond double.

#include "target.hpp"

#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/utf8.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace json_reader_fuzz {
namespace {

using coauth::json_event;
using coauth_fuzz::require;
using nlohmann::json;

/// The document, built by nlohmann's own classes from our events.
class builder {
public:
    explicit builder(std::string_view text) : reader_(text, {.max_depth = 200}) {}

    [[nodiscard]] std::optional<json> run() {
        json made = value(reader_.next());
        if (reader_.failed() || reader_.next() != json_event::end) return std::nullopt;
        return made;
    }
    [[nodiscard]] coauth::json_reader const& reader() const { return reader_; }

private:
    [[nodiscard]] json value(json_event event) {
        switch (event) {
            case json_event::begin_object: return object();
            case json_event::begin_array: return array();
            case json_event::string: return reader_.scalar().to_string();
            case json_event::boolean: return reader_.raw() == "true";
            case json_event::number: return json::parse(reader_.raw());
            default: return nullptr;
        }
    }
    [[nodiscard]] json object() {
        json made = json::object();
        while (reader_.next() == json_event::member_name) {
            std::string const name = reader_.scalar().to_string();
            made[name] = value(reader_.next());
        }
        return made;
    }
    [[nodiscard]] json array() {
        json made = json::array();
        for (json_event e = reader_.next(); e != json_event::end_array && e != json_event::failure;
             e = reader_.next()) {
            made.push_back(value(e));
        }
        return made;
    }

    coauth::json_reader reader_;
};

/// Whether each byte is taken or the place of the fault is inside of the text.
void check_events(std::string_view text) {
    coauth::json_reader reader(text, {.max_depth = 5});
    std::size_t events = 0;
    std::size_t before = 0;
    for (json_event e = reader.next(); e != json_event::end; e = reader.next()) {
        require(++events <= text.size() + 1, "no more events than bytes");
        require(reader.offset() >= before && reader.offset() <= text.size(), "it goes forward");
        before = reader.offset();
        require(reader.depth() <= 5, "no deeper than allowed");
        if (e != json_event::failure) continue;
        require(reader.failed() && *reader.reason() != '\0', "a failure has a reason");
        require(reader.next() == json_event::failure, "a failure stays one");
        return;
    }
    require(reader.next() == json_event::end, "an end stays one");
}

void check_integer(std::string_view text) {
    coauth::json_reader reader(text);
    coauth::json_value number;
    if (!reader.next_value(number) || !number.is(coauth::json_type::number)) return;
    std::int64_t const ours = number.to_integer();
    json const theirs = json::parse(text, nullptr, false);
    if (theirs.is_number_unsigned()) {
        std::uint64_t const most = INT64_MAX;
        require(ours == static_cast<std::int64_t>(std::min(theirs.get<std::uint64_t>(), most)),
                "the same integer, or the largest one");
    } else if (theirs.is_number_integer()) {
        require(ours == theirs.get<std::int64_t>(), "the same negative integer");
    } else if (theirs.is_number_float() && std::abs(theirs.get<double>()) < 9e15) {
        auto const near = static_cast<double>(ours) - theirs.get<double>();
        require(near <= 1 && near >= -1, "a fraction is rounded to its integral part");
    }
}

void check_written(std::string_view text) {
    std::string json_text;
    coauth::json_writer(json_text).string(text);
    coauth::json_reader reader(json_text);
    bool const read = reader.next() == json_event::string;
    require(read == coauth::is_valid_utf8(text), "every UTF-8 text can be written, and only UTF-8");
    require(!read || reader.scalar().to_string() == text, "what is written is read");
}

COAUTH_FUZZ_TARGET(json_reader, input) {
    check_events(input);
    check_written(input);
    bool const other_rules = input.starts_with("\xEF\xBB\xBF") || input.find('\0') != input.npos;
    if (other_rules) return;
    try {
        builder build(input);
        std::optional<json> const ours = build.run();
        json const theirs = json::parse(input, nullptr, false);
        bool const deep = std::string_view(build.reader().reason()) == "nested too deep";
        require(deep || ours.has_value() == !theirs.is_discarded(), "the same texts are accepted");
        require(!ours || *ours == theirs, "the same values are read");
        if (ours) check_integer(input);
    } catch (json::out_of_range const&) {
        // A number beyond double.
    }
}

}  // namespace
}  // namespace json_reader_fuzz
