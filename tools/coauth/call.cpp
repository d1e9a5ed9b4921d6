// SPDX-License-Identifier: BSL-1.0
//
// `coauth call`: one request to an API.

#include "access.hpp"
#include "answer.hpp"
#include "commands.hpp"
#include "request_options.hpp"
#include "session.hpp"
#include "text_file.hpp"

#include <coauth/coauth.hpp>
#include <coauth/url.hpp>

#include <optional>
#include <string>
#include <utility>

namespace coauth_tool {
namespace {

/// Where it goes: below the configured base URL, or to a URL where none is configured.
[[nodiscard]] coauth::request target_of(std::string const& method, std::string const& text,
                                        coauth::rest_client_config& client) {
    coauth::result<coauth::url> const whole = coauth::url::parse(text);
    bool const absolute = text.find("://") != std::string::npos;
    if (!absolute) {
        if (!client.base_url.empty()) return {method, text};
        throw failure(exit_code::usage, "the URL is relative, and no base URL is configured",
                      "write the whole URL, or set /api/base_url in the configuration");
    }
    if (!whole) throw failure_of(whole.error());
    std::string const origin = std::string(whole->scheme()) + "://" + whole->authority();
    if (client.base_url.empty()) {
        client.base_url = origin;
        return {method, whole->target()};
    }
    coauth::url const base = coauth::url::parse(client.base_url).value();
    if (base.origin() != whole->origin()) {
        throw failure(exit_code::configuration,
                      "the URL is of another server than the configured " + base.origin() +
                          ": its credentials do not go there",
                      "leave the base URL out of the configuration, or use another one");
    }
    coauth::request made(method, "/");
    made.absolute_url(whole->to_string());
    return made;
}

[[nodiscard]] std::string authorized_by(access const& with, given_options const& given) {
    if (given.has("no-token")) return "nothing";
    if (auto const* const fixed = with.client.authorization.credential()) {
        if (fixed->name != "Authorization") return "an API key";
        return fixed->value->reveal().starts_with("Basic ") ? "HTTP Basic" : "a bearer token";
    }
    coauth::token_source_config const& token = *with.token;
    std::string text = "a token of ";
    if (!token.token_url.empty()) {
        text += token.token_url;
    } else {
        text += token.issuer.empty() ? token.metadata_url : token.issuer;
    }
    if (!token.scope.to_string().empty()) text += ", scope " + token.scope.to_string();
    return text;
}

void require_authorization(access const& with, given_options const& given) {
    if (given.has("no-token")) return;
    if (!with.any_credentials()) {
        throw failure(exit_code::configuration, "no credentials are configured",
                      "use --config FILE, --client-id ID or --bearer REF; or --no-token for a call "
                      "without any");
    }
    if (with.client.authorization.is_none() && !with.knows_token_endpoint()) {
        throw failure(exit_code::configuration, "the token endpoint is not known",
                      "add --token-url URL or --issuer URL");
    }
}

/// A request to no operation of a description has one credential.
void check_api_key(given_options const& given) {
    if (!given.has("api-key") || given.has("no-token")) return;
    bool const beside = given.has("client-id") || given.has("bearer") || given.has("user");
    if (!beside && given.all("api-key").size() == 1) return;
    throw failure(
        exit_code::usage,
        "--api-key is given twice, or beside --client-id, --bearer or --user: only one of "
        "them would be sent",
        "leave all but one out; `coauth api call` sends what an operation needs together");
}

void check_named_key(access const& with) {
    if (with.keys.empty() || with.keys.contains("")) return;
    throw failure(exit_code::usage, "--api-key SCHEME=REF is for `coauth api call`",
                  "--api-key REF, and --api-key-header NAME");
}

exit_code run(given_options const& given, terminal const& at) {
    check_api_key(given);
    access with = read_access(given);
    if (given.has("no-token")) {
        with.token.reset();
        with.client.authorization = {};
    } else {
        check_named_key(with);
    }
    coauth::request what = target_of(given.words()[0], given.words()[1], with.client);
    put_headers(given, what);
    if (auto body = read_body(given)) {
        bool const typed = what.headers().find("Content-Type").has_value();
        what.body(std::move(body->first), typed ? "" : std::string_view(body->second));
    }
    require_authorization(with, given);
    if (given.has("dry-run")) {
        write_output(dry_run_text(what, with.client.base_url, authorized_by(with, given)));
        return exit_code::ok;
    }
    session work(given, at);
    with.client.observer = work.observer();
    bool const token = with.token && with.client.authorization.is_none();
    std::optional<coauth::awaitable<void>> keeping;
    if (token) {
        bool const kept = static_cast<bool>(with.token->store);
        with.token->observer = work.observer();
        coauth::token_source const source(work.executor(), *std::move(with.token));
        if (kept) keeping = source.stop(coauth::duration::zero());
        with.client.authorization = source;
    }
    sending by{{coauth::single_threaded, work.executor(), std::move(with.client)},
               token ? "the authorization server" : "the API",
               std::move(keeping)};
    return send_and_show(work, std::move(by), std::move(what), given, at);
}

}  // namespace

command call_command() {
    command made;
    made.help = {
        "call",
        "METHOD URL",
        "Sends one request to an API, authorized, and prints the body of its answer. With\n"
        "a configured base URL the URL may be relative to it.",
        2,
        2,
        {request_options(),
         credential_options(),
         {"Without them", {{0, "no-token", "", "send no credentials"}}},
         connection_options(),
         showing_options()},
        "  coauth call GET https://api.example.com/v1/users --config api.json\n"
        "  coauth call POST /users -d '{\"name\": \"Ada\"}' --config api.json --inspect\n"
        "  coauth call GET https://api.example.com/me --client-id app \\\n"
        "      --token-url https://auth.example.com/token --client-secret file:secret"};
    made.run = run;
    return made;
}

}  // namespace coauth_tool
