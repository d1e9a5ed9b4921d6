// SPDX-License-Identifier: BSL-1.0
//
// Private keys that never come into this process: SoftHSM in place of a hardware module, reached
// through OpenSSL's engine for PKCS#11.

#include "support/embedded.hpp"
#include "support/scratch.hpp"

#include <coauth/http/tls_context.hpp>
#include <coauth/jose/signing_key.hpp>

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/engine.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <vector>

// Providers for PKCS#11 are not in Debian 12; its engine is, and OpenSSL 3 calls engines old.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace hardware_key_test {
namespace {

using namespace coauth_test;
using key_handle = std::shared_ptr<EVP_PKEY>;

key_handle key_from(std::string const& text) {
    std::shared_ptr<BIO> const pem(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
                                   BIO_free_all);
    return {PEM_read_bio_PrivateKey(pem.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
}

constexpr char const* module_path = "/usr/lib/softhsm/libsofthsm2.so";

bool run_program(std::vector<std::string> arguments) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ::posix_spawn_file_actions_t quiet;
    ::posix_spawn_file_actions_init(&quiet);
    ::posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1, 0);
    ::posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", 1, 0);
    ::pid_t child = 0;
    int status = -1;
    int const failed = ::posix_spawnp(&child, argv[0], &quiet, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&quiet);
    return failed == 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

/// A token with one key in it, and the engine that leads there. Once for all tests: the engine
/// reads the environment when it is loaded.
class soft_hsm {
public:
    static soft_hsm& instance() {
        static soft_hsm hsm;
        return hsm;
    }
    /// Null where one of the packages is missing.
    [[nodiscard]] key_handle const& key() const { return key_; }
    /// That of the testing authority, whose key is in the module.
    [[nodiscard]] coauth::testing::certificate const& certificate() const { return certificate_; }
    [[nodiscard]] coauth::testing::certificate_authority const& authority() const { return ca_; }

private:
    soft_hsm() : certificate_(ca_.client()) {
        std::filesystem::create_directory(folder_.file("tokens"));
        std::ofstream(folder_.file("conf"))
            << "directories.tokendir = " << folder_.file("tokens") << "\nlog.level = ERROR\n";
        std::ofstream(folder_.file("key.pem")) << certificate_.private_key_pem;
        ::setenv("SOFTHSM2_CONF", folder_.file("conf").c_str(), 1);
        bool const made =
            run_program({"softhsm2-util", "--init-token", "--free", "--label", "coauth", "--pin",
                         "1234", "--so-pin", "1234"}) &&
            run_program({"softhsm2-util", "--import", folder_.file("key.pem"), "--token", "coauth",
                         "--label", "key", "--id", "01", "--pin", "1234"});
        std::filesystem::remove(folder_.file("key.pem"));
        if (made) open();
    }
    void open() {
        ENGINE_load_builtin_engines();
        engine_.reset(ENGINE_by_id("pkcs11"), ENGINE_free);
        if (engine_ == nullptr ||
            ENGINE_ctrl_cmd_string(engine_.get(), "MODULE_PATH", module_path, 0) != 1 ||
            ENGINE_init(engine_.get()) != 1) {
            ERR_clear_error();
            return;
        }
        constexpr char const* uri = "pkcs11:token=coauth;object=key;type=private;pin-value=1234";
        key_.reset(ENGINE_load_private_key(engine_.get(), uri, nullptr, nullptr), EVP_PKEY_free);
    }

    scratch_directory folder_;
    coauth::testing::certificate_authority ca_;
    coauth::testing::certificate certificate_;
    std::shared_ptr<ENGINE> engine_;
    key_handle key_;
};

class hardware_key : public ::testing::Test {
protected:
    void SetUp() override {
        if (soft_hsm::instance().key() != nullptr) return;
        GTEST_SKIP() << "there is no SoftHSM with an engine for OpenSSL (Debian: apt-get install "
                        "softhsm2 libengine-pkcs11-openssl)";
    }
    soft_hsm& hsm = soft_hsm::instance();
};

//
TEST_F(hardware_key, signs_assertions_and_does_not_leave_its_module) {
    auto const key = coauth::signing_key::adopt(hsm.key().get());
    ASSERT_TRUE(key.has_value()) << key.error().what();
    coauth::detail::wiped_buffer signature;
    key->sign_to(signature, "message");
    EXPECT_EQ(signature.size(), 64U);
    coauth::secret const text(hsm.certificate().private_key_pem);
    EXPECT_EQ(key->thumbprint(), coauth::signing_key::load(text).value().thumbprint());
    auto const number_in = [](key_handle const& of) {
        return EC_KEY_get0_private_key(EVP_PKEY_get0_EC_KEY(of.get()));
    };
    BIGNUM const* const shown = number_in(hsm.key());  // the engine may make one up
    EXPECT_TRUE(shown == nullptr ||
                BN_cmp(shown, number_in(key_from(hsm.certificate().private_key_pem))) != 0);
    ERR_clear_error();
}

//
TEST_F(hardware_key, belongs_to_a_client_certificate) {
    coauth::testing::http_server api(
        {.tls = hsm.authority().server(),
         .client_certificate = coauth::testing::client_certificates::required,
         .client_ca_pem = hsm.authority().ca_pem()},
        coauth::testing::synchronous_handler([](coauth::testing::server_request const& r) {
            return coauth::testing::server_response(200, "text/plain", r.client_certificate);
        }));
    asio::io_context io;
    coauth::rest_client_config config;
    config.base_url = api.url("/");
    config.tls.system_trust = false;
    config.tls.ca_pem = hsm.authority().ca_pem();
    config.tls.certificate_pem = hsm.certificate().certificate_pem;
    config.tls.private_key = hsm.key();
    config.authorization = coauth::client_certificate(config.tls);
    coauth::rest_client const client(io.get_executor(), std::move(config));
    EXPECT_EQ(run(io, client.get("/")).body(), hsm.certificate().thumbprint);
}

// Keys of an engine are of the old kind, which says less of itself. Two of them are two identities.
TEST(a_key_that_is_there_already, has_the_public_part_of_the_same_key_as_text) {
    coauth::testing::certificate_authority const ca("test");
    std::string const ec = ca.client().private_key_pem;
    key_handle const rsa(EVP_RSA_gen(2048), EVP_PKEY_free);
    std::shared_ptr<EC_KEY> const old_ec(EVP_PKEY_get1_EC_KEY(key_from(ec).get()), EC_KEY_free);
    std::shared_ptr<RSA> const old_rsa(EVP_PKEY_get1_RSA(rsa.get()), RSA_free);
    key_handle const one(EVP_PKEY_new(), EVP_PKEY_free);
    key_handle const two(EVP_PKEY_new(), EVP_PKEY_free);
    ASSERT_EQ(EVP_PKEY_set1_EC_KEY(one.get(), old_ec.get()), 1);
    ASSERT_EQ(EVP_PKEY_set1_RSA(two.get(), old_rsa.get()), 1);
    EXPECT_EQ(coauth::signing_key::adopt(one.get()).value().public_jwk(),
              coauth::signing_key::load(coauth::secret(ec)).value().public_jwk());
    EXPECT_EQ(coauth::signing_key::adopt(two.get()).value().public_jwk(),
              coauth::signing_key::adopt(rsa.get()).value().public_jwk());
}

// Also without a module.
TEST(a_key_that_is_there_already, has_to_belong_to_its_certificate) {
    coauth::testing::certificate_authority const ca("test");
    auto const one = ca.client();
    key_handle const key = key_from(one.private_key_pem);
    coauth::tls_config config;
    config.private_key = key;
    auto const without = coauth::http::tls_context::make(config);
    EXPECT_TRUE(without.error().is(coauth::errc::invalid_client_certificate));
    config.certificate_pem = one.certificate_pem;
    EXPECT_TRUE(coauth::http::tls_context::make(config).has_value());
    config.certificate_pem = ca.client().certificate_pem;
    auto const other = coauth::http::tls_context::make(config);
    EXPECT_TRUE(other.error().is(coauth::errc::invalid_client_certificate));
}

}  // namespace
}  // namespace hardware_key_test

#pragma GCC diagnostic pop
