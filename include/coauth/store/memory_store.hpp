// SPDX-License-Identifier: BSL-1.0
//
// A store that ends with the process, for tests: what a program does with a store can be seen
// without files. Any thread.

#ifndef COAUTH_STORE_MEMORY_STORE_HPP
#define COAUTH_STORE_MEMORY_STORE_HPP

#include <coauth/detail/awaitable.hpp>
#include <coauth/secret.hpp>
#include <coauth/store/store_key.hpp>
#include <coauth/store/store_lock.hpp>

#include <cstddef>
#include <memory>
#include <optional>

namespace coauth {

/// A token_store. A handle: copies share what is stored.
class memory_store {
public:
    memory_store();

    [[nodiscard]] awaitable<std::optional<secret>> load(store_key const& key) const;
    [[nodiscard]] awaitable<void> save(store_key const& key, secret bytes) const;
    [[nodiscard]] awaitable<void> erase(store_key const& key) const;
    /// Excludes the other holders within the process.
    [[nodiscard]] awaitable<store_lock> lock(store_key const& key) const;

    /// How many records there are.
    [[nodiscard]] std::size_t size() const;

private:
    struct shelf;

    static awaitable<std::optional<secret>> load_from(std::shared_ptr<shelf> from, store_key key);
    static awaitable<void> save_to(std::shared_ptr<shelf> to, store_key key, secret bytes);
    static awaitable<void> erase_from(std::shared_ptr<shelf> from, store_key key);
    static awaitable<store_lock> lock_in(std::shared_ptr<shelf> in, store_key key);

    std::shared_ptr<shelf> shelf_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/store/memory_store_impl.hpp>
#endif

#endif
