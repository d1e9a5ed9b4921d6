// SPDX-License-Identifier: BSL-1.0
//
// The access tokens that a testing authorization server has issued. Any thread.

#ifndef COAUTH_TESTING_TOKEN_REGISTRY_HPP
#define COAUTH_TESTING_TOKEN_REGISTRY_HPP

#include <coauth/clock.hpp>
#include <coauth/codec/base64.hpp>
#include <coauth/scope.hpp>

#include <array>
#include <cstddef>
#include <deque>
#include <mutex>
#include <openssl/rand.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace coauth::testing {

enum class token_state : unsigned char { unknown, active, expired, revoked };

/// What a resource server learns about a token.
struct token_information {
    token_state state = token_state::unknown;
    std::string client_id = {};
    coauth::scope scope = {};  ///< As granted.
};

/// Remembers the last 100,000 tokens; older ones become unknown.
class token_registry {
public:
    explicit token_registry(coauth::clock clock = {}) : clock_(std::move(clock)) {}

    /// A token of 256 random bits, active from now for `lifetime`. It begins with "test-token-", so
    /// that one which turns up where it should not can be found.
    [[nodiscard]] std::string issue(std::string client_id, coauth::scope scope, duration lifetime) {
        std::array<unsigned char, 32> random{};
        if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
            throw std::runtime_error("coauth::testing: no random bytes");
        }
        std::string token =
            "test-token-" +
            base64url_encode({reinterpret_cast<char const*>(random.data()), random.size()});
        std::lock_guard const lock(mutex_);
        if (order_.size() == capacity) {
            tokens_.erase(order_.front());
            order_.pop_front();
        }
        order_.push_back(token);
        tokens_.emplace(token, entry{std::move(client_id), std::move(scope),
                                     saturating_add(clock_.now(), lifetime), false});
        return token;
    }

    /// False when the token is unknown.
    bool revoke(std::string_view token) {
        std::lock_guard const lock(mutex_);
        auto const found = tokens_.find(std::string(token));
        if (found == tokens_.end()) return false;
        found->second.revoked = true;
        return true;
    }

    void revoke_all() {
        std::lock_guard const lock(mutex_);
        for (auto& [token, issued] : tokens_) issued.revoked = true;
    }

    [[nodiscard]] token_information look_up(std::string_view token) const {
        std::lock_guard const lock(mutex_);
        auto const found = tokens_.find(std::string(token));
        if (found == tokens_.end()) return {};
        entry const& e = found->second;
        token_state state = token_state::active;
        if (clock_.now() >= e.expiry) state = token_state::expired;
        if (e.revoked) state = token_state::revoked;
        return {state, e.client_id, e.scope};
    }

private:
    static constexpr std::size_t capacity = 100'000;

    struct entry {
        std::string client_id;
        coauth::scope scope;
        time_point expiry;
        bool revoked;
    };

    coauth::clock clock_;
    std::mutex mutable mutex_;
    std::unordered_map<std::string, entry> tokens_;
    std::deque<std::string> order_;
};

}  // namespace coauth::testing

#endif
