// SPDX-License-Identifier: BSL-1.0

#include "support/oidc_server.hpp"

#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace coauth::tests {

namespace {

using nlohmann::json;

std::int64_t lookup(std::map<std::string, std::int64_t, std::less<>> const& table,
                    std::string_view key) {
    auto const found = table.find(key);
    return found == table.end() ? 0 : found->second;
}

}  // namespace

oidc_counters::oidc_counters(std::string_view text) {
    json const all = json::parse(text);
    json const& token = all.at("token");
    token_total_ = token.at("total");
    token_ok_ = token.at("ok");
    token_error_ = token.at("error");
    token_max_in_flight_ = token.at("max_in_flight");
    for (auto const& [client, count] : token.at("by_client").items()) by_client_[client] = count;
    json const& resource = all.at("resource");
    resource_total_ = resource.at("total");
    resource_ok_ = resource.at("ok");
    resource_error_ = resource.at("error");
    for (auto const& [listener, counter] : all.at("connections").items()) {
        connections_[listener] = counter.at("opened");
        resumed_[listener] = counter.at("tls_resumed");
    }
    for (std::string const error : all.at("server_errors")) server_errors_ += error + "\n";
}

std::int64_t oidc_counters::token_by_client(std::string_view client_id) const {
    return lookup(by_client_, client_id);
}

std::int64_t oidc_counters::connections(std::string_view listener) const {
    return lookup(connections_, listener);
}

std::int64_t oidc_counters::resumed_sessions(std::string_view listener) const {
    return lookup(resumed_, listener);
}

oidc_server::oidc_server(std::string const& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path);
    json const ready = json::parse(file);
    for (auto const& [name, origin] : ready.at("origins").items()) origins_[name] = origin;
    ca_file_ = ready.at("ca");
    pki_ = ready.at("pki");
    std::string const& control = origin("control");
    control_port_ = static_cast<unsigned short>(std::stoi(control.substr(control.rfind(':') + 1)));
}

std::string const& oidc_server::origin(std::string_view listener) const {
    auto const found = origins_.find(listener);
    if (found == origins_.end()) throw std::out_of_range("no listener " + std::string(listener));
    return found->second;
}

std::string oidc_server::control(std::string_view target) const {
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), control_port_});
    // HTTP/1.0: the answer ends with the connection.
    std::string const request =
        "GET " + std::string(target) + " HTTP/1.0\r\nHost: localhost\r\n\r\n";
    asio::write(socket, asio::buffer(request));
    std::string answer;
    asio::error_code ec;
    asio::read(socket, asio::dynamic_buffer(answer), ec);
    auto const head_end = answer.find("\r\n\r\n");
    if (ec != asio::error::eof || head_end == std::string::npos) {
        throw std::runtime_error("control port: " + ec.message());
    }
    if (answer.compare(8, 5, " 200 ") != 0) {
        throw std::runtime_error("control port, " + std::string(target) + ": " + answer);
    }
    return answer.substr(head_end + 4);
}

std::int64_t oidc_server::revoke(std::string_view client_id) const {
    return json::parse(control("/revoke?client=" + percent_encoded(client_id))).at("revoked");
}

void oidc_server::advance(std::chrono::milliseconds by) const {
    control("/clock?advance_ms=" + std::to_string(by.count()));
}

void oidc_server::ttl(std::string_view client_id, int seconds) const {
    control("/ttl?client=" + percent_encoded(client_id) + "&seconds=" + std::to_string(seconds));
}

std::string percent_encoded(std::string_view text) {
    static constexpr char digits[] = "0123456789ABCDEF";
    static constexpr std::string_view unreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string out;
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (unreserved.find(c) != std::string_view::npos) {
            out += c;
        } else {
            out += {'%', digits[byte / 16], digits[byte % 16]};
        }
    }
    return out;
}

std::string oidc_ready_file() {
    char const* const path = std::getenv("COAUTH_OIDC_READY");
    return path != nullptr && std::ifstream(path) ? path : "";
}

oidc_server& oidc() {
    static oidc_server server(oidc_ready_file());
    return server;
}

bool oidc_is_mandatory() {
    char const* const ci = std::getenv("CI");
    return ci != nullptr && *ci != '\0';
}

}  // namespace coauth::tests
