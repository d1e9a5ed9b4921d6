// SPDX-License-Identifier: BSL-1.0
//
// `coauth discover`: what an authorization server says of itself.

#include "access.hpp"
#include "commands.hpp"
#include "fetch.hpp"
#include "text_file.hpp"

#include <coauth/codec/json_reader.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/protocol/server_metadata.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth_tool {
namespace {

struct found_metadata {
    std::string place;
    std::string document;
};

[[nodiscard]] found_metadata look_for(std::string const& issuer, given_options const& given,
                                      terminal const& at) {
    std::string asked;
    std::vector<coauth::url> const places = coauth::well_known_urls(issuer).value();
    for (coauth::url const& place : places) {
        coauth::response answer = fetch(place.to_string(), given, at);
        if (answer.status() == 200) return {place.to_string(), std::move(answer).body()};
        asked += "\n  " + place.to_string() + ": " + std::to_string(answer.status());
        if (answer.status() != 404) break;
    }
    throw failure(exit_code::authorization_refused, "the server has no metadata" + asked,
                  "check the issuer; without metadata name the endpoint with --token-url URL");
}

/// A string, or the strings of an array, in one line.
[[nodiscard]] std::string words_of(coauth::json_value const& value) {
    if (value.is(coauth::json_type::string)) return coauth::printable(value.to_string(), 300);
    std::string text;
    if (!value.is(coauth::json_type::array)) return coauth::printable(value.raw(), 300);
    coauth::json_reader reader(value.raw());
    static_cast<void>(reader.next());
    for (coauth::json_value one; reader.next_value(one);) {
        text += (text.empty() ? "" : " ") + words_of(one);
    }
    return text.substr(0, 1000);
}

[[nodiscard]] std::string describe(found_metadata const& found, terminal const& at) {
    constexpr std::string_view shown[] = {"issuer",
                                          "token_endpoint",
                                          "token_endpoint_auth_methods_supported",
                                          "token_endpoint_auth_signing_alg_values_supported",
                                          "grant_types_supported",
                                          "scopes_supported",
                                          "jwks_uri",
                                          "mtls_endpoint_aliases",
                                          "authorization_endpoint",
                                          "device_authorization_endpoint",
                                          "revocation_endpoint",
                                          "introspection_endpoint"};
    std::string text = at.paint(colour::bold, found.place) + "\n";
    for (std::string_view const name : shown) {
        for (coauth::json_object_reader reader(found.document); reader.next();) {
            if (reader.name() != name) continue;
            text += std::string(name) + ": " + words_of(reader.value()) + "\n";
        }
    }
    return text;
}

/// A configuration to begin with.
[[nodiscard]] std::string beginning(std::string const& issuer) {
    std::string out;
    coauth::json_writer json(out);
    json.begin_object().name("token").begin_object();
    json.name("issuer").string(issuer);
    json.name("client_id").string("…").name("client_secret").string("env:CLIENT_SECRET");
    json.end_object().name("api").begin_object();
    json.name("base_url").string("https://…").end_object().end_object();
    return "\na configuration to begin with:\n" + out + "\n";
}

exit_code run(given_options const& given, terminal const& at) {
    std::string const& issuer = given.words()[0];
    found_metadata const found = look_for(issuer, given, at);
    auto const checked = coauth::parse_server_metadata(found.document, issuer);
    if (!checked) throw failure_of(checked.error());
    if (given.has("json")) {
        write_output(shown(found.document + "\n", at));
    } else {
        write_output(describe(found, at) + beginning(issuer));
    }
    return exit_code::ok;
}

}  // namespace

command discover_command() {
    command made;
    made.help = {"discover",
                 "ISSUER",
                 "Asks an authorization server for its metadata (RFC 8414, OpenID Connect\n"
                 "Discovery), checks that they are this issuer's, and shows what a client needs.",
                 1,
                 1,
                 {connection_options(),
                  {"What is shown",
                   {{0, "json", "", "the document as it came"},
                    {'v', "verbose", "", "tell what happens, on standard error"},
                    {'h', "help", "", "this text"}}}},
                 "  coauth discover https://auth.example.com"};
    made.run = run;
    return made;
}

}  // namespace coauth_tool
