// SPDX-License-Identifier: BSL-1.0

#include <coauth/detail/hazard_domain.hpp>
#include <coauth/detail/hazard_guard.hpp>

#include <algorithm>
#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <set>
#include <support/allocation_counter.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace hazard_domain_test {
namespace {

using coauth::detail::hazard_domain;
using coauth::detail::hazard_guard;
using coauth::tests::allocations_of_this_thread;
using coauth::tests::no_memory;

struct object : hazard_domain::retirable {
    explicit object(std::atomic<int>& counter) : alive(counter) { ++alive; }
    object(object const&) = delete;
    object& operator=(object const&) = delete;
    ~object() { --alive; }
    std::atomic<int>& alive;
};

class hazard : public ::testing::Test {
protected:
    std::shared_ptr<hazard_domain> domain = hazard_domain::make();
    std::atomic<int> alive{0};
    std::atomic<object*> source{nullptr};

    object* publish() {
        auto* const made = new object(alive);
        object* const old = source.exchange(made, std::memory_order_seq_cst);  // sync: protect()
        if (old != nullptr) domain->retire(old);
        return made;
    }
    void withdraw() {
        object* const old = source.exchange(nullptr, std::memory_order_seq_cst);  // sync: protect()
        if (old != nullptr) domain->retire(old);
    }
    hazard_domain::slot* protect() {
        object* seen = nullptr;
        return domain->protect(source, seen);
    }
};

TEST_F(hazard, retired_object_without_readers_is_freed_at_once) {
    publish();
    publish();
    EXPECT_EQ(alive, 1);
    withdraw();
    EXPECT_EQ(alive, 0);
}

TEST_F(hazard, protected_object_outlives_its_retirement_until_it_is_released) {
    publish();
    hazard_domain::slot* const held = protect();
    publish();
    EXPECT_EQ(alive, 2);
    domain->release(held);
    EXPECT_EQ(alive, 1);
    withdraw();
    EXPECT_EQ(alive, 0);
}

TEST_F(hazard, protecting_nothing_gives_nothing) {
    object* seen = reinterpret_cast<object*>(alignof(object));
    EXPECT_EQ(domain->protect(source, seen), nullptr);
    EXPECT_EQ(seen, nullptr);
}

TEST_F(hazard, two_protections_of_one_object_are_two_slots) {
    publish();
    hazard_domain::slot* const one = protect();
    hazard_domain::slot* const other = protect();
    EXPECT_NE(one, other);
    withdraw();
    domain->release(one);
    EXPECT_EQ(alive, 1);
    domain->release(other);
    EXPECT_EQ(alive, 0);
}

TEST_F(hazard, object_goes_with_the_last_of_many_slots_in_whatever_order_they_go) {
    std::mt19937 random(7);
    for (int round = 0; round < 50; ++round) {
        publish();
        std::vector<hazard_domain::slot*> held;
        for (int i = 0; i < 100; ++i) held.push_back(protect());
        withdraw();
        if (round % 3 == 1) std::reverse(held.begin(), held.end());
        if (round % 3 == 2) std::shuffle(held.begin(), held.end(), random);
        for (hazard_domain::slot* s : held) {
            EXPECT_EQ(alive, 1);
            domain->release(s);
        }
        EXPECT_EQ(alive, 0);
    }
}

TEST_F(hazard, guards_within_guards_and_protections_do_not_disturb_each_other) {
    publish();
    hazard_domain::slot* held = nullptr;
    {
        hazard_guard const outer(*domain, source);
        publish();
        {
            hazard_guard const inner(*domain, source);
            held = protect();
            withdraw();
            EXPECT_NE(&*outer, &*inner);
            EXPECT_EQ(alive, 2);
        }
        EXPECT_EQ(alive, 2);
    }
    EXPECT_EQ(alive, 1);
    domain->release(held);
    EXPECT_EQ(alive, 0);
}

TEST_F(hazard, many_guards_may_be_nested) {
    publish();
    auto const nest = [&](auto const& self, int depth) -> void {
        if (depth == 0) return withdraw();
        hazard_guard const seen(*domain, source);
        ASSERT_TRUE(seen);
        self(self, depth - 1);
        EXPECT_EQ(alive, 1);
    };
    nest(nest, 100);
    EXPECT_EQ(alive, 0);
}

TEST_F(hazard, guard_of_nothing_sees_nothing) {
    hazard_guard const first(*domain, source);
    EXPECT_FALSE(first);
    hazard_guard const second(*domain, source);
    EXPECT_FALSE(second);
}

TEST_F(hazard, thread_that_has_its_slots_allocates_nothing) {
    publish();
    domain->release(protect());
    auto const before = allocations_of_this_thread();
    for (int i = 0; i < 1000; ++i) domain->release(protect());
    EXPECT_EQ(allocations_of_this_thread(), before);
    withdraw();
}

TEST_F(hazard, retiring_allocates_nothing_and_so_cannot_fail) {
    publish();
    hazard_domain::slot* const held = protect();
    object* const old = source.exchange(nullptr, std::memory_order_seq_cst);  // sync: protect()
    auto const before = allocations_of_this_thread();
    domain->retire(old);
    EXPECT_EQ(allocations_of_this_thread(), before);
    domain->release(held);
    EXPECT_EQ(alive, 0);
}

TEST_F(hazard, failed_first_protection_of_a_thread_leaves_its_list_usable) {
    publish();
    domain->release(protect());
    {
        auto const short_lived = hazard_domain::make();
        std::atomic<object*> other{new object(alive)};
        object* seen = nullptr;
        short_lived->release(short_lived->protect(other, seen));
        short_lived->retire(other.exchange(nullptr));
    }
    auto const third = hazard_domain::make();
    for (std::uint64_t spared = 0; spared < 4; ++spared) {
        no_memory const now(spared);
        object* seen = nullptr;
        try {
            third->release(third->protect(source, seen));
        } catch (std::bad_alloc const&) {}
        // Whatever broke above, the lists of other domains go on.
        domain->release(protect());
    }
    withdraw();
    EXPECT_EQ(alive, 0);
}

TEST_F(hazard, slots_taken_here_and_released_elsewhere_are_used_again) {
    publish();
    auto const before = domain->slot_count();
    for (int round = 0; round < 50; ++round) {
        std::vector<hazard_domain::slot*> taken;
        for (int i = 0; i < 40; ++i) taken.push_back(protect());
        std::thread([&] {
            for (hazard_domain::slot* s : taken) domain->release(s);
        }).join();
    }
    EXPECT_LE(domain->slot_count(), before + 128U);
    withdraw();
}

TEST_F(hazard, slots_released_by_a_thread_with_a_full_list_are_used_again) {
    publish();
    auto const before = domain->slot_count();
    std::vector<hazard_domain::slot*> taken;
    for (int round = 0; round < 20; ++round) {
        std::thread([&] {
            for (int i = 0; i < 200; ++i) taken.push_back(protect());
        }).join();
        for (hazard_domain::slot* s : taken) domain->release(s);
        taken.clear();
    }
    EXPECT_LE(domain->slot_count(), before + 512U);
    withdraw();
}

TEST_F(hazard, thread_that_ends_gives_its_slots_back) {
    publish();
    auto const before = domain->slot_count();
    // More threads than there are slots for them to lose.
    for (std::size_t i = 0; i < before + 200; ++i) {
        std::thread([&] { domain->release(protect()); }).join();
    }
    EXPECT_LE(domain->slot_count(), before + 32U);
    withdraw();
}

TEST_F(hazard, held_slot_keeps_its_object_and_the_domain_when_the_owner_has_gone) {
    publish();
    hazard_domain::slot* const one = protect();
    hazard_domain::slot* const other = protect();
    withdraw();
    hazard_domain& orphan = *domain;
    domain.reset();
    EXPECT_EQ(alive, 1);
    orphan.release(one);
    EXPECT_EQ(alive, 1);
    std::thread([&] { orphan.release(other); }).join();
    EXPECT_EQ(alive, 0);
}

TEST_F(hazard, domain_without_owner_is_used_again_and_counts_from_zero) {
    publish();
    hazard_domain::slot* const held = protect();
    held->count_hit();
    EXPECT_EQ(domain->hits(), 1U);
    withdraw();
    hazard_domain* const first = domain.get();
    domain.reset();
    domain = hazard_domain::make();
    EXPECT_EQ(domain.get(), first);
    EXPECT_EQ(domain->hits(), 0U);
    EXPECT_EQ(alive, 1);
    domain->release(held);  // of the owner before
    EXPECT_EQ(alive, 0);
}

TEST_F(hazard, owner_and_last_slot_may_go_at_the_same_time) {
    for (int round = 0; round < 300; ++round) {
        publish();
        hazard_domain::slot* const held = protect();
        withdraw();
        hazard_domain& d = *domain;
        std::thread releases([&] { d.release(held); });
        domain.reset();
        releases.join();
        EXPECT_EQ(alive, 0);
        domain = hazard_domain::make();
    }
}

TEST_F(hazard, many_domains_on_one_thread_do_not_mix_their_slots) {
    std::set<hazard_domain::slot*> slots;
    for (int i = 0; i < 200; ++i) {
        auto const one = hazard_domain::make();
        std::atomic<object*> place{new object(alive)};
        object* seen = nullptr;
        hazard_domain::slot* const s = one->protect(place, seen);
        one->retire(place.exchange(nullptr));
        EXPECT_EQ(alive, 1);
        one->release(s);
    }
    EXPECT_EQ(alive, 0);
}

/// Its destructor runs after the thread's own list of slots is gone.
struct late_reader {
    std::shared_ptr<hazard_domain> domain;
    std::atomic<object*>* source = nullptr;
    ~late_reader() {
        object* seen = nullptr;
        if (domain) domain->release(domain->protect(*source, seen));
    }
};

//
TEST_F(hazard, reading_while_the_thread_ends_is_fine) {
    publish();
    auto const before = domain->slot_count();
    std::thread([&] {
        static thread_local late_reader last;
        last.domain = domain;
        last.source = &source;
        domain->release(protect());
    }).join();
    EXPECT_LE(domain->slot_count(), before + 64U);
    withdraw();
    EXPECT_EQ(alive, 0);
}

//
TEST_F(hazard, readers_never_see_a_freed_object_while_writers_replace_it) {
    struct canary : hazard_domain::retirable {
        std::atomic<int> value{7};
        ~canary() { value.store(0, std::memory_order_relaxed); }
    };
    std::atomic<canary*> place{new canary};
    std::atomic<bool> done{false};
    auto const read = [&] {
        while (!done) {
            canary* seen = nullptr;
            hazard_domain::slot* const s = domain->protect(place, seen);
            ASSERT_EQ(seen->value.load(std::memory_order_relaxed), 7);
            domain->release(s);
            hazard_guard const again(*domain, place);
            ASSERT_EQ(again->value.load(std::memory_order_relaxed), 7);
        }
    };
    std::thread one(read);
    std::thread other(read);
    for (int i = 0; i < 20000; ++i) {
        domain->retire(place.exchange(new canary, std::memory_order_seq_cst));  // sync: protect()
    }
    done = true;
    one.join();
    other.join();
    domain->retire(place.exchange(nullptr));
}

}  // namespace
}  // namespace hazard_domain_test
