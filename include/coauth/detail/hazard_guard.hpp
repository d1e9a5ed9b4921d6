// SPDX-License-Identifier: BSL-1.0
//
// What an atomic pointer points to, protected for the length of a block.

#ifndef COAUTH_DETAIL_HAZARD_GUARD_HPP
#define COAUTH_DETAIL_HAZARD_GUARD_HPP

#include <coauth/detail/atomic.hpp>
#include <coauth/detail/hazard_domain.hpp>

namespace coauth::detail {

template <class T>
class hazard_guard {
public:
    hazard_guard(hazard_domain& domain, atomic<T*> const& source)
        : domain_(domain), slot_(domain.protect(source, object_)) {}
    hazard_guard(hazard_guard const&) = delete;
    hazard_guard& operator=(hazard_guard const&) = delete;
    ~hazard_guard() {
        if (slot_ != nullptr) domain_.release(slot_);
    }

    [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }
    [[nodiscard]] T* operator->() const noexcept { return object_; }
    [[nodiscard]] T& operator*() const noexcept { return *object_; }

    /// Precondition: there is an object.
    void count_hit() const noexcept { slot_->count_hit(); }

private:
    hazard_domain& domain_;
    T* object_ = nullptr;
    hazard_domain::slot* slot_;
};

}  // namespace coauth::detail

#endif
