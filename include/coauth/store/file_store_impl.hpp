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

    /// Keeps the whole of it.
    [[nodiscard]] static std::shared_ptr<detail::worker_pool> pool_of(std::shared_ptr<core> c) {
        detail::worker_pool* const threads = &c->threads;
        return {std::move(c), threads};
    }

    /// Jobs hold the directory, never the core: a job does not end the threads it runs on.
    std::shared_ptr<detail::store_directory const> const directory;
    detail::worker_pool threads{2};

    // Named, since the frame of a function with external linkage holds them.
    struct job {
        job(core const& c, store_key const& of) : directory(c.directory), key(of) {}
        std::shared_ptr<detail::store_directory const> directory;
        store_key key;
    };
    struct load_job : job {
        using job::job;
        std::optional<secret> operator()() const { return directory->load(key); }
    };
    struct save_job : job {
        save_job(core const& c, store_key const& of, secret record)
            : job(c, of), bytes(std::make_shared<secret const>(std::move(record))) {}
        void operator()() const { directory->save(key, bytes->reveal()); }
        std::shared_ptr<secret const> bytes;
    };
    struct erase_job : job {
        using job::job;
        void operator()() const { directory->erase(key); }
    };
    struct lock_job : job {
        using job::job;
        std::optional<detail::file_descriptor> operator()() const {
            return directory->try_lock(key);
        }
    };
};

COAUTH_INLINE file_store::file_store(std::string directory)
    : core_(std::make_shared<core>(std::move(directory))) {}

COAUTH_INLINE awaitable<std::optional<secret>> file_store::load(store_key const& key) const {
    return detail::offload(core::pool_of(core_), core::load_job(*core_, key));
}
COAUTH_INLINE awaitable<void> file_store::save(store_key const& key, secret bytes) const {
    return detail::offload(core::pool_of(core_), core::save_job(*core_, key, std::move(bytes)));
}
COAUTH_INLINE awaitable<void> file_store::erase(store_key const& key) const {
    return detail::offload(core::pool_of(core_), core::erase_job(*core_, key));
}
COAUTH_INLINE awaitable<store_lock> file_store::lock(store_key const& key) const {
    return lock_in(core_, key);
}

COAUTH_INLINE awaitable<store_lock> file_store::lock_in(std::shared_ptr<core> c, store_key key) {
    any_executor const executor = co_await asio::this_coro::executor;
    detail::lock_pause pause(executor);
    core::lock_job const work(*c, key);
    for (;;) {
        std::shared_ptr<detail::worker_pool> pool = core::pool_of(c);
        std::optional<detail::file_descriptor> held =
            co_await detail::offload(std::move(pool), work);
        if (held) co_return store_lock(*std::move(held));
        co_await pause.wait();
    }
}

}  // namespace coauth

#endif
