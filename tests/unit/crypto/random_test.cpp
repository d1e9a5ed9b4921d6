// SPDX-License-Identifier: BSL-1.0

#include <coauth/crypto/random.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace random_test {
namespace {

using namespace coauth;

TEST(random, bytes_have_the_wanted_length_and_do_not_repeat) {
    EXPECT_EQ(random_bytes(0).size(), 0U);
    std::set<std::string> seen;
    for (int i = 0; i != 1000; ++i) seen.insert(random_bytes(16));
    EXPECT_EQ(seen.size(), 1000U);
    EXPECT_EQ(seen.begin()->size(), 16U);
}

TEST(random, a_random_secret_is_one) {
    secret const a = random_secret(32);
    secret const b = random_secret(32);
    EXPECT_EQ(a.size(), 32U);
    EXPECT_FALSE(a == b);
}

TEST(random, the_fraction_is_at_least_zero_and_less_than_one) {
    double least = 1;
    double most = 0;
    for (int i = 0; i != 10'000; ++i) {
        double const x = random_unit();
        ASSERT_GE(x, 0.0);
        ASSERT_LT(x, 1.0);
        least = std::min(least, x);
        most = std::max(most, x);
    }
    EXPECT_LT(least, 0.1);
    EXPECT_GT(most, 0.9);
}

}  // namespace
}  // namespace random_test
