// SPDX-License-Identifier: BSL-1.0
//
// What holds a secret does not print: there is nothing to mask where there is no text.

#include <coauth/coauth.hpp>
#include <coauth/exchange_log.hpp>

#include <gtest/gtest.h>

#include <ostream>

namespace printing_test {
namespace {

template <class T>
concept printable = requires(std::ostream& out, T const& value) {
    out << value;
}
|| requires(T const& value) { to_string(value); };

//
TEST(configurations_tokens_and_requests, have_no_textual_form) {
    EXPECT_FALSE(printable<coauth::secret>);
    EXPECT_FALSE(printable<coauth::secret_reference>);
    EXPECT_FALSE(printable<coauth::token_ref>);
    EXPECT_FALSE(printable<coauth::token_response>);
    EXPECT_FALSE(printable<coauth::token_request>);
    EXPECT_FALSE(printable<coauth::token_source>);
    EXPECT_FALSE(printable<coauth::token_source_config>);
    EXPECT_FALSE(printable<coauth::rest_client_config>);
    EXPECT_FALSE(printable<coauth::request>);
    EXPECT_FALSE(printable<coauth::response>);
    EXPECT_FALSE(printable<coauth::authorization>);
    EXPECT_FALSE(printable<coauth::http_fields>);
    EXPECT_FALSE(printable<coauth::detail::wiped_buffer>);
    EXPECT_TRUE(printable<std::string>);
    EXPECT_TRUE(printable<coauth::stage>);
}

}  // namespace
}  // namespace printing_test
