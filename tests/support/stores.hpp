// SPDX-License-Identifier: BSL-1.0
//
// What the tests of token stores share: keys, records with a canary in them, and a way
// to run one operation to its end.

#ifndef COAUTH_TESTS_SUPPORT_STORES_HPP
#define COAUTH_TESTS_SUPPORT_STORES_HPP

#include <support/scratch.hpp>

#include <coauth/crypto/digest.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/detail/within.hpp>
#include <coauth/store/stored_token.hpp>
#include <coauth/store/token_store.hpp>

#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth_test {

/// Runs it on a context of its own; its failure comes as an error.
template <class T>
coauth::result<T> ended(coauth::awaitable<T> work) {
    asio::io_context io;
    coauth::result<T> outcome = coauth::error(coauth::errc::broken_flight);
    asio::co_spawn(io, coauth::detail::within(std::move(work), coauth::duration::max()),
                   [&](std::exception_ptr const& thrown, coauth::result<T> r) {
                       if (thrown) std::rethrow_exception(thrown);
                       outcome = std::move(r);
                   });
    io.run();
    return outcome;
}

inline coauth::store_key key_of(std::string_view name) {
    return coauth::store_key(coauth::sha256(name));
}

/// What a load has found, as text; "-" for nothing, the name of the code for a failure.
inline std::string loaded(coauth::any_token_store const& store, coauth::store_key const& key) {
    coauth::result<std::optional<coauth::secret>> found = ended(store.load(key));
    if (!found) return std::string(found.error().code().message());
    if (!*found) return "-";
    return std::string((**found).reveal());
}

/// Empty when it went well, else the name of the code.
inline std::string saved(coauth::any_token_store const& store, coauth::store_key const& key,
                         std::string_view text) {
    coauth::result<void> const done = ended(store.save(key, coauth::secret(text)));
    return done ? std::string() : done.error().code().message();
}

inline coauth::stored_token a_token(std::string_view access, std::string_view refresh = {}) {
    using namespace std::chrono_literals;
    coauth::stored_token token;
    token.access_token = coauth::secret(access);
    token.refresh_token = coauth::secret(refresh);
    token.issued_at = coauth::stored_token::wall_clock::time_point(1'700'000'000'123ms);
    token.expires_at = token.issued_at + 1h;
    return token;
}

inline std::string content(std::filesystem::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline void put(std::filesystem::path const& file, std::string_view bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
    std::filesystem::permissions(file, std::filesystem::perms(0600));
}

}  // namespace coauth_test

#endif
