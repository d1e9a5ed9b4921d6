// SPDX-License-Identifier: BSL-1.0
//
// Processes with many callers each and one file store: who asks the authorization server, and what
// becomes of the others when he is killed.

#include "support/caller_herd.hpp"
#include "support/effort.hpp"
#include "support/other_process.hpp"
#include "support/rotating_endpoint.hpp"
#include "support/stores.hpp"

#include <coauth/store/file_store.hpp>
#include <coauth/store/sealed.hpp>
#include <coauth/testing/authorization_server.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <algorithm>
#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace store_herd_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;

constexpr std::size_t processes = 8;

/// What each of the processes does, told what to do line by line. The first line is the token URL.
int serve(line_end talk, std::string const& directory) {
    auto const url = talk.hear();
    if (!url) return 1;
    coauth::token_source_config c;
    c.token_url = *url;
    c.client = coauth::client_secret_basic("id", coauth::secret("not-a-real-secret"));
    c.store = coauth::sealed(coauth::file_store(directory),
                             coauth::sealing_key(coauth::secret(std::string(32, 'k'))));
    c.hooks.before_call = [](coauth::token_request& r) {
        r.header("X-Process", std::to_string(::getpid()));
    };
    c.hooks.cache_identity = "names its process";
    return obey(talk, std::move(c));
}

class store_herd : public ::testing::Test {
protected:
    explicit store_herd(std::size_t count = processes) {
        for (std::size_t i = 0; i != count; ++i) {
            crowd.push_back(std::make_unique<talking_process>(
                [this](line_end talk) { return serve(talk, directory.path()); }));
        }
    }
    void tell_all(std::string const& line) {
        for (auto const& one : crowd) one->say(line);
    }
    /// All of them, all callers, the same token.
    std::string one_answer_of_all() {
        std::set<std::string> answers;
        for (auto const& one : crowd) answers.insert(one->hear());
        std::string all;
        for (auto const& answer : answers) all += (all.empty() ? "" : ", ") + answer;
        return all;
    }
    [[nodiscard]] std::string callers() const { return std::to_string(times(100)); }

    scratch_directory directory;
    std::vector<std::unique_ptr<talking_process>> crowd;
};

// cold, and after the token has expired.
TEST_F(store_herd, of_eight_processes_with_a_hundred_callers_each_asks_for_one_token) {
    coauth::testing::authorization_server server(
        {.clients = {{.client_id = "id", .secret = "not-a-real-secret"}}});
    tell_all(server.token_url());
    std::string first;
    for (std::uint64_t requests = 1; requests != 4; ++requests) {
        tell_all(callers());
        std::string const got = one_answer_of_all();
        EXPECT_EQ(got.find(','), std::string::npos) << got;
        EXPECT_EQ(got.substr(0, got.find(' ')), callers());
        EXPECT_NE(got, first);
        EXPECT_EQ(server.counters().token_requests, requests);
        first = got;
        tell_all("later");
    }
}

class two_of_a_herd : public store_herd {
protected:
    two_of_a_herd() : store_herd(2) {}
};

// no refresh token is sent twice.
TEST_F(two_of_a_herd, renew_a_token_a_thousand_times_with_no_refresh_more_than_it_takes) {
    rotating_endpoint server;
    tell_all(server.url());
    std::size_t const rounds = times(1000);
    for (std::size_t round = 1; round <= rounds; ++round) {
        tell_all("2");
        ASSERT_EQ(one_answer_of_all(), "2 test-token-" + std::to_string(round));
        tell_all("later");
    }
    EXPECT_EQ(server.count(), rounds);
    EXPECT_EQ(server.refused(), 0);
    EXPECT_EQ(server.initial_grants(), 1);
}

// cold, then with a refresh token. Whoever is killed had not been answered.
TEST_F(store_herd, goes_on_with_one_more_request_when_the_one_that_renews_is_killed) {
    rotating_endpoint server;
    tell_all(server.url());
    for (int round = 1; round != 3; ++round) {
        server.hang_next();
        tell_all(callers());
        ::pid_t renewing = 0;
        while (renewing == 0 || std::none_of(crowd.begin(), crowd.end(), [&](auto const& one) {
                   return one->id() == renewing;
               })) {
            renewing = server.hanging();
            std::this_thread::yield();
        }
        auto const killed = std::find_if(crowd.begin(), crowd.end(),
                                         [&](auto const& one) { return one->id() == renewing; });
        (*killed)->kill();
        crowd.erase(killed);
        EXPECT_EQ(one_answer_of_all(), callers() + " test-token-" + std::to_string(round));
        EXPECT_EQ(server.count(), static_cast<std::size_t>(2 * round));
        tell_all("later");
    }
    EXPECT_EQ(server.refused(), 0);
    EXPECT_EQ(server.initial_grants(), 1);
}

}  // namespace
}  // namespace store_herd_test
