// SPDX-License-Identifier: BSL-1.0
//
// What is read out of a description, and what is refused; also where it wants to do harm.

#include <support/scratch.hpp>

#include <coauth/openapi.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace load_test {
namespace {

namespace openapi = coauth::openapi;
using coauth::errc;
using openapi::parameter_in;
using openapi::parameter_style;
using openapi::value_type;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A document with these further members.
std::string openapi_3(std::string const& rest) {
    return R"({"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, )" + rest + "}";
}
std::string with_parameters(std::string const& parameters) {
    return openapi_3(R"("paths": {"/a/{id}": {"get": {"operationId": "a", "parameters": [)" +
                     parameters + "]}}}");
}

/// Files of one test, gone with it.
class openapi_files : public testing::Test {
protected:
    std::filesystem::path write(std::string const& name, std::string_view text) const {
        std::filesystem::create_directories((folder / name).parent_path());
        std::ofstream(folder / name, std::ios::binary) << text;
        return folder / name;
    }

private:
    coauth_test::scratch_directory const scratch_;

protected:
    std::filesystem::path const folder = scratch_.path();
};

coauth::error error_of(std::string text, openapi::import_options const& options = {}) {
    auto const read = openapi::try_parse(std::move(text), options);
    EXPECT_FALSE(read.has_value());
    return read ? coauth::error() : read.error();
}

TEST(openapi_load, reads_title_servers_and_operations) {
    auto const api = openapi::parse(openapi_3(R"(
        "servers": [{"url": "https://h/v1"}],
        "paths": {"/users": {"get": {"operationId": "list", "deprecated": true},
                             "post": {"summary": "Make one"}}})"));
    EXPECT_EQ(api.format, "OpenAPI 3.0.3");
    EXPECT_EQ(api.title, "T");
    ASSERT_THAT(api.operations, SizeIs(2));
    EXPECT_EQ(api.find("list")->method, "GET");
    EXPECT_TRUE(api.find("list")->deprecated);
    EXPECT_EQ(api.find("post", "/users")->name(), "POST /users");
    EXPECT_EQ(api.find("nobody"), nullptr);
}

TEST(openapi_load, takes_3_0_3_1_and_2_0_and_names_what_it_does_not) {
    EXPECT_TRUE(openapi::try_parse(R"({"openapi": "3.1.1"})"));
    EXPECT_TRUE(openapi::try_parse(R"({"swagger": "2.0"})"));
    for (char const* const text : {R"({"openapi": "2.9"})", R"({"openapi": "4.0.0"})",
                                   R"({"swagger": "1.2"})", R"({"openapi": "3.10.0"})"}) {
        EXPECT_TRUE(error_of(text).is(errc::unsupported_description)) << text;
    }
    EXPECT_TRUE(error_of("{}").is(errc::invalid_description));
    EXPECT_TRUE(error_of("[]").is(errc::invalid_description));
}

TEST(openapi_load, tells_the_place_of_an_error_as_pointer_line_and_column) {
    coauth::error const wrong = error_of("{\"openapi\": \"3.0.0\",\n \"paths\": {\"/a\": 5}}");
    EXPECT_TRUE(wrong.is(errc::invalid_description));
    EXPECT_THAT(wrong.message(), HasSubstr("/paths/~1a: line 2, column 18"));
    EXPECT_THAT(error_of("{\n \"openapi\": }").message(), HasSubstr("line 2, column 13"));
    EXPECT_EQ(wrong.code(), coauth::condition::configuration);
}

TEST(openapi_load, refuses_a_member_that_stands_twice) {
    EXPECT_TRUE(
        error_of(R"({"openapi": "3.0.0", "openapi": "3.0.1"})").is(errc::invalid_description));
    std::string many = R"({"openapi": "3.0.0")";
    for (int i = 0; i != 40; ++i) many += ", \"x" + std::to_string(i % 39) + "\": 1";
    EXPECT_THAT(error_of(many + "}").message(), HasSubstr("'x0' stands twice"));
}

TEST(openapi_load, merges_parameters_of_path_and_operation) {
    auto const api = openapi::parse(openapi_3(R"("paths": {"/a": {
        "parameters": [{"name": "x", "in": "query", "schema": {"type": "string"}},
                       {"name": "y", "in": "header", "required": true}],
        "get": {"parameters": [{"name": "x", "in": "query", "schema": {"type": "integer"}}]}}})"));
    auto const& parameters = api.operations.front().parameters;
    ASSERT_THAT(parameters, SizeIs(2));
    EXPECT_EQ(parameters[0].type, value_type::integer);
    EXPECT_TRUE(parameters[1].required);
}

TEST(openapi_load, a_header_of_the_operation_replaces_the_paths_in_whatever_case) {
    auto const api = openapi::parse(openapi_3(R"("paths": {"/a": {
        "parameters": [{"name": "X-Id", "in": "header", "required": true},
                       {"name": "q", "in": "query"}],
        "get": {"parameters": [{"name": "x-id", "in": "header"},
                               {"name": "Q", "in": "query"}]}}})"));
    auto const& parameters = api.operations.front().parameters;
    ASSERT_THAT(parameters, SizeIs(3));
    EXPECT_EQ(parameters[0].name, "x-id");
    EXPECT_FALSE(parameters[0].required);
}

TEST(openapi_load, a_variable_of_the_path_that_nobody_describes_is_required_text) {
    auto const api = openapi::parse(with_parameters(""));
    ASSERT_THAT(api.operations.front().parameters, SizeIs(1));
    EXPECT_EQ(api.operations.front().parameters[0].in, parameter_in::path);
    EXPECT_TRUE(api.operations.front().parameters[0].required);
}

TEST(openapi_load, knows_styles_types_and_their_defaults) {
    auto const api = openapi::parse(with_parameters(R"(
        {"name": "id", "in": "path", "style": "matrix", "explode": true, "required": true},
        {"name": "q", "in": "query", "schema": {"type": "array", "items": {"enum": ["a", "b"]}}},
        {"name": "p", "in": "query", "style": "pipeDelimited"},
        {"name": "n", "in": "query", "schema": {"type": ["null", "integer"]}},
        {"name": "Accept", "in": "header"})"));
    auto const& all = api.operations.front().parameters;
    ASSERT_THAT(all, SizeIs(4)) << "headers of the library are nobody's parameters";
    EXPECT_EQ(all[0].style, parameter_style::matrix);
    EXPECT_TRUE(all[0].explode);
    EXPECT_EQ(all[1].style, parameter_style::form);
    EXPECT_TRUE(all[1].explode);
    EXPECT_EQ(all[1].type, value_type::array);
    EXPECT_THAT(all[1].allowed, ElementsAre("a", "b"));
    EXPECT_FALSE(all[2].explode);
    EXPECT_EQ(all[3].type, value_type::integer);
    EXPECT_TRUE(error_of(with_parameters(R"({"name": "q", "in": "query", "style": "label"})"))
                    .is(errc::invalid_description));
}

TEST(openapi_load, reads_swagger_2_bodies_forms_and_collection_formats) {
    auto const api = openapi::parse(R"({"swagger": "2.0", "host": "h", "basePath": "/v1",
        "schemes": ["http", "https"], "consumes": ["application/json"],
        "paths": {"/a": {"post": {"operationId": "json", "parameters": [
                     {"name": "b", "in": "body", "required": true},
                     {"name": "t", "in": "query", "type": "array", "collectionFormat": "multi"},
                     {"name": "s", "in": "query", "type": "array", "collectionFormat": "ssv"}]},
                  "put": {"operationId": "form", "parameters": [
                     {"name": "f", "in": "formData", "type": "string", "required": true}]},
                  "patch": {"operationId": "upload", "parameters": [
                     {"name": "f", "in": "formData", "type": "file"}]}}}})");
    EXPECT_EQ(api.servers.front().url, "https://h/v1") << "credentials need https anyway";
    EXPECT_TRUE(api.find("json")->body->required);
    EXPECT_THAT(api.find("json")->body->content_types, ElementsAre("application/json"));
    EXPECT_TRUE(api.find("json")->parameters[0].explode);
    EXPECT_EQ(api.find("json")->parameters[1].style, parameter_style::space_delimited);
    EXPECT_THAT(api.find("form")->body->content_types,
                ElementsAre("application/x-www-form-urlencoded"));
    EXPECT_THAT(api.find("upload")->body->content_types, ElementsAre("multipart/form-data"));
}

TEST(openapi_load, follows_local_references_everywhere) {
    auto const api = openapi::parse(openapi_3(R"(
        "paths": {"/a": {"$ref": "#/components/pathItems/a~1b"}},
        "components": {
            "pathItems": {"a/b": {"post": {
                "parameters": [{"$ref": "#/components/parameters/p"}],
                "requestBody": {"$ref": "#/components/requestBodies/b"}}}},
            "parameters": {"p": {"$ref": "#/components/parameters/q"},
                           "q": {"name": "q", "in": "query",
                                 "schema": {"$ref": "#/components/schemas/n%75mber"}}},
            "requestBodies": {"b": {"content": {"text/plain": {}}}},
            "schemas": {"number": {"type": "number"}},
            "securitySchemes": {"k": {"$ref": "#/components/securitySchemes/l"},
                                "l": {"type": "apiKey", "in": "cookie", "name": "sid"}}})"));
    ASSERT_THAT(api.operations, SizeIs(1));
    EXPECT_EQ(api.operations[0].parameters[0].type, value_type::number);
    EXPECT_THAT(api.operations[0].body->content_types, ElementsAre("text/plain"));
    EXPECT_EQ(api.find_scheme("k")->key_in, parameter_in::cookie);
}

TEST(openapi_load, a_method_beside_a_reference_and_behind_it_is_an_error) {
    EXPECT_TRUE(error_of(openapi_3(R"("paths": {
        "/a": {"$ref": "#/paths/~1b", "get": {}}, "/b": {"get": {}}})"))
                    .is(errc::invalid_description));
}

// R-380
TEST(openapi_load, a_reference_loop_ends_in_an_error) {
    for (
        char const* const text :
        {R"("paths": {"/a": {"$ref": "#/paths/~1a"}})",
         R"("paths": {"/a": {"$ref": "#/paths/~1b"}, "/b": {"$ref": "#/paths/~1a"}})",
         R"("paths": {"/a": {"get": {"parameters": [{"$ref": "#/paths/~1a/get/parameters/0"}]}}})"}) {
        coauth::error const wrong = error_of(openapi_3(text));
        EXPECT_TRUE(wrong.is(errc::invalid_description)) << text;
        EXPECT_THAT(wrong.message(), HasSubstr("leads to itself"));
    }
}

TEST(openapi_load, a_reference_that_leads_nowhere_is_an_error) {
    coauth::error const wrong = error_of(openapi_3(R"("paths": {"/a": {"$ref": "#/nowhere"}})"));
    EXPECT_THAT(wrong.message(), HasSubstr("'#/nowhere' leads nowhere"));
    EXPECT_THAT(wrong.message(), HasSubstr("/paths/~1a/$ref"));
}

// R-380
TEST(openapi_load, remote_references_are_read_on_request_only) {
    std::string const text = openapi_3(R"("paths": {"/a": {"get": {"parameters": [
        {"$ref": "https://other.example/p.json#/p"}]}}})");
    EXPECT_TRUE(error_of(text).is(errc::unsupported_description));
    std::vector<std::string> asked;
    openapi::import_options options;
    options.remote = [&](std::string const& url) -> coauth::result<std::string> {
        asked.push_back(url);
        return std::string(R"({"p": {"$ref": "q.json"}, "name": "x", "in": "query"})");
    };
    auto const api = openapi::try_parse(text, options);
    EXPECT_THAT(asked, ElementsAre("https://other.example/p.json", "https://other.example/q.json"));
    ASSERT_TRUE(api.has_value());
    EXPECT_EQ(api->operations[0].parameters[0].name, "x");
}

TEST_F(openapi_files, are_read_below_the_folder_of_the_first_one) {
    write("parts/paths.json", R"({"users": {"get": {"operationId": "list",
        "parameters": [{"$ref": "../common.json#/limit"}]}}})");
    write("common.json", R"({"limit": {"name": "limit", "in": "query"}})");
    auto const file =
        write("api.json", openapi_3(R"("paths": {"/users": {"$ref": "parts/paths.json#/users"}})"));
    auto const api = openapi::load(file);
    ASSERT_NE(api.find("list"), nullptr);
    EXPECT_EQ(api.find("list")->parameters[0].name, "limit");
    EXPECT_TRUE(api.notes.empty());
}

TEST_F(openapi_files, outside_of_the_folder_are_refused_also_behind_a_symbolic_link) {
    auto const outside = write("outside.json", R"({"type": "apiKey", "in": "query", "name": "k"})");
    auto const refused = [&](std::string const& reference) {
        auto const file = write("api/api.json", openapi_3(R"("components": {"securitySchemes": {
            "k": {"$ref": ")" + reference + R"("}}})"));
        auto const read = openapi::try_load(file);
        EXPECT_FALSE(read.has_value()) << reference;
        return !read && read.error().message().find("not below") != std::string::npos;
    };
    std::filesystem::create_directories(folder / "api");
    std::filesystem::create_symlink(outside, folder / "api" / "link.json");
    EXPECT_TRUE(refused("../outside.json"));
    EXPECT_TRUE(refused("%2e%2e/outside.json"));
    EXPECT_TRUE(refused(outside.string()));
    EXPECT_TRUE(refused("link.json"));
}

TEST_F(openapi_files, that_are_missing_cost_a_type_or_a_path_but_no_way_to_authorize) {
    auto const file = write("api.json", openapi_3(R"("paths": {
        "/a": {"get": {"parameters": [
            {"name": "x", "in": "query", "schema": {"$ref": "gone.json#/x"}}]}},
        "/b": {"$ref": "gone.json#/b"}})"));
    auto const api = openapi::load(file);
    EXPECT_THAT(api.operations, SizeIs(1));
    EXPECT_EQ(api.operations[0].parameters[0].type, value_type::any);
    ASSERT_THAT(api.notes, SizeIs(2));
    EXPECT_THAT(api.notes[1], HasSubstr("no file 'gone.json'"));
    auto const keys = write("keys.json", openapi_3(R"("components": {"securitySchemes": {
        "k": {"$ref": "gone.json"}}})"));
    EXPECT_FALSE(openapi::try_load(keys).has_value());
}

// R-380
TEST_F(openapi_files, of_100_megabytes_are_refused_unread) {
    auto const file = write("api.json", "{");
    std::filesystem::resize_file(file, 100 * 1024 * 1024);  // sparse
    auto const read = openapi::try_load(file);
    ASSERT_FALSE(read.has_value());
    EXPECT_TRUE(read.error().is(errc::description_limit));
    EXPECT_THAT(read.error().message(), HasSubstr("max_bytes"));
}

// R-380
TEST(openapi_load, keeps_to_every_limit) {
    auto const limited = [](openapi::limits bounds, std::string text) {
        openapi::import_options options;
        options.bounds = bounds;
        return error_of(std::move(text), options).is(errc::description_limit);
    };
    EXPECT_TRUE(limited({.max_bytes = 10}, R"({"openapi": "3.0.0"})"));
    EXPECT_TRUE(limited({.max_values = 3}, R"({"openapi": "3.0.0", "x": [1, 2]})"));
    EXPECT_TRUE(limited({.max_depth = 3}, R"({"openapi": "3.0.0", "x": [[[1]]]})"));
    EXPECT_TRUE(limited({}, R"({"x": )" + std::string(100'000, '[')));
    EXPECT_TRUE(
        limited({.max_operations = 1}, openapi_3(R"("paths": {"/a": {"get": {}, "put": {}}})")));
    EXPECT_TRUE(limited({.max_references = 1}, openapi_3(R"("paths": {"/a": {"get": {"parameters":
        [{"$ref": "#/x"}, {"$ref": "#/x"}]}}}, "x": {"name": "x", "in": "query"})")));
}

// R-380
TEST(openapi_load, a_small_document_cannot_multiply_itself_by_references) {
    std::string parameters;
    for (int i = 0; i != 100; ++i) {
        parameters += (i == 0 ? "" : ",") + std::string(R"({"in": "query", "name": "p)") +
                      std::to_string(i) + "\"}";
    }
    std::string paths;
    for (int i = 0; i != 10'000; ++i) {
        paths +=
            (i == 0 ? "" : ",") + std::string("\"/") + std::to_string(i) + R"(": {"$ref": "#/x"})";
    }
    coauth::error const wrong = error_of(openapi_3(
        "\"paths\": {" + paths + R"(}, "x": {"get": {"parameters": [)" + parameters + "]}}"));
    EXPECT_TRUE(wrong.is(errc::description_limit));
}

// R-380
TEST(openapi_load, one_operation_has_a_bounded_number_of_parameters) {
    std::string parameters;
    for (int i = 0; i != 1001; ++i) {
        parameters += (i == 0 ? "" : ",") + std::string(R"({"in": "query", "name": "p)") +
                      std::to_string(i) + "\"}";
    }
    EXPECT_TRUE(error_of(with_parameters(parameters)).is(errc::description_limit));
}

TEST(openapi_load, shows_nothing_unprintable_of_a_document) {
    coauth::error const wrong = error_of(openapi_3(R"("paths": {"/\u001b[31m\n": 5})"));
    EXPECT_EQ(wrong.message().find('\x1b'), std::string::npos);
    EXPECT_EQ(wrong.message().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace load_test
