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
        current() = &nobodys;
        for (auto const& list : lists) list->give_back();
    }
};

COAUTH_INLINE hazard_domain::thread_lists& hazard_domain::all() {
    static thread_local thread_lists instance;
    return instance;
}

/// Domains without an owner. Never destroyed: a slot may be released by whatever ends last.
struct hazard_domain::domain_pool {
    std::mutex mutex;
    hazard_domain* first = nullptr;

    [[nodiscard]] hazard_domain* take() {
        std::lock_guard const lock(mutex);
        hazard_domain* const d = first;
        if (d != nullptr) first = std::exchange(d->next_unused_, nullptr);
        return d;
    }
    void put(hazard_domain* d) {
        std::lock_guard const lock(mutex);
        d->next_unused_ = std::exchange(first, d);
    }
};

COAUTH_INLINE hazard_domain::domain_pool& hazard_domain::unused() {
    static constinit domain_pool pool;
    return pool;
}

COAUTH_INLINE std::shared_ptr<hazard_domain> hazard_domain::make() {
    hazard_domain* domain = unused().take();
    if (domain == nullptr) domain = new hazard_domain;
    domain->earlier_hits_ = domain->all_hits();
    return std::shared_ptr<hazard_domain>(domain, [](hazard_domain* d) { unused().put(d); });
}

COAUTH_INLINE hazard_domain::thread_list* hazard_domain::find_list() {
    auto& lists = all().lists;
    for (auto const& list : lists) {
        if (list->domain == this) return list.get();
    }
    auto list = std::make_unique<thread_list>();
    list->domain = this;
    lists.push_back(std::move(list));
    return lists.back().get();
}

COAUTH_INLINE void hazard_domain::claim(thread_list& list) {
    // A walk goes on where the last one ended, so that it need not pass the slots in use each time.
    block* at = cursor_.load(std::memory_order_acquire);  // sync: grow()
    block* const begun = at;
    std::size_t const had = list.size;
    std::size_t const half = list.slots.size() / 2;
    if (had >= half) return;
    while (at != nullptr && list.size < half &&
           unowned_count_.load(std::memory_order_relaxed) != 0) {  // sync: a hint
        claim_from(*at, list);
        at = at->next != nullptr ? at->next
                                 : blocks_.load(std::memory_order_acquire);  // sync: grow()
        if (at == begun) break;
    }
    unowned_count_.fetch_sub(list.size - had, std::memory_order_relaxed);  // sync: a hint
    if (list.size == had) return grow(list);
    cursor_.store(at, std::memory_order_release);  // sync: claim()
}

COAUTH_INLINE void hazard_domain::claim_from(block& b, thread_list& list) noexcept {
    for (slot& s : b.slots) {
        std::uintptr_t expected = unowned;
        if (s.word.load(std::memory_order_relaxed) != unowned) continue;  // sync: the next line
        // sync: acquire, for the release that gave the slot up
        if (s.word.compare_exchange_strong(expected, idle, std::memory_order_acquire,
                                           std::memory_order_relaxed)) {
            list.slots[list.size++] = &s;
        }
    }
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
    cursor_.store(added.get(), std::memory_order_release);  // sync: claim()
    blocks_.store(added.release(), std::memory_order_seq_cst);
}

COAUTH_INLINE void hazard_domain::retire_node(retirable* node) noexcept {
    retirable* unprotected = nullptr;
    {
        std::lock_guard const lock(mutex_);
        node->next_ = std::exchange(retired_, node);
        unprotected = sweep();
    }
    // Outside of the lock: destroying an object may retire another.
    destroy_all(unprotected);
}

COAUTH_INLINE void hazard_domain::sweep_for(slot& released) noexcept {
    retirable* unprotected = nullptr;
    {
        std::lock_guard const lock(mutex_);
        released.wanted.store(false, std::memory_order_relaxed);  // sync: the mutex
        unprotected = sweep();
    }
    destroy_all(unprotected);
}

/// Takes out of the list what nobody announces. Every object that stays has a slot that is marked
/// as wanted and was still in use after that: its release will be noticed.
COAUTH_INLINE hazard_domain::retirable* hazard_domain::sweep() noexcept {
    retirable* unprotected = nullptr;
    do {
        if (!look()) break;  // what is still in the list waits for the next call
        for (retirable** link = &retired_; *link != nullptr;) {
            retirable* const r = *link;
            r->holder_ = holder_of(*r);
            if (r->holder_ == nullptr) {
                *link = std::exchange(r->next_, unprotected);
                unprotected = r;
            } else {
                // sync: clear(), by the barrier in all_still_held()
                r->holder_->wanted.store(true, std::memory_order_seq_cst);
                link = &r->next_;
            }
        }
    } while (!all_still_held());
    return unprotected;
}

/// Leaves in in_use_ what is announced, sorted. False when that cannot be known now.
COAUTH_INLINE bool hazard_domain::look() noexcept {
    in_use_.clear();
    if (retired_ == nullptr) return true;
    // sync: with set(): unlinking comes before this, every announcement that is not seen below
    // comes after it, and its reader sees that the object has been unlinked
    if (asymmetric_ && !asymmetric_barrier::heavy()) return false;
    for_each_slot([&](slot& s) {
        // sync: seq_cst with set() where there is no such barrier; acquire with clear()
        std::uintptr_t const word = s.word.load(std::memory_order_seq_cst);
        if (word > idle) in_use_.push_back({word, &s});
    });
    std::sort(in_use_.begin(), in_use_.end(),
              [](sighting const& a, sighting const& b) { return a.address < b.address; });
    return true;
}

/// One of the slots that announce the object, or null. Which one is drawn by lot, so that however
/// its readers go, few of them come to sweep.
COAUTH_INLINE hazard_domain::slot* hazard_domain::holder_of(retirable const& r) noexcept {
    auto const address = reinterpret_cast<std::uintptr_t>(r.address_);
    auto const first =
        std::lower_bound(in_use_.begin(), in_use_.end(), address,
                         [](sighting const& s, std::uintptr_t a) { return s.address < a; });
    auto const last =
        std::upper_bound(first, in_use_.end(), address,
                         [](std::uintptr_t a, sighting const& s) { return a < s.address; });
    if (first == last) return nullptr;
    draws_ = draws_ * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX generator
    auto const count = static_cast<std::uint64_t>(last - first);
    return first[static_cast<std::ptrdiff_t>((draws_ >> 33U) % count)].by;
}

COAUTH_INLINE bool hazard_domain::all_still_held() const noexcept {
    if (retired_ == nullptr) return true;
    // sync: with clear(): a release that does not see the mark is seen below
    if (asymmetric_ && !asymmetric_barrier::heavy()) return true;
    for (retirable const* r = retired_; r != nullptr; r = r->next_) {
        // sync: seq_cst with set() where there is no such barrier
        std::uintptr_t const word = r->holder_->word.load(std::memory_order_seq_cst);
        if (word != reinterpret_cast<std::uintptr_t>(r->address_)) return false;
    }
    return true;
}

}  // namespace coauth::detail

#endif
