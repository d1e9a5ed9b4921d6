// SPDX-License-Identifier: BSL-1.0
//
// What is left of secrets in the memory of a process: all of it is read, as a core image would hold
// it. The servers run in a process of their own, since they know the secrets too.

#include "support/embedded.hpp"
#include "support/process_memory.hpp"
#include "support/recording_server.hpp"
#include "support/scratch.hpp"

#include <coauth/codec/base64.hpp>
#include <coauth/exchange_log.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

namespace memory_image_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;

/// Made at run time from halves that stand apart, so that the program's own image does not hold it.
std::string make_canary(char const* which) {
    std::string text = "canary-";
    text += which;
    for (int i = 0; i != 24; ++i) text += static_cast<char>('a' + (i * 7 + which[0]) % 26);
    return text;
}

/// The end of a secret: the allocator overwrites the first 16 bytes of a freed block.
std::string tail(std::string const& secret) { return secret.substr(secret.size() - 14); }

/// What of an EC private key is looked for: its number as it stands in the file's base64, in its
/// DER, and in the words of a machine that keeps the lowest byte first.
std::vector<std::string> traces_of_key(std::string const& pem) {
    std::istringstream lines(pem);
    std::string all;
    std::string second;
    int number = 0;
    for (std::string line; std::getline(lines, line); ++number) {
        if (line.starts_with("-----")) continue;
        if (number == 2) second = line;
        all += line;
    }
    constexpr std::size_t key_begin = 36;  // in PKCS #8 of P-256, and it has 32 bytes
    std::string const der = coauth::base64_decode(all).value();
    std::string const raw = tail(der.substr(key_begin, 32));
    return {second.substr(8, 14), raw, std::string(raw.rbegin(), raw.rend())};
}

void write_file(std::string const& path, std::string const& text) {
    std::ofstream(path, std::ios::binary) << text;
}

std::string read_file(std::string const& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

/// A token endpoint and an API in a child process; it ends when this one lets go of it.
class servers_elsewhere {
public:
    explicit servers_elsewhere(bool over_tls) {
        int up[2];
        int down[2];
        if (::pipe(up) != 0 || ::pipe(down) != 0) throw std::runtime_error("pipe");
        child_ = ::fork();
        if (child_ == 0) {
            ::close(down[1]);
            serve(over_tls, up[1], down[0]);
        }
        ::close(up[1]);
        ::close(down[0]);
        hold_ = down[1];
        char c = 0;
        std::string line;
        while (::read(up[0], &c, 1) == 1 && c != '\n') line += c;
        ::close(up[0]);
        std::size_t const space = line.find(' ');
        token_url = line.substr(0, space);
        base_url = line.substr(space + 1);
        if (!over_tls) return;
        tls.system_trust = false;
        tls.ca_file = folder.file("ca.pem");
        for (char const* const trace : traces) {
            key.push_back(masked_text::of_masked(read_file(folder.file(trace))));
        }
    }
    servers_elsewhere(servers_elsewhere const&) = delete;
    servers_elsewhere& operator=(servers_elsewhere const&) = delete;
    ~servers_elsewhere() {
        ::close(hold_);
        ::waitpid(child_, nullptr, 0);
    }

    [[nodiscard]] std::size_t left_of_key() const {
        process_memory const memory;
        std::size_t left = 0;
        for (masked_text const& trace : key) left += memory.count(trace);
        return left;
    }

    scratch_directory folder;
    std::string token_url;
    std::string base_url;
    coauth::tls_config tls;
    std::vector<masked_text> key;

private:
    static constexpr char const* traces[] = {"base64", "der", "words"};

    [[nodiscard]] coauth::testing::http_server_options make_pki() const {
        coauth::testing::certificate_authority const ca;
        auto const client = ca.client();
        write_file(folder.file("ca.pem"), ca.ca_pem());
        write_file(folder.file("client.crt"), client.certificate_pem);
        write_file(folder.file("client.key"), client.private_key_pem);
        write_file(folder.file("both.pem"), client.certificate_pem + client.private_key_pem);
        std::vector<std::string> const found = traces_of_key(client.private_key_pem);
        for (std::size_t i = 0; i != found.size(); ++i) {
            write_file(folder.file(traces[i]), masked_text(found[i]).masked());
        }
        return {.tls = ca.server(),
                .client_certificate = coauth::testing::client_certificates::requested,
                .client_ca_pem = ca.ca_pem()};
    }

    /// The paths of the token endpoint are the ways in which it answers.
    [[nodiscard]] static server_response answer(server_request const& r) {
        std::string const tokens = R"({"token_type":"Bearer","expires_in":3600,"access_token":")" +
                                   make_canary("token") + R"(","refresh_token":")" +
                                   make_canary("refresh") + "\"}";
        if (r.path == "/refuses") {
            return server_response::json(400, R"({"error":"invalid_client","error_description":")" +
                                                  make_canary("secret") + R"( is wrong"})");
        }
        server_response good = server_response::json(200, tokens);
        if (r.path == "/breaks_off") {
            return std::move(good).with_faults({.truncate_body_at = tokens.size() - 1});
        }
        if (r.path == "/babbles") return server_response::json(200, tokens + "}");
        if (r.path == "/hangs") {
            return std::move(good).with_faults(
                {.hang = true, .truncate_body_at = tokens.size() - 1});
        }
        return good;
    }

    [[noreturn]] void serve(bool over_tls, int out, int in) const {
        coauth::testing::http_server_options options;
        if (over_tls) options = make_pki();
        recording_server authorization(&answer, options);
        recording_server api(
            [](server_request const& r) { return server_response(r.path == "/401" ? 401 : 200); },
            options);
        std::string const line = authorization.url("") + " " + api.url("/") + "\n";
        bool const told = ::write(out, line.data(), line.size()) > 0;
        char c = 0;
        while (told && ::read(in, &c, 1) > 0) {}
        ::_exit(0);
    }

    ::pid_t child_ = 0;
    int hold_ = -1;
};

std::size_t left_of(char const* which) {
    process_memory const memory;
    std::string canary = make_canary(which);
    std::string end = tail(canary);
    masked_text const looked_for(end);
    coauth::detail::wipe(canary.data(), canary.size());
    coauth::detail::wipe(end.data(), end.size());
    return memory.count(looked_for);
}

void expect_no_secret() {
    EXPECT_EQ(left_of("secret"), 0U);
    EXPECT_EQ(left_of("token"), 0U);
    EXPECT_EQ(left_of("refresh"), 0U);
}

coauth::secret make_secret(char const* which) {
    std::string text = make_canary(which);
    coauth::secret made(text);
    coauth::detail::wipe(text.data(), text.size());
    return made;
}

/// A client and its source, stopped at the end.
class party {
public:
    party(servers_elsewhere const& servers, coauth::tls_config const& tls, bool in_body,
          char const* token_path = "/token")
        : tokens(io.get_executor(), source(servers, tls, in_body, token_path)),
          client(io.get_executor(), calls(servers, tls, tokens)) {}
    party(party const&) = delete;
    party& operator=(party const&) = delete;
    ~party() {
        run(io, client.stop(1s));
        run(io, tokens.stop(1s));
    }

    asio::io_context io;
    coauth::token_source const tokens;
    coauth::rest_client const client;

private:
    static coauth::token_source_config source(servers_elsewhere const& servers,
                                              coauth::tls_config const& tls, bool in_body,
                                              char const* token_path) {
        coauth::token_source_config config;
        config.tls = tls;
        config.token_url = servers.token_url + token_path;
        if (std::string_view(token_path) == "/hangs") config.fetch_deadline = 500ms;
        if (in_body) {
            config.client = coauth::client_secret_post("id", make_secret("secret"));
        } else {
            config.client = coauth::client_secret_basic("id", make_secret("secret"));
        }
        return config;
    }
    static coauth::rest_client_config calls(servers_elsewhere const& servers,
                                            coauth::tls_config const& tls,
                                            coauth::token_source const& tokens) {
        coauth::rest_client_config c;
        c.base_url = servers.base_url;
        c.authorization = tokens;
        c.tls = tls;
        c.log = coauth::exchange_log();
        return c;
    }
};

void call(servers_elsewhere const& servers, coauth::tls_config const& tls, bool in_body) {
    party p(servers, tls, in_body);
    EXPECT_EQ(run(p.io, p.client.get("/x")).status(), 200);
    // While they are in use: once each, in the source and in its cache.
    EXPECT_LE(left_of("secret"), 1U);
    EXPECT_LE(left_of("token"), 1U);
    EXPECT_EQ(run(p.io, p.client.get("/401")).status(), 401);
}

void fail(servers_elsewhere const& servers, char const* token_path, bool in_body) {
    SCOPED_TRACE(token_path);
    party p(servers, servers.tls, in_body, token_path);
    EXPECT_THROW(run(p.io, p.client.get("/x")), coauth::exception);
    EXPECT_FALSE(run(p.io, p.client.try_get("/x"))) << "from memory";
}

TEST(a_search_of_the_process_memory, finds_what_is_there) {
    COAUTH_NEEDS_SEARCHABLE_MEMORY();
    std::string const held = make_canary("held");
    EXPECT_GE(left_of("held"), 1U);
}

TEST(a_search_of_the_process_memory, finds_a_private_key_in_each_of_its_forms) {
    COAUTH_NEEDS_SEARCHABLE_MEMORY();
    servers_elsewhere const servers(true);
    process_memory const memory;
    std::string pem = read_file(servers.folder.file("client.key"));
    std::vector<std::string> held = traces_of_key(pem);
    coauth::detail::wipe(pem.data(), pem.size());
    ASSERT_EQ(servers.key.size(), held.size());
    for (std::size_t i = 0; i != held.size(); ++i) {
        EXPECT_GE(memory.count(servers.key[i]), 1U);
        coauth::detail::wipe(held[i].data(), held[i].size());
    }
}

// R-199, R-200, R-201
TEST(after_shutdown, the_memory_holds_no_client_secret_and_no_token) {
    COAUTH_NEEDS_SEARCHABLE_MEMORY();
    servers_elsewhere const servers(false);
    for (bool const in_body : {false, true}) call(servers, servers.tls, in_body);
    expect_no_secret();
}

TEST(after_shutdown, the_memory_holds_no_secret_that_went_through_tls) {
    COAUTH_NEEDS_SEARCHABLE_MEMORY();
    servers_elsewhere const servers(true);
    for (bool const in_body : {false, true}) call(servers, servers.tls, in_body);
    expect_no_secret();
}

TEST(after_shutdown, the_memory_holds_no_secret_of_a_call_that_failed) {
    COAUTH_NEEDS_SEARCHABLE_MEMORY();
    for (bool const over_tls : {false, true}) {
        servers_elsewhere const servers(over_tls);
        for (char const* const path : {"/refuses", "/breaks_off", "/babbles", "/hangs"}) {
            for (bool const in_body : {false, true}) fail(servers, path, in_body);
            SCOPED_TRACE(path);
            expect_no_secret();
        }
    }
}

// R-199
TEST(after_shutdown, the_memory_holds_nothing_of_a_client_certificates_private_key) {
    COAUTH_NEEDS_SEARCHABLE_MEMORY();
    servers_elsewhere const servers(true);
    coauth::tls_config own = servers.tls;
    own.certificate_file = servers.folder.file("client.crt");
    own.private_key_file = servers.folder.file("client.key");
    call(servers, own, false);
    EXPECT_EQ(servers.left_of_key(), 0U);
    own.certificate_file = servers.folder.file("both.pem");
    own.private_key_file.clear();
    call(servers, own, false);
    EXPECT_EQ(servers.left_of_key(), 0U);
    // With an authority's certificate instead of its own.
    own.certificate_file = servers.folder.file("ca.pem");
    own.private_key_file = servers.folder.file("client.key");
    EXPECT_THROW(call(servers, own, false), coauth::exception);
    EXPECT_EQ(servers.left_of_key(), 0U);
}

}  // namespace
}  // namespace memory_image_test
