// SPDX-License-Identifier: BSL-1.0
//
// API descriptions in JSON and YAML, within small limits: a description or one error with its
// place, never anything else.

#include "target.hpp"

#include <coauth/openapi.hpp>
#include <coauth/openapi_yaml.hpp>

#include <string>
#include <string_view>

namespace openapi_fuzz {
namespace {

namespace openapi = coauth::openapi;
using coauth::errc;
using coauth_fuzz::require;

openapi::import_options small() {
    openapi::import_options options;
    options.bounds = {.max_bytes = 16 * 1024,
                      .max_values = 2000,
                      .max_depth = 40,
                      .max_documents = 2,
                      .max_references = 200,
                      .max_operations = 20};
    options.fetched_from = "https://api.example.com/spec/api.json";
    return options;
}

void check_operation(openapi::operation const& one) {
    require(!one.method.empty() && one.path.starts_with('/'), "an operation has method and path");
    for (openapi::parameter const& p : one.parameters) {
        require(!p.name.empty(), "a parameter has a name");
    }
}

void check(std::string_view text, openapi::import_options const& options) {
    auto const read = openapi::try_parse(std::string(text), options);
    if (!read) {
        coauth::error const& e = read.error();
        require(e.is(errc::invalid_description) || e.is(errc::description_limit) ||
                    e.is(errc::unsupported_description),
                "a description that is refused is one of three errors: " + e.what());
        require(!e.message().empty(), "and says where");
        return;
    }
    require(read->operations.size() <= options.bounds.max_operations, "no more operations");
    require(read->format.starts_with(read->swagger ? "Swagger 2.0" : "OpenAPI 3."),
            "the format is a known one");
    for (openapi::operation const& one : read->operations) {
        check_operation(one);
        openapi::operation const* const found = read->find(one.method, one.path);
        require(found != nullptr && found->path == one.path, "an operation is found by its path");
    }
    for (openapi::security_scheme const& scheme : read->schemes) {
        require(read->find_scheme(scheme.name) != nullptr, "a scheme is found by its name");
    }
}

COAUTH_FUZZ_TARGET(openapi, input) {
    check(input, small());
    check(input, openapi::with_yaml(small()));
}

}  // namespace
}  // namespace openapi_fuzz
