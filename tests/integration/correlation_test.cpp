// SPDX-License-Identifier: BSL-1.0
//
// Tokens and secrets are told apart without showing what could be guessed from: no output has a
// digest of one, whole or cut, and what a cache keeps is a digest under a random key.

#include "support/embedded.hpp"
#include "support/recording_server.hpp"
#include "support/scratch.hpp"

#include <coauth/codec/base64.hpp>
#include <coauth/crypto/digest.hpp>
#include <coauth/exchange_log_columns.hpp>
#include <coauth/exchange_log_har.hpp>
#include <coauth/exchange_log_html.hpp>
#include <coauth/exchange_log_text.hpp>
#include <coauth/metrics.hpp>
#include <coauth/store/file_store.hpp>
#include <coauth/store/sealed.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <openssl/evp.h>
#include <string>
#include <string_view>
#include <vector>

namespace correlation_test {
namespace {

using namespace coauth_test;
using namespace std::string_view_literals;

constexpr std::string_view weak_secret = "hunter2";

/// The first characters of every usual way to write a digest of `text`.
std::vector<std::string> digests_of(std::string_view text) {
    std::vector<std::string> all;
    for (char const* name : {"MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA3-256"}) {
        std::array<char, EVP_MAX_MD_SIZE> digest{};
        unsigned size = 0;
        EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
                   EVP_get_digestbyname(name), nullptr);
        std::string_view const bytes(digest.data(), size);
        std::string const lower = coauth::hex(bytes).substr(0, 12);
        std::string upper = lower;
        std::transform(upper.begin(), upper.end(), upper.begin(),
                       [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
        all.insert(all.end(), {lower, upper, coauth::base64_encode(bytes).substr(0, 10),
                               coauth::base64url_encode(bytes).substr(0, 10)});
    }
    return all;
}

/// All that the library has to say about calls with these secrets, and the names of its files.
struct outputs {
    std::string text;

    void add(std::string_view more) { text.append(more).append("\n"); }
    void add(coauth::exchange_log const& log) {
        add(coauth::to_text(log));
        add(coauth::to_columns(log));
        add(coauth::to_har(log));
        add(coauth::to_html(log));
    }
    void add_files(std::string const& folder) {
        for (auto const& entry : std::filesystem::recursive_directory_iterator(folder)) {
            add(entry.path().filename().string());
        }
    }
};

// R-197
TEST(correlation, no_output_has_a_digest_of_a_token_or_a_secret) {
    scratch_directory const folder;
    outputs said;
    asio::io_context io;
    recording_token_endpoint endpoint;
    endpoint.set([&endpoint](server_request const&) {
        std::string const number = std::to_string(endpoint.count());
        return server_response::json(200, R"({"access_token":"1234)" + number +
                                              R"(","refresh_token":"5678)" + number +
                                              R"(","token_type":"Bearer","expires_in":3600})");
    });
    recording_server api([](server_request const& r) {
        bool const first = r.fields.find("Authorization") == "Bearer 12341";
        return first ? server_response(401) : server_response(200, "text/plain", "ok");
    });
    coauth::exchange_log const log;
    coauth::metrics const metrics;
    coauth::token_source_config config = endpoint.source();
    config.client = coauth::client_secret_basic("id", coauth::secret(weak_secret));
    config.observer = metrics;
    config.log = log;
    config.store = coauth::sealed(coauth::file_store(folder.path()),
                                  coauth::sealing_key(coauth::secret(std::string(32, 'k'))));
    coauth::token_source const tokens(io.get_executor(), std::move(config));
    coauth::rest_client_config client_config;
    client_config.base_url = api.url("/");
    client_config.authorization = tokens;
    client_config.observer = metrics;
    client_config.log = log;
    coauth::rest_client const client(io.get_executor(), std::move(client_config));
    EXPECT_EQ(run(io, client.get("/x")).status(), 200);
    EXPECT_EQ(endpoint.count(), 2U);
    endpoint.set([](server_request const&) {
        return server_response::json(401, R"({"error":"invalid_client"})");
    });
    tokens.erase();
    said.add(run(io, client.try_send({"GET", "/x"})).error().what());

    said.add(log);
    std::string page;
    metrics.write_openmetrics(page);
    said.add(page);
    said.add_files(folder.path());
    ASSERT_NE(said.text.find("invalid_client"), std::string::npos);
    ASSERT_NE(said.text.find("grant_type"), std::string::npos);
    for (std::string_view const secret :
         {weak_secret, "id:hunter2"sv, "aWQ6aHVudGVyMg=="sv, "Basic aWQ6aHVudGVyMg=="sv, "12341"sv,
          "12342"sv, "Bearer 12341"sv, "Bearer 12342"sv, "56781"sv, "56782"sv}) {
        for (std::string const& digest : digests_of(secret)) {
            EXPECT_EQ(said.text.find(digest), std::string::npos) << secret << ' ' << digest;
        }
    }
    // That it would have been found.
    EXPECT_EQ(digests_of("abc")[12], "ba7816bf8f01");
}

// R-197
TEST(correlation, the_name_of_a_credential_in_a_cache_depends_on_a_key_of_that_cache) {
    coauth::token_cache const one;
    coauth::token_cache const other;
    std::string const name = one.credential_identity(weak_secret);
    EXPECT_EQ(name, one.credential_identity(weak_secret));
    EXPECT_NE(name, one.credential_identity("hunter3"));
    EXPECT_NE(name, other.credential_identity(weak_secret));
    for (std::string const& digest : digests_of(weak_secret)) {
        EXPECT_EQ(name.find(digest), std::string::npos);
    }
}

}  // namespace
}  // namespace correlation_test
