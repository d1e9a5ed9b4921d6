// SPDX-License-Identifier: BSL-1.0
//
// One cached token. A record is immutable but for its deadlines; its bytes are wiped when the last
// reader has gone.

#ifndef COAUTH_CACHE_TOKEN_RECORD_HPP
#define COAUTH_CACHE_TOKEN_RECORD_HPP

#include <coauth/cache/lifetime_policy.hpp>
#include <coauth/clock.hpp>
#include <coauth/detail/atomic.hpp>
#include <coauth/detail/hazard_domain.hpp>
#include <coauth/secret.hpp>
#include <coauth/token.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

struct token_record : hazard_domain::retirable {
    token_record(std::uint64_t number, token_response const& response, timeline const& times)
        : generation(number),
          scheme_size(response.token_type.size()),
          scope(response.scope),
          refresh_token(response.refresh_token.clone()),
          soft(times.soft.time_since_epoch().count()),
          hard(times.hard.time_since_epoch().count()),
          started(times.started),
          expiry(times.expiry) {
        authorization.reserve(scheme_size + 1 + response.access_token.size());
        authorization.append(response.token_type);
        authorization.push_back(' ');
        authorization.append(response.access_token.reveal());
    }

    /// Never used twice within a cache.
    std::uint64_t const generation;
    /// The ready-made value of the Authorization header.
    wiped_buffer authorization;
    std::size_t const scheme_size;
    std::optional<std::string> const scope;
    /// Empty where none came, or where it is of no use.
    secret const refresh_token;
    /// Nanoseconds of boot_clock; both 0 once rejected, and never anything else again. soft <=
    /// hard, so that a reader needs one comparison.
    atomic<std::int64_t> soft;
    atomic<std::int64_t> hard;
    static_assert(std::atomic<std::int64_t>::is_always_lock_free);
    /// The entry, and each flight that answers with this token; see record_share.
    atomic<std::uint32_t> owners{1};
    static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
    time_point const started;
    time_point const expiry;
    duration const monotonic_offset = clock::monotonic_offset();

    [[nodiscard]] std::string_view access_token() const noexcept {
        return authorization.view().substr(scheme_size + 1);
    }
    [[nodiscard]] bool fresh(time_point now) const noexcept {
        // sync: none needed, a late view of a deadline is a view of an instant ago; the record
        // itself was acquired through cache_entry::current_
        return now.time_since_epoch().count() < soft.load(std::memory_order_relaxed);
    }
    [[nodiscard]] bool valid(time_point now) const noexcept {
        return now.time_since_epoch().count() <
               hard.load(std::memory_order_relaxed);  // sync: as above
    }
    [[nodiscard]] bool rejected() const noexcept {
        return hard.load(std::memory_order_relaxed) == 0;  // sync: as above
    }
    /// Not rejected and not expired: good enough when nothing better can be had.
    [[nodiscard]] bool usable(time_point now) const noexcept { return !rejected() && now < expiry; }

    /// True for the first one.
    bool reject() noexcept {
        // soft first: a token that is not valid any more is not fresh either, for anybody.
        soft.store(0, std::memory_order_release);  // sync: fresh(), move_soft()
        COAUTH_TEST_YIELD();
        // sync: release for valid(), acq_rel to tell the first of two
        return hard.exchange(0, std::memory_order_acq_rel) != 0;
    }
    /// Not when it has been rejected: then nothing but a new record brings the token back.
    void move_soft(time_point at) noexcept {
        std::int64_t seen = soft.load(std::memory_order_relaxed);  // sync: the exchange below
        while (seen != 0) {
            std::int64_t const latest = hard.load(std::memory_order_relaxed);  // sync: as above
            COAUTH_TEST_YIELD();
            // sync: release for fresh(). Fails when a reject() has come in between.
            if (soft.compare_exchange_weak(seen, std::min(latest, at.time_since_epoch().count()),
                                           std::memory_order_release, std::memory_order_relaxed)) {
                return;
            }
        }
    }
};

/// A part in a record: who has one may read it, and make a token_ref of it. The last one retires
/// the record. Movable; one thread.
class record_share {
public:
    record_share() = default;
    /// Takes over the part that a new record comes with, or that release() has given up.
    record_share(hazard_domain& domain, token_record* record) noexcept
        : domain_(&domain), record_(record) {}
    record_share(record_share&& other) noexcept
        : domain_(other.domain_), record_(std::exchange(other.record_, nullptr)) {}
    record_share& operator=(record_share&& other) noexcept {
        record_share taken(std::move(other));
        std::swap(domain_, taken.domain_);
        std::swap(record_, taken.record_);
        return *this;
    }
    ~record_share() {
        // sync: acq_rel among the owners: the last one comes after what the others did
        if (record_ != nullptr && record_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            domain_->retire(record_);
        }
    }

    /// Of a record that is protected; empty when nobody owns it any more.
    [[nodiscard]] static record_share of(hazard_domain& domain, token_record& record) noexcept {
        std::uint32_t seen = record.owners.load(std::memory_order_relaxed);  // sync: below
        while (seen != 0) {
            // sync: none needed, the record is protected; a count of 0 is never left again
            if (record.owners.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed)) {
                return {domain, &record};
            }
        }
        return {};
    }
    [[nodiscard]] record_share share() const noexcept {
        record_->owners.fetch_add(1, std::memory_order_relaxed);  // sync: the destructor's
        return {*domain_, record_};
    }

    [[nodiscard]] explicit operator bool() const noexcept { return record_ != nullptr; }
    [[nodiscard]] token_record* operator->() const noexcept { return record_; }
    [[nodiscard]] token_record& operator*() const noexcept { return *record_; }
    [[nodiscard]] token_record* release() noexcept { return std::exchange(record_, nullptr); }

private:
    hazard_domain* domain_ = nullptr;
    token_record* record_ = nullptr;
};

}  // namespace coauth::detail

#endif
