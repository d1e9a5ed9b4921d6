// SPDX-License-Identifier: BSL-1.0
//
// The explorer finds what it is there to find.

#include <model/explorer.hpp>

#include <array>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>

namespace {

using coauth::tests::exploration;
using coauth::tests::explore;
using coauth::tests::explored_atomic;
using coauth::tests::explored_mutex;
using coauth::tests::findings;
using coauth::tests::model;
using coauth::tests::replay;
using coauth::tests::require;

struct two_places {
    explored_atomic<int> x{0}, y{0};
    int seen_x = -1, seen_y = -1;
};

/// Each thread stores, then looks for the other's store.
template <std::memory_order Order>
void store_then_look(model& m) {
    auto const s = std::make_shared<two_places>();
    m.thread([s] {
        s->x.store(1, Order);
        s->seen_y = s->y.load();
    });
    m.thread([s] {
        s->y.store(1, Order);
        s->seen_x = s->x.load();
    });
    m.at_end([s] { require(s->seen_x == 1 || s->seen_y == 1, "neither saw the other"); });
}

TEST(explorer, delayed_stores_are_tried_unless_seq_cst) {
    findings const late = explore(store_then_look<std::memory_order_release>);
    EXPECT_EQ(late.failure, "neither saw the other");
    findings const prompt = explore(store_then_look<std::memory_order_seq_cst>);
    EXPECT_TRUE(prompt.right()) << prompt.text();
    findings const without =
        explore(store_then_look<std::memory_order_release>, {.store_buffers = false});
    EXPECT_TRUE(without.right()) << without.text();
}

TEST(explorer, barrier_of_one_thread_brings_the_stores_of_the_others) {
    auto const one_sided = [](bool barrier) {
        return explore(
            [=](model& m) {
                auto const s = std::make_shared<two_places>();
                m.thread([s] {
                    s->x.store(1, std::memory_order_release);
                    s->seen_y = s->y.load();
                });
                m.thread([s, barrier] {
                    s->y.store(1);
                    if (barrier) COAUTH_TEST_HEAVY_BARRIER();
                    s->seen_x = s->x.load();
                });
                m.at_end(
                    [s] { require(s->seen_x == 1 || s->seen_y == 1, "neither saw the other"); });
            },
            {.barriers = true});
    };
    EXPECT_TRUE(one_sided(true).right()) << one_sided(true).text();
    EXPECT_EQ(one_sided(true).schedules, 4U);
    EXPECT_EQ(one_sided(false).failure, "neither saw the other");
}

TEST(explorer, buffered_stores_arrive_in_order_and_are_seen_by_their_own_thread) {
    findings const f = explore([](model& m) {
        auto const s = std::make_shared<two_places>();
        m.thread([s] {
            s->x.store(1, std::memory_order_relaxed);
            s->y.store(1, std::memory_order_relaxed);
            require(s->x.load() == 1, "blind to its own store");
        });
        m.thread([s] {
            if (s->y.load() == 1) require(s->x.load() == 1, "stores overtook each other");
        });
        m.at_end([s] { require(s->x.load() == 1 && s->y.load() == 1, "a store was lost"); });
    });
    EXPECT_TRUE(f.right()) << f.text();
}

TEST(explorer, every_order_of_dependent_accesses_is_tried_once) {
    auto const schedules_of = [](int threads, bool same) {
        auto const f = explore([=](model& m) {
            struct places {
                explored_atomic<int> one[4]{};
            };
            auto const s = std::make_shared<places>();
            for (int i = 0; i < threads; ++i) {
                m.thread([s, at = same ? 0 : i] { s->one[at].fetch_add(1); });
            }
        });
        EXPECT_TRUE(f.right()) << f.text();
        return f.schedules;
    };
    EXPECT_EQ(schedules_of(2, true), 2U);
    EXPECT_EQ(schedules_of(3, true), 6U);
    EXPECT_EQ(schedules_of(4, true), 24U);
    EXPECT_EQ(schedules_of(4, false), 1U);
}

TEST(explorer, lost_update_is_found_and_its_schedule_shows_it_again) {
    auto const program = [](model& m) {
        auto const count = std::make_shared<explored_atomic<int>>(0);
        for (int i = 0; i < 3; ++i) {
            m.thread([count] { count->store(count->load() + 1); });
        }
        m.at_end([count] { require(count->load() == 3, "an update was lost"); });
    };
    findings const found = explore(program);
    EXPECT_EQ(found.failure, "an update was lost");
    findings const again = replay(program, found.schedule);
    EXPECT_EQ(again.failure, "an update was lost");
    EXPECT_EQ(again.schedule, found.schedule);
    EXPECT_NE(again.trace.find("load #0 = 0x0"), std::string::npos) << again.trace;
}

/// Short programs of all kinds of accesses to two places; the outcome is all that was read.
class random_program {
public:
    explicit random_program(unsigned seed) {
        std::minstd_rand random(seed);
        for (auto& thread : accesses_) {
            for (auto& a : thread) a = static_cast<unsigned>(random() / 7 % 10);
        }
    }

    std::set<std::string> outcomes(exploration limits) const {
        std::set<std::string> all;
        auto const f = explore(
            [&](model& m) {
                auto const s = std::make_shared<state>();
                for (std::size_t i = 0; i < accesses_.size(); ++i) {
                    m.thread([this, s, i] {
                        for (unsigned const a : accesses_[i]) s->act(i, a);
                    });
                }
                m.at_end([&all, s] {
                    all.insert(s->seen[0] + '|' + s->seen[1] + '|' + s->seen[2] + '=' +
                               std::to_string(s->places[0]) + ',' + std::to_string(s->places[1]));
                });
            },
            limits);
        EXPECT_TRUE(f.right()) << f.text();
        return all;
    }

private:
    struct state {
        explored_atomic<int> places[2]{};
        explored_mutex mutex;
        std::string seen[3];

        void act(std::size_t thread, unsigned what) {
            auto& place = places[what % 2];
            int const value = static_cast<int>(10 * thread + what);
            switch (what / 2) {
                case 0: seen[thread] += std::to_string(place.load()) + ' '; break;
                case 1: place.store(value, std::memory_order_relaxed); break;
                case 2: place.store(value); break;
                case 3: seen[thread] += std::to_string(place.exchange(value)) + ' '; break;
                default: {
                    std::lock_guard const lock(mutex);
                    seen[thread] += std::to_string(place.load()) + ' ';
                }
            }
        }
    };
    std::array<std::array<unsigned, 2>, 3> accesses_{};
};

TEST(explorer, reduction_loses_no_outcome_of_random_programs) {
    std::size_t different = 0;
    for (unsigned seed = 1; seed <= 50; ++seed) {
        random_program const program(seed);
        auto const all = program.outcomes({.reduction = false});
        EXPECT_EQ(program.outcomes({}), all) << "seed " << seed;
        different += all.size();
    }
    EXPECT_GT(different, 300U);
}

struct two_locks {
    explored_mutex a, b;
    int inside = 0;
};

TEST(explorer, locks_exclude_each_other_and_deadlocks_are_found) {
    auto const crossed = [](bool same_order) {
        return explore([=](model& m) {
            auto const s = std::make_shared<two_locks>();
            auto const body = [s](explored_mutex& first, explored_mutex& second) {
                std::lock_guard const one(first);
                std::lock_guard const two(second);
                require(++s->inside == 1, "two inside");
                --s->inside;
            };
            m.thread([=] { body(s->a, s->b); });
            m.thread([=] { same_order ? body(s->a, s->b) : body(s->b, s->a); });
        });
    };
    EXPECT_EQ(crossed(false).failure, "deadlock");
    EXPECT_TRUE(crossed(true).right()) << crossed(true).text();
}

TEST(explorer, waiting_for_another_thread_is_no_endless_schedule) {
    auto const waiting = [](int written) {
        return explore([=](model& m) {
            auto const s = std::make_shared<two_places>();
            m.thread([s] {
                while (s->x.load() != 2) COAUTH_TEST_PAUSE();
            });
            m.thread([s, written] {
                s->x.store(1);
                s->x.store(written, std::memory_order_release);
            });
        });
    };
    EXPECT_TRUE(waiting(2).right()) << waiting(2).text();
    EXPECT_DEATH(static_cast<void>(waiting(3)), "deadlock");
}

TEST(explorer, use_after_free_is_found_although_nothing_else_orders_the_two) {
    findings const f = explore([](model& m) {
        auto* const object = new explored_atomic<int>(7);
        m.thread([=] { static_cast<void>(object->load()); });
        m.thread([=] { delete object; });
    });
    EXPECT_EQ(f.failure, "access to memory that has been freed");
}

TEST(explorer, what_thread_locals_do_at_the_end_of_a_thread_is_explored) {
    static explored_atomic<int>* place = nullptr;
    struct parting {
        ~parting() { place->store(place->load() + 1); }
    };
    auto const f = explore(
        [](model& m) {
            auto const count = std::make_shared<explored_atomic<int>>(0);
            place = count.get();
            for (int i = 0; i < 2; ++i) {
                m.thread([count] {
                    static thread_local parting last;
                    static_cast<void>(&last);
                });
            }
            m.at_end([count] { require(count->load() == 2, "an update was lost"); });
        },
        {.thread_ends = true});
    EXPECT_EQ(f.failure, "an update was lost");
}

}  // namespace
