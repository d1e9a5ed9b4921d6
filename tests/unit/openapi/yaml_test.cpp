// SPDX-License-Identifier: BSL-1.0
//
// Descriptions in YAML: what YAML has and JSON has not, and how it is kept from growing.

#include <coauth/openapi/load.hpp>
#include <coauth/openapi_yaml.hpp>

#include <cstddef>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>

namespace yaml_test {
namespace {

namespace openapi = coauth::openapi;
using coauth::errc;
using ::testing::HasSubstr;
using ::testing::SizeIs;

openapi::api_description parse(std::string text) {
    return openapi::parse(std::move(text), openapi::with_yaml());
}
coauth::error error_of(std::string text, openapi::limits bounds = {}) {
    openapi::import_options options;
    options.bounds = bounds;
    auto const read = openapi::try_parse(std::move(text), openapi::with_yaml(options));
    EXPECT_FALSE(read.has_value());
    return read ? coauth::error() : read.error();
}

TEST(openapi_yaml, reads_scalars_by_the_core_schema) {
    auto const api = parse(
        "swagger: 2.0\n"
        "host: h.example\n"
        "info: {title: 'on', version: 1.10}\n"
        "paths:\n"
        "  /a:\n"
        "    get:\n"
        "      operationId: 123\n"
        "      deprecated: true\n"
        "      summary: >\n"
        "        two\n"
        "        lines\n"
        "      responses: {200: {description: ~}}\n");
    EXPECT_EQ(api.format, "Swagger 2.0");
    EXPECT_EQ(api.version, "1.10");
    ASSERT_NE(api.find("123"), nullptr);
    EXPECT_TRUE(api.find("123")->deprecated);
    EXPECT_EQ(api.find("123")->summary, "two lines\n");
}

TEST(openapi_yaml, takes_json_as_well) {
    EXPECT_EQ(parse(R"({"openapi": "3.1.0"})").format, "OpenAPI 3.1.0");
}

TEST(openapi_yaml, anchors_aliases_and_merge_keys_mean_what_they_stand_for) {
    auto const api = parse(
        "openapi: 3.1.0\n"
        "x-limit: &limit {name: limit, in: query, schema: {type: integer}}\n"
        "x-base: &base\n"
        "  summary: from the base\n"
        "  operationId: base\n"
        "paths:\n"
        "  /a:\n"
        "    get:\n"
        "      <<: *base\n"
        "      operationId: own\n"
        "      parameters: [*limit]\n");
    ASSERT_NE(api.find("own"), nullptr);
    EXPECT_EQ(api.find("own")->summary, "from the base");
    EXPECT_EQ(api.find("own")->parameters[0].name, "limit");
}

TEST(openapi_yaml, tells_line_and_column_of_an_error) {
    EXPECT_THAT(error_of("openapi: 3.0.0\npaths:\n  /a: 5\n").message(),
                HasSubstr("/paths/~1a: line 3, column 7"));
    EXPECT_THAT(error_of("openapi: 3.0.0\n  bad: [\n").message(), HasSubstr("line 2"));
    EXPECT_TRUE(error_of("openapi: 3.0.0\nopenapi: 3.0.1\n").is(errc::invalid_description));
    EXPECT_TRUE(error_of("openapi: 3.0.0\n---\nopenapi: 3.0.1\n").is(errc::invalid_description));
    EXPECT_TRUE(error_of("? [a, b]\n: c\n").is(errc::invalid_description));
    EXPECT_TRUE(error_of("").is(errc::invalid_description));
    EXPECT_TRUE(error_of("openapi: \"\xff\"").is(errc::invalid_description));
}

// R-380
TEST(openapi_yaml, aliases_of_aliases_take_no_memory) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i != 60; ++i) {
        std::string const before = "*a" + std::to_string(i - 1);
        std::string const number = std::to_string(i);
        bomb += "a" + number + ": &a" + number + " [";
        for (int j = 0; j != 9; ++j) bomb += (j == 0 ? "" : ", ") + before;
        bomb += "]\n";
    }
    auto const api = parse("openapi: 3.0.0\n" + bomb + "paths: {/a: {get: {}}}\n");
    EXPECT_THAT(api.operations, SizeIs(1)) << "9^60 values, and none of them a copy";
    EXPECT_TRUE(error_of("openapi: 3.0.0\n" + bomb +
                         "paths: {/a: {get: {tags: *a59, "
                         "parameters: *a59}}}\n")
                    .is(errc::invalid_description))
        << "also where one is looked at, and where its place is told";
}

// R-380
TEST(openapi_yaml, an_alias_inside_of_what_it_means_is_an_error) {
    EXPECT_THAT(error_of("openapi: &a [*a]\n").message(), HasSubstr("stands inside"));
}

// R-380
TEST(openapi_yaml, merge_keys_count_what_they_copy) {
    std::string bomb = "m0: &m0 {a: 1, b: 1}\n";
    std::string last = "m0";
    for (int i = 1; i != 2000; ++i) {
        std::string const name = "m" + std::to_string(i);
        bomb += name + ": &" + name + " {<<: *" + last + ", k" + std::to_string(i) + ": 1}\n";
        last = name;
    }
    EXPECT_TRUE(error_of(bomb, {.max_values = 100'000}).is(errc::description_limit));
}

// R-380
TEST(openapi_yaml, keeps_to_depth_and_number_of_aliases) {
    EXPECT_TRUE(error_of("a: " + std::string(300, '[') + std::string(300, ']'))
                    .is(errc::description_limit));
    EXPECT_TRUE(static_cast<bool>(error_of(std::string(100'000, '['))));
    EXPECT_TRUE(
        error_of("a: &a 1\nb: [*a, *a]\n", {.max_references = 1}).is(errc::description_limit));
}

}  // namespace
}  // namespace yaml_test
