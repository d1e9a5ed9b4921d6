// SPDX-License-Identifier: BSL-1.0
//
// Bodies of token_records.hpp.

#ifndef COAUTH_STORE_TOKEN_RECORDS_IMPL_HPP
#define COAUTH_STORE_TOKEN_RECORDS_IMPL_HPP

#include <coauth/store/token_records.hpp>

#include <coauth/detail/within.hpp>

#include <exception>
#include <mutex>
#include <set>
#include <utility>

namespace coauth {

struct token_records::core {
    core(any_token_store s, duration l) : store(std::move(s)), limit(l) {}

    void note(store_key const& key, bool is_newer) {
        std::lock_guard const lock(mutex);
        if (is_newer) {
            newer.insert(key);
        } else {
            newer.erase(key);
        }
    }
    [[nodiscard]] bool keeps(store_key const& key) {
        std::lock_guard const lock(mutex);
        return newer.contains(key);
    }

    any_token_store const store;
    duration const limit;
    std::mutex mutex;
    std::set<store_key> newer;
};

COAUTH_INLINE token_records::token_records(any_token_store store, duration limit)
    : core_(std::make_shared<core>(std::move(store), limit)) {}

COAUTH_INLINE awaitable<result<std::optional<stored_token>>> token_records::try_load(
    store_key const& key) const {
    return load(core_, key);
}

COAUTH_INLINE awaitable<result<void>> token_records::try_save(store_key const& key,
                                                              stored_token const& token) const {
    return try_save(key, token, core_->limit);
}

COAUTH_INLINE awaitable<result<void>> token_records::try_save(store_key const& key,
                                                              stored_token const& token,
                                                              duration patience) const {
    try {
        return save(core_, key, token.to_bytes(), patience);
    } catch (...) {
        return save(core_, key, detail::store_failure(std::current_exception()), patience);
    }
}

COAUTH_INLINE awaitable<result<void>> token_records::try_erase(store_key const& key) const {
    core_->note(key, false);
    return detail::within(core_->store.erase(key), core_->limit);
}

COAUTH_INLINE awaitable<result<store_lock>> token_records::try_lock(store_key const& key,
                                                                    duration patience) const {
    return detail::within(core_->store.lock(key), patience);
}

COAUTH_INLINE awaitable<result<std::optional<stored_token>>> token_records::load(
    std::shared_ptr<core> c, store_key key) {
    result<std::optional<secret>> const bytes =
        co_await detail::within(c->store.load(key), c->limit);
    if (!bytes) {
        if (bytes.error().is(errc::store_record_newer)) c->note(key, true);
        co_return bytes.error();
    }
    std::optional<stored_token> found;
    if (bytes.value()) {
        result<stored_token> token = stored_token::from_bytes(bytes.value()->reveal());
        c->note(key, !token && token.error().is(errc::store_record_newer));
        if (!token) co_return std::move(token).error();
        found = *std::move(token);
    }
    co_return std::move(found);
}

COAUTH_INLINE awaitable<result<void>> token_records::save(std::shared_ptr<core> c, store_key key,
                                                          result<secret> bytes, duration patience) {
    if (!bytes) co_return std::move(bytes).error();
    if (c->keeps(key)) co_return detail::newer_record();
    co_return co_await detail::within(c->store.save(key, *std::move(bytes)), patience);
}

}  // namespace coauth

#endif
