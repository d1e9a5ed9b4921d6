// SPDX-License-Identifier: BSL-1.0
//
// `coauth api`: an API description listed, shown, called.

#include "access.hpp"
#include "answer.hpp"
#include "api_call.hpp"
#include "api_text.hpp"
#include "commands.hpp"
#include "request_options.hpp"
#include "spec.hpp"
#include "text_file.hpp"

#include <coauth/codec/utf8.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace coauth_tool {
namespace {

[[nodiscard]] failure usage(std::string text) {
    return {exit_code::usage, std::move(text), "`coauth api --help` has what is accepted"};
}

exit_code list(given_options const& given, terminal const& at) {
    if (given.words().size() != 2) throw usage("api list takes one description");
    api_description const api = read_spec(given.words()[1], given, at);
    write_output(given.has("json") ? shown(list_json(api), at) : list_text(api, at));
    for (std::string const& one : api.notes) {
        std::fputs(("not read: " + coauth::printable(one, 2000) + "\n").c_str(), stderr);
    }
    return exit_code::ok;
}

exit_code show(given_options const& given, terminal const& at) {
    api_description const api = read_spec(given.words()[1], given, at);
    if (given.words().size() > 2) {
        operation_words const words = operation_of(given.words());
        if (words.used != given.words().size()) throw usage("api show takes one operation");
        write_output(show_text(find_operation(api, words), at));
        return exit_code::ok;
    }
    plan const made = coauth::openapi::decide(api, read_choices(given));
    write_output(given.has("json") ? shown(show_json(api, made), at) : show_text(api, made, at));
    return exit_code::ok;
}

exit_code run(given_options const& given, terminal const& at) {
    std::string const& what = given.words()[0];
    if (what == "list") return list(given, at);
    if (what == "show") return show(given, at);
    if (what == "call") return call_operation(given, at);
    throw usage("api does list, show or call");
}

}  // namespace

command api_command() {
    command made;
    made.help = {
        "api",
        "list|show|call SPEC [OPERATION [NAME=VALUE]...]",
        "Reads an OpenAPI 3.0, 3.1 or Swagger 2.0 document (a file, - or a URL) and lists\n"
        "its operations, shows what it says and what it leaves open, or calls one of its\n"
        "operations: by its id, or by method and path. NAME=VALUE sets a parameter; a\n"
        "list is separated by commas.",
        2,
        1000,
        {choice_options(),
         request_options(),
         {"Forms", {{'F', "form", "NAME=VALUE", "a field of a form; NAME=@FILE: a file", true}}},
         credential_options(),
         connection_options(),
         showing_options()},
        "  coauth api list petstore.json\n"
        "  coauth api show petstore.json getPet\n"
        "  coauth api call petstore.json getPet id=7 --client-id app --inspect\n"
        "  coauth api call petstore.json GET /pets limit=10 --config api.json"};
    made.run = run;
    return made;
}

}  // namespace coauth_tool
