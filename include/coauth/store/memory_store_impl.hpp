// SPDX-License-Identifier: BSL-1.0
//
// Bodies of memory_store.hpp.

#ifndef COAUTH_STORE_MEMORY_STORE_IMPL_HPP
#define COAUTH_STORE_MEMORY_STORE_IMPL_HPP

#include <coauth/store/memory_store.hpp>

#include <coauth/detail/lock_pause.hpp>

#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace coauth {

struct memory_store::shelf {
    std::mutex mutex;
    std::map<store_key, secret> records;
    std::set<store_key> locked;

    struct held {
        held(std::shared_ptr<shelf> in, store_key const& which)
            : owner(std::move(in)), key(which) {}
        held(held&&) noexcept = default;
        held& operator=(held&&) = delete;
        ~held() {
            if (!owner) return;
            std::lock_guard const lock(owner->mutex);
            owner->locked.erase(key);
        }
        std::shared_ptr<shelf> owner;
        store_key key;
    };

    [[nodiscard]] bool try_lock(store_key const& key) {
        std::lock_guard const lock(mutex);
        return locked.insert(key).second;
    }
};

COAUTH_INLINE memory_store::memory_store() : shelf_(std::make_shared<shelf>()) {}

COAUTH_INLINE awaitable<std::optional<secret>> memory_store::load(store_key const& key) const {
    return load_from(shelf_, key);
}
COAUTH_INLINE awaitable<void> memory_store::save(store_key const& key, secret bytes) const {
    return save_to(shelf_, key, std::move(bytes));
}
COAUTH_INLINE awaitable<void> memory_store::erase(store_key const& key) const {
    return erase_from(shelf_, key);
}
COAUTH_INLINE awaitable<store_lock> memory_store::lock(store_key const& key) const {
    return lock_in(shelf_, key);
}

COAUTH_INLINE std::size_t memory_store::size() const {
    std::lock_guard const lock(shelf_->mutex);
    return shelf_->records.size();
}

COAUTH_INLINE awaitable<std::optional<secret>> memory_store::load_from(std::shared_ptr<shelf> from,
                                                                       store_key key) {
    std::lock_guard const lock(from->mutex);
    auto const found = from->records.find(key);
    if (found == from->records.end()) co_return std::nullopt;
    co_return found->second.clone();
}

COAUTH_INLINE awaitable<void> memory_store::save_to(std::shared_ptr<shelf> to, store_key key,
                                                    secret bytes) {
    std::lock_guard const lock(to->mutex);
    to->records.insert_or_assign(key, std::move(bytes));
    co_return;
}

COAUTH_INLINE awaitable<void> memory_store::erase_from(std::shared_ptr<shelf> from, store_key key) {
    std::lock_guard const lock(from->mutex);
    from->records.erase(key);
    co_return;
}

COAUTH_INLINE awaitable<store_lock> memory_store::lock_in(std::shared_ptr<shelf> in,
                                                          store_key key) {
    any_executor const executor = co_await asio::this_coro::executor;
    detail::lock_pause pause(executor);
    while (!in->try_lock(key)) co_await pause.wait();
    co_return store_lock(shelf::held(in, key));
}

}  // namespace coauth

#endif
