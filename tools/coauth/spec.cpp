// SPDX-License-Identifier: BSL-1.0

#include "spec.hpp"

#include "fetch.hpp"
#include "text_file.hpp"

#include <coauth/codec/utf8.hpp>

#include <algorithm>
#include <utility>

namespace coauth_tool {

namespace openapi = coauth::openapi;

openapi::api_description read_spec(std::string const& name, given_options const& given,
                                   terminal const& at) {
    openapi::import_options options = spec_syntax();
    if (name == "-") return openapi::parse(read_file(name), options);
    if (name.find("://") == std::string::npos) return openapi::load(name, options);
    coauth::response const answer = fetch(name, given, at);
    if (!answer.ok()) {
        throw failure(exit_code::api_refused,
                      "there is no description at that URL: " + std::to_string(answer.status()),
                      "check the URL");
    }
    options.fetched_from = name;
    return openapi::parse(answer.body(), options);
}

option_group choice_options() {
    return {"What the description leaves open",
            {{0, "server", "URL", "one of its servers, as it stands there"},
             {0, "base-url", "URL", "in the place of any server"},
             {0, "var", "NAME=VALUE", "a variable of the server's URL", true},
             {0, "scheme", "NAME", "a security scheme to use", true},
             {0, "flow", "FLOW", "clientCredentials or authorizationCode"}}};
}

openapi::choices read_choices(given_options const& given) {
    openapi::choices made;
    made.server = given.get("server");
    made.base_url = given.get("base-url");
    made.schemes = given.all("scheme");
    made.token_url = given.get("token-url");
    made.issuer = given.get("issuer");
    if (given.has("scope")) made.scope = coauth::scope::parse(given.get("scope")).value();
    for (std::string const& one : given.all("var")) {
        std::size_t const equals = one.find('=');
        if (equals == std::string::npos) {
            throw failure(exit_code::usage, "--var takes NAME=VALUE", "write the '='");
        }
        made.variables[one.substr(0, equals)] = one.substr(equals + 1);
    }
    if (auto const flow = given.find("flow")) {
        for (auto const kind :
             {openapi::flow_kind::client_credentials, openapi::flow_kind::authorization_code}) {
            if (*flow == to_string(kind)) made.flow = kind;
        }
        if (!made.flow) {
            throw failure(exit_code::usage, "--flow is clientCredentials or authorizationCode",
                          "use one of these");
        }
    }
    return made;
}

std::string answered_by(openapi::question const& one) {
    using kind = openapi::question_kind;
    switch (one.kind) {
        case kind::server: return "--server URL or --base-url URL";
        case kind::base_url: return "--base-url URL";
        case kind::variable: return "--var NAME=VALUE or --base-url URL";
        case kind::scheme: return "--scheme NAME";
        case kind::flow: return "--flow FLOW";
        case kind::token_url: return "--token-url URL or --issuer URL";
        case kind::scope: return "--scope SCOPE";
        case kind::authorization:
            return "--client-id ID, --bearer REF, --user NAME or --api-key REF";
    }
    return "";
}

void require_decided(openapi::plan const& made) {
    if (made.questions.empty()) return;
    std::string text = "the description leaves something open";
    for (openapi::question const& one : made.questions) {
        text += "\n  " + one.text;
        for (std::size_t i = 0; i != std::min<std::size_t>(one.answers.size(), 10); ++i) {
            text += (i == 0 ? ": " : " | ") + coauth::printable(one.answers[i], 200);
        }
        text += "\n    answer with " + answered_by(one);
    }
    throw failure(exit_code::configuration, text, "add the options that are named above");
}

}  // namespace coauth_tool
