// SPDX-License-Identifier: BSL-1.0
//
// Hazard pointers: a reader announces the object it is looking at in a slot of its own, and a
// retired object is freed when no slot announces it. Reading is lock-free (it repeats only when the
// object is replaced meanwhile), executes no locked instruction, writes no line that another thread
// writes, and allocates nothing once a thread has its slots. Retiring takes a lock, as does making
// slots; it follows a network round trip, cannot fail and allocates nothing. Any thread.
//
// A slot may be held across co_await and released by another thread, also when the domain's owner
// has gone: domains are never freed, they are used again. An object that is retired while a slot
// announces it marks that slot as wanted, and whoever releases the slot frees the object.

#ifndef COAUTH_DETAIL_HAZARD_DOMAIN_HPP
#define COAUTH_DETAIL_HAZARD_DOMAIN_HPP

#include <coauth/config.hpp>
#include <coauth/detail/asymmetric_barrier.hpp>
#include <coauth/detail/atomic.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace coauth::detail {

struct alignas(64) hazard_slot {
    static constexpr std::uintptr_t unowned = 0;

    atomic<std::uintptr_t> word{unowned};
    /// A retired object waits for this slot to be released.
    atomic<bool> wanted{false};
    /// Written only by the slot's present holder; summed by hits().
    atomic<std::uint64_t> hits{0};

    void count_hit() noexcept {
        // sync: none needed, one writer at a time; the slot changes hands through `word`
        hits.store(hits.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
};

class hazard_domain {
public:
    /// What a slot's word says: nobody's, in some thread's list, or the address it protects.
    static constexpr std::uintptr_t unowned = hazard_slot::unowned;
    static constexpr std::uintptr_t idle = 1;

    using slot = hazard_slot;
    static_assert(atomic<std::uintptr_t>::is_always_lock_free);
    static_assert(atomic<std::uint64_t>::is_always_lock_free);
    static_assert(atomic<bool>::is_always_lock_free);

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
        slot* holder_ = nullptr;
        void (*destroy_)(retirable*) noexcept = nullptr;
    };

    hazard_domain(hazard_domain const&) = delete;
    hazard_domain& operator=(hazard_domain const&) = delete;
    ~hazard_domain() = delete;

    /// The owner's handle. When its last copy has gone, the domain serves another owner.
    [[nodiscard]] static std::shared_ptr<hazard_domain> make();

    /// Protects what `source` points to, or nothing when that is null. Lock-free; allocates at a
    /// thread's first calls only.
    template <class T>
    [[nodiscard]] slot* protect(atomic<T*> const& source, T*& object) {
        T* const seen = source.load(std::memory_order_acquire);  // sync: the publisher's exchange
        object = seen;
        if (seen == nullptr) return nullptr;
        slot* const s = take();
        if (announce(*s, source, object)) [[likely]]
            return s;
        announce_next(*s, source, object);
        if (object != nullptr) return s;
        release(s);
        return nullptr;
    }

    /// Protects an object that the caller keeps alive by other means until this has returned.
    [[nodiscard]] slot* protect(void const* object) {
        slot* const s = take();
        // sync: with the barrier in look(), which comes after the caller's own release.
        set(*s, reinterpret_cast<std::uintptr_t>(object));
        return s;
    }

    /// Ends a protection on any thread.
    void release(slot* s) noexcept {
        thread_list* const list = current();
        if (list->domain != this || list->at_hand != nullptr) [[unlikely]]
            return put_back(s);
        list->at_hand = s;
        clear(*s, idle);
    }

    /// Deletes `object` when nobody protects it: now, or when the last slot is released.
    /// Precondition: no shared pointer leads to it any more (unlinked with seq_cst).
    template <class T>
    void retire(T* object) noexcept {
        retirable* const r = object;
        r->address_ = object;
        r->destroy_ = [](retirable* it) noexcept { delete static_cast<T*>(it); };
        retire_node(r);
    }

    /// Sum of what the holders counted in their slots for the present owner.
    [[nodiscard]] std::uint64_t hits() const noexcept { return all_hits() - earlier_hits_; }

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

    /// A thread's own stock of slots of one domain.
    struct alignas(64) thread_list {
        hazard_domain* domain = nullptr;
        /// The slot released last: a pointer passes from one reader to the next in fewer cycles
        /// than the size of a stack.
        slot* at_hand = nullptr;
        std::size_t size = 0;
        std::array<slot*, 2 * slots_at_once> slots{};

        void give_back() noexcept {
            std::size_t const given = size + (at_hand != nullptr);
            if (at_hand != nullptr) give_up(*std::exchange(at_hand, nullptr));
            while (size != 0) give_up(*slots[--size]);
            domain->count_unowned(given);
        }
        static void give_up(slot& s) noexcept {
            s.word.store(unowned, std::memory_order_release);  // sync: claim()'s compare-exchange
        }
    };

    struct thread_lists;

    /// What one slot announces.
    struct sighting {
        std::uintptr_t address;
        slot* by;
    };

    // Plain variables, so that the hot path has no initialisation guard, and so that they can still
    // be read when the thread's objects with destructors are gone.
    static bool& ended() noexcept {
        static thread_local constinit bool flag = false;
        return flag;
    }
    /// The list used last; one of no domain at first.
    static thread_list*& current() noexcept {
        static thread_local constinit thread_list* pointer = &nobodys;
        return pointer;
    }
    static thread_list nobodys;
    static thread_lists& all();

    hazard_domain() : asymmetric_(asymmetric_barrier::prepare()) {}

    /// A store that the loads after it do not overtake, as those who look() see it.
    void set(slot& s, std::uintptr_t word) const noexcept {
        if (asymmetric_) [[likely]] {
            s.word.store(word, std::memory_order_release);  // sync: look(), claim()
            asymmetric_barrier::light();
        } else {
            set_in_order(s, word);
        }
    }

    [[gnu::cold, gnu::noinline]] static void set_in_order(slot& s, std::uintptr_t word) noexcept {
        s.word.store(word, std::memory_order_seq_cst);  // sync: look(), claim()
    }

    /// False when the object has been replaced by another, to which `object` points then, or null.
    template <class T>
    [[nodiscard]] bool announce(slot& s, atomic<T*> const& source, T*& object) const noexcept {
        T* const seen = object;
        // sync: with the barrier in look(): either the scan sees this address, or this thread
        // sees in the next load that the object has been replaced.
        set(s, reinterpret_cast<std::uintptr_t>(seen));
        COAUTH_TEST_YIELD();
        object = source.load(std::memory_order_seq_cst);  // sync: the publisher's exchange
        return object == seen;
    }

    /// After an announcement that came too late.
    template <class T>
    [[gnu::cold]] void announce_next(slot& s, atomic<T*> const& source, T*& object) noexcept {
        do clear(s, idle);
        while (object != nullptr && !announce(s, source, object));
    }

    /// The slot announces nothing any more, and perhaps somebody has waited for that.
    void clear(slot& s, std::uintptr_t word) noexcept {
        set(s, word);
        // sync: sweep()'s store, by the barrier that follows it
        if (s.wanted.load(std::memory_order_seq_cst)) [[unlikely]]
            sweep_for(s);
    }

    template <class F>
    void for_each_slot(F&& f) const {
        for (block* b = blocks_.load(std::memory_order_acquire); b != nullptr;
             b = b->next) {  // sync: grow()
            for (slot& s : b->slots) f(s);
        }
    }

    [[nodiscard]] std::uint64_t all_hits() const noexcept {
        std::uint64_t n = 0;
        for_each_slot([&](slot& s) { n += s.hits.load(std::memory_order_relaxed); });  // sync: none
        return n;
    }

    [[nodiscard]] slot* take() {
        thread_list* const list = current();
        if (list->domain != this) [[unlikely]]
            return take_cold();
        slot* const s = list->at_hand;
        if (s == nullptr) [[unlikely]]
            return list->size != 0 ? list->slots[--list->size] : take_cold();
        list->at_hand = nullptr;
        return s;
    }

    /// Where this thread has no slot, or used another domain last.
    [[nodiscard, gnu::cold, gnu::noinline]] slot* take_cold() {
        if (ended()) return take_alone();
        thread_list* const list = find_list();
        current() = list;
        if (list->at_hand != nullptr) return std::exchange(list->at_hand, nullptr);
        if (list->size == 0) claim(*list);
        return list->slots[--list->size];
    }

    /// Where another one is at hand.
    [[gnu::noinline]] void put_back(slot* s) noexcept {
        thread_list* const list = current();
        if (list->domain != this || list->size == list->slots.size()) {
            clear(*s, unowned);
            count_unowned(1);
            return;
        }
        list->slots[list->size++] = s;
        clear(*s, idle);
    }

    /// For objects with static or thread storage that read while their thread ends.
    [[nodiscard]] slot* take_alone() {
        thread_list brief;
        brief.domain = this;
        claim(brief);
        slot* const s = brief.slots[--brief.size];
        brief.give_back();
        return s;
    }

    [[nodiscard]] thread_list* find_list();

    /// Gives a list some more slots: those that nobody owns, else new ones.
    void claim(thread_list& list);
    static void claim_from(block& b, thread_list& list) noexcept;
    void grow(thread_list& list);

    /// Nobody's slots, as many as were given up and not claimed again.
    void count_unowned(std::size_t n) noexcept {
        unowned_count_.fetch_add(n, std::memory_order_relaxed);  // sync: a hint for claim()
    }

    void retire_node(retirable* node) noexcept;
    [[gnu::cold]] void sweep_for(slot& released) noexcept;

    static void destroy_all(retirable* list) noexcept {
        while (list != nullptr) {
            retirable* const r = std::exchange(list, list->next_);
            r->destroy_(r);
        }
    }

    // The mutex is held.
    [[nodiscard]] retirable* sweep() noexcept;
    [[nodiscard]] bool look() noexcept;
    [[nodiscard]] bool all_still_held() const noexcept;
    [[nodiscard]] slot* holder_of(retirable const& r) noexcept;

    struct domain_pool;
    static domain_pool& unused();

    /// See set().
    bool const asymmetric_;
    /// Of earlier owners; written by make() only.
    std::uint64_t earlier_hits_ = 0;
    atomic<block*> blocks_{nullptr};
    atomic<block*> cursor_{nullptr};
    atomic<std::size_t> unowned_count_{0};

    alignas(64) mutex mutex_;
    // Guarded by mutex_.
    retirable* retired_ = nullptr;
    std::vector<sighting> in_use_;
    std::size_t slots_made_ = 0;
    std::uint64_t draws_ = 0;
    /// Guarded by the pool's mutex.
    hazard_domain* next_unused_ = nullptr;
};

inline constinit hazard_domain::thread_list hazard_domain::nobodys{};

}  // namespace coauth::detail

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/detail/hazard_domain_impl.hpp>
#endif

#endif
