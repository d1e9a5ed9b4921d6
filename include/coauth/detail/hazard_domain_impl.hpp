// SPDX-License-Identifier: BSL-1.0
//
// What hazard_domain does rarely: bodies of hazard_domain.hpp.

#ifndef COAUTH_DETAIL_HAZARD_DOMAIN_IMPL_HPP
#define COAUTH_DETAIL_HAZARD_DOMAIN_IMPL_HPP

#include <coauth/detail/hazard_domain.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace coauth::detail {

/// All lists of this thread; gives the slots back when the thread ends.
struct hazard_domain::thread_lists {
    std::vector<std::unique_ptr<thread_list>> lists;

    ~thread_lists() {
        ended() = true;
        current() = nullptr;
        for (auto const& list : lists) list->give_back();
    }
};

COAUTH_INLINE hazard_domain::thread_lists& hazard_domain::all() {
    static thread_local thread_lists instance;
    return instance;
}

COAUTH_INLINE std::shared_ptr<hazard_domain> hazard_domain::make() {
    std::shared_ptr<hazard_domain> domain(new hazard_domain,
                                          [](hazard_domain* d) { d->abandon(); });
    domain->self_ = domain;
    return domain;
}

COAUTH_INLINE hazard_domain::thread_list* hazard_domain::find_list() {
    auto& lists = all().lists;
    for (auto const& list : lists) {
        if (list->domain_id == id_) return list.get();
    }
    // What is erased here may be the current one, and what follows may throw.
    current() = nullptr;
    std::erase_if(lists, [](auto const& list) { return list->domain.expired(); });
    auto list = std::make_unique<thread_list>();
    list->domain_id = id_;
    list->domain = self_;
    lists.push_back(std::move(list));
    return lists.back().get();
}

COAUTH_INLINE void hazard_domain::grow(thread_list& list) {
    auto added = std::make_unique<block>();
    std::lock_guard const lock(mutex_);
    // Room for every slot there is, so that a scan never allocates.
    std::size_t const total = slots_made_ + added->slots.size();
    if (in_use_.capacity() < total) in_use_.reserve(std::max(total, 2 * in_use_.capacity()));
    slots_made_ = total;
    for (slot& s : added->slots) {
        s.word.store(idle, std::memory_order_relaxed);  // sync: published by the store below
        list.slots[list.size++] = &s;
    }
    added->next = blocks_.load(std::memory_order_relaxed);  // sync: written under the mutex
    // sync: release for for_each_slot(). A scan cannot miss the block: it holds the mutex, so
    // it comes before this, hence before every protection announced in the block.
    blocks_.store(added.release(), std::memory_order_seq_cst);
}

COAUTH_INLINE void hazard_domain::retire_node(retirable* node) noexcept {
    retirable* unprotected = nullptr;
    {
        std::lock_guard const lock(mutex_);
        node->next_ = std::exchange(retired_, node);
        scan();
        for (retirable** link = &retired_; *link != nullptr;) {
            retirable* const r = *link;
            auto const address = reinterpret_cast<std::uintptr_t>(r->address_);
            if (std::binary_search(in_use_.begin(), in_use_.end(), address)) {
                link = &r->next_;
            } else {
                *link = r->next_;
                r->next_ = std::exchange(unprotected, r);
            }
        }
    }
    // Outside of the lock: destroying an object may retire another.
    destroy_all(unprotected);
}

COAUTH_INLINE void hazard_domain::scan() noexcept {
    in_use_.clear();
    for_each_slot([&](slot& s) {
        // sync: seq_cst with protect(); acquire with release()
        std::uintptr_t const word = s.word.load(std::memory_order_seq_cst);
        if (word > idle) in_use_.push_back(word & ~mark);
    });
    std::sort(in_use_.begin(), in_use_.end());
}

}  // namespace coauth::detail

#endif
