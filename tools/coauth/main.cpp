// SPDX-License-Identifier: BSL-1.0
//
// `coauth`: tokens and calls for people and scripts.

#include "answer.hpp"
#include "commands.hpp"
#include "options.hpp"
#include "outcome.hpp"
#include "terminal.hpp"
#include "text_file.hpp"

#include <coauth/codec/utf8.hpp>
#include <coauth/config.hpp>
#include <coauth/detail/nearest_name.hpp>
#include <coauth/error.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth_tool {
namespace {

constexpr std::string_view overview = R"(usage: coauth COMMAND ...

Tokens and calls to APIs that are protected by OAuth 2.0.

  token                  get a token, and say what it is
  call METHOD URL        send one request to an API
  api list SPEC          the operations of an OpenAPI or Swagger document
  api show SPEC          what it says: servers, authentication, scopes, and what it asks
  api call SPEC NAME     call an operation by its id
  discover ISSUER        what an authorization server says of itself
  store list DIRECTORY   the tokens that are kept there
  store erase DIRECTORY  forget them

`coauth COMMAND --help` has the options, `coauth --version` the version.

A configuration for --config FILE; "api" and "store" may be left out, and with "store" a
token is kept from one run to the next:

  {"token": {"token_endpoint": "https://auth.example.com/token",
             "client_id": "app", "client_secret": "file:/path/secret",
             "scope": "users.read",
             "store": {"directory": "/path/tokens", "sealing_key": "file:/path/key"}},
   "api": {"base_url": "https://api.example.com/v1"}}

The key: (umask 077; openssl rand -hex 32 > /path/key)
)";

struct named_command {
    std::string_view name;
    command (*make)();
};
constexpr named_command commands[] = {{"token", token_command},
                                      {"call", call_command},
                                      {"api", api_command},
                                      {"discover", discover_command},
                                      {"store", store_command}};

[[nodiscard]] failure unknown(std::string_view name) {
    std::vector<std::string> names;
    for (named_command const& one : commands) names.emplace_back(one.name);
    std::string const near = coauth::detail::nearest_name(name, names);
    return {exit_code::usage,
            "unknown command '" + coauth::printable(name, 60) + "'" +
                (near.empty() ? "" : "; did you mean " + near + "?"),
            "`coauth --help` lists the commands"};
}

[[nodiscard]] exit_code run(std::vector<std::string> arguments, terminal const& at) {
    if (arguments.empty())
        throw failure(exit_code::usage, "no command", "`coauth --help` lists them");
    std::string const name = std::move(arguments.front());
    arguments.erase(arguments.begin());
    if (name == "--help" || name == "-h" || name == "help") {
        write_output(overview);
        return exit_code::ok;
    }
    if (name == "--version") {
        write_output("coauth " COAUTH_VERSION_STRING "\n");
        return exit_code::ok;
    }
    for (named_command const& one : commands) {
        if (one.name != name) continue;
        command const chosen = one.make();
        given_options const given = parse_options(chosen.help, arguments);
        if (!given.has("help")) return chosen.run(given, at);
        write_output(help_text(chosen.help));
        return exit_code::ok;
    }
    throw unknown(name);
}

[[nodiscard]] exit_code ended(failure const& why, terminal const& at) {
    report(why, at);
    return why.code();
}

}  // namespace
}  // namespace coauth_tool

int main(int count, char** values) {
    using namespace coauth_tool;
    terminal const at;
    exit_code code = exit_code::other;
    try {
        code = run({values + 1, values + count}, at);
    } catch (failure const& e) { code = ended(e, at); } catch (coauth::exception const& e) {
        code = ended(failure_of(e.error()), at);
    } catch (std::exception const& e) { code = ended({exit_code::other, e.what()}, at); }
    return static_cast<int>(code);
}
