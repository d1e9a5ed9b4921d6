// SPDX-License-Identifier: BSL-1.0
//
// The embedded servers as a program, for tests and measurements of other programs:
//
//   server FOLDER
//
// writes the CA certificate to FOLDER/ca.pem, prints one line of JSON with the URLs, and does what
// it reads on standard input until that ends; each command is answered by one line.

#include <coauth/coauth.hpp>
#include <coauth/codec/json_writer.hpp>
#include <coauth/testing/api_server.hpp>
#include <coauth/testing/authorization_server.hpp>

#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

namespace {

using namespace coauth::testing;

constexpr char const* client_id = "test-client";
constexpr char const* client_secret = "not-a-real-secret";

struct servers {
    certificate_authority ca;
    authorization_server authorization{
        {.http = {.tls = ca.server()},
         .clients = {{.client_id = client_id,
                      .secret = client_secret,
                      .scope = "users.read users.write",
                      .redirect_uris = {"http://127.0.0.1/callback"}}}}};
    api_server api{authorization, {.http = {.tls = ca.server()}}};
};

[[nodiscard]] std::string ready(servers& all, std::string const& ca_file) {
    std::string out;
    coauth::json_writer json(out);
    json.begin_object();
    json.name("issuer").string(all.authorization.issuer());
    json.name("token_url").string(all.authorization.token_url());
    json.name("authorization_url").string(all.authorization.authorization_url());
    json.name("base_url").string(all.api.base_url());
    json.name("api_origin").string(all.api.origin());
    json.name("ca_file").string(ca_file);
    json.name("client_id").string(client_id);
    json.name("client_secret").string(client_secret);
    json.end_object();
    return out;
}

[[nodiscard]] std::string counters(servers& all) {
    std::string out;
    coauth::json_writer json(out);
    json.begin_object();
    json.name("token_requests")
        .number(static_cast<std::int64_t>(all.authorization.counters().token_requests));
    json.name("api_requests").number(static_cast<std::int64_t>(all.api.counters().requests));
    json.end_object();
    return out;
}

/// The answer to one command.
[[nodiscard]] std::string obey(servers& all, std::string const& line) {
    std::istringstream words(line);
    std::string command;
    int number = 0;
    words >> command >> number;
    if (command == "counters") return counters(all);
    if (command == "serve") {
        all.api.fail_next(1, server_response::json(200, line.substr(command.size() + 1)));
        return "ok";
    }
    if (command == "reject_all") {
        all.api.reject_everything(number != 0);
    } else if (command == "revoke_all") {
        all.authorization.revoke_all();
    } else if (command == "fail_token") {
        all.authorization.fail_next(
            1, server_response::json(number, R"({"error":"temporarily_unavailable"})"));
    } else if (command == "fail_api") {
        all.api.fail_next(1, server_response(number, "text/plain", "as commanded"));
    } else if (command == "delay_token") {
        all.authorization.delay(std::chrono::milliseconds(number));
    } else if (command == "delay_api") {
        all.api.delay(std::chrono::milliseconds(number));
    } else if (command == "hostile_api") {
        all.api.fail_next(1, server_response(200, "text/plain", "\x1b[31mred\x1b]0;title\x07"));
    } else {
        return "unknown command";
    }
    return "ok";
}

}  // namespace

int main(int count, char** values) {
    if (count != 2) return 2;
    servers all;
    std::string const ca_file = std::string(values[1]) + "/ca.pem";
    std::ofstream(ca_file) << all.ca.ca_pem();
    std::cout << ready(all, ca_file) << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        std::cout << obey(all, line) << std::endl;
    }
}
