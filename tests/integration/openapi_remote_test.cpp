// SPDX-License-Identifier: BSL-1.0
//
// References to documents elsewhere: read where the caller allows it, within bounds, and with no
// way from there to the caller's files or credentials.

#include "support/embedded.hpp"

#include <coauth/openapi.hpp>
#include <coauth/openapi/remote_documents.hpp>
#include <coauth/testing/http_server.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace openapi_remote_test {
namespace {

namespace openapi = coauth::openapi;
using coauth::errc;
using coauth::testing::server_request;
using coauth::testing::server_response;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

/// Documents by path, over TLS, and what was asked for.
class library {
public:
    void put(std::string const& path, server_response answer) {
        std::lock_guard const lock(mutex_);
        shelf_.insert_or_assign(path, std::move(answer));
    }
    void put(std::string const& path, std::string text) {
        put(path, server_response::json(200, std::move(text)));
    }
    [[nodiscard]] std::vector<server_request> asked() const {
        std::lock_guard const lock(mutex_);
        return asked_;
    }
    [[nodiscard]] std::vector<std::string> targets() const {
        std::vector<std::string> all;
        for (server_request const& one : asked()) all.push_back(one.method + ' ' + one.target);
        return all;
    }
    [[nodiscard]] std::string origin() const { return server_.origin(); }
    [[nodiscard]] openapi::remote_access access() const {
        openapi::remote_access made;
        made.origins = {origin()};
        made.tls = {.system_trust = false, .ca_pem = ca_.ca_pem()};
        return made;
    }

private:
    [[nodiscard]] server_response answer(server_request const& request) {
        std::lock_guard const lock(mutex_);
        asked_.push_back(request);
        auto const found = shelf_.find(request.target);
        return found == shelf_.end() ? server_response(404) : found->second;
    }

    mutable std::mutex mutex_;
    std::map<std::string, server_response> shelf_;
    std::vector<server_request> asked_;
    coauth::testing::certificate_authority ca_;
    coauth::testing::http_server server_{
        {.tls = ca_.server()},
        coauth::testing::synchronous_handler(
            [this](server_request const& r) { return answer(r); })};
};

std::string openapi_3(std::string const& members) {
    return R"({"openapi": "3.0.3", "servers": [{"url": "https://api.example.com"}], )" + members +
           "}";
}

class openapi_remote : public testing::Test {
protected:
    /// A description whose one path item is this reference.
    [[nodiscard]] static std::string with_path(std::string const& reference) {
        return openapi_3(R"("paths": {"/a": {"$ref": ")" + reference + R"("}})");
    }
    [[nodiscard]] static openapi::import_options reading(openapi::remote_access access) {
        openapi::import_options options;
        options.remote = openapi::remote_documents(std::move(access));
        return options;
    }
    [[nodiscard]] coauth::result<openapi::api_description> read(std::string text) const {
        return openapi::try_parse(std::move(text), reading(documents.access()));
    }
    [[nodiscard]] coauth::error error_of(std::string text) const {
        auto const made = read(std::move(text));
        return made ? coauth::error() : made.error();
    }

    library documents;
};

// R-380
TEST_F(openapi_remote, are_read_from_an_allowed_origin_and_lead_on_from_where_they_are) {
    documents.put(
        "/api/paths/a.json",
        R"({"get": {"operationId": "a", "parameters": [{"$ref": "../common.json#/p"}]}})");
    documents.put("/api/common.json", R"({"p": {"$ref": "/shared.json"}})");
    documents.put("/shared.json", R"({"name": "limit", "in": "query"})");
    auto const api = read(with_path(documents.origin() + "/api/paths/a.json"));
    ASSERT_TRUE(api.has_value()) << api.error().what();
    ASSERT_NE(api->find("a"), nullptr);
    EXPECT_EQ(api->find("a")->parameters[0].name, "limit");
    EXPECT_THAT(documents.targets(),
                ElementsAre("GET /api/paths/a.json", "GET /api/common.json", "GET /shared.json"));
    for (server_request const& one : documents.asked()) {
        EXPECT_FALSE(one.fields.find("Authorization").has_value());
        EXPECT_FALSE(one.fields.find("Cookie").has_value());
    }
}

// R-380
TEST_F(openapi_remote, of_another_origin_are_refused_with_their_place_and_nothing_is_sent) {
    openapi::remote_access elsewhere = documents.access();
    elsewhere.origins = {"https://specs.example.com"};
    std::string const scheme = openapi_3(R"("components": {"securitySchemes": {"k": {"$ref": ")" +
                                         documents.origin() + R"(/k.json"}}}, "paths": {})");
    auto const refused = openapi::try_parse(scheme, reading(elsewhere));
    ASSERT_FALSE(refused.has_value());
    EXPECT_TRUE(refused.error().is(errc::unsupported_description));
    EXPECT_THAT(refused.error().message(), HasSubstr("/components/securitySchemes/k/$ref"));
    EXPECT_THAT(refused.error().message(),
                HasSubstr("the origin " + documents.origin() + " is not among those allowed"));
    // A path is lost, and that is noted.
    auto const lost =
        openapi::try_parse(with_path(documents.origin() + "/a.json"), reading(elsewhere));
    ASSERT_TRUE(lost.has_value()) << lost.error().what();
    EXPECT_THAT(lost->operations, IsEmpty());
    EXPECT_THAT(lost->notes, ElementsAre(HasSubstr("not among those allowed")));
    EXPECT_THAT(documents.asked(), IsEmpty());
}

// R-380
TEST_F(openapi_remote, that_cannot_be_had_end_the_import_with_the_reason) {
    documents.put("/page.html", server_response(200, "text/html", "<html>not found</html>"));
    documents.put("/list.json", "[]");
    server_response elsewhere(302);
    elsewhere.fields.append("Location", "https://elsewhere.example/a.json");
    documents.put("/moved.json", elsewhere);
    auto const why = [&](std::string const& path) {
        coauth::error const wrong = error_of(with_path(documents.origin() + path));
        EXPECT_TRUE(wrong.is(errc::invalid_description)) << path << ' ' << wrong.what();
        EXPECT_THAT(wrong.message(), HasSubstr(documents.origin() + path));
        return wrong.message();
    };
    EXPECT_THAT(why("/gone.json"), HasSubstr("the server answered 404"));
    EXPECT_THAT(why("/gone.json"), HasSubstr("/paths/~1a/$ref"));
    EXPECT_THAT(why("/moved.json"), HasSubstr("answered 302, and to https://elsewhere.example/"));
    EXPECT_THAT(why("/page.html"), HasSubstr("line 1"));
    EXPECT_THAT(why("/list.json"), HasSubstr("has to be an object"));
}

// R-380
TEST_F(openapi_remote, that_refer_to_each_other_in_a_circle_are_an_error) {
    documents.put("/a.json", R"({"$ref": "b.json"})");
    documents.put("/b.json", R"({"$ref": "a.json"})");
    coauth::error const wrong = error_of(with_path(documents.origin() + "/a.json"));
    EXPECT_TRUE(wrong.is(errc::invalid_description));
    EXPECT_THAT(wrong.message(), HasSubstr("leads to itself"));
    EXPECT_THAT(documents.targets(), UnorderedElementsAre("GET /a.json", "GET /b.json"));
}

// R-380
TEST_F(openapi_remote, are_bounded_in_number_size_and_time) {
    for (int i = 0; i != 20; ++i) {
        documents.put("/" + std::to_string(i), R"({"$ref": ")" + std::to_string(i + 1) + R"("})");
    }
    openapi::import_options options = reading(documents.access());
    options.bounds.max_documents = 5;
    std::string const chain = with_path(documents.origin() + "/0");
    auto const number = openapi::try_parse(chain, options);
    ASSERT_FALSE(number.has_value());
    EXPECT_TRUE(number.error().is(errc::description_limit)) << number.error().what();
    EXPECT_LE(documents.asked().size(), 5U);

    openapi::remote_access small = documents.access();
    small.max_bytes = 1000;
    documents.put("/large", R"({"get": {"description": ")" + std::string(1001, 'x') + R"("}})");
    std::string const large = with_path(documents.origin() + "/large");
    auto const size = openapi::try_parse(large, reading(small));
    ASSERT_FALSE(size.has_value());
    EXPECT_TRUE(size.error().is(errc::body_too_large)) << size.error().what();
    options = reading(documents.access());
    options.bounds.max_bytes = 1000;
    auto const together = openapi::try_parse(large, options);
    ASSERT_FALSE(together.has_value());
    EXPECT_TRUE(together.error().is(errc::description_limit)) << together.error().what();

    server_response silent(200);
    silent.faults.hang = true;
    documents.put("/silent", silent);
    openapi::remote_access short_of_time = documents.access();
    short_of_time.deadline = std::chrono::milliseconds(50);
    auto const time =
        openapi::try_parse(with_path(documents.origin() + "/silent"), reading(short_of_time));
    ASSERT_FALSE(time.has_value());
    EXPECT_TRUE(time.error().is(errc::deadline_exceeded)) << time.error().what();
    // What one import has used up is gone for the next document.
    openapi::remote_documents const used(short_of_time);
    EXPECT_TRUE(used(documents.origin() + "/silent").error().is(errc::deadline_exceeded));
    EXPECT_THAT(used(documents.origin() + "/0").error().message(), HasSubstr("no time is left"));
}

// R-380
TEST_F(openapi_remote, never_lead_to_a_file_of_the_reader) {
    std::filesystem::path const folder =
        std::filesystem::path(testing::TempDir()) / "coauth_openapi_remote";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "private.json") << R"({"get": {"operationId": "private"}})";
    std::ofstream(folder / "api.json") << with_path(documents.origin() + "/a.json");
    for (std::string const& reference :
         {"file://" + (folder / "private.json").string(), (folder / "private.json").string(),
          std::string("private.json"), std::string("../private.json")}) {
        documents.put("/a.json", R"({"$ref": ")" + reference + R"("})");
        auto const read = openapi::try_load(folder / "api.json", reading(documents.access()));
        EXPECT_FALSE(read.has_value() && read->find("private") != nullptr) << reference;
        ASSERT_FALSE(read.has_value()) << reference;
        EXPECT_THAT(read.error().message(), Not(HasSubstr("operationId")));
    }
    std::filesystem::remove_all(folder);
}

TEST_F(openapi_remote, that_name_a_token_url_have_it_confirmed) {
    documents.put("/oauth.json",
                  R"({"type": "oauth2", "flows": {"clientCredentials": {
                      "tokenUrl": "https://auth.example.com/token", "scopes": {}}}})");
    auto const api = read(openapi_3(R"("components": {"securitySchemes": {"oauth": {"$ref": ")" +
                                    documents.origin() + R"(/oauth.json"}}},
        "security": [{"oauth": []}], "paths": {"/a": {"get": {"operationId": "a"}}})"));
    ASSERT_TRUE(api.has_value()) << api.error().what();
    openapi::plan const asks = openapi::decide(*api);
    ASSERT_EQ(asks.questions.size(), 1U);
    EXPECT_EQ(asks.questions[0].kind, openapi::question_kind::token_url);
    EXPECT_THAT(asks.questions[0].text, HasSubstr("confirm it"));
    EXPECT_EQ(asks.token_url, "");
    openapi::choices confirmed;
    confirmed.token_url = "https://auth.example.com/token";
    EXPECT_THAT(openapi::decide(*api, confirmed).questions, IsEmpty());
}

TEST_F(openapi_remote, can_be_awaited_where_nothing_may_block) {
    documents.put("/a.json", "{}");
    openapi::remote_documents const from(documents.access());
    asio::io_context io;
    auto const text = coauth_test::run(io, from.get(documents.origin() + "/a.json"));
    ASSERT_TRUE(text.has_value()) << text.error().what();
    EXPECT_EQ(*text, "{}");
}

TEST_F(openapi_remote, origins_are_https_and_nothing_but_origins) {
    auto const made_with = [](std::string const& origin) {
        openapi::remote_access access;
        access.origins = {origin};
        openapi::remote_documents const from(access);
    };
    EXPECT_NO_THROW(made_with("https://specs.example.com"));
    EXPECT_NO_THROW(made_with("http://127.0.0.1:8080/"));
    EXPECT_THROW(made_with("http://specs.example.com"), coauth::exception);
    EXPECT_THROW(made_with("https://specs.example.com/v1"), coauth::exception);
    EXPECT_THROW(made_with("specs.example.com"), coauth::exception);
}

}  // namespace
}  // namespace openapi_remote_test
