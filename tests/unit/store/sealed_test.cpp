// SPDX-License-Identifier: BSL-1.0

#include <coauth/store/memory_store.hpp>
#include <coauth/store/sealed.hpp>

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <support/effort.hpp>
#include <support/stores.hpp>
#include <utility>
#include <vector>

namespace sealed_test {
namespace {

using namespace coauth_test;
using coauth::aead_cipher;
using coauth::errc;
using coauth::memory_store;
using coauth::sealed;
using coauth::sealing_key;
using coauth::secret;

constexpr std::string_view unreadable = "store_record_unreadable";

sealing_key key_with(char c, aead_cipher cipher = aead_cipher::aes_256_gcm) {
    return sealing_key(secret(std::string(32, c)), cipher);
}

class sealed_store : public ::testing::TestWithParam<aead_cipher> {
protected:
    [[nodiscard]] std::string raw() const { return loaded(below, key); }

    memory_store below;
    sealed store{below, key_with('k', GetParam())};
    coauth::store_key key = key_of("a");
};

TEST_P(sealed_store, gives_back_what_was_saved_and_keeps_only_ciphertext) {
    EXPECT_EQ(loaded(store, key), "-");
    EXPECT_EQ(saved(store, key, "correct-horse-battery-staple"), "");
    EXPECT_EQ(loaded(store, key), "correct-horse-battery-staple");
    EXPECT_EQ(raw().find("horse"), std::string::npos);
    EXPECT_TRUE(ended(store.erase(key)));
    EXPECT_EQ(below.size(), 0U);
}

//
TEST_P(sealed_store, opens_nothing_after_one_bit_has_flipped_and_never_says_which) {
    ASSERT_EQ(saved(store, key, "a record"), "");
    std::string const good = raw();
    std::set<std::string> texts;
    for (std::size_t bit = 0; bit != 8 * good.size(); ++bit) {
        std::string bad = good;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
        ASSERT_EQ(saved(below, key, bad), "");
        auto const found = ended(store.load(key));
        ASSERT_FALSE(found) << "bit " << bit;
        EXPECT_TRUE(found.error().is(errc::store_record_unreadable)) << "bit " << bit;
        texts.insert(found.error().what());
    }
    EXPECT_EQ(texts.size(), 1U);
}

//
TEST_P(sealed_store, opens_nothing_that_was_cut_or_extended) {
    ASSERT_EQ(saved(store, key, "a record"), "");
    std::string const good = raw();
    for (std::size_t size = 0; size != good.size(); ++size) {
        ASSERT_EQ(saved(below, key, good.substr(0, size)), "");
        EXPECT_EQ(loaded(store, key), unreadable) << size;
    }
    ASSERT_EQ(saved(below, key, good + '\0'), "");
    EXPECT_EQ(loaded(store, key), unreadable);
}

//
TEST_P(sealed_store, opens_no_record_in_the_place_of_another) {
    coauth::store_key const other = key_of("b");
    ASSERT_EQ(saved(store, key, "of tenant a"), "");
    ASSERT_EQ(saved(store, other, "of tenant b"), "");
    std::string const a = raw();
    ASSERT_EQ(saved(below, key, loaded(below, other)), "");
    ASSERT_EQ(saved(below, other, a), "");
    EXPECT_EQ(loaded(store, key), unreadable);
    EXPECT_EQ(loaded(store, other), unreadable);
}

// nothing in a record can tell; what follows is the server's invalid_grant.
TEST_P(sealed_store, opens_an_older_record_that_was_put_back) {
    ASSERT_EQ(saved(store, key, "old"), "");
    std::string const old = raw();
    ASSERT_EQ(saved(store, key, "new"), "");
    ASSERT_EQ(saved(below, key, old), "");
    EXPECT_EQ(loaded(store, key), "old");
}

//
TEST_P(sealed_store, opens_nothing_with_a_wrong_key) {
    ASSERT_EQ(saved(store, key, "a record"), "");
    EXPECT_EQ(loaded(sealed(below, key_with('x', GetParam())), key), unreadable);
    aead_cipher const other = GetParam() == aead_cipher::aes_256_gcm
                                  ? aead_cipher::chacha20_poly1305
                                  : aead_cipher::aes_256_gcm;
    EXPECT_EQ(loaded(sealed(below, key_with('k', other)), key), unreadable);
}

//
TEST_P(sealed_store, opens_with_a_previous_key_and_seals_anew_with_the_next_save) {
    ASSERT_EQ(saved(store, key, "a record"), "");
    sealed const only_new(below, key_with('n'));
    sealed const rotated = sealed(below, key_with('n')).opening_with(key_with('k', GetParam()));
    EXPECT_EQ(loaded(rotated, key), "a record");
    EXPECT_EQ(loaded(only_new, key), unreadable);
    EXPECT_EQ(saved(rotated, key, "next"), "");
    EXPECT_EQ(loaded(only_new, key), "next");
    EXPECT_EQ(loaded(store, key), unreadable);
}

//
TEST_P(sealed_store, names_a_later_version_as_such) {
    ASSERT_EQ(saved(store, key, "a record"), "");
    std::string newer = raw();
    newer[6] = 2;
    newer[7] = static_cast<char>(~2);
    ASSERT_EQ(saved(below, key, newer), "");
    EXPECT_EQ(loaded(store, key), "store_record_newer");
}

INSTANTIATE_TEST_SUITE_P(ciphers, sealed_store,
                         ::testing::Values(aead_cipher::aes_256_gcm,
                                           aead_cipher::chacha20_poly1305));

//
TEST(sealing, draws_a_nonce_of_its_own_for_each_write) {
    coauth::detail::record_key const with(secret(std::string(32, 'k')), aead_cipher::aes_256_gcm);
    coauth::store_key const key = key_of("a");
    std::vector<std::string> nonces(coauth_test::times(1'000'000));
    for (std::string& nonce : nonces) {
        nonce = coauth::detail::seal_record(with, key, {}).substr(17, 12);
    }
    std::sort(nonces.begin(), nonces.end());
    EXPECT_EQ(std::adjacent_find(nonces.begin(), nonces.end()), nonces.end());
}

std::string opened_by(sealing_key one, sealing_key other) {
    memory_store const below;
    EXPECT_EQ(saved(sealed(below, std::move(one)), key_of("a"), "a record"), "");
    return loaded(sealed(below, std::move(other)), key_of("a"));
}

TEST(a_sealing_key, is_the_same_as_bytes_and_as_hexadecimal_digits) {
    std::string const digits = "6B" + std::string(62, '6');
    std::string const bytes = "k" + std::string(31, 'f');
    EXPECT_EQ(opened_by(sealing_key(secret(digits)), sealing_key(secret(bytes))), "a record");
}

TEST(a_sealing_key, comes_from_a_file_or_a_variable) {
    scratch_directory const directory;
    std::string const file = directory.path() + "/key";
    put(file, std::string(64, 'a') + "\n");
    ::setenv("COAUTH_TEST_SEALING_KEY", std::string(64, 'a').c_str(), 1);
    EXPECT_EQ(opened_by(sealing_key(secret::from_file(file)),
                        sealing_key(secret::from_env("COAUTH_TEST_SEALING_KEY"))),
              "a record");
    ::unsetenv("COAUTH_TEST_SEALING_KEY");
}

TEST(a_sealing_key, is_asked_for_once_when_a_provider_has_it_and_again_when_it_has_not) {
    int asked = 0;
    auto const provider = [&asked]() -> coauth::awaitable<secret> {
        if (++asked == 1) throw std::runtime_error("the vault is sealed");
        co_return secret(std::string(32, 'k'));
    };
    memory_store const below;
    sealed const store(below, sealing_key(provider));
    EXPECT_EQ(saved(store, key_of("a"), "x"), "store_unavailable");
    EXPECT_EQ(saved(store, key_of("a"), "x"), "");
    EXPECT_EQ(loaded(store, key_of("a")), "x");
    EXPECT_EQ(asked, 2);
}

TEST(a_sealing_key, of_another_size_is_refused_and_not_printed) {
    for (std::string const& bad :
         {std::string("not-a-real-secret"), std::string(31, 'k'), std::string(64, 'x')}) {
        auto const done =
            ended(sealed(memory_store(), sealing_key(secret(bad))).save(key_of("a"), secret("x")));
        ASSERT_FALSE(done);
        EXPECT_TRUE(done.error().is(errc::secret_unavailable));
        EXPECT_EQ(done.error().what().find(bad), std::string::npos);
    }
}

//
TEST(a_sealing_key, of_a_passphrase_depends_on_the_passphrase_and_the_salt) {
    auto const key = [](char const* passphrase, char const* salt) {
        return sealing_key::from_passphrase(secret(passphrase), salt);
    };
    EXPECT_EQ(opened_by(key("pass", "service a"), key("pass", "service a")), "a record");
    EXPECT_EQ(opened_by(key("pass", "service a"), key("Pass", "service a")), unreadable);
    EXPECT_EQ(opened_by(key("pass", "service a"), key("pass", "service b")), unreadable);
    EXPECT_THROW(static_cast<void>(key("pass", "short")), coauth::exception);
}

TEST(a_sealing_key, that_was_derived_too_late_for_one_caller_is_there_for_the_next) {
    sealing_key const key = sealing_key::from_passphrase(secret("pass"), "a service");
    asio::io_context io;
    asio::cancellation_signal leave;
    asio::co_spawn(io, key.read(), asio::bind_cancellation_slot(leave.slot(), asio::detached));
    io.poll();
    leave.emit(asio::cancellation_type::terminal);
    io.run();
    auto const known = ended(key.read());
    ASSERT_TRUE(known);
    EXPECT_EQ(known.value(), key.known());
}

}  // namespace
}  // namespace sealed_test
