// SPDX-License-Identifier: BSL-1.0
//
// The fuzz targets as plain tests: every seed, every beginning of it, and what a generator with a
// fixed start makes out of the seeds. ./check --fuzz looks further.

#include "target.hpp"

#include <support/effort.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace coauth_fuzz {

/// For the name of a test that fails.
inline void PrintTo(target const& one, std::ostream* out) { *out << one.name; }

}  // namespace coauth_fuzz

namespace replay_test {
namespace {

using coauth_fuzz::target;
using namespace std::string_view_literals;

std::filesystem::path const corpus = COAUTH_TEST_VECTORS "/../fuzz/corpus";

struct seed {
    std::string name;
    std::string bytes;
};

std::vector<seed> seeds_of(std::string const& name) {
    std::vector<seed> all;
    if (!std::filesystem::is_directory(corpus / name)) return all;
    for (auto const& entry : std::filesystem::directory_iterator(corpus / name)) {
        std::ifstream file(entry.path(), std::ios::binary);
        all.push_back(
            {entry.path().filename().string(), {std::istreambuf_iterator<char>(file), {}}});
    }
    std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.name < b.name; });
    return all;
}

/// Edits bytes, cuts, repeats, and takes pieces of other seeds, the same way each time.
class mutator {
public:
    explicit mutator(std::vector<seed> const& seeds) : seeds_(seeds) {}

    [[nodiscard]] std::string changed(std::string text) {
        for (std::size_t edits = 1 + below(3); edits != 0; --edits) edit(text);
        return text;
    }

private:
    [[nodiscard]] std::size_t below(std::size_t n) {
        return static_cast<std::size_t>(random_()) % n;
    }

    /// A piece of a text, most often a short one.
    [[nodiscard]] std::string piece_of(std::string const& text) {
        std::size_t const at = below(text.size() + 1);
        return text.substr(at, below(below(4) == 0 ? 256 : 16));
    }

    void edit(std::string& text) {
        constexpr std::string_view telling =
            "\0\t\n\r \"#%&'(),-./0:;<=>?@[\\]_{}\x7F\x80\xC3\xFF"sv;
        std::size_t const at = below(text.size() + 1);
        bool const inside = at != text.size();
        switch (below(inside ? 7 : 3)) {
            case 0: text.insert(at, 1, telling[below(telling.size())]); break;
            case 1: text.insert(at, piece_of(seeds_[below(seeds_.size())].bytes)); break;
            case 2: text.insert(at, piece_of(text)); break;
            case 3: text[at] = telling[below(telling.size())]; break;
            case 4:
                text[at] = static_cast<char>(text[at] ^ static_cast<char>(1U << below(7)));
                break;
            case 5: text.erase(at, 1); break;
            default: text.erase(at, below(64)); break;
        }
    }

    std::vector<seed> const& seeds_;
    std::mt19937 random_{162'163};
};

/// The input as a C++ literal, so that the message has no control characters in it.
std::string shown(std::string_view bytes) {
    constexpr std::string_view digits = "01234567";
    std::string text = "\"";
    for (char const c : bytes) {
        auto const byte = static_cast<unsigned char>(c);
        if (c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '?') {
            text += c;
        } else {
            text += {'\\', digits[byte >> 6U], digits[byte >> 3U & 7U], digits[byte & 7U]};
        }
    }
    return text + '"';
}

class fuzz_target : public ::testing::TestWithParam<target> {
protected:
    /// False, with the input in the message, where a property does not hold.
    static bool holds(std::string const& input, std::string const& origin) {
        try {
            GetParam().run(input);
            return true;
        } catch (std::exception const& e) {
            ADD_FAILURE() << e.what() << "\n" << origin << ": " << shown(input);
            return false;
        }
    }
};

TEST_P(fuzz_target, holds_for_seeds_and_what_is_made_of_them) {
    std::vector<seed> const seeds = seeds_of(GetParam().name);
    ASSERT_FALSE(seeds.empty()) << "tests/fuzz/corpus/" << GetParam().name << " has no seed";
    ASSERT_TRUE(holds("", "nothing"));
    mutator mutate(seeds);
    for (seed const& one : seeds) {
        ASSERT_TRUE(holds(one.bytes, one.name));
        std::size_t const step = one.bytes.size() / 100 + 1;
        for (std::size_t size = 0; size < one.bytes.size(); size += step) {
            ASSERT_TRUE(holds(one.bytes.substr(0, size), "the beginning of " + one.name));
        }
        for (std::size_t round = coauth_test::times(200); round != 0; --round) {
            ASSERT_TRUE(holds(mutate.changed(one.bytes), "made of " + one.name));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(fuzz, fuzz_target, ::testing::ValuesIn(coauth_fuzz::targets()),
                         [](auto const& one) { return one.param.name; });

TEST(fuzz_corpus, has_no_seeds_of_a_target_that_is_not_there) {
    std::set<std::string> known;
    for (target const& one : coauth_fuzz::targets()) known.insert(one.name);
    for (auto const& folder : std::filesystem::directory_iterator(corpus)) {
        EXPECT_TRUE(known.contains(folder.path().filename().string())) << folder.path();
    }
}

}  // namespace
}  // namespace replay_test
