// SPDX-License-Identifier: BSL-1.0

#include "api_call.hpp"

#include "access.hpp"
#include "answer.hpp"
#include "request_options.hpp"
#include "session.hpp"
#include "spec.hpp"
#include "text_file.hpp"

#include <coauth/coauth.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/detail/nearest_name.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth_tool {

namespace openapi = coauth::openapi;

namespace {

[[nodiscard]] std::vector<std::string> split(std::string_view text, char between) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        std::size_t const end = std::min(text.find(between), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

[[nodiscard]] std::pair<std::string, std::string> name_and_value(std::string const& word) {
    std::size_t const equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
        throw failure(exit_code::usage, "a parameter is NAME=VALUE",
                      "`coauth api show SPEC OPERATION` has their names");
    }
    return {word.substr(0, equals), word.substr(equals + 1)};
}

/// As the description has it: "a,b" is a list where one is wanted, "k:v,l:w" an object.
[[nodiscard]] openapi::argument_value value_for(openapi::operation const& of,
                                                std::string const& name, std::string const& text) {
    auto const known =
        std::find_if(of.parameters.begin(), of.parameters.end(),
                     [&](openapi::parameter const& one) { return one.name == name; });
    auto const type = known == of.parameters.end() ? openapi::value_type::any : known->type;
    if (type == openapi::value_type::array) return split(text, ',');
    if (type != openapi::value_type::object) return text;
    openapi::argument_value::object members;
    for (std::string const& one : split(text, ',')) {
        std::size_t const colon = std::min(one.find(':'), one.size());
        members.emplace_back(one.substr(0, colon), one.substr(std::min(colon + 1, one.size())));
    }
    return members;
}

[[nodiscard]] openapi::arguments arguments_of(openapi::operation const& of, std::size_t first_word,
                                              given_options const& given) {
    openapi::arguments made;
    for (std::size_t i = first_word; i != given.words().size(); ++i) {
        auto [name, text] = name_and_value(given.words()[i]);
        openapi::argument_value value = value_for(of, name, text);
        made.set(std::move(name), std::move(value));
    }
    for (std::string const& one : given.all("form")) {
        auto [name, text] = name_and_value(one);
        if (!text.starts_with('@')) {
            made.form(std::move(name), std::move(text));
            continue;
        }
        std::string const file = text.substr(1);
        made.file(std::move(name), file.substr(file.rfind('/') + 1), read_file(file));
    }
    if (auto body = read_body(given)) {
        auto const& types = of.body ? of.body->content_types : std::vector<std::string>();
        bool const listed = std::find(types.begin(), types.end(), body->second) != types.end();
        made.body(std::move(body->first), listed ? body->second : std::string());
    }
    return made;
}

[[nodiscard]] bool has_certificate(coauth::tls_config const& tls) {
    return !tls.certificate_file.empty() || !tls.certificate_pem.empty();
}

/// What the configuration has for an API, by the kind of scheme that it does for.
void put_configured(access const& with, openapi::api_description const& api,
                    openapi::credentials& into) {
    auto const& what = with.client.authorization;
    if (what.is_none()) return;
    auto const* const fixed = what.credential();
    if (fixed == nullptr) return;
    std::string_view const value = fixed->value->reveal();
    if (fixed->name != "Authorization") {
        into.key(fixed->value->clone());
        return;
    }
    auto const kind = value.starts_with("Basic ") ? openapi::scheme_kind::http_basic
                                                  : openapi::scheme_kind::http_bearer;
    for (openapi::security_scheme const& one : api.schemes) {
        if (one.kind == kind) into.authorization(one.name, what);
    }
}

[[nodiscard]] openapi::credentials credentials_of(access const& with,
                                                  openapi::api_description const& api) {
    openapi::credentials made;
    if (with.token) made.client(with.token->client);
    if (with.basic) made.basic(*with.basic);
    if (with.bearer) made.bearer(*with.bearer);
    for (auto const& [scheme, key] : with.keys) made.key(scheme, key.clone());
    if (has_certificate(with.client.tls)) made.certificate(with.client.tls);
    bool const options = with.basic || with.bearer || !with.keys.empty();
    if (!options) put_configured(with, api, made);
    return made;
}

/// Credentials that were configured for one server are never sent to another that a document
/// names.
[[nodiscard]] openapi::choices choices_for(given_options const& given, access const& with,
                                           openapi::operation const& of) {
    openapi::choices chosen = read_choices(given);
    chosen.operations = {of.method + " " + of.path};  // another one may have the same id
    if (with.knows_token_endpoint()) {
        coauth::token_source_config const& token = *with.token;
        chosen.token_url =
            token.token_url.empty() && token.issuer.empty() ? token.metadata_url : token.token_url;
        chosen.issuer = token.issuer;
    }
    bool const elsewhere = !chosen.server.empty() || !chosen.base_url.empty();
    if (!elsewhere) chosen.base_url = with.client.base_url;
    return chosen;
}

/// The description's plan, in everything else as the caller has configured it.
[[nodiscard]] openapi::configuration configured(openapi::api_description api, access with,
                                                openapi::choices const& chosen) {
    openapi::credentials mine = credentials_of(with, api);
    require_decided(openapi::decide(api, chosen, mine));
    openapi::configuration made = openapi::configure(std::move(api), std::move(mine), chosen);
    std::string base_url = std::move(made.client.base_url);
    made.client = std::move(with.client);
    made.client.base_url = std::move(base_url);
    made.client.authorization = {};
    if (!made.token || !with.token) return made;
    bool const known = with.knows_token_endpoint();
    coauth::token_source_config token = *std::move(with.token);
    if (!known) {
        token.token_url = made.token->token_url;
        token.issuer = made.token->issuer;
    }
    if (token.scope.to_string().empty()) token.scope = made.token->scope;
    made.token = std::move(token);
    return made;
}

[[nodiscard]] std::string authorized_by(openapi::api const& api, openapi::operation const& of) {
    auto const index = static_cast<std::size_t>(&of - api.description().operations.data());
    auto const& planned = api.plan().operations[index];
    if (planned.schemes.empty()) return "nothing";
    std::string text;
    for (std::string const& name : planned.schemes) {
        auto const* const scheme = api.description().find_scheme(name);
        text += (text.empty() ? "" : " and ") + coauth::printable(name, 100) + " (" +
                coauth::printable(scheme->type, 100) + ")";
    }
    if (!api.plan().token_url.empty()) text += ", token of " + api.plan().token_url;
    if (!api.plan().issuer.empty()) text += ", token of " + api.plan().issuer;
    if (!api.plan().scope.to_string().empty()) text += ", scope " + api.plan().scope.to_string();
    return text;
}

/// Opens the browser where no stored token does.
coauth::awaitable<void> sign_in_where_needed(openapi::api api) {
    bool needed = false;
    std::vector<coauth::token_source> const sources = api.token_sources();
    for (coauth::token_source const& one : sources) {
        coauth::result<coauth::token_ref> const token = co_await one.try_get();
        if (!token && token.error().is(coauth::errc::reauthorization_required)) needed = true;
    }
    if (needed) co_await api.sign_in();
}

}  // namespace

operation_words operation_of(std::vector<std::string> const& words) {
    if (words.size() < 3) {
        throw failure(exit_code::usage, "which operation?", "`coauth api list SPEC` has them");
    }
    bool const by_path = words.size() > 3 && words[3].starts_with('/');
    if (by_path) return {.method = words[2], .path = words[3], .used = 4};
    return {.id = words[2], .used = 3};
}

openapi::operation const& find_operation(openapi::api_description const& api,
                                         operation_words const& words) {
    openapi::operation const* const found =
        words.id.empty() ? api.find(words.method, words.path) : api.find(words.id);
    if (found != nullptr) return *found;
    std::vector<std::string> names;
    for (openapi::operation const& one : api.operations) names.push_back(one.id);
    std::string const wanted = words.id.empty() ? words.method + " " + words.path : words.id;
    if (!words.id.empty() && std::find(names.begin(), names.end(), words.id) != names.end()) {
        throw failure(exit_code::usage,
                      "several operations have the id '" + coauth::printable(wanted, 200) + "'",
                      "name it by method and path: `coauth api list SPEC` has them");
    }
    std::string const near = coauth::detail::nearest_name(wanted, names);
    throw failure(
        exit_code::usage,
        "no operation '" + coauth::printable(wanted, 200) + "'" +
            (near.empty() ? "" : "; did you mean " + coauth::printable(near, 200) + "?") +
            (api.notes.empty() ? ""
                               : "\n  not read: " + coauth::printable(api.notes.front(), 2000)),
        "`coauth api list SPEC` has them");
}

exit_code call_operation(given_options const& given, terminal const& at) {
    operation_words const words = operation_of(given.words());
    openapi::api_description description = read_spec(given.words()[1], given, at);
    openapi::operation const of = find_operation(description, words);
    openapi::arguments const arguments = arguments_of(of, words.used, given);
    access with = read_access(given);
    openapi::choices const chosen = choices_for(given, with, of);
    openapi::configuration config = configured(std::move(description), std::move(with), chosen);

    session work(given, at);
    config.client.observer = work.observer();
    if (config.token) config.token->observer = work.observer();
    bool const token = config.token.has_value();
    bool const kept = token && config.token->store;
    bool const person = config.authorization_code.has_value();
    openapi::api const api(coauth::single_threaded, work.executor(), std::move(config));
    openapi::operation const& planned = find_operation(api.description(), words);
    coauth::request what = words.id.empty() ? api.prepare(words.method, words.path, arguments)
                                            : api.prepare(words.id, arguments);
    put_headers(given, what);
    if (given.has("dry-run")) {
        write_output(dry_run_text(what, api.plan().base_url, authorized_by(api, planned)));
        return exit_code::ok;
    }
    if (person) work.run(sign_in_where_needed(api), "the browser, where you sign in");
    sending by{api.client(), token ? "the authorization server" : "the API"};
    if (kept) by.keeping = api.stop(coauth::duration::zero());
    return send_and_show(work, std::move(by), std::move(what), given, at);
}

}  // namespace coauth_tool
