// SPDX-License-Identifier: BSL-1.0
//
// What is left of secrets in the memory of a process: all of it is read, as a core image would hold
// it. The servers run in a process of their own, since they know the secrets too.

#include "support/embedded.hpp"
#include "support/process_memory.hpp"
#include "support/recording_server.hpp"

#include <coauth/exchange_log.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace coauth_test;

/// Made at run time from halves that stand apart, so that the program's own image does not hold it.
std::string make_canary(char const* which) {
    std::string text = "canary-";
    text += which;
    for (int i = 0; i != 24; ++i) text += static_cast<char>('a' + (i * 7 + which[0]) % 26);
    return text;
}

/// A token endpoint and an API in a child process; it ends when this one lets go of it.
class servers_elsewhere {
public:
    explicit servers_elsewhere(coauth::testing::http_server_options const& options) {
        int up[2];
        int down[2];
        if (::pipe(up) != 0 || ::pipe(down) != 0) throw std::runtime_error("pipe");
        child_ = ::fork();
        if (child_ == 0) {
            ::close(down[1]);
            serve(options, up[1], down[0]);
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
    }
    servers_elsewhere(servers_elsewhere const&) = delete;
    servers_elsewhere& operator=(servers_elsewhere const&) = delete;
    ~servers_elsewhere() {
        ::close(hold_);
        ::waitpid(child_, nullptr, 0);
    }

    std::string token_url;
    std::string base_url;

private:
    [[noreturn]] static void serve(coauth::testing::http_server_options const& options, int out,
                                   int in) {
        std::string const token = make_canary("token");
        recording_server authorization(
            [&](server_request const&) { return token_answer(token, 3600); }, options);
        recording_server api([](server_request const&) { return server_response(200); }, options);
        std::string const line = authorization.url("/token") + " " + api.url("/") + "\n";
        bool const told = ::write(out, line.data(), line.size()) > 0;
        char c = 0;
        while (told && ::read(in, &c, 1) > 0) {}
        ::_exit(0);
    }

    ::pid_t child_ = 0;
    int hold_ = -1;
};

/// The end of a secret: the allocator overwrites the first 16 bytes of a freed block.
std::string tail(std::string const& secret) { return secret.substr(secret.size() - 14); }

std::size_t left_of(char const* which) {
    process_memory const memory;
    std::string canary = make_canary(which);
    std::string end = tail(canary);
    masked_text const looked_for(end);
    coauth::detail::wipe(canary.data(), canary.size());
    coauth::detail::wipe(end.data(), end.size());
    return memory.count(looked_for);
}

coauth::secret make_secret(char const* which) {
    std::string text = make_canary(which);
    coauth::secret made(text);
    coauth::detail::wipe(text.data(), text.size());
    return made;
}

void call(servers_elsewhere const& servers, coauth::tls_config const& tls, bool in_body) {
    asio::io_context io;
    coauth::token_source_config config;
    config.tls = tls;
    config.token_url = servers.token_url;
    if (in_body) {
        config.client = coauth::client_secret_post("id", make_secret("secret"));
    } else {
        config.client = coauth::client_secret_basic("id", make_secret("secret"));
    }
    coauth::token_source const tokens(io.get_executor(), std::move(config));
    coauth::rest_client_config c;
    c.base_url = servers.base_url;
    c.authorization = tokens;
    c.tls = tls;
    c.log = coauth::exchange_log();
    coauth::rest_client const client(io.get_executor(), std::move(c));
    EXPECT_EQ(run(io, client.get("/x")).status(), 200);
    // While they are in use: once each, in the source and in its cache.
    EXPECT_LE(left_of("secret"), 1U);
    EXPECT_LE(left_of("token"), 1U);
    run(io, client.stop(std::chrono::seconds(1)));
    run(io, tokens.stop(std::chrono::seconds(1)));
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COAUTH_SKIP_UNDER_SANITIZERS() \
    GTEST_SKIP() << "a sanitizer maps terabytes, and keeps what has been freed"
#else
#define COAUTH_SKIP_UNDER_SANITIZERS() static_cast<void>(0)
#endif

TEST(a_search_of_the_process_memory, finds_what_is_there) {
    COAUTH_SKIP_UNDER_SANITIZERS();
    std::string const held = make_canary("held");
    EXPECT_GE(left_of("held"), 1U);
}

//
TEST(after_shutdown, the_memory_holds_no_client_secret_and_no_token) {
    COAUTH_SKIP_UNDER_SANITIZERS();
    servers_elsewhere const servers({});
    for (bool const in_body : {false, true}) call(servers, {}, in_body);
    EXPECT_EQ(left_of("secret"), 0U);
    EXPECT_EQ(left_of("token"), 0U);
}

TEST(after_shutdown, the_memory_holds_no_secret_that_went_through_tls) {
    COAUTH_SKIP_UNDER_SANITIZERS();
    coauth::testing::certificate_authority const ca;
    servers_elsewhere const servers({.tls = ca.server()});
    coauth::tls_config trust;
    trust.system_trust = false;
    trust.ca_pem = ca.ca_pem();
    for (bool const in_body : {false, true}) call(servers, trust, in_body);
    EXPECT_EQ(left_of("secret"), 0U);
    EXPECT_EQ(left_of("token"), 0U);
}

}  // namespace
