// SPDX-License-Identifier: BSL-1.0
//
// Reads the published vectors under tests/vectors. For tests only.

#ifndef COAUTH_TESTS_UNIT_VECTOR_FILE_HPP
#define COAUTH_TESTS_UNIT_VECTOR_FILE_HPP

#include <coauth/codec/json_reader.hpp>

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <string_view>

namespace coauth_test {

/// The bytes of a file; a failure of the running test when there is none.
[[nodiscard]] inline std::string read_vector(std::string const& name) {
    std::ifstream file(std::string(COAUTH_TEST_VECTORS "/") + name, std::ios::binary);
    EXPECT_TRUE(file.good()) << name;
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Calls `check(input, output)` for the cases of rfc_scalars.json with that id. An output that is a
/// number is handed over as its text.
template <class Check>
void for_each_scalar(std::string_view id, Check check) {
    std::string const text = read_vector("rfc_scalars.json");
    coauth::json_object_reader document(text);
    while (document.next()) {
        if (document.name() != "cases") continue;
        coauth::json_reader cases(document.value().raw());
        ASSERT_EQ(cases.next(), coauth::json_event::begin_array);
        coauth::json_value item;
        while (cases.next_value(item)) {
            std::string item_id, input, output;
            coauth::json_object_reader members(item.raw());
            while (members.next()) {
                coauth::json_value const& v = members.value();
                std::string const value =
                    v.is(coauth::json_type::string) ? v.to_string() : std::string(v.raw());
                if (members.name() == "id") item_id = value;
                if (members.name() == "input") input = value;
                if (members.name() == "output") output = value;
            }
            if (item_id == id) check(input, output);
        }
    }
    EXPECT_FALSE(document.failed()) << document.reason();
}

}  // namespace coauth_test

#endif
