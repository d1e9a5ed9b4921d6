// SPDX-License-Identifier: BSL-1.0
//
// CPU time of importing a description of about 1.5 MB, beside that of parsing it with
// nlohmann/json, which knows nothing of it afterwards. Prints "NAME VALUE UNIT" lines.

#include <coauth/openapi.hpp>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

using nlohmann::json;

/// Operations with references, schemas and prose, as large descriptions have them.
std::string description(std::size_t bytes) {
    json document = {{"openapi", "3.0.3"},
                     {"info", {{"title", "Generated"}, {"version", "1"}}},
                     {"servers", {{{"url", "https://api.example.com/v1"}}}},
                     {"security", {{{"oauth", {"read"}}}}}};
    json const flow = {{"tokenUrl", "https://as.example.com/token"},
                       {"scopes", {{"read", "Read"}}}};
    json& components = document["components"];
    components["securitySchemes"]["oauth"] = {{"type", "oauth2"},
                                              {"flows", {{"clientCredentials", flow}}}};
    std::string const prose =
        "Returns the things that the caller may see.\n\nThe order is \"natural\": newest first. "
        "Use `limit` and `offset` to page through them; a page has at most 250 items.";
    for (char const* const name : {"limit", "offset"}) {
        components["parameters"][name] = {{"name", name},
                                          {"in", "query"},
                                          {"description", prose},
                                          {"schema", {{"type", "integer"}, {"default", 20}}}};
    }
    for (int i = 0; document.dump(2).size() < bytes; i += 16) {
        for (int j = i; j != i + 16; ++j) {
            std::string const number = std::to_string(j);
            json properties;
            for (int k = 0; k != 12; ++k) {
                properties["property" + std::to_string(k)] = {
                    {"type", k % 3 == 0 ? "integer" : "string"},
                    {"description", prose.substr(0, 60)},
                    {"example", k % 3 == 0 ? json(k) : json("example \u00e9")}};
            }
            components["schemas"]["Thing" + number] = {{"type", "object"},
                                                       {"properties", properties}};
            json const schema = {{"$ref", "#/components/schemas/Thing" + number}};
            json const content = {{"application/json", {{"schema", schema}}}};
            json const id = {{"name", "id"},
                             {"in", "path"},
                             {"required", true},
                             {"schema", {{"type", "string"}}}};
            json const responses = {{"200", {{"description", "Good"}, {"content", content}}},
                                    {"404", {{"description", "Nothing there"}}}};
            json const limit = {{"$ref", "#/components/parameters/limit"}};
            json const offset = {{"$ref", "#/components/parameters/offset"}};
            json& path = document["paths"]["/things" + number + "/{id}"];
            path["get"] = {{"operationId", "getThing" + number},
                           {"description", prose},
                           {"parameters", {id, limit, offset}},
                           {"responses", responses}};
            path["put"] = {{"operationId", "putThing" + number},
                           {"description", prose},
                           {"parameters", json::array({id})},
                           {"requestBody", {{"content", content}}},
                           {"responses", responses}};
        }
    }
    return document.dump(2);
}

double cpu_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// The least of several: whatever else the machine does only adds.
template <class Work>
double least_ms(int repetitions, Work work) {
    double least = 1e9;
    for (int i = 0; i != repetitions; ++i) {
        double const before = cpu_ms();
        work();
        least = std::min(least, cpu_ms() - before);
    }
    return least;
}

}  // namespace

int main() {
    bool const quick = std::getenv("COAUTH_BENCH_QUICK") != nullptr;
    int const repetitions = quick ? 10 : 50;
    std::string const text = description(1'500'000);
    std::size_t operations = 0;
    std::size_t members = 0;
    double const import =
        least_ms(repetitions, [&] { operations = coauth::openapi::parse(text).operations.size(); });
    double const parse = least_ms(repetitions, [&] { members = json::parse(text).size(); });
    if (operations == 0 || members == 0) return 1;
    std::cout << "bytes " << text.size() << " B\n"
              << "operations " << operations << " 1\n"
              << "import " << import << " ms\n"
              << "nlohmann_parse " << parse << " ms\n"
              << "ratio " << import / parse << " 1\n";
}
