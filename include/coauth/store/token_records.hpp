// SPDX-License-Identifier: BSL-1.0
//
// The tokens in a store: bytes become records, every wait is bounded, every failure is an error
// instead of an exception, and what a later version wrote is not overwritten. Any thread.

#ifndef COAUTH_STORE_TOKEN_RECORDS_HPP
#define COAUTH_STORE_TOKEN_RECORDS_HPP

#include <coauth/clock.hpp>
#include <coauth/config.hpp>
#include <coauth/detail/awaitable.hpp>
#include <coauth/result.hpp>
#include <coauth/store/store_key.hpp>
#include <coauth/store/store_lock.hpp>
#include <coauth/store/stored_token.hpp>
#include <coauth/store/token_store.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace coauth {

/// A handle: copies share the store. Awaited on a sequential executor; a cancelled await ends as
/// errc::cancelled, and a save that has been given to the store goes on.
class token_records {
public:
    /// `limit` bounds each load, save and erase.
    explicit token_records(any_token_store store, duration limit = std::chrono::milliseconds(250));

    /// Nothing where there is no record.
    [[nodiscard]] awaitable<result<std::optional<stored_token>>> try_load(
        store_key const& key) const;
    /// errc::store_record_newer, and nothing is written, when the last try_load() of this key said
    /// so.
    [[nodiscard]] awaitable<result<void>> try_save(store_key const& key,
                                                   stored_token const& token) const;
    /// The same for somebody who holds the lock until the end: `patience` in place of the limit.
    [[nodiscard]] awaitable<result<void>> try_save(store_key const& key, stored_token const& token,
                                                   duration patience) const;
    [[nodiscard]] awaitable<result<void>> try_erase(store_key const& key) const;
    /// Waits at most `patience` until nobody else renews the token: lock, load, decide, renew,
    /// save, unlock.
    [[nodiscard]] awaitable<result<store_lock>> try_lock(store_key const& key,
                                                         duration patience) const;

private:
    struct core;

    static awaitable<result<std::optional<stored_token>>> load(std::shared_ptr<core> c,
                                                               store_key key);
    static awaitable<result<void>> save(std::shared_ptr<core> c, store_key key,
                                        result<secret> bytes, duration patience);

    std::shared_ptr<core> core_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/store/token_records_impl.hpp>
#endif

#endif
