// SPDX-License-Identifier: BSL-1.0
//
// A grant that a user has written, in the place of the library's: JWT bearer (RFC 7523 §2.1).

#include "support/embedded.hpp"
#include "support/recording_server.hpp"
#include <coauth/testing/manual_clock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace own_grant_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::errc;
using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::StartsWith;

struct jwt_bearer {
    std::string assertion = "a.b.c";

    [[nodiscard]] coauth::token_request request(coauth::url const& to,
                                                coauth::requested_access const& access) const {
        if (assertion.empty()) throw std::runtime_error("nobody vouches");
        coauth::token_request r(to, "urn:ietf:params:oauth:grant-type:jwt-bearer");
        r.parameter("assertion", assertion);
        access.add_to(r);
        return r;
    }
};

struct shared_jwt_bearer : jwt_bearer {
    [[nodiscard]] std::string cache_identity() const { return "jwt-bearer " + assertion; }
};

class own_grant : public ::testing::Test {
protected:
    own_grant() {
        server.set([this](server_request const& r) {
            std::lock_guard const lock(mutex);
            bodies.push_back(r.body);
            if (r.body.starts_with("grant_type=refresh_token")) {
                return server_response::json(400, R"({"error":"invalid_grant"})");
            }
            return server_response::json(
                200, R"({"access_token":"t","token_type":"Bearer","expires_in":60,)"
                     R"("refresh_token":"r"})");
        });
    }
    [[nodiscard]] coauth::token_source_config config(coauth::any_grant grant) {
        coauth::token_source_config c = server.source();
        c.grant = std::move(grant);
        c.scope = "read";
        c.clock = clock;
        return c;
    }

    std::mutex mutex;
    std::vector<std::string> bodies;
    asio::io_context io;
    coauth::testing::manual_clock clock;
    recording_token_endpoint server;
};

TEST_F(own_grant, decides_what_is_asked_and_comes_after_the_refresh_token) {
    coauth::token_source const tokens(io.get_executor(), config(jwt_bearer{}));
    ASSERT_TRUE(run(io, tokens.try_get()));
    clock.advance(1h);
    ASSERT_TRUE(run(io, tokens.try_get()));
    std::string const asked =
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c"
        "&scope=read";
    EXPECT_THAT(bodies, ElementsAre(asked, StartsWith("grant_type=refresh_token"), asked));
}

TEST_F(own_grant, shares_tokens_only_by_an_identity_of_its_own) {
    coauth::token_cache const cache;
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(run(
            io, coauth::token_source(cache, io.get_executor(), config(jwt_bearer{})).try_get()));
    }
    EXPECT_THAT(bodies, SizeIs(2));
    for (char const* const assertion : {"x", "x", "y"}) {
        coauth::token_source const tokens(cache, io.get_executor(),
                                          config(shared_jwt_bearer{{assertion}}));
        ASSERT_TRUE(run(io, tokens.try_get()));
    }
    EXPECT_THAT(bodies, SizeIs(4));
}

TEST_F(own_grant, that_throws_fails_the_fetch_with_its_words) {
    coauth::token_source const tokens(io.get_executor(), config(jwt_bearer{""}));
    coauth::result<coauth::token_ref> const token = run(io, tokens.try_get());
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::fetch_threw)) << token.error().what();
    EXPECT_EQ(token.error().message(), "nobody vouches");
    EXPECT_THAT(bodies, SizeIs(0));
}

}  // namespace
}  // namespace own_grant_test
