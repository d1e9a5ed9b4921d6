// SPDX-License-Identifier: BSL-1.0

#include "request_options.hpp"

#include "outcome.hpp"
#include "text_file.hpp"

#include <coauth/codec/http_fields.hpp>
#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/redaction_names.hpp>
#include <coauth/codec/utf8.hpp>

#include <algorithm>
#include <string_view>

namespace coauth_tool {
namespace {

/// "Idempotency-Key" has a word of secrets in its name and is none.
[[nodiscard]] bool is_credential(std::string_view name) {
    return coauth::sensitive_names().contain_header(name) &&
           !coauth::iequals(name, "Idempotency-Key");
}

void put_header(std::string_view line, bool from_file, coauth::request& into) {
    std::size_t const colon = line.find(':');
    if (colon == std::string_view::npos) {
        throw failure(exit_code::usage, "-H takes 'Name: value', or @FILE with such lines",
                      "write a colon between name and value");
    }
    std::string_view const name = line.substr(0, colon);
    if (!from_file && is_credential(name)) {
        throw failure(exit_code::usage,
                      "-H " + coauth::printable(name, 100) +
                          ": no credentials on the command line, where others can see them",
                      "use --bearer REF, --api-key REF or a configuration; any header can come "
                      "from a file: -H @FILE");
    }
    into.header(name, coauth::trim_ows(line.substr(colon + 1)));
}

[[nodiscard]] bool is_json_document(std::string_view text) {
    std::size_t const first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return false;
    coauth::json_reader reader(text);
    coauth::json_event event = reader.next();
    while (event != coauth::json_event::end && event != coauth::json_event::failure) {
        event = reader.next();
    }
    return event == coauth::json_event::end;
}

}  // namespace

option_group request_options() {
    return {"The request",
            {{'H', "header", "'NAME: VALUE'", "a header; @FILE: one in each line", true},
             {'d', "data", "TEXT",
              "the body; @FILE: from a file, @-: from standard input.\n"
              "JSON goes as application/json, anything else as a form",
              true}}};
}

void put_headers(given_options const& given, coauth::request& into) {
    for (std::string const& one : given.all("header")) {
        if (!one.starts_with('@')) {
            put_header(one, false, into);
            continue;
        }
        std::string const file = read_file(one.substr(1));
        std::string_view rest = file;
        while (!rest.empty()) {
            std::size_t const end = std::min(rest.find('\n'), rest.size());
            std::string_view line = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (!line.empty()) put_header(line, true, into);
        }
    }
}

std::optional<std::pair<std::string, std::string>> read_body(given_options const& given) {
    if (!given.has("data")) return std::nullopt;
    std::string body;
    bool first = true;
    for (std::string const& one : given.all("data")) {
        if (!first) body += '&';
        first = false;
        body += one.starts_with('@') ? read_file(one.substr(1)) : one;
    }
    std::string const type =
        is_json_document(body) ? "application/json" : "application/x-www-form-urlencoded";
    return std::pair(std::move(body), type);
}

}  // namespace coauth_tool
