// SPDX-License-Identifier: BSL-1.0
//
// Percent and form coding: any bytes come back, and a value cannot leave its place.

#include "target.hpp"

#include <coauth/codec/form.hpp>
#include <coauth/codec/path_segment.hpp>
#include <coauth/codec/percent.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace percent_fuzz {
namespace {

using coauth_fuzz::require;

void check_percent(std::string_view text) {
    for (coauth::char_set const& keep :
         {coauth::char_sets::unreserved, coauth::char_sets::path_segment,
          coauth::char_sets::query_component}) {
        std::string const encoded = coauth::percent_encode(text, keep);
        require(coauth::percent_decode(encoded) == text, "what is encoded is decoded");
        require(std::all_of(encoded.begin(), encoded.end(),
                            [&](char c) { return c == '%' || keep.contains(c); }),
                "only the set and '%' are written");
    }
    std::optional<std::string> const decoded = coauth::percent_decode(text);
    require(!decoded || decoded->size() <= text.size(), "decoding does not grow");
    require(decoded || text.find('%') != text.npos, "only an escape can be wrong");
}

void check_segment(std::string_view value) {
    coauth::result<std::string> const segment = coauth::encode_path_segment(value);
    bool const refused = value.empty() || value == "." || value == "..";
    require(segment.has_value() != refused, "only dot segments and nothing are refused");
    if (!segment) return;
    require(segment->find_first_of("/?#\\") == std::string::npos, "a segment stays one");
    require(coauth::percent_decode(*segment) == value, "a segment comes back");
}

void check_form(std::string_view name, std::string_view value) {
    coauth::detail::wiped_buffer written;
    coauth::form_writer(written).add(name, value).add("last", name);
    auto const pairs = coauth::form_decode(written.view());
    require(pairs && pairs->size() == 2, "two pairs are two pairs");
    require((*pairs)[0].first == name && (*pairs)[0].second == value, "a pair comes back");
    require((*pairs)[1].first == "last" && (*pairs)[1].second == name, "the next pair, too");
}

void check_form_text(std::string_view text) {
    auto const pairs = coauth::form_decode(text);
    if (!pairs) return;
    coauth::detail::wiped_buffer written;
    coauth::form_writer writer(written);
    for (auto const& [name, value] : *pairs) writer.add(name, value);
    require(coauth::form_decode(written.view()) == pairs, "what was read can be written");
}

COAUTH_FUZZ_TARGET(percent, input) {
    check_percent(input);
    check_segment(input);
    auto const [name, value] = coauth_fuzz::two_lines(input);
    check_form(name, value);
    check_form_text(input);
}

}  // namespace
}  // namespace percent_fuzz
