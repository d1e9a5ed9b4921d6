// SPDX-License-Identifier: BSL-1.0
//
// Encrypts what goes into a store and authenticates what comes out of it, whichever store that is.
// const use from any thread.

#ifndef COAUTH_STORE_SEALED_HPP
#define COAUTH_STORE_SEALED_HPP

#include <coauth/config.hpp>
#include <coauth/detail/awaitable.hpp>
#include <coauth/secret.hpp>
#include <coauth/store/sealing_key.hpp>
#include <coauth/store/store_key.hpp>
#include <coauth/store/store_lock.hpp>
#include <coauth/store/token_store.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coauth {

/// A token_store over another one. Each record has a random nonce of its own, so one key is good
/// for 2^32 writes (NIST SP 800-38D §8.3); it is bound to its key, its version and the id of the
/// sealing key, so that a record that was moved, cut, extended or changed does not open. An older
/// record put back in the place of a newer one does.
class sealed {
public:
    sealed(any_token_store below, sealing_key key);

    /// Also opens what `previous` has sealed; the next save seals it anew. Before its first use.
    [[nodiscard]] sealed opening_with(sealing_key previous) &&;

    /// Throws coauth::exception: errc::store_record_unreadable for a record that does not open,
    /// whatever the reason, errc::store_record_newer for one of a later version.
    [[nodiscard]] awaitable<std::optional<secret>> load(store_key const& key) const;
    [[nodiscard]] awaitable<void> save(store_key const& key, secret bytes) const;
    [[nodiscard]] awaitable<void> erase(store_key const& key) const;
    [[nodiscard]] awaitable<store_lock> lock(store_key const& key) const;

private:
    using keys = std::shared_ptr<std::vector<sealing_key> const>;

    static awaitable<std::optional<secret>> open_from(any_token_store below, keys with,
                                                      store_key key);
    static awaitable<void> seal_to(any_token_store below, keys with, store_key key, secret bytes);

    any_token_store below_;
    keys keys_;
};

namespace detail {

/// The record of `key`: a head, of which the AEAD authenticates all but the nonce together with
/// `key`, then the ciphertext and its tag.
[[nodiscard]] std::string seal_record(record_key const& with, store_key const& key,
                                      std::string_view plain);
/// Nothing when it was not sealed with this key for `key`, or has changed since.
[[nodiscard]] std::optional<secret> open_record(record_key const& with, store_key const& key,
                                                std::string_view record);

}  // namespace detail
}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/store/sealed_impl.hpp>
#endif

#endif
