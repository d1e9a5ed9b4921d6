// SPDX-License-Identifier: BSL-1.0
//
// `coauth token`: gets a token, and says what it is.

#include "access.hpp"
#include "answer.hpp"
#include "commands.hpp"
#include "inspect.hpp"
#include "jwt_view.hpp"
#include "session.hpp"
#include "text_file.hpp"

#include <coauth/coauth.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/detail/exchange_words.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coauth_tool {
namespace {

/// What is known of a token; the token itself is a secret.
struct token_facts {
    coauth::secret token = {};
    std::string type = "Bearer";
    std::optional<std::int64_t> seconds_left = {};
    std::optional<std::string> scope = {};
    bool stored = false;  ///< nothing was sent for it
};

coauth::awaitable<void> get(coauth::token_source from, std::shared_ptr<token_facts> into) {
    coauth::token_ref const token = co_await from.get();
    into->token = coauth::secret(token.access_token());
    into->type = std::string(token.token_type());
    into->scope = token.scope();
    into->seconds_left = std::chrono::duration_cast<std::chrono::seconds>(token.expires_at() -
                                                                          coauth::boot_clock::now())
                             .count();
}

[[nodiscard]] std::string kind_of(std::string_view token, std::optional<jwt_view> const& jwt) {
    if (jwt) return "a JWT";
    auto const dots = std::count(token.begin(), token.end(), '.');
    return dots == 4 ? "an encrypted JWT" : "opaque";
}

[[nodiscard]] std::string describe(token_facts const& facts, terminal const& at) {
    std::string_view const token = facts.token.reveal();
    std::optional<jwt_view> const jwt = read_jwt(token);
    std::string text = at.paint(colour::bold, facts.type + " token") + ", " + kind_of(token, jwt) +
                       ", " + std::to_string(token.size()) + " characters\n";
    if (facts.seconds_left) {
        text += "expires in " + std::to_string(*facts.seconds_left) + " s\n";
    }
    if (facts.stored) text += "from the token store; nothing was sent\n";
    if (facts.scope) text += "scope " + coauth::printable(*facts.scope, 1000) + "\n";
    if (jwt) {
        text += "header " + coauth::detail::one_line(jwt->header) + "\n" +
                at.paint(colour::yellow, "claims, as it says itself; nothing was verified") +
                ":\n" + claims_text(*jwt, std::chrono::system_clock::now());
    }
    return text;
}

[[nodiscard]] std::string describe_json(token_facts const& facts) {
    std::string_view const token = facts.token.reveal();
    std::optional<jwt_view> const jwt = read_jwt(token);
    std::string out;
    coauth::json_writer json(out);
    json.begin_object().name("type").string(facts.type);
    json.name("kind").string(kind_of(token, jwt));
    json.name("characters").number(static_cast<std::int64_t>(token.size()));
    if (facts.seconds_left) json.name("expires_in").number(*facts.seconds_left);
    json.name("stored").boolean(facts.stored);
    if (facts.scope) json.name("scope").string(coauth::printable(*facts.scope, 100000));
    if (jwt) {
        json.name("verified").boolean(false);
        json.name("header").raw(jwt->header).name("claims").raw(jwt->claims);
    }
    json.end_object();
    return out + "\n";
}

void show(token_facts const& facts, session const& with, given_options const& given,
          terminal const& at) {
    if (given.has("raw")) return write_output(std::string(facts.token.reveal()) + "\n");
    std::string const said = given.has("inspect") ? inspect(with.log(), at) : "";
    if (!said.empty()) write_output(said + "\n");
    write_output(given.has("json") ? shown(describe_json(facts), at) : describe(facts, at));
}

[[nodiscard]] token_facts given_token(access const& with) {
    auto const* const fixed = with.client.authorization.credential();
    constexpr std::string_view scheme = "Bearer ";
    bool const bearer = fixed != nullptr && fixed->value->reveal().starts_with(scheme);
    if (!bearer) {
        throw failure(exit_code::configuration, "these credentials are no token",
                      "use --client-id ID, or --bearer REF");
    }
    token_facts facts;
    facts.token = coauth::secret(fixed->value->reveal().substr(scheme.size()));
    return facts;
}

exit_code run(given_options const& given, terminal const& at) {
    access with = read_access(given);
    if (!with.any_credentials()) {
        throw failure(exit_code::configuration, "no credentials are configured",
                      "use --config FILE, or --client-id ID with --token-url URL or --issuer URL");
    }
    session work(given, at);
    if (!with.client.authorization.is_none()) {
        show(given_token(with), work, given, at);
        return exit_code::ok;
    }
    if (!with.knows_token_endpoint()) {
        throw failure(exit_code::configuration, "the token endpoint is not known",
                      "add --token-url URL or --issuer URL");
    }
    with.token->observer = work.observer();
    with.token->log = work.log();
    bool const kept = static_cast<bool>(with.token->store);
    coauth::token_source const source(work.executor(), *std::move(with.token));
    auto const facts = std::make_shared<token_facts>();
    try {
        work.run(get(source, facts), "the authorization server");
    } catch (coauth::exception const& e) {
        work.write_files();
        if (given.has("inspect")) write_output(inspect(work.log(), at));
        throw failure_of(e.error());
    }
    if (kept) work.run(source.stop(coauth::duration::zero()), "the token store");
    facts->stored = work.log().calls().empty();
    work.write_files();
    show(*facts, work, given, at);
    return exit_code::ok;
}

}  // namespace

command token_command() {
    command made;
    made.help = {"token",
                 "",
                 "Gets a token from the authorization server and says what it is: its type, how\n"
                 "long it is good, its scope, and what it says of itself where it is a JWT. With\n"
                 "--bearer it looks at a token that you have.",
                 0,
                 0,
                 {credential_options(),
                  connection_options(),
                  {"What is shown",
                   {{0, "raw", "", "the token itself and nothing else, for scripts"},
                    {0, "json", "", "one JSON object, without the token"},
                    {0, "inspect", "", "what was said, without credentials"},
                    {0, "har", "FILE", "write what was said for a browser's developer tools"},
                    {0, "report", "FILE", "write what was said as a page of HTML"},
                    {'v', "verbose", "", "tell what happens, on standard error"},
                    {'h', "help", "", "this text"}}}},
                 "  coauth token --config api.json\n"
                 "  coauth token --client-id app --issuer https://auth.example.com\n"
                 "  curl -H @<(echo \"Authorization: Bearer $(coauth token --raw)\") URL"};
    made.run = run;
    return made;
}

}  // namespace coauth_tool
