// SPDX-License-Identifier: BSL-1.0
//
// Bodies of token_store.hpp.

#ifndef COAUTH_STORE_TOKEN_STORE_IMPL_HPP
#define COAUTH_STORE_TOKEN_STORE_IMPL_HPP

#include <coauth/detail/asio.hpp>
#include <coauth/store/token_store.hpp>

#include <optional>
#include <utility>

namespace coauth {

COAUTH_INLINE awaitable<store_lock> any_token_store::nothing_to_lock() { co_return store_lock(); }

COAUTH_INLINE awaitable<std::optional<secret>> any_token_store::load_from(handle self,
                                                                          store_key key) {
    co_return co_await self->load(key);
}

COAUTH_INLINE awaitable<void> any_token_store::save_to(handle self, store_key key, secret bytes) {
    co_await self->save(key, std::move(bytes));
}

COAUTH_INLINE awaitable<void> any_token_store::erase_from(handle self, store_key key) {
    co_await self->erase(key);
}

COAUTH_INLINE awaitable<store_lock> any_token_store::lock_in(handle self, store_key key) {
    co_return co_await self->lock(key);
}

}  // namespace coauth

#endif
