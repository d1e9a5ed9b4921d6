// SPDX-License-Identifier: BSL-1.0
//
// Keeps tokens in the files of one directory, shared by any number of processes of one user. const
// use from any thread.

#ifndef COAUTH_STORE_FILE_STORE_HPP
#define COAUTH_STORE_FILE_STORE_HPP

#include <coauth/config.hpp>
#include <coauth/detail/awaitable.hpp>
#include <coauth/secret.hpp>
#include <coauth/store/store_key.hpp>
#include <coauth/store/store_lock.hpp>

#include <memory>
#include <optional>
#include <string>

namespace coauth {

/// A token_store, to be put below `sealed`: on its own it writes what it is given as it is. A
/// handle: copies share two threads for the calls that block. The last one waits for the saves
/// under way.
///
/// The directory (mode 0700) is made at the first save if its parent is there; records are files of
/// mode 0600, at most 64 KiB. Anything that another user could have read or planted is refused
/// (errc::store_refused): another owner, bits for others, a link, a second name, a FIFO, a device.
class file_store {
public:
    explicit file_store(std::string directory);

    [[nodiscard]] awaitable<std::optional<secret>> load(store_key const& key) const;
    /// Temporary file, fsync, rename, fsync of the directory: the file holds the old record or the
    /// new one whenever the process or the machine stops. A cancelled save is still done.
    [[nodiscard]] awaitable<void> save(store_key const& key, secret bytes) const;
    [[nodiscard]] awaitable<void> erase(store_key const& key) const;
    /// An advisory lock of the system (open file description lock on the file `lock`), which ends
    /// with the process that holds it.
    [[nodiscard]] awaitable<store_lock> lock(store_key const& key) const;

private:
    struct core;

    static awaitable<store_lock> lock_in(std::shared_ptr<core> c, store_key key);

    std::shared_ptr<core> core_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/store/file_store_impl.hpp>
#endif

#endif
