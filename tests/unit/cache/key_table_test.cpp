// SPDX-License-Identifier: BSL-1.0

#include <coauth/cache/key_table.hpp>

#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <new>
#include <support/allocation_counter.hpp>
#include <vector>

namespace key_table_test {
namespace {

using coauth::sha256_digest;
using coauth::detail::hazard_domain;
using coauth::detail::key_table;
using coauth::tests::allocations_of_this_thread;
using coauth::tests::no_memory;

struct node {
    sha256_digest const key;
};

sha256_digest digest(std::uint64_t n) {
    sha256_digest d{};
    std::memcpy(d.data(), &n, sizeof n);
    return d;
}

class keyed_nodes : public ::testing::Test {
protected:
    static std::uint64_t hash(std::uint64_t n) { return n * 0x9E3779B97F4A7C15U; }

    std::weak_ptr<node> insert(std::uint64_t n) { return insert(n, hash(n)); }
    std::weak_ptr<node> insert(std::uint64_t n, std::uint64_t with_hash) {
        auto made = std::make_shared<node>(node{digest(n)});
        nodes.insert(with_hash, made);
        return made;
    }
    void remove(std::uint64_t n) { nodes.remove(nodes.find(hash(n), digest(n))); }
    bool has(std::uint64_t n) { return has(n, hash(n)); }
    bool has(std::uint64_t n, std::uint64_t with_hash) {
        bool right = true;
        bool const found =
            nodes.visit(with_hash, digest(n), [&](node const& it) { right = it.key == digest(n); });
        EXPECT_TRUE(right);
        return found;
    }

    std::shared_ptr<hazard_domain> domain = hazard_domain::make();
    key_table<node> nodes{*domain};
};

TEST_F(keyed_nodes, finds_what_has_been_inserted_and_nothing_else) {
    EXPECT_FALSE(has(1));
    insert(1);
    EXPECT_TRUE(has(1));
    EXPECT_FALSE(has(2));
    EXPECT_EQ(nodes.size(), 1U);
}

TEST_F(keyed_nodes, finds_every_key_at_every_size) {
    for (std::uint64_t n = 0; n < 3000; ++n) {
        insert(n);
        for (std::uint64_t k = n % 61; k <= n; k += 61) ASSERT_TRUE(has(k)) << k << " of " << n;
        ASSERT_FALSE(has(n + 1));
    }
}

//
TEST_F(keyed_nodes, keys_of_one_hash_are_told_apart) {
    for (std::uint64_t n = 0; n < 100; ++n) insert(n, 7);
    for (std::uint64_t n = 0; n < 100; ++n) EXPECT_TRUE(has(n, 7));
    EXPECT_FALSE(has(100, 7));
    nodes.remove(nodes.find(7, digest(50)));
    EXPECT_FALSE(has(50, 7));
    EXPECT_TRUE(has(51, 7));
}

TEST_F(keyed_nodes, finds_a_key_again_that_was_removed_and_inserted_anew) {
    insert(1);
    remove(1);
    EXPECT_FALSE(has(1));
    insert(1);
    EXPECT_TRUE(has(1));
    EXPECT_EQ(nodes.size(), 1U);
}

TEST_F(keyed_nodes, lookup_allocates_nothing) {
    for (std::uint64_t n = 0; n < 100; ++n) insert(n);
    EXPECT_TRUE(has(1));  // the thread has its slots now
    auto const before = allocations_of_this_thread();
    EXPECT_TRUE(has(2));
    EXPECT_FALSE(has(100));
    EXPECT_EQ(allocations_of_this_thread(), before);
}

TEST_F(keyed_nodes, removed_node_stays_while_somebody_looks_at_it) {
    auto const seen = insert(1);
    nodes.visit(hash(1), digest(1), [&](node const& it) {
        remove(1);
        EXPECT_FALSE(has(1));
        for (std::uint64_t n = 2; n < 100; ++n) insert(n);
        EXPECT_EQ(it.key, digest(1));
        EXPECT_FALSE(seen.expired());
    });
    for (std::uint64_t n = 100; n < 200; ++n) insert(n);
    EXPECT_TRUE(seen.expired());
}

TEST_F(keyed_nodes, node_seen_through_an_old_table_outlives_the_newer_one_it_was_removed_from) {
    auto const seen = insert(1);
    nodes.visit(hash(1), digest(1), [&](node const& it) {
        for (std::uint64_t n = 2; n < 50; ++n) insert(n);  // in a newer table
        remove(1);
        for (std::uint64_t n = 50; n < 500; ++n) insert(n);  // and that one has been replaced too
        EXPECT_EQ(it.key, digest(1));
        EXPECT_FALSE(seen.expired());
    });
    for (std::uint64_t n = 500; n < 2000; ++n) insert(n);
    EXPECT_TRUE(seen.expired());
}

TEST_F(keyed_nodes, stalled_reader_keeps_any_number_of_tables_and_all_go_when_it_does) {
    std::vector<std::weak_ptr<node>> gone;
    insert(0);
    nodes.visit(hash(0), digest(0), [&](node const&) {
        for (std::uint64_t n = 1; n < 100'000; ++n) {
            gone.push_back(insert(n));
            remove(n);
            nodes.tidy();
        }
        EXPECT_FALSE(gone.front().expired());
    });
    for (std::uint64_t n = 1; n < 100; ++n) insert(n);
    for (auto const& it : gone) ASSERT_TRUE(it.expired());
}

TEST_F(keyed_nodes, coming_and_going_keys_need_no_more_room_than_those_that_stay) {
    for (std::uint64_t n = 0; n < 10'000; ++n) {
        insert(n);
        if (n >= 10) remove(n - 10);
        nodes.tidy();
        ASSERT_LE(nodes.places(), 64U);
    }
    EXPECT_EQ(nodes.size(), 10U);
}

TEST_F(keyed_nodes, memory_is_given_back_when_most_has_been_removed) {
    std::vector<std::weak_ptr<node>> all;
    for (std::uint64_t n = 0; n < 1000; ++n) all.push_back(insert(n));
    for (std::uint64_t n = 0; n < 990; ++n) remove(n);
    nodes.tidy();
    EXPECT_LE(nodes.places(), 64U);
    EXPECT_TRUE(all[0].expired());
    for (std::uint64_t n = 0; n < 1000; ++n) EXPECT_EQ(has(n), n >= 990);
}

TEST_F(keyed_nodes, nothing_has_changed_when_memory_is_lacking) {
    for (std::uint64_t n = 0; n < 5; ++n) insert(n);
    auto const sixth = std::make_shared<node>(node{digest(5)});
    for (std::uint64_t spared = 0; spared < 3; ++spared) {
        no_memory const now(spared);
        EXPECT_THROW(nodes.insert(hash(5), sixth), std::bad_alloc);
    }
    EXPECT_EQ(nodes.size(), 5U);
    for (std::uint64_t n = 0; n < 5; ++n) EXPECT_TRUE(has(n));
    EXPECT_FALSE(has(5));
    nodes.insert(hash(5), sixth);
    EXPECT_TRUE(has(5));
}

TEST_F(keyed_nodes, removals_without_memory_are_tidied_up_later) {
    for (std::uint64_t n = 0; n < 100; ++n) insert(n);
    for (std::uint64_t n = 0; n < 99; ++n) remove(n);
    {
        no_memory const now;
        nodes.tidy();
    }
    EXPECT_TRUE(has(99));
    EXPECT_GT(nodes.places(), 64U);
    nodes.tidy();
    EXPECT_LE(nodes.places(), 64U);
    EXPECT_TRUE(has(99));
}

}  // namespace
}  // namespace key_table_test
