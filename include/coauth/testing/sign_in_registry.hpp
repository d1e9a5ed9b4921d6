// SPDX-License-Identifier: BSL-1.0
//
// What a testing authorization server has in hand between a person's word and a token: codes,
// device codes and refresh tokens. Not synchronised.

#ifndef COAUTH_TESTING_SIGN_IN_REGISTRY_HPP
#define COAUTH_TESTING_SIGN_IN_REGISTRY_HPP

#include <coauth/clock.hpp>
#include <coauth/codec/base64.hpp>
#include <coauth/crypto/digest.hpp>
#include <coauth/crypto/random.hpp>
#include <coauth/scope.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

/// Begins with "test-", so that one which turns up where it should not can be found.
[[nodiscard]] inline std::string test_code(std::string_view kind) {
    return "test-" + std::string(kind) + "-" + base64url_encode(random_bytes(24));
}

/// To whom, and for what.
struct signed_in {
    std::string client_id;
    coauth::scope scope;
};

class sign_in_registry {
public:
    explicit sign_in_registry(coauth::clock clock) : clock_(std::move(clock)) {}

    /// RFC 6749 §4.1.2, RFC 7636 §4.4: good once, for a minute. No challenge: no verifier either.
    [[nodiscard]] std::string issue_code(signed_in who, std::string redirect_uri,
                                         std::string challenge) {
        std::string code = test_code("code");
        codes_[code] = {std::move(who), std::move(redirect_uri), std::move(challenge),
                        clock_.now() + std::chrono::minutes(1)};
        return code;
    }
    [[nodiscard]] std::optional<signed_in> redeem_code(std::string const& code,
                                                       std::string const& client_id,
                                                       std::string const& redirect_uri,
                                                       std::string const& verifier) {
        auto const found = codes_.extract(code);
        if (!found) return std::nullopt;
        code_grant const& g = found.mapped();
        bool const proven = g.challenge.empty()
                                ? verifier.empty()
                                : base64url_encode(as_bytes(sha256(verifier))) == g.challenge;
        bool const good = proven && g.who.client_id == client_id &&
                          g.redirect_uri == redirect_uri && clock_.now() < g.expiry;
        return good ? std::optional(g.who) : std::nullopt;
    }

    [[nodiscard]] std::string issue_refresh_token(signed_in who) {
        std::string token = test_code("refresh");
        refresh_tokens_[token] = std::move(who);
        return token;
    }
    /// Good once: another one comes with the renewal.
    [[nodiscard]] std::optional<signed_in> redeem_refresh_token(std::string const& token,
                                                                std::string const& client_id) {
        auto const found = refresh_tokens_.find(token);
        if (found == refresh_tokens_.end() || found->second.client_id != client_id) {
            return std::nullopt;
        }
        return refresh_tokens_.extract(found).mapped();
    }
    void revoke_refresh_tokens() { refresh_tokens_.clear(); }

    /// RFC 8628 §3.2.
    [[nodiscard]] std::string issue_device_code(signed_in who, duration lifetime,
                                                duration interval) {
        std::string code = test_code("device");
        devices_[code] = {std::move(who), clock_.now() + lifetime, clock_.now(), interval};
        return code;
    }
    /// What to answer, and to whom; the error is empty when the person may decide.
    struct device_answer {
        std::string_view error;
        signed_in who;
    };
    /// Who asks faster than the interval is told to slow down, for good (RFC 8628 §3.5).
    [[nodiscard]] device_answer ask_device(std::string const& code, std::string const& client_id) {
        auto const found = devices_.find(code);
        if (found == devices_.end() || found->second.who.client_id != client_id) {
            return {"invalid_grant", {}};
        }
        device_grant& d = found->second;
        time_point const now = clock_.now();
        if (now >= d.expiry) return {"expired_token", {}};
        bool const early = now - d.last < d.interval;
        d.last = now;
        if (early) d.interval += std::chrono::seconds(5);
        return {early ? "slow_down" : "", d.who};
    }
    void close_device(std::string const& code) { devices_.erase(code); }

private:
    struct code_grant {
        signed_in who;
        std::string redirect_uri;
        std::string challenge;
        time_point expiry;
    };
    struct device_grant {
        signed_in who;
        time_point expiry;
        time_point last;
        duration interval{};
    };

    coauth::clock clock_;
    std::map<std::string, code_grant> codes_;
    std::map<std::string, device_grant> devices_;
    std::map<std::string, signed_in> refresh_tokens_;
};

}  // namespace coauth::detail

#endif
