// SPDX-License-Identifier: BSL-1.0

#include "support/oidc_log.hpp"

#include "support/oidc_server.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <strings.h>

namespace coauth::tests {

namespace {

using nlohmann::json;

std::vector<logged_request> read_log(char const* kind) {
    std::vector<logged_request> log;
    json const entries = json::parse(oidc().control(std::string("/log?last=20000&kind=") + kind));
    for (json const& entry : entries) {
        logged_request one;
        one.method = entry.at("method");
        one.path = entry.at("path");
        one.status = entry.at("status");
        one.body = entry.at("body");
        one.connection = entry.at("connection");
        one.request_on_connection = entry.at("request_on_connection");
        json const& raw = entry.at("headers");
        for (std::size_t i = 0; i + 1 < raw.size(); i += 2) {
            one.headers.emplace_back(raw[i], raw[i + 1]);
        }
        log.push_back(std::move(one));
    }
    return log;
}

std::string text_or_empty(json const& object, char const* name) {
    auto const member = object.find(name);
    return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

}  // namespace

std::vector<std::string> logged_request::all(std::string_view name) const {
    std::vector<std::string> values;
    std::string const wanted(name);
    for (auto const& [key, value] : headers) {
        if (::strcasecmp(key.c_str(), wanted.c_str()) == 0) values.push_back(value);
    }
    return values;
}

std::vector<logged_request> oidc_token_log() { return read_log("token"); }
std::vector<logged_request> oidc_resource_log() { return read_log("resource"); }

oidc_echo read_echo(std::string const& body) {
    json const all = json::parse(body);
    json const& token = all.at("token");
    oidc_echo echo;
    echo.method = all.at("method");
    echo.query = all.at("query");
    echo.body = all.at("body");
    echo.client_id = text_or_empty(token, "client_id");
    echo.scope = text_or_empty(token, "scope");
    echo.audience = text_or_empty(token, "aud");
    return echo;
}

void fake_token_answer(int status, std::string_view body, std::string_view headers,
                       std::string_view more) {
    oidc().fault("on=token&status=" + std::to_string(status) + "&body=" + percent_encoded(body) +
                 "&headers=" + percent_encoded(headers) + std::string(more));
}

}  // namespace coauth::tests
