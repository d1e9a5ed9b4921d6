// SPDX-License-Identifier: BSL-1.0

#include <coauth/crypto/digest.hpp>
#include <coauth/crypto/hmac_memo.hpp>

#include <atomic>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

namespace hmac_memo_test {
namespace {

using coauth::hex;
using coauth::hmac_sha256;
using coauth::secret;
using coauth::detail::hmac_memo;

TEST(hmac_memo, has_the_digests_of_rfc_4231_also_the_second_time) {
    hmac_memo mac;
    secret const key(std::string(20, '\x0b'));
    for (int i = 0; i != 3; ++i) {
        EXPECT_EQ(hex(mac.digest(key, "Hi There")),
                  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    }
    EXPECT_EQ(hex(mac.digest(secret("Jefe"), "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(hmac_memo, agrees_with_openssl_whatever_key_comes_after_whatever_other) {
    hmac_memo mac;
    for (std::size_t size : {32U, 64U, 65U, 200U, 32U, 1U}) {
        std::string const key(size, static_cast<char>('a' + size % 26));
        for (std::size_t length : {0U, 1U, 63U, 64U, 1000U}) {
            std::string const message(length, 'm');
            EXPECT_EQ(mac.digest(secret(key), message), hmac_sha256(key, message)) << size;
        }
    }
}

TEST(hmac_memo, serves_threads_with_keys_of_their_own) {
    hmac_memo mac;
    std::atomic<int> wrong{0};
    {
        std::vector<std::jthread> threads;
        for (char name : {'a', 'b', 'c', 'd'}) {
            threads.emplace_back([&, name] {
                std::string const key(40, name);
                for (int i = 0; i != 500; ++i) {
                    std::string const message = std::to_string(i / 3);
                    if (mac.digest(secret(key), message) != hmac_sha256(key, message)) ++wrong;
                }
            });
        }
    }
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace hmac_memo_test
