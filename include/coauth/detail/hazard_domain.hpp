// SPDX-License-Identifier: BSL-1.0
//
// Hazard pointers: a reader announces the object it is looking at in a slot of its own, and a
// retired object is freed when no slot announces it. Reading is lock-free (it repeats only when the
// object is replaced meanwhile), writes no line that another thread writes, and allocates nothing
// once a thread has its slots. Retiring takes a lock, as does making slots; it follows a network
// round trip, cannot fail and allocates nothing. Any thread.
//
// A slot may be held across co_await and released by another thread. So that such a handle need not
// count references to the domain, a domain whose owner has gone while slots are in use marks those
// slots, and whoever releases the last marked one frees it.

#ifndef COAUTH_DETAIL_HAZARD_DOMAIN_HPP
#define COAUTH_DETAIL_HAZARD_DOMAIN_HPP

#include <coauth/config.hpp>
#include <coauth/detail/atomic.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace coauth::detail {

class hazard_domain {
public:
    /// What a slot's word says: nobody's, in some thread's list, or the address it protects; bit 1
    /// of an address marks that the domain waits for this slot to be released.
    static constexpr std::uintptr_t unowned = 0;
    static constexpr std::uintptr_t idle = 1;
    static constexpr std::uintptr_t mark = 2;

    struct alignas(64) slot {
        atomic<std::uintptr_t> word{unowned};
        /// Written only by the slot's present holder; summed by hits().
        atomic<std::uint64_t> hits{0};

        void count_hit() noexcept {
            // sync: none needed, one writer at a time; the slot changes hands through `word`
            hits.store(hits.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        }
    };
    static_assert(atomic<std::uintptr_t>::is_always_lock_free);
    static_assert(atomic<std::uint64_t>::is_always_lock_free);

    /// Base of what can be retired: its links, so that retiring needs no memory.
    class retirable {
    public:
        retirable() = default;
        retirable(retirable const&) = delete;
        retirable& operator=(retirable const&) = delete;

    protected:
        ~retirable() = default;

    private:
        friend class hazard_domain;
        retirable* next_ = nullptr;
        void const* address_ = nullptr;
        void (*destroy_)(retirable*) noexcept = nullptr;
    };

    hazard_domain(hazard_domain const&) = delete;
    hazard_domain& operator=(hazard_domain const&) = delete;

    /// The owner's handle. Its last copy frees the domain, now or when the last slot is released.
    [[nodiscard]] static std::shared_ptr<hazard_domain> make();

    /// Protects what `source` points to, or nothing when that is null. Lock-free; allocates at a
    /// thread's first calls only.
    template <class T>
    [[nodiscard]] slot* protect(atomic<T*> const& source, T*& object) {
        slot* const s = take();
        T* seen = source.load(std::memory_order_seq_cst);  // sync: publisher's exchange
        for (;;) {
            if (seen == nullptr) {
                put(s);
                object = nullptr;
                return nullptr;
            }
            // sync: seq_cst with the scan in retire(): either the scan sees this address, or this
            // thread sees in the next load that the object has been replaced.
            s->word.store(reinterpret_cast<std::uintptr_t>(seen), std::memory_order_seq_cst);
            COAUTH_TEST_YIELD();
            T* const again = source.load(std::memory_order_seq_cst);  // sync: publisher's exchange
            if (again == seen) break;
            seen = again;
        }
        object = seen;
        return s;
    }

    /// Protects an object that the caller keeps alive by other means until this has returned.
    [[nodiscard]] slot* protect(void const* object) {
        slot* const s = take();
        // sync: seq_cst with the scan in retire(), which comes after the caller's own release.
        s->word.store(reinterpret_cast<std::uintptr_t>(object), std::memory_order_seq_cst);
        return s;
    }

    /// Ends a protection on any thread. The domain may be gone when this returns.
    void release(slot* s) noexcept {
        thread_list* const list = current();
        bool const keep =
            list != nullptr && list->domain_id == id_ && list->size < list->slots.size();
        // sync: release, for the scan in retire(): the reads of this thread come before the free.
        // sync: acquire, for abandon()'s mark.
        std::uintptr_t const old =
            s->word.exchange(keep ? idle : unowned, std::memory_order_acq_rel);
        if ((old & mark) != 0) {
            leave();
        } else if (keep) {
            list->slots[list->size++] = s;
        }
    }

    /// Deletes `object` when nobody protects it: now, or with a later call.
    /// Precondition: no shared pointer leads to it any more (unlinked with seq_cst).
    template <class T>
    void retire(T* object) noexcept {
        retirable* const r = object;
        r->address_ = object;
        r->destroy_ = [](retirable* it) noexcept { delete static_cast<T*>(it); };
        retire_node(r);
    }

    /// Sum of what the holders counted in their slots.
    [[nodiscard]] std::uint64_t hits() const noexcept {
        std::uint64_t n = 0;
        for_each_slot([&](slot& s) { n += s.hits.load(std::memory_order_relaxed); });  // sync: none
        return n;
    }

    /// Slots ever made, for tests: bounded by the handles that exist at one time.
    [[nodiscard]] std::size_t slot_count() const noexcept {
        std::size_t n = 0;
        for_each_slot([&](slot&) { ++n; });
        return n;
    }

private:
    /// How many are made together. A thread keeps up to twice as many for itself.
    static constexpr std::size_t slots_at_once = COAUTH_TEST_HAZARD_SLOTS;

    struct block {
        std::array<slot, slots_at_once> slots;
        block* next = nullptr;
    };

    /// A thread's own stock of slots of one domain. Pointers into a domain that has gone stay here
    /// unused until the thread ends: domain ids are never used twice.
    struct thread_list {
        std::uint64_t domain_id = 0;
        std::size_t size = 0;
        std::array<slot*, 2 * slots_at_once> slots{};
        std::weak_ptr<hazard_domain> domain;

        void give_back() noexcept {
            auto const alive = domain.lock();
            if (!alive) return;
            for (std::size_t i = 0; i < size; ++i) {
                // sync: claim()'s compare-exchange
                slots[i]->word.store(unowned, std::memory_order_release);
            }
        }
    };

    struct thread_lists;

    // Plain variables, so that the hot path has no initialisation guard, and so that they can still
    // be read when the thread's objects with destructors are gone.
    static bool& ended() noexcept {
        static thread_local constinit bool flag = false;
        return flag;
    }
    static thread_list*& current() noexcept {
        static thread_local constinit thread_list* pointer = nullptr;
        return pointer;
    }
    static thread_lists& all();

    hazard_domain()
        : id_(next_id().fetch_add(1, std::memory_order_relaxed)) {}  // sync: unique only

    ~hazard_domain() {
        destroy_all(retired_);
        for (block* b = blocks_.load(std::memory_order_acquire); b != nullptr;) {  // sync: grow()
            delete std::exchange(b, b->next);
        }
    }

    static atomic<std::uint64_t>& next_id() noexcept {
        static atomic<std::uint64_t> counter{1};
        return counter;
    }

    template <class F>
    void for_each_slot(F&& f) const {
        for (block* b = blocks_.load(std::memory_order_acquire); b != nullptr;
             b = b->next) {  // sync: grow()
            for (slot& s : b->slots) f(s);
        }
    }

    [[nodiscard]] slot* take() {
        thread_list* const list = current();
        if (list != nullptr && list->domain_id == id_ && list->size != 0) {
            return list->slots[--list->size];
        }
        return take_cold();
    }

    void put(slot* s) noexcept {
        // The caller holds the domain, so no mark can be lost here.
        thread_list* const list = current();
        bool const keep =
            list != nullptr && list->domain_id == id_ && list->size < list->slots.size();
        // sync: release, for the scan and for claim()
        s->word.store(keep ? idle : unowned, std::memory_order_release);
        if (keep) list->slots[list->size++] = s;
    }

    [[nodiscard]] slot* take_cold() {
        if (ended()) return take_alone();
        thread_list* list = find_list();
        current() = list;
        if (list->size == 0) claim(*list);
        return list->slots[--list->size];
    }

    /// For objects with static or thread storage that read while their thread ends.
    [[nodiscard]] slot* take_alone() {
        thread_list brief;
        brief.domain = self_;
        claim(brief);
        slot* const s = brief.slots[--brief.size];
        brief.give_back();
        return s;
    }

    [[nodiscard]] thread_list* find_list();

    /// Fills half of an empty list with slots that nobody owns.
    void claim(thread_list& list) {
        std::size_t const wanted = slots_at_once;
        for_each_slot([&](slot& s) {
            if (list.size == wanted) return;
            std::uintptr_t expected = unowned;
            // sync: acquire, for the release that gave the slot up
            if (s.word.compare_exchange_strong(expected, idle, std::memory_order_acquire,
                                               std::memory_order_relaxed)) {
                list.slots[list.size++] = &s;
            }
        });
        if (list.size == 0) grow(list);
    }

    void grow(thread_list& list);

    void retire_node(retirable* node) noexcept;

    static void destroy_all(retirable* list) noexcept {
        while (list != nullptr) {
            retirable* const r = std::exchange(list, list->next_);
            r->destroy_(r);
        }
    }

    /// Leaves in in_use_ what is announced, sorted. The mutex is held.
    void scan() noexcept;

    /// The owner has gone: no new protection can begin. Slots still in use are marked and counted.
    void abandon() noexcept {
        for_each_slot([&](slot& s) {
            std::uintptr_t word =
                s.word.load(std::memory_order_relaxed);  // sync: the exchange below
            if (word <= idle) return;
            holders_.fetch_add(1, std::memory_order_relaxed);  // sync: leave()
            // sync: acq_rel with release()
            if (!s.word.compare_exchange_strong(word, word | mark, std::memory_order_acq_rel,
                                                std::memory_order_relaxed)) {
                holders_.fetch_sub(1, std::memory_order_relaxed);  // released just now, unmarked
            }
        });
        leave();
    }

    void leave() noexcept {
        // sync: acq_rel among all that leave: the last one sees the others' work
        if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
    }

    std::uint64_t const id_;
    atomic<block*> blocks_{nullptr};
    atomic<std::uint64_t> holders_{1};
    std::weak_ptr<hazard_domain> self_;
    mutex mutex_;
    // Guarded by mutex_.
    retirable* retired_ = nullptr;
    std::vector<std::uintptr_t> in_use_;
    std::size_t slots_made_ = 0;
};

}  // namespace coauth::detail

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/detail/hazard_domain_impl.hpp>
#endif

#endif
