// SPDX-License-Identifier: BSL-1.0
//
// Where tokens outlive the process: the concept, and the erased form that the library holds by
// value. const use from any thread.

#ifndef COAUTH_STORE_TOKEN_STORE_HPP
#define COAUTH_STORE_TOKEN_STORE_HPP

#include <coauth/config.hpp>
#include <coauth/detail/awaitable.hpp>
#include <coauth/secret.hpp>
#include <coauth/store/store_key.hpp>
#include <coauth/store/store_lock.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace coauth {

/// Keeps bytes under keys; what they mean is not its business. `load` gives nothing where there is
/// none, `save` replaces as a whole and has stored durably when it returns, `erase` of nothing is
/// no error. All run on the source's executor, which they must not block, and fail by an exception.
/// The library bounds how long it waits; an operation that does not end when it is cancelled is
/// left behind, and what it gives is dropped.
///
/// A type that several processes share also has `lock(store_key) -> awaitable<store_lock>`: waits
/// until nobody else holds the lock of that key, and is cancellable. A lock ends with its process.
///
/// A store is movable. The concept does not ask: for a store made from an any_token_store the
/// answer would depend on the concept.
template <class T>
concept token_store = requires(T const& t, store_key const& key, secret bytes) {
    { t.load(key) } -> std::same_as<awaitable<std::optional<secret>>>;
    { t.save(key, std::move(bytes)) } -> std::same_as<awaitable<void>>;
    { t.erase(key) } -> std::same_as<awaitable<void>>;
};

/// Any token_store. A handle: copies share the store, which lives as long as one of them or an
/// operation on it.
class any_token_store {
public:
    /// None: tokens stay in memory.
    any_token_store() = default;

    template <class T>
    requires(!std::same_as<std::remove_cvref_t<T>, any_token_store>) &&
        token_store<std::remove_cvref_t<T>> any_token_store(T&& store)
        : self_(std::make_shared<model<std::remove_cvref_t<T>> const>(std::forward<T>(store))) {}

    [[nodiscard]] explicit operator bool() const noexcept { return self_ != nullptr; }

    // Preconditions of the rest: not empty.

    [[nodiscard]] awaitable<std::optional<secret>> load(store_key const& key) const {
        return load_from(self_, key);
    }
    [[nodiscard]] awaitable<void> save(store_key const& key, secret bytes) const {
        return save_to(self_, key, std::move(bytes));
    }
    [[nodiscard]] awaitable<void> erase(store_key const& key) const {
        return erase_from(self_, key);
    }
    /// A lock that holds nothing, at once, where the store has none.
    [[nodiscard]] awaitable<store_lock> lock(store_key const& key) const {
        return lock_in(self_, key);
    }

private:
    struct interface {
        virtual ~interface() = default;
        virtual awaitable<std::optional<secret>> load(store_key const& key) const = 0;
        virtual awaitable<void> save(store_key const& key, secret bytes) const = 0;
        virtual awaitable<void> erase(store_key const& key) const = 0;
        virtual awaitable<store_lock> lock(store_key const& key) const = 0;
    };
    using handle = std::shared_ptr<interface const>;

    static awaitable<store_lock> nothing_to_lock();

    template <class T>
    struct model final : interface {
        static_assert(std::is_move_constructible_v<T>);
        explicit model(T s) : store(std::move(s)) {}
        awaitable<std::optional<secret>> load(store_key const& key) const override {
            return store.load(key);
        }
        awaitable<void> save(store_key const& key, secret bytes) const override {
            return store.save(key, std::move(bytes));
        }
        awaitable<void> erase(store_key const& key) const override { return store.erase(key); }
        awaitable<store_lock> lock(store_key const& key) const override {
            if constexpr (requires {
                              { store.lock(key) } -> std::same_as<awaitable<store_lock>>;
                          }) {
                return store.lock(key);
            } else {
                return nothing_to_lock();
            }
        }
        T store;
    };

    // Each keeps the store and the key for as long as its operation: a user's coroutine need not.
    static awaitable<std::optional<secret>> load_from(handle self, store_key key);
    static awaitable<void> save_to(handle self, store_key key, secret bytes);
    static awaitable<void> erase_from(handle self, store_key key);
    static awaitable<store_lock> lock_in(handle self, store_key key);

    handle self_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/store/token_store_impl.hpp>
#endif

#endif
