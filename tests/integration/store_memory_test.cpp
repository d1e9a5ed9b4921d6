// SPDX-License-Identifier: BSL-1.0
//
// What is left in the memory of a process, and in the files, of a token that went through a store.

#include "support/process_memory.hpp"
#include "support/stores.hpp"

#include <coauth/crypto/random.hpp>
#include <coauth/store/file_store.hpp>
#include <coauth/store/sealed.hpp>
#include <coauth/store/token_records.hpp>

#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace store_memory_test {
namespace {

using namespace coauth_test;
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
masked_text end_of(secret const& held) {
    masked_text text("");
    for (char const c : held.reveal().substr(held.size() - 20)) text.add(c);
    return text;
}

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

//
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

}  // namespace
}  // namespace store_memory_test
