// SPDX-License-Identifier: BSL-1.0
//
// Many threads that make TLS contexts for the same certificates, while others let go of theirs.

#include <support/yield.hpp>  // first

#include <coauth/http/tls_edition.hpp>
#include <coauth/testing/pki.hpp>

#include <gtest/gtest.h>
#include <memory>
#include <openssl/ssl.h>
#include <set>
#include <thread>
#include <vector>

namespace trust_store_test {
namespace {

using namespace coauth;

TEST(trust_store_threads, end_up_with_one_store) {
    constexpr std::size_t threads = 4;
    tls_config config;
    config.system_trust = false;
    config.ca_pem = coauth::testing::certificate_authority().ca_pem();
    for (int attempt = 0; attempt != 50; ++attempt) {
        std::vector<std::shared_ptr<http::tls_edition const>> made(threads);
        {
            std::vector<std::jthread> workers;
            for (auto& mine : made) {
                workers.emplace_back([&config, &mine] {
                    for (int turn = 0; turn != 3; ++turn) {
                        mine = nullptr;
                        mine = http::tls_edition::load(config, 1).value();
                    }
                });
            }
        }
        std::set<X509_STORE*> stores;
        for (auto const& one : made) stores.insert(SSL_CTX_get_cert_store(one->native()));
        EXPECT_EQ(stores.size(), 1U);
    }
}

}  // namespace
}  // namespace trust_store_test
