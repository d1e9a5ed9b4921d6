// SPDX-License-Identifier: BSL-1.0
//
// The short forms of a call, each beside the one that throws.

#include "support/embedded.hpp"
#include "support/recording_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace methods_test {
namespace {

using namespace coauth_test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class methods : public ::testing::Test {
protected:
    static server_response echo(server_request const& r) {
        std::string const type(r.fields.find("Content-Type").value_or("none"));
        return server_response(200)
            .with_field("X-Saw", r.method + ' ' + r.target + ' ' + r.body + ' ' + type)
            .with_field("Set-Cookie", "a=1, b")
            .with_field("Set-Cookie", "c=2");
    }
    [[nodiscard]] std::string seen(awaitable<coauth::response> call) {
        coauth::response const answer = run(io, std::move(call));
        return std::string(answer.header("X-Saw").value_or(""));
    }
    [[nodiscard]] std::string seen(awaitable<coauth::result<coauth::response>> call) {
        coauth::result<coauth::response> const answer = run(io, std::move(call));
        return answer ? std::string(answer->header("X-Saw").value_or("")) : answer.error().what();
    }

    recording_server server{&echo};
    asio::io_context io;
    coauth::rest_client api{io.get_executor(), {.base_url = server.url("/")}};
};

TEST_F(methods, without_a_body_are_sent_as_they_are_called) {
    EXPECT_EQ(seen(api.get("/x")), "GET /x  none");
    EXPECT_EQ(seen(api.try_get("/x")), "GET /x  none");
    EXPECT_EQ(seen(api.head("/x")), "HEAD /x  none");
    EXPECT_EQ(seen(api.try_head("/x")), "HEAD /x  none");
    EXPECT_EQ(seen(api.delete_("/x")), "DELETE /x  none");
    EXPECT_EQ(seen(api.try_delete("/x")), "DELETE /x  none");
}

TEST_F(methods, with_a_body_say_that_it_is_json_unless_told_otherwise) {
    EXPECT_EQ(seen(api.post("/x", "1")), "POST /x 1 application/json");
    EXPECT_EQ(seen(api.try_post("/x", "1")), "POST /x 1 application/json");
    EXPECT_EQ(seen(api.put("/x", "2")), "PUT /x 2 application/json");
    EXPECT_EQ(seen(api.try_put("/x", "2")), "PUT /x 2 application/json");
    EXPECT_EQ(seen(api.patch("/x", "3")), "PATCH /x 3 application/json");
    EXPECT_EQ(seen(api.try_patch("/x", "3", "text/plain")), "PATCH /x 3 text/plain");
}

TEST_F(methods, give_every_value_of_a_header_by_itself) {
    coauth::response const answer = run(io, api.get("/x"));
    EXPECT_THAT(answer.header_values("set-cookie"), ElementsAre("a=1, b", "c=2"));
    EXPECT_THAT(answer.header_values("X-Nothing"), IsEmpty());
}

}  // namespace
}  // namespace methods_test
