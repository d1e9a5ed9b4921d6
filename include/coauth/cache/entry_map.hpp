// SPDX-License-Identifier: BSL-1.0
//
// The entries of a cache by key: bounded, swept in passing. Lookups are lock-free. References to an
// entry are made under the lock of its shard only, so that one which nobody else holds can be told
// there, and dropped without losing a waiter or a fetch. A key thus never has two entries at a
// time. Any thread.

#ifndef COAUTH_CACHE_ENTRY_MAP_HPP
#define COAUTH_CACHE_ENTRY_MAP_HPP

#include <coauth/cache/cache_entry.hpp>
#include <coauth/cache/cache_key.hpp>
#include <coauth/cache/key_table.hpp>
#include <coauth/crypto/random.hpp>
#include <coauth/detail/atomic.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>

namespace coauth::detail {

struct entry_key {
    sha256_digest const key;
};

/// The key lies before what a hit reads of the entry.
struct keyed_entry final : entry_key, cache_entry {
    keyed_entry(sha256_digest const& digest, std::shared_ptr<cache_core> core, cache_policy policy)
        : entry_key{digest}, cache_entry(std::move(core), std::move(policy)) {}
};

/// A digest is uniform, but whoever can choose what goes into keys can look for digests that begin
/// alike. What comes of them with numbers that nobody outside knows cannot be foreseen.
class seeded_hash {
public:
    seeded_hash() { random_bytes({reinterpret_cast<unsigned char*>(seed_.data()), sizeof seed_}); }

    [[nodiscard]] std::uint64_t operator()(cache_key const& key) const noexcept {
        std::uint64_t n = 0;
        std::memcpy(&n, key.digest().data(), sizeof n);
        n = (n ^ seed_[0]) * (seed_[1] | 1U);
        n = (n ^ (n >> 32U)) * 0xD6E8FEB86659FD93U;  // odd, about half of its bits set
        return n ^ (n >> 32U);
    }

private:
    std::array<std::uint64_t, 2> seed_{};
};

class entry_map {
public:
    entry_map(std::shared_ptr<cache_core> core, std::size_t max_entries)
        : entry_map(std::move(core), max_entries, std::make_index_sequence<shard_count>()) {}

    /// Lock-free.
    [[nodiscard]] token_ref find(cache_key const& key, time_point now, bool& refresh_due) const {
        std::uint64_t const hash = hash_(key);
        token_ref token;
        shards_[shard_of(hash)].table.visit(
            hash, key.digest(), [&](cache_entry& e) { token = e.find(now, refresh_due); });
        return token;
    }

    [[nodiscard]] std::shared_ptr<cache_entry> bind(cache_key const& key,
                                                    cache_policy const& policy) {
        sweep();
        std::uint64_t const hash = hash_(key);
        shard& s = shards_[shard_of(hash)];
        if (auto known = s.find(hash, key)) return known;
        bool const crowded = full() && !make_room();
        if (full() && !crowded) make_room();  // two go for one that comes, after a time with more
        auto fresh = std::make_shared<keyed_entry>(key.digest(), core_, policy);
        if (auto known = s.find_or_insert(hash, fresh)) return known;
        cache_counters::add(core_->counters.entries);
        if (crowded) cache_counters::add(core_->counters.entries_beyond_bound);
        return fresh;
    }

    /// Forgets what the entry has, and the entry too if nobody holds it.
    void erase(cache_key const& key) noexcept {
        std::uint64_t const hash = hash_(key);
        shard& s = shards_[shard_of(hash)];
        std::lock_guard const lock(s.mutex);
        std::size_t const place = s.table.find(hash, key.digest());
        if (place == s.table.nowhere) return;
        forget(s, place);
        s.table.tidy();
    }

    void clear() noexcept {
        for (shard& s : shards_) {
            std::lock_guard const lock(s.mutex);
            for (std::size_t i = 0; i < s.table.places(); ++i) {
                if (s.table.at(i) != nullptr) forget(s, i);
            }
            s.table.tidy();
        }
    }

    /// Drops what is idle among the next few places.
    void sweep() noexcept {
        std::uint64_t const dropped = drop(next_shard(), swept_places, swept_places, is_idle);
        cache_counters::add(core_->counters.swept, dropped);
    }

private:
    static constexpr std::size_t shard_count = 16;
    static constexpr std::size_t swept_places = 8;
    /// Of each shard, in search of an entry to drop.
    static constexpr std::size_t searched_places = 32;

    struct alignas(64) shard {
        explicit shard(hazard_domain& domain) : table(domain) {}

        [[nodiscard]] std::shared_ptr<cache_entry> find(std::uint64_t hash, cache_key const& key) {
            std::lock_guard const lock(mutex);
            std::size_t const place = table.find(hash, key.digest());
            if (place == table.nowhere) return nullptr;
            return table.owner(place);
        }

        /// What another thread has inserted meanwhile, or null.
        [[nodiscard]] std::shared_ptr<cache_entry> find_or_insert(
            std::uint64_t hash, std::shared_ptr<keyed_entry> const& fresh) {
            std::lock_guard const lock(mutex);
            std::size_t const place = table.find(hash, fresh->key);
            if (place != table.nowhere) return table.owner(place);
            table.insert(hash, fresh);
            return nullptr;
        }

        key_table<keyed_entry> table;
        detail::mutex mutex;
        std::size_t hand = 0;
    };

    template <std::size_t... I>
    entry_map(std::shared_ptr<cache_core> core, std::size_t max_entries, std::index_sequence<I...>)
        : core_(std::move(core)),
          max_entries_(max_entries),
          shards_{{(static_cast<void>(I), shard(*core_->domain))...}} {}

    /// The table takes the low bits.
    [[nodiscard]] static std::size_t shard_of(std::uint64_t hash) noexcept {
        return hash >> (64U - std::bit_width(shard_count - 1));
    }
    [[nodiscard]] shard& next_shard() noexcept {
        // sync: none, where to go on looking
        return shards_[turn_.fetch_add(1, std::memory_order_relaxed) % shard_count];
    }

    [[nodiscard]] bool full() const noexcept {
        // sync: none, threads that add at one moment may each add one too many
        return core_->counters.entries.load(std::memory_order_relaxed) >= max_entries_;
    }

    /// The lock of the shard is held. Nobody can take a reference meanwhile, so that this is exact.
    [[nodiscard]] static bool is_held(shard const& s, std::size_t place) noexcept {
        return s.table.owner(place).use_count() != 1;
    }
    [[nodiscard]] static bool is_idle(cache_entry& e) noexcept {
        return e.idle(e.policy().clock.now());
    }

    void forget(shard& s, std::size_t place) noexcept {
        s.table.at(place)->erase();
        if (is_held(s, place)) return;
        s.table.remove(place);
        cache_counters::drop(core_->counters.entries);
    }

    /// Drops at most `most` of the entries in the next `places` that are `unwanted` and not held.
    template <class Unwanted>
    std::size_t drop(shard& s, std::size_t places, std::size_t most, Unwanted unwanted) noexcept {
        // Whoever has the lock is busy with this shard anyway.
        std::unique_lock const lock(s.mutex, std::try_to_lock);
        if (!lock) return 0;
        std::size_t dropped = 0;
        for (places = std::min(places, s.table.places()); places != 0 && dropped < most; --places) {
            s.hand = (s.hand + 1) % s.table.places();
            keyed_entry* const e = s.table.at(s.hand);
            if (e == nullptr || is_held(s, s.hand) || !unwanted(*e)) continue;
            forget(s, s.hand);
            ++dropped;
        }
        s.table.tidy();
        return dropped;
    }

    /// Drops an idle entry, or else another one that nobody holds. False: everybody seen is held.
    bool make_room() noexcept {
        auto const drop_one = [this](auto unwanted) {
            for (std::size_t i = 0; i < shard_count; ++i) {
                if (drop(next_shard(), searched_places, 1, unwanted) != 0) return true;
            }
            return false;
        };
        bool const dropped = drop_one(is_idle) || drop_one([](cache_entry&) { return true; });
        if (dropped) cache_counters::add(core_->counters.evictions);
        return dropped;
    }

    std::shared_ptr<cache_core> const core_;
    std::size_t const max_entries_;
    seeded_hash const hash_;
    std::array<shard, shard_count> shards_;
    atomic<std::size_t> turn_{0};
    static_assert(atomic<std::size_t>::is_always_lock_free);
};

}  // namespace coauth::detail

#endif
