// SPDX-License-Identifier: BSL-1.0
//
// What is left in the memory of a process, and in the files, of a token that went through a store.

#include "support/embedded.hpp"
#include "support/other_process.hpp"
#include "support/process_memory.hpp"
#include "support/recording_server.hpp"
#include "support/stores.hpp"

#include <coauth/coauth.hpp>
#include <coauth/crypto/random.hpp>
#include <coauth/crypto/scrypt.hpp>
#include <coauth/detail/ascii.hpp>
#include <coauth/detail/store_directory.hpp>
#include <coauth/store/file_store.hpp>
#include <coauth/store/sealed.hpp>
#include <coauth/store/token_records.hpp>
#include <coauth/testing/manual_clock.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace store_memory_test {
namespace {

using namespace coauth_test;
using namespace std::chrono_literals;
using coauth::secret;

/// Random hexadecimal digits, so that neither the program nor its constants hold them.
secret fresh_secret() {
    coauth::detail::wiped_buffer text;
    secret const drawn = coauth::random_secret(30);
    for (char const c : drawn.reveal()) {
        text.push_back("0123456789abcdef"[(c >> 4) & 15]);
        text.push_back("0123456789abcdef"[c & 15]);
    }
    return secret(text.view());
}

/// The end of it: the allocator overwrites the first 16 bytes of a freed block. The mask is put on
/// byte by byte, so that the text is never there in one piece.
masked_text end_of(std::string_view held) {
    masked_text text("");
    for (char const c : held.substr(held.size() - 20)) text.add(c);
    return text;
}
masked_text end_of(secret const& held) { return end_of(held.reveal()); }

bool stands_in_a_file(scratch_directory const& directory, masked_text const& text) {
    for (auto const& file : std::filesystem::directory_iterator(directory.path())) {
        std::string const bytes = content(file.path());
        for (std::size_t i = 0; i + text.size() <= bytes.size(); ++i) {
            if (text.matches(bytes.data() + i)) return true;
        }
    }
    return false;
}

struct looked_for {
    masked_text access, refresh, key;
};

/// Saves and loads once, and drops everything that held a secret.
looked_for use_a_store(scratch_directory const& directory) {
    secret const access = fresh_secret();
    secret const refresh = fresh_secret();
    secret const key = fresh_secret();
    coauth::stored_token token = a_token(access.reveal(), refresh.reveal());
    coauth::token_records const records(
        coauth::sealed(coauth::file_store(directory.path()),
                       coauth::sealing_key(secret(key.reveal().substr(0, 32)))),
        std::chrono::minutes(1));
    auto const done = ended(records.try_save(key_of("a"), token));
    EXPECT_TRUE(done && done.value());
    auto const found = ended(records.try_load(key_of("a")));
    EXPECT_TRUE(found && found.value() && *found.value());
    EXPECT_EQ((**found).value().access_token, access);
    secret const used_key(key.reveal().substr(0, 32));
    return {end_of(access), end_of(refresh), end_of(used_key)};
}

// R-198, R-277
TEST(a_token_that_went_through_a_store, stands_in_no_file_and_in_no_freed_memory) {
    COAUTH_NEEDS_SEARCHABLE_MEMORY();
    scratch_directory const directory;
    looked_for const texts = use_a_store(directory);
    process_memory const memory;
    EXPECT_EQ(memory.count(texts.access), 0U);
    EXPECT_EQ(memory.count(texts.refresh), 0U);
    EXPECT_EQ(memory.count(texts.key), 0U);
    EXPECT_FALSE(stands_in_a_file(directory, texts.access));
    EXPECT_FALSE(stands_in_a_file(directory, texts.refresh));
}

TEST(a_token_that_went_through_a_store, would_be_found_where_it_is) {
    COAUTH_NEEDS_SEARCHABLE_MEMORY();
    scratch_directory const directory;
    secret const held = fresh_secret();
    put(directory.file(key_of("a").text()), held.reveal());
    EXPECT_TRUE(stands_in_a_file(directory, end_of(held)));
    EXPECT_GE(process_memory().count(end_of(held)), 1U);
}

constexpr std::size_t tokens_of_a_life = 3;
using tokens = std::array<secret, tokens_of_a_life>;
using masked_tokens = std::vector<masked_text>;

masked_tokens ends_of(tokens const& all) {
    masked_tokens masked;
    for (secret const& one : all) masked.push_back(end_of(one));
    return masked;
}

/// Gives one pair after the other, each refresh token for the next one.
int serve(line_end talk, tokens const& access, tokens const& refresh) {
    std::size_t given = 0;
    recording_server const server([&](server_request const& r) {
        std::string const present =
            given == 0 ? std::string("grant_type=client_credentials")
                       : "refresh_token=" + std::string(refresh[given - 1].reveal());
        if (given == tokens_of_a_life || r.body.find(present) == std::string::npos) {
            return server_response::json(400, R"({"error":"invalid_grant"})");
        }
        std::string body = R"({"token_type":"Bearer","expires_in":3600,"access_token":")";
        body += access[given].reveal();
        body += R"(","refresh_token":")";
        body += refresh[given].reveal();
        body += "\"}";
        ++given;
        return server_response::json(200, std::move(body));
    });
    talk.say(server.url("/token"));
    while (talk.hear()) talk.say(std::to_string(server.count()));
    return 0;
}

/// A token source of this process, whose server and whose secrets are in another one.
class a_token_source_with_a_store : public ::testing::Test {
protected:
    void SetUp() override {
        COAUTH_NEEDS_SEARCHABLE_MEMORY();
        tokens access;
        tokens refresh;
        for (std::size_t i = 0; i != tokens_of_a_life; ++i) {
            access[i] = fresh_secret();
            refresh[i] = fresh_secret();
        }
        // Forked here: that process has copies, and this one forgets them.
        server.emplace([&](line_end talk) { return serve(talk, access, refresh); });
        url = server->hear();
        all_access = ends_of(access);
        all_refresh = ends_of(refresh);
    }
    void TearDown() override {
        // Not before the search: the allocator would give the freed memory to others.
        server.reset();
    }

    [[nodiscard]] coauth::token_source make(asio::io_context& io, coauth::sealing_key key) const {
        coauth::token_source_config c;
        c.token_url = url;
        c.client = coauth::client_secret_basic("id", coauth::secret("not-a-real-secret"));
        c.clock = clock;
        c.lifetime.min_refresh_interval = 0s;
        c.log = coauth::exchange_log();
        c.store = coauth::sealed(coauth::file_store(directory.path()), std::move(key));
        return coauth::token_source(io.get_executor(), std::move(c));
    }
    /// The token is the one of this number.
    void expect(coauth::token_source const& source, asio::io_context& io,
                std::size_t number) const {
        coauth::result<coauth::token_ref> const got = run(io, source.try_get());
        ASSERT_TRUE(got) << got.error().what();
        std::string_view const text = got->access_token();
        EXPECT_TRUE(all_access[number].matches(text.data() + text.size() - 20)) << number;
        EXPECT_EQ(process_memory().count(all_access[number]), 1U) << "while it is in use";
    }
    /// A fetch, a save, a load and two refreshes; nothing is left of it in the end.
    void live(coauth::sealing_key const& key, masked_tokens const& of_key) const {
        for (std::size_t number : {0U, 1U}) {
            asio::io_context io;
            coauth::token_source const source = make(io, key);
            expect(source, io, number);  // the second one by a load
            clock.advance(2h);
            expect(source, io, number + 1);
            EXPECT_GE(process_memory().count(all_refresh[number + 1]), 1U) << "while it is in use";
            EXPECT_GE(process_memory().count(of_key.back()), 1U) << "while it is in use";
            run(io, source.stop(1s));
        }
        server->say("how many?");
        EXPECT_EQ(server->hear(), std::to_string(tokens_of_a_life));
    }
    void expect_nothing_left(masked_tokens const& keys) const {
        process_memory const memory;
        for (std::size_t i = 0; i != tokens_of_a_life; ++i) {
            EXPECT_EQ(memory.count(all_access[i]), 0U) << "access token " << i;
            EXPECT_EQ(memory.count(all_refresh[i]), 0U) << "refresh token " << i;
        }
        for (std::size_t i = 0; i != keys.size(); ++i) {
            EXPECT_EQ(memory.count(keys[i]), 0U) << "key " << i;
        }
    }

    scratch_directory directory;
    coauth::testing::manual_clock clock;
    std::optional<talking_process> server;
    std::string url;
    masked_tokens all_access;
    masked_tokens all_refresh;
};

// R-198, R-199, R-277
TEST_F(a_token_source_with_a_store, leaves_no_token_and_no_key_behind) {
    masked_tokens key;
    {
        secret const text = fresh_secret();
        secret fixed(text.reveal().substr(0, 32));
        key.push_back(end_of(fixed));
        live(coauth::sealing_key(std::move(fixed)), key);
    }
    expect_nothing_left(key);
}

TEST_F(a_token_source_with_a_store, leaves_nothing_of_a_key_from_a_file) {
    masked_tokens key;
    std::string const file = directory.path() + "/key";
    {
        secret const digits = fresh_secret();
        coauth::detail::wiped_buffer text;
        text.append(digits.reveal());
        text.append("0123");
        coauth::detail::wiped_buffer bytes;
        for (std::size_t i = 0; i != text.size(); i += 2) {
            bytes.push_back(static_cast<char>(coauth::detail::hex_digit(text.view()[i]) * 16 +
                                              coauth::detail::hex_digit(text.view()[i + 1])));
        }
        key = {end_of(text.view()), end_of(bytes.view())};
        // Not by a stream, which would keep it in a buffer.
        coauth::detail::file_descriptor const out(::open(file.c_str(), O_WRONLY | O_CREAT, 0600));
        ASSERT_EQ(::write(out.get(), text.data(), text.size()),
                  static_cast<::ssize_t>(text.size()));
    }
    live(coauth::sealing_key(secret::from_file(file), coauth::aead_cipher::chacha20_poly1305), key);
    expect_nothing_left(key);
}

TEST_F(a_token_source_with_a_store, leaves_nothing_of_a_passphrase_and_the_key_derived_from_it) {
    masked_tokens key;
    {
        secret passphrase = fresh_secret();
        std::string const salt = "orders, test";
        key.push_back(end_of(passphrase));
        key.push_back(end_of(coauth::scrypt(passphrase.reveal(), salt, coauth::aead_key_size)));
        live(coauth::sealing_key::from_passphrase(std::move(passphrase), salt), key);
    }
    expect_nothing_left(key);
}

}  // namespace
}  // namespace store_memory_test
