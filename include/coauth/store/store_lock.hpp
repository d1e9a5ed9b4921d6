// SPDX-License-Identifier: BSL-1.0
//
// The right to renew the token of one key, held until this object goes. Movable; not synchronised,
// may be dropped on any thread.

#ifndef COAUTH_STORE_STORE_LOCK_HPP
#define COAUTH_STORE_STORE_LOCK_HPP

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace coauth {

class store_lock {
public:
    /// Holds nothing: there is nobody to exclude.
    store_lock() noexcept = default;
    store_lock(store_lock&&) noexcept = default;
    store_lock& operator=(store_lock&&) noexcept = default;
    ~store_lock() = default;

    /// Whatever releases the lock when it is destroyed, which must not throw.
    template <class Held>
    requires(!std::same_as<std::remove_cvref_t<Held>, store_lock>) explicit store_lock(Held held)
        : held_(std::make_shared<Held>(std::move(held))) {}

    /// Now, rather than at the end of its life.
    void release() noexcept { held_.reset(); }

private:
    std::shared_ptr<void> held_;
};

}  // namespace coauth

#endif
