// SPDX-License-Identifier: BSL-1.0
//
// A hash table from a SHA-256 to a node, read without a lock: lookups allocate nothing and write no
// line that another thread writes. Writers take turns under a lock of their owner's; one that is
// stopped in the middle delays no lookup.
//
// Open addressing, a tag of 64 bits beside each pointer, so that a lookup touches no node but its
// own. A bucket is filled once and marked once when its node is removed. The node stays, because a
// reader may be looking at it; it goes with the table, which is rebuilt when it is full or mostly
// of the removed. One hazard slot thus protects a table with all the nodes that were ever in it.

#ifndef COAUTH_CACHE_KEY_TABLE_HPP
#define COAUTH_CACHE_KEY_TABLE_HPP

#include <coauth/config.hpp>
#include <coauth/crypto/sha256_digest.hpp>
#include <coauth/detail/atomic.hpp>
#include <coauth/detail/hazard_domain.hpp>
#include <coauth/detail/hazard_guard.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace coauth::detail {

/// `Node` has a member `sha256_digest const key`. `hash` is the same for the same key, always, and
/// uniform.
template <class Node>
class key_table {
public:
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

    /// The domain outlives the table.
    explicit key_table(hazard_domain& domain) : domain_(domain) {}
    key_table(key_table const&) = delete;
    key_table& operator=(key_table const&) = delete;
    /// Nobody reads any more.
    ~key_table() { publish(nullptr); }

    /// Calls `f(node)`, which cannot go meanwhile; false when there is none. Any thread, lock-free.
    /// `f` may not wait: what has been removed since it began stays in memory until it ends.
    template <class F>
    bool visit(std::uint64_t hash, sha256_digest const& key, F&& f) const {
        hazard_guard const t(domain_, current_);
        Node* const node = t ? t->find(hash, key).node : nullptr;
        if (node != nullptr) f(*node);
        return node != nullptr;
    }

    // What writers use, one at a time.

    /// Of nodes that have not been removed.
    [[nodiscard]] std::size_t size() const noexcept { return live_; }
    /// A node stays in its place until the next insert() or tidy().
    [[nodiscard]] std::size_t places() const noexcept {
        return written_ == nullptr ? 0 : written_->buckets.size();
    }
    [[nodiscard]] std::size_t find(std::uint64_t hash, sha256_digest const& key) const noexcept {
        return written_ == nullptr ? nowhere : written_->find(hash, key).place;
    }
    /// Null where there is no node, or one that has been removed.
    [[nodiscard]] Node* at(std::size_t place) const noexcept {
        Node* const n = written_->buckets[place].node.load(std::memory_order_relaxed);
        return n == removed() ? nullptr : n;
    }
    /// Precondition: at(place).
    [[nodiscard]] std::shared_ptr<Node> const& owner(std::size_t place) const noexcept {
        return written_->held->owners[place];
    }

    /// Precondition: its key is not here. Nothing has changed when it throws std::bad_alloc.
    void insert(std::uint64_t hash, std::shared_ptr<Node> node) {
        if ((live_ + dead_ + 1) * 8 > places() * 5) rebuild(live_ + 1);
        written_->place(hash, std::move(node));
        ++live_;
    }

    /// Precondition: at(place). Readers that are looking at the node may go on.
    void remove(std::size_t place) noexcept {
        COAUTH_TEST_YIELD();
        // sync: find(); nothing is read through the mark
        written_->buckets[place].node.store(removed(), std::memory_order_release);
        --live_;
        ++dead_;
    }

    /// After removals: gives their memory back where that is most of it.
    void tidy() noexcept {
        if (dead_ <= live_ || dead_ * 4 <= places()) return;
        try {
            rebuild(live_);
        } catch (std::bad_alloc const&) {}  // then later, when there is memory
    }

private:
    struct bucket {
        atomic<Node*> node{nullptr};
        /// Written once, before `node`.
        std::uint64_t tag = 0;
    };
    static_assert(atomic<Node*>::is_always_lock_free);

    /// The nodes of one table. A node may be found through an older table than the one that it was
    /// removed from, therefore each keeps those that came after it.
    struct holdings {
        std::vector<std::shared_ptr<Node>> owners;
        holdings* next = nullptr;
        /// The table's, and the one of the holdings before.
        atomic<unsigned> references{1};

        explicit holdings(std::size_t places) : owners(places) {}

        void precede(holdings* h) noexcept {
            h->references.fetch_add(1, std::memory_order_relaxed);  // sync: drop()
            next = h;
        }
        /// One after the other: the chain may be long, the stack is not.
        static void drop(holdings* h) noexcept {
            // sync: acq_rel among those who drop: the last one sees the others' work
            while (h != nullptr && h->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
                std::unique_ptr<holdings> const last(h);
                h = last->next;
            }
        }
    };
    static_assert(atomic<unsigned>::is_always_lock_free);

    struct match {
        std::size_t place;
        Node* node;
    };

    struct table : hazard_domain::retirable {
        std::vector<bucket> buckets;
        holdings* const held;

        explicit table(std::size_t places) : buckets(places), held(new holdings(places)) {}
        table(table const&) = delete;
        table& operator=(table const&) = delete;
        ~table() { holdings::drop(held); }

        [[nodiscard]] match find(std::uint64_t hash, sha256_digest const& key) const noexcept {
            std::size_t const mask = buckets.size() - 1;
            for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
                // sync: place(): the tag and the node are there when the pointer is
                Node* const n = buckets[i].node.load(std::memory_order_acquire);
                if (n == nullptr) return {nowhere, nullptr};
                if (buckets[i].tag == hash && n != removed() && n->key == key) return {i, n};
            }
        }

        void place(std::uint64_t hash, std::shared_ptr<Node> node) noexcept {
            std::size_t const mask = buckets.size() - 1;
            std::size_t i = hash & mask;
            // sync: writers take turns
            while (buckets[i].node.load(std::memory_order_relaxed) != nullptr) i = (i + 1) & mask;
            buckets[i].tag = hash;
            held->owners[i] = std::move(node);
            COAUTH_TEST_YIELD();
            // sync: release for find()
            buckets[i].node.store(held->owners[i].get(), std::memory_order_release);
        }
    };
    static_assert(atomic<table*>::is_always_lock_free);

    /// In the place of a node that has gone. Never looked through.
    static Node* removed() noexcept {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): a mark, not an address
        return reinterpret_cast<Node*>(std::uintptr_t{1});
    }

    /// Half full at most, so that there is time until the next time.
    void rebuild(std::size_t nodes) {
        auto next = std::make_unique<table>(std::bit_ceil(std::max<std::size_t>(8, nodes * 2)));
        for (std::size_t i = 0; i < places(); ++i) {
            if (at(i) == nullptr) continue;
            next->place(written_->buckets[i].tag, std::move(written_->held->owners[i]));
        }
        dead_ = 0;
        publish(next.release());
    }

    void publish(table* next) noexcept {
        table* const old = std::exchange(written_, next);
        if (old != nullptr && next != nullptr) old->held->precede(next->held);
        COAUTH_TEST_YIELD();
        // sync: seq_cst with protect(): a reader that announced the old table is seen by its
        // retirement
        current_.store(next, std::memory_order_seq_cst);
        if (old != nullptr) domain_.retire(old);
    }

    hazard_domain& domain_;
    /// What readers see. Written by the writer whose turn it is.
    atomic<table*> current_{nullptr};
    // Of the writers.
    table* written_ = nullptr;
    std::size_t live_ = 0;
    std::size_t dead_ = 0;
};

}  // namespace coauth::detail

#endif
