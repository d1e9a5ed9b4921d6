// SPDX-License-Identifier: BSL-1.0
//
// The series of one metric by the values of its labels: found and counted without a lock by any
// number of threads, bounded in number. Series live as long as their table.

#ifndef COAUTH_DETAIL_METRIC_TABLE_HPP
#define COAUTH_DETAIL_METRIC_TABLE_HPP

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coauth::detail {

using label_values = std::span<std::string_view const>;

/// Counts up, and down where it is a gauge.
struct metric_count {
    std::atomic<std::int64_t> value{0};

    void add(std::int64_t n) noexcept {
        value.fetch_add(n, std::memory_order_relaxed);  // sync: a statistic
    }
};

/// `Bounds`: the upper bounds of its buckets but the last, in microseconds.
template <auto const& Bounds>
struct metric_histogram {
    static constexpr std::size_t buckets = Bounds.size() + 1;

    std::atomic<std::uint64_t> counts[buckets] = {};
    /// In microseconds: nanoseconds would be full after weeks of many long calls.
    std::atomic<std::uint64_t> sum{0};

    void observe(std::int64_t microseconds) noexcept {
        std::int64_t const value = std::max<std::int64_t>(microseconds, 0);
        auto const bucket = static_cast<std::size_t>(
            std::lower_bound(Bounds.begin(), Bounds.end(), value) - Bounds.begin());
        counts[bucket].fetch_add(1, std::memory_order_relaxed);  // sync: a statistic
        sum.fetch_add(static_cast<std::uint64_t>(value), std::memory_order_relaxed);  // sync: same
    }
};

template <class Cell>
class metric_table {
public:
    struct series {
        std::vector<std::string> labels;  ///< Empty: the overflow.
        alignas(64) Cell cell;
    };

    /// The values beyond `max_series` combinations of them are counted in one series of their own.
    explicit metric_table(std::size_t max_series)
        : max_series_(max_series), slots_(2 * max_series + 1) {}
    metric_table(metric_table const&) = delete;
    metric_table& operator=(metric_table const&) = delete;
    ~metric_table() {
        for (auto& slot : slots_) delete slot.load(std::memory_order_relaxed);  // sync: the last
    }

    [[nodiscard]] Cell& at(label_values values) {
        std::unique_ptr<series> made;
        for (std::size_t i = hash(values) % slots_.size();; i = (i + 1) % slots_.size()) {
            // sync: pairs with the release below, so that the labels are seen whole
            series* found = slots_[i].load(std::memory_order_acquire);
            if (found == nullptr) {
                if (!made) {
                    // sync: a bound, not an order
                    if (count_.fetch_add(1, std::memory_order_relaxed) >= max_series_) {
                        count_.fetch_sub(1, std::memory_order_relaxed);  // sync: same
                        return overflow_.cell;
                    }
                    made = std::make_unique<series>();
                    made->labels.assign(values.begin(), values.end());
                }
                // sync: publishes the labels; on failure sees those of whoever was first
                if (slots_[i].compare_exchange_strong(found, made.get(), std::memory_order_acq_rel,
                                                      std::memory_order_acquire)) {
                    return made.release()->cell;
                }
            }
            if (!std::equal(values.begin(), values.end(), found->labels.begin(),
                            found->labels.end())) {
                continue;
            }
            if (made) count_.fetch_sub(1, std::memory_order_relaxed);  // sync: a bound
            return found->cell;
        }
    }

    /// All series, in the order of their labels, the overflow first.
    [[nodiscard]] std::vector<series const*> all() const {
        std::vector<series const*> list;
        for (auto const& slot : slots_) {
            // sync: as in at()
            if (series const* s = slot.load(std::memory_order_acquire)) list.push_back(s);
        }
        list.push_back(&overflow_);
        std::sort(list.begin(), list.end(),
                  [](series const* a, series const* b) { return a->labels < b->labels; });
        return list;
    }

private:
    [[nodiscard]] static std::size_t hash(label_values values) noexcept {
        std::size_t all = 0;
        for (std::string_view const value : values) {
            all = all * 1099511628211U + std::hash<std::string_view>()(value);
        }
        return all;
    }

    std::size_t const max_series_;
    std::vector<std::atomic<series*>> slots_;  // more than there are series: a search ends
    std::atomic<std::size_t> count_{0};
    series overflow_;
};

}  // namespace coauth::detail

#endif
