// SPDX-License-Identifier: BSL-1.0
//
// What a client proved itself with in its last token request, as a digest under a key that exists
// here only: enough to see that the secret is another one by now. Any thread.

#ifndef COAUTH_CLIENT_AUTH_CREDENTIAL_MEMORY_HPP
#define COAUTH_CLIENT_AUTH_CREDENTIAL_MEMORY_HPP

#include <coauth/crypto/digest.hpp>
#include <coauth/crypto/random.hpp>
#include <coauth/protocol/token_request.hpp>
#include <coauth/secret.hpp>

#include <mutex>
#include <optional>

namespace coauth::detail {

class credential_memory {
public:
    /// A token request is about to be authenticated.
    void begin() {
        std::lock_guard const lock(mutex_);
        failed_ = true;
    }

    /// It has been. True when it has not been before, or was with another credential.
    bool note(token_request const& r) {
        std::optional<sha256_digest> now;
        if (!r.credential().empty()) now = hmac_sha256(key_.reveal(), r.credential().reveal());
        std::lock_guard const lock(mutex_);
        bool const other = digest_ && now && !equal_in_constant_time(*digest_, *now);
        bool const changed = failed_ || other;
        failed_ = false;
        digest_ = now;
        return changed;
    }

    /// Another look may tell something.
    [[nodiscard]] bool can_change() const {
        std::lock_guard const lock(mutex_);
        return failed_ || digest_;
    }

private:
    secret const key_ = random_secret(32);
    mutable std::mutex mutex_;
    bool failed_ = false;
    std::optional<sha256_digest> digest_;
};

}  // namespace coauth::detail

#endif
