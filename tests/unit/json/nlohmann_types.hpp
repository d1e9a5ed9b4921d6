// SPDX-License-Identifier: BSL-1.0
//
// Types for the tests of the nlohmann/json adapter, with and without diagnostics.

#ifndef COAUTH_TESTS_UNIT_JSON_NLOHMANN_TYPES_HPP
#define COAUTH_TESTS_UNIT_JSON_NLOHMANN_TYPES_HPP

#include <coauth/json/nlohmann.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct address {
    std::string city;
    int zip = 0;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(address, city, zip)
};

struct person {
    std::string name;
    std::vector<address> addresses;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(person, name, addresses)
};

struct picky {};
[[maybe_unused]] void from_json(nlohmann::json const& from, picky&) {
    throw std::runtime_error("do not like " + from.dump());
}

}  // namespace

#endif
