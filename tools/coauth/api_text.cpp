// SPDX-License-Identifier: BSL-1.0

#include "api_text.hpp"

#include "spec.hpp"

#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/exchange_log_har.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace coauth_tool {
namespace {

namespace openapi = coauth::openapi;
using coauth::json_writer;

[[nodiscard]] std::string safe(std::string_view text) { return coauth::printable(text, 300); }
[[nodiscard]] std::string utf8(std::string_view text) { return coauth::detail::as_utf8(text); }

[[nodiscard]] std::string joined(std::vector<std::string> const& parts, std::string_view between) {
    std::string text;
    for (std::string const& one : parts) {
        text += (text.empty() ? "" : std::string(between)) + safe(one);
    }
    return text;
}

/// "oauth (users.read) and key, or basic"
[[nodiscard]] std::string needs(operation const& one) {
    std::vector<std::string> ways;
    for (openapi::security_requirement const& all : one.security) {
        std::vector<std::string> together;
        for (openapi::security_need const& need : all) {
            together.push_back(need.scheme +
                               (need.scopes.empty() ? "" : " (" + joined(need.scopes, " ") + ")"));
        }
        ways.push_back(together.empty() ? "nothing" : joined(together, " and "));
    }
    return ways.empty() ? "nothing" : joined(ways, ", or ");
}

[[nodiscard]] std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.resize(width, ' ');
    return text;
}

[[nodiscard]] std::string row(std::string_view name, std::string const& value) {
    return value.empty() ? "" : padded(std::string(name), 16) + value + "\n";
}

[[nodiscard]] std::string scheme_words(openapi::security_scheme const& one) {
    std::vector<std::string> flows;
    for (openapi::oauth_flow const& flow : one.flows) {
        flows.emplace_back(std::string(to_string(flow.kind)) +
                           (flow.token_url.empty() ? "" : " at " + flow.token_url));
    }
    if (!one.discovery_url.empty()) flows.push_back(one.discovery_url);
    return safe(one.name) + ": " + safe(one.type) +
           (flows.empty() ? "" : ", " + joined(flows, ", "));
}

}  // namespace

std::string list_text(api_description const& api, terminal const& at) {
    std::size_t widest = 0;
    std::size_t widest_call = 0;
    for (operation const& one : api.operations) {
        widest = std::max(widest, safe(one.id).size());
        widest_call = std::max(widest_call, safe(one.method + " " + one.path).size());
    }
    widest = std::min<std::size_t>(widest, 40);
    widest_call = std::min<std::size_t>(widest_call, 50);
    std::string text;
    for (operation const& one : api.operations) {
        text += at.paint(colour::bold, padded(safe(one.id), widest)) + "  " +
                padded(safe(one.method + " " + one.path), widest_call) + "  " + needs(one);
        if (one.deprecated) text += "  deprecated";
        text += "\n";
    }
    return text.empty() ? "no operations\n" : text;
}

std::string list_json(api_description const& api) {
    std::string out;
    json_writer json(out);
    json.begin_array();
    for (operation const& one : api.operations) {
        json.begin_object().name("id").string(utf8(one.id));
        json.name("method").string(utf8(one.method)).name("path").string(utf8(one.path));
        json.name("summary").string(utf8(one.summary));
        json.name("deprecated").boolean(one.deprecated);
        json.name("needs").string(utf8(needs(one))).end_object();
    }
    json.end_array();
    return out + "\n";
}

std::string show_text(api_description const& api, plan const& made, terminal const& at) {
    std::string text = at.paint(colour::bold, safe(api.title) + " " + safe(api.version)) + "\n";
    text += row("format", safe(api.format));
    text += row("operations", std::to_string(api.operations.size()));
    for (openapi::server const& one : api.servers) text += row("server", safe(one.url));
    text += row("base URL", safe(made.base_url));
    for (openapi::security_scheme const& one : api.schemes) {
        text += row("scheme", scheme_words(one));
    }
    std::vector<std::string> used;
    for (openapi::security_scheme const& one : made.schemes) used.push_back(one.name);
    text += row("used", joined(used, ", "));
    if (made.flow) text += row("flow", std::string(to_string(*made.flow)));
    text += row("token URL", safe(made.token_url));
    text += row("sign in at", safe(made.authorization_url));
    text += row("issuer", safe(made.issuer));
    text += row("scopes", safe(made.scope.to_string()));
    for (openapi::question const& one : made.questions) {
        std::string answers;
        for (std::size_t i = 0; i != std::min<std::size_t>(one.answers.size(), 10); ++i) {
            answers += (i == 0 ? ": " : " | ") + safe(one.answers[i]);
        }
        text += at.paint(colour::yellow, row("asks", one.text + answers));
        text += row("", "answer with " + answered_by(one));
    }
    for (auto const* const notes : {&made.notes, &api.notes}) {
        for (std::string const& one : *notes) text += row("note", safe(one));
    }
    return text;
}

std::string show_json(api_description const& api, plan const& made) {
    std::string out;
    json_writer json(out);
    auto const member = [&](std::string_view name, std::string_view value) {
        json.name(name).string(utf8(value));
    };
    json.begin_object();
    member("title", api.title);
    member("version", api.version);
    member("format", api.format);
    json.name("operations").number(static_cast<std::int64_t>(api.operations.size()));
    member("base_url", made.base_url);
    json.name("schemes").begin_array();
    for (openapi::security_scheme const& one : api.schemes) {
        json.begin_object();
        member("name", one.name);
        member("type", one.type);
        json.end_object();
    }
    json.end_array().name("used").begin_array();
    for (openapi::security_scheme const& one : made.schemes) json.string(utf8(one.name));
    json.end_array();
    member("token_url", made.token_url);
    member("authorization_url", made.authorization_url);
    member("issuer", made.issuer);
    member("scope", made.scope.to_string());
    json.name("questions").begin_array();
    for (openapi::question const& one : made.questions) {
        json.begin_object();
        member("kind", to_string(one.kind));
        member("text", one.text);
        json.name("answers").begin_array();
        for (std::string const& answer : one.answers) json.string(utf8(answer));
        json.end_array();
        member("answered_by", answered_by(one));
        json.end_object();
    }
    json.end_array().name("notes").begin_array();
    for (auto const* const notes : {&made.notes, &api.notes}) {
        for (std::string const& one : *notes) json.string(utf8(one));
    }
    json.end_array().end_object();
    return out + "\n";
}

std::string show_text(operation const& one, terminal const& at) {
    std::string text = at.paint(colour::bold, safe(one.name())) + "\n";
    text += row("call", safe(one.method + " " + one.path));
    text += row("summary", safe(one.summary));
    text += row("needs", needs(one));
    for (openapi::parameter const& p : one.parameters) {
        std::string words = safe(p.name) + " in " + std::string(to_string(p.in)) + ", " +
                            std::string(to_string(p.type));
        if (p.required) words += ", required";
        if (!p.allowed.empty()) words += ", one of " + joined(p.allowed, " | ");
        text += row("parameter", words);
    }
    if (one.body) {
        text += row("body", joined(one.body->content_types, ", ") +
                                (one.body->required ? ", required" : ""));
    }
    return text;
}

}  // namespace coauth_tool
