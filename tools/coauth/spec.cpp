// SPDX-License-Identifier: BSL-1.0

#include "spec.hpp"

#include "access.hpp"
#include "fetch.hpp"
#include "session.hpp"
#include "text_file.hpp"

#include <coauth/codec/utf8.hpp>
#include <coauth/openapi/remote_documents.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace coauth_tool {

namespace openapi = coauth::openapi;

namespace {

using text_or_error = coauth::result<std::string>;

coauth::awaitable<void> get(openapi::remote_documents from, std::string location,
                            std::shared_ptr<text_or_error> into) {
    *into = co_await from.get(std::move(location));
}

[[nodiscard]] openapi::remote_documents allowed_documents(given_options const& given) {
    access with;
    read_connection(given, with);
    openapi::remote_access allowed;
    allowed.origins = given.all("allow-remote-refs");
    allowed.tls = std::move(with.client.tls);
    if (given.has("max-time")) allowed.deadline = with.client.call_deadline;
    try {
        return openapi::remote_documents(std::move(allowed));
    } catch (coauth::exception const& e) {
        throw failure(exit_code::usage, "--allow-remote-refs: " + e.error().message(),
                      "for instance --allow-remote-refs https://specs.example.com");
    }
}

/// Where a description leads to another server's document.
[[nodiscard]] text_or_error read_remote(openapi::remote_documents const& from,
                                        std::string const& location, given_options const& given,
                                        terminal const& at) {
    session work(given, at);
    auto const text = std::make_shared<text_or_error>(std::string());
    work.run(get(from, location, text), "a document of the description");
    bool const refused = !*text && text->error().is(coauth::errc::unsupported_description);
    if (!refused) return std::move(*text);
    coauth::url const where = coauth::url::parse(location).value();
    return coauth::error(text->error())
        .with_message("another document, which is read only with --allow-remote-refs " +
                      std::string(where.scheme()) + "://" + where.authority());
}

}  // namespace

openapi::api_description read_spec(std::string const& name, given_options const& given,
                                   terminal const& at) {
    openapi::import_options options = spec_syntax();
    options.remote = [from = allowed_documents(given), &given, &at](std::string const& location) {
        return read_remote(from, location, given, at);
    };
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
            {{0, "allow-remote-refs", "ORIGIN",
              "follow references to documents of https://HOST[:PORT]", true},
             {0, "server", "URL", "one of its servers, as it stands there"},
             {0, "base-url", "URL", "in the place of any server"},
             {0, "var", "NAME=VALUE", "a variable of the server's URL", true},
             {0, "scheme", "NAME", "a security scheme to use", true},
             {0, "flow", "FLOW", "clientCredentials or authorizationCode"},
             {0, "authorization-url", "URL", "where you sign in, for an authorization code"}}};
}

openapi::choices read_choices(given_options const& given) {
    openapi::choices made;
    made.server = given.get("server");
    made.base_url = given.get("base-url");
    made.schemes = given.all("scheme");
    made.token_url = given.get("token-url");
    made.issuer = given.get("issuer");
    made.authorization_url = given.get("authorization-url");
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
        case kind::authorization_url: return "--authorization-url URL or --issuer URL";
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
