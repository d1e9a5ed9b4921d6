// SPDX-License-Identifier: BSL-1.0
//
// Renewal by refresh tokens of a server that rotates them, sees reuse, forgets them, or loses its
// answer on the way. The first token of each source is that of a person who has signed in, which
// here is a hook that makes an authorization code request of the initial one.

#include "support/oidc_fixture.hpp"

#include <coauth/codec/base64.hpp>
#include <coauth/codec/form.hpp>
#include <coauth/crypto/digest.hpp>

#include <nlohmann/json.hpp>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace coauth::tests::oidc_refresh_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::SizeIs;

constexpr char const* redirect_uri = "https://client.test/callback";
constexpr char const* verifier = "a-verifier-of-forty-three-characters-or-more";

/// What a person does: signs in, agrees, and comes back with a code.
std::string authorization_code(std::string const& client_id) {
    std::string const challenge = base64url_encode(as_bytes(sha256(verifier)));
    std::string const url =
        oidc().origin("https") + "/auth?response_type=code&client_id=" + client_id +
        "&redirect_uri=" + percent_encoded(redirect_uri) +
        "&scope=read&code_challenge=" + challenge + "&code_challenge_method=S256";
    auto const ended = nlohmann::json::parse(oidc().control("/browse?url=" + percent_encoded(url)));
    std::string const location = ended.at("location");
    auto const query = form_decode(location.substr(location.find('?') + 1));
    for (auto const& [name, value] : query.value()) {
        if (name == "code") return value;
    }
    return "";
}

class oidc_refresh : public oidc_test {
protected:
    token_source sign_in(std::string const& client_id) {
        time = std::make_shared<test_clock>(test_clock::kind::standing);
        token_source_config config = source(client_id);
        config.scope = {};
        config.clock = coauth::clock(time);
        config.lifetime.min_refresh_interval = duration::zero();
        config.hooks.before_call = [this, client_id](token_request& r) {
            if (r.parameter("grant_type") != "client_credentials") return;
            ++signed_in;
            r.parameter("grant_type", "authorization_code")
                .parameter("code", authorization_code(client_id))
                .parameter("redirect_uri", redirect_uri)
                .parameter("code_verifier", verifier);
        };
        return token_source(io.get_executor(), std::move(config));
    }
    /// Another token, since the one of before has gone.
    error renew(token_source const& tokens, duration later = minutes(2)) {
        time->advance(later);
        return failure(tokens);
    }
    /// The refresh tokens that the server has been sent, in order.
    static std::vector<std::string> sent() {
        std::vector<std::string> all;
        for (logged_request const& r : oidc_token_log()) {
            auto const form = form_decode(r.body);
            for (auto const& [name, value] : form.value()) {
                if (name == "refresh_token") all.push_back(value);
            }
        }
        return all;
    }
    /// For both sides.
    void pass(milliseconds by) const {
        time->advance(by);
        oidc().advance(by);
    }

    std::shared_ptr<test_clock> time;
    int signed_in = 0;
};

//
TEST_F(oidc_refresh, token_that_is_rotated_is_sent_once_each) {
    token_source const tokens = sign_in("web");
    ASSERT_FALSE(failure(tokens));
    for (int i = 0; i != 4; ++i) {
        error const e = renew(tokens);
        EXPECT_FALSE(e) << e.what();
    }
    auto const all = sent();
    EXPECT_THAT(all, SizeIs(4));
    EXPECT_THAT(std::set<std::string>(all.begin(), all.end()), SizeIs(4));
    EXPECT_EQ(signed_in, 1);
    EXPECT_EQ(oidc().counters().token_error(), 0);
}

//
TEST_F(oidc_refresh, token_that_is_not_rotated_is_sent_again) {
    token_source const tokens = sign_in("web-norotate");
    ASSERT_FALSE(failure(tokens));
    for (int i = 0; i != 3; ++i) EXPECT_FALSE(renew(tokens));
    auto const all = sent();
    ASSERT_THAT(all, SizeIs(3));
    EXPECT_THAT(all, Each(all[0]));
    EXPECT_EQ(signed_in, 1);
}

// the reuse detection of the server finds nothing to detect.
TEST_F(oidc_refresh, hundred_callers_send_one_refresh_token_once) {
    token_source const tokens = sign_in("web");
    ASSERT_FALSE(failure(tokens));
    for (int round = 0; round != 5; ++round) {
        time->advance(minutes(2));
        int good = 0;
        for (int i = 0; i != 100; ++i) {
            asio::co_spawn(io, tokens.try_get(),
                           [&](std::exception_ptr, result<token_ref> got) { good += got ? 1 : 0; });
        }
        io.restart();
        io.run();
        EXPECT_EQ(good, 100);
    }
    EXPECT_THAT(sent(), SizeIs(5));
    EXPECT_EQ(oidc().counters().token_error(), 0);
}

// Whoever stole it and used it has it revoked for both; the person signs in again, once.
TEST_F(oidc_refresh, family_that_was_revoked_for_reuse_is_left_within_the_same_call) {
    token_source const tokens = sign_in("web");
    ASSERT_FALSE(failure(tokens));
    ASSERT_FALSE(renew(tokens));
    std::string const stolen = sent().at(0);
    token_source_config theirs = source("web");
    theirs.scope = {};
    theirs.hooks.before_call = [stolen](token_request& r) {
        r.parameter("grant_type", "refresh_token").parameter("refresh_token", stolen);
    };
    error const thief = failure(token_source(io.get_executor(), theirs));
    EXPECT_EQ(thief.oauth_error(), "invalid_grant") << thief.what();

    error const e = renew(tokens);
    EXPECT_FALSE(e) << e.what();
    EXPECT_EQ(signed_in, 2);
}

TEST_F(oidc_refresh, token_that_has_expired_costs_one_request_and_a_sign_in) {
    token_source const tokens = sign_in("web-short-rt");
    ASSERT_FALSE(failure(tokens));
    pass(seconds(4));
    error const e = failure(tokens);
    EXPECT_FALSE(e) << e.what();
    EXPECT_EQ(signed_in, 2);
    EXPECT_THAT(sent(), SizeIs(1));
    EXPECT_EQ(oidc().counters().token_error(), 1);
}

TEST_F(oidc_refresh, tokens_of_two_seconds_live_on_refresh_tokens_of_three) {
    oidc().ttl("web-short-rt", 2);
    token_source const tokens = sign_in("web-short-rt");
    rest_client const client(io.get_executor(), api(tokens));
    for (milliseconds gone(0); gone != seconds(20); gone += milliseconds(100)) {
        response const answer = run(client.get("/echo"));
        ASSERT_EQ(answer.status(), 200) << answer.body();
        pass(milliseconds(100));
    }
    EXPECT_EQ(signed_in, 1);
    EXPECT_THAT(sent().size(), AllOf(Ge(10U), Lt(20U)));
    EXPECT_EQ(oidc().counters().token_error(), 0);
    // The server counts whole seconds, so a token may die one early: such a call is sent again.
}

//
TEST_F(oidc_refresh, answer_that_was_lost_after_the_rotation_costs_one_more_try_and_a_sign_in) {
    token_source const tokens = sign_in("web");
    ASSERT_FALSE(failure(tokens));
    oidc().fault("on=token&lost=1&times=2");  // on the idle connection, and on a new one
    error const lost = renew(tokens);
    EXPECT_TRUE(lost.code() == condition::retryable) << lost.what();
    EXPECT_EQ(signed_in, 1) << "nobody knows what became of the refresh token";
    auto const first = sent();
    ASSERT_FALSE(first.empty());
    EXPECT_THAT(first, Each(first[0]));

    error const e = renew(tokens);
    EXPECT_FALSE(e) << e.what();
    EXPECT_THAT(sent(), SizeIs(first.size() + 1));
    EXPECT_THAT(sent(), Each(first[0]));
    EXPECT_EQ(signed_in, 2);
    auto const requests = oidc().counters().token_total();
    EXPECT_FALSE(renew(tokens));
    EXPECT_EQ(oidc().counters().token_total(), requests + 1) << "no loop";
}

// without rotation the second send just works.
TEST_F(oidc_refresh, answer_that_was_lost_without_rotation_costs_nobody_a_sign_in) {
    token_source const tokens = sign_in("web-norotate");
    ASSERT_FALSE(failure(tokens));
    oidc().fault("on=token&lost=1&times=1");
    error const e = renew(tokens);
    EXPECT_FALSE(e) << e.what();
    EXPECT_EQ(signed_in, 1);
    EXPECT_THAT(sent(), SizeIs(2)) << "the connection had been used before";
}

}  // namespace
}  // namespace coauth::tests::oidc_refresh_test
