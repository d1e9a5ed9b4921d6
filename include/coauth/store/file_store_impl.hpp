// SPDX-License-Identifier: BSL-1.0
//
// Bodies of file_store.hpp.

#ifndef COAUTH_STORE_FILE_STORE_IMPL_HPP
#define COAUTH_STORE_FILE_STORE_IMPL_HPP

#include <coauth/store/file_store.hpp>

#include <coauth/detail/lock_pause.hpp>
#include <coauth/detail/offload.hpp>
#include <coauth/detail/store_directory.hpp>

#include <utility>

namespace coauth {

struct file_store::core {
    explicit core(std::string path)
        : directory(std::make_shared<detail::store_directory const>(std::move(path))) {}

    /// Jobs hold the directory, never the core: a job does not end the threads it runs on.
    std::shared_ptr<detail::store_directory const> const directory;
    detail::worker_pool threads{2};
};

COAUTH_INLINE file_store::file_store(std::string directory)
    : core_(std::make_shared<core>(std::move(directory))) {}

COAUTH_INLINE awaitable<std::optional<secret>> file_store::load(store_key const& key) const {
    return load_from(core_, key);
}
COAUTH_INLINE awaitable<void> file_store::save(store_key const& key, secret bytes) const {
    return save_to(core_, key, std::move(bytes));
}
COAUTH_INLINE awaitable<void> file_store::erase(store_key const& key) const {
    return erase_from(core_, key);
}
COAUTH_INLINE awaitable<store_lock> file_store::lock(store_key const& key) const {
    return lock_in(core_, key);
}

COAUTH_INLINE awaitable<std::optional<secret>> file_store::load_from(std::shared_ptr<core> c,
                                                                     store_key key) {
    auto const work = [directory = c->directory, key] { return directory->load(key); };
    auto found = co_await detail::offload(&c->threads, work);
    co_return std::move(found).value();
}

COAUTH_INLINE awaitable<void> file_store::save_to(std::shared_ptr<core> c, store_key key,
                                                  secret bytes) {
    auto const shared = std::make_shared<secret const>(std::move(bytes));
    auto const work = [directory = c->directory, key, shared] {
        directory->save(key, shared->reveal());
    };
    result<void> const done = co_await detail::offload(&c->threads, work);
    done.value();
}

COAUTH_INLINE awaitable<void> file_store::erase_from(std::shared_ptr<core> c, store_key key) {
    auto const work = [directory = c->directory, key] { directory->erase(key); };
    result<void> const done = co_await detail::offload(&c->threads, work);
    done.value();
}

COAUTH_INLINE awaitable<store_lock> file_store::lock_in(std::shared_ptr<core> c, store_key key) {
    any_executor const executor = co_await asio::this_coro::executor;
    detail::lock_pause pause(executor);
    auto const work = [directory = c->directory, key] { return directory->try_lock(key); };
    for (;;) {
        auto tried = co_await detail::offload(&c->threads, work);
        std::optional<detail::file_descriptor> held = std::move(tried).value();
        if (held) co_return store_lock(*std::move(held));
        co_await pause.wait();
    }
}

}  // namespace coauth

#endif
