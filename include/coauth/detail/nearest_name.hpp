// SPDX-License-Identifier: BSL-1.0
//
// What somebody may have meant who mistyped a name: the smallest number of insertions, deletions,
// substitutions and swaps of neighbours, case aside. Pure functions.

#ifndef COAUTH_DETAIL_NEAREST_NAME_HPP
#define COAUTH_DETAIL_NEAREST_NAME_HPP

#include <coauth/detail/ascii.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace coauth::detail {

[[nodiscard]] inline std::size_t edit_distance(std::string_view a, std::string_view b) {
    auto const same = [](char x, char y) { return ascii_lower(x) == ascii_lower(y); };
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t const changed = above[j - 1] + (same(a[i - 1], b[j - 1]) ? 0U : 1U);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, changed});
            bool const swapped =
                i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]);
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[b.size()];
}

/// The one of `known` that is nearest to `name`; empty when none is similar: more than a third of
/// its letters would have to change, or more than 64 bytes to compare.
[[nodiscard]] inline std::string nearest_name(std::string_view name,
                                              std::vector<std::string> const& known) {
    std::string best;
    if (name.size() > 64) return best;
    std::size_t least = std::max<std::size_t>(1, name.size() / 3) + 1;
    for (std::string const& one : known) {
        std::size_t const distance = edit_distance(name, one);
        if (distance >= least) continue;
        least = distance;
        best = one;
    }
    return best;
}

}  // namespace coauth::detail

#endif
