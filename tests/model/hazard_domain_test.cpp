// SPDX-License-Identifier: BSL-1.0
//
// Every interleaving of the real hazard_domain: protect, retire, release, the end of a thread and
// the end of the domain's owner.

#include <model/explorer.hpp>

#include <coauth/detail/hazard_domain.hpp>

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <utility>

namespace {

using coauth::detail::atomic;
using coauth::detail::hazard_domain;
using coauth::tests::explore;
using coauth::tests::findings;
using coauth::tests::model;
using coauth::tests::require;

struct object : hazard_domain::retirable {
    explicit object(int& counter) : alive(counter) { ++alive; }
    object(object const&) = delete;
    object& operator=(object const&) = delete;
    ~object() { --alive; }

    atomic<int> canary{7};
    int& alive;
};

class world {
public:
    world() { place_.store(new object(alive)); }
    world(world const&) = delete;
    world& operator=(world const&) = delete;
    ~world() {
        if (object* const last = place_.load()) delete last;
    }

    /// A thread's slots, so that only what a hit does is explored.
    void warm() { domain->release(protect()); }

    hazard_domain::slot* protect() {
        object* seen = nullptr;
        hazard_domain::slot* const slot = domain->protect(place_, seen);
        return slot;
    }
    void read() {
        object* seen = nullptr;
        hazard_domain::slot* const slot = domain->protect(place_, seen);
        if (slot == nullptr) return;
        require(seen->canary.load(std::memory_order_relaxed) == 7, "a reader sees a freed object");
        domain->release(slot);
    }
    void replace(bool by_nothing = false) {
        object* const made = by_nothing ? nullptr : new object(alive);
        object* const old = place_.exchange(made, std::memory_order_seq_cst);  // sync: protect()
        if (old != nullptr) domain->retire(old);
    }
    void end() {
        replace(true);
        domain.reset();
        require(alive == 0, "an object was never freed, or twice");
    }

    std::shared_ptr<hazard_domain> domain = hazard_domain::make();
    int alive = 0;

private:
    atomic<object*> place_{nullptr};
};

/// Makes the threads of one kind of trouble; all end with nothing left.
template <class F>
findings explore_world(F&& threads, std::size_t at_least) {
    findings const f = explore([&](model& m) {
        auto const w = std::make_shared<world>();
        threads(m, w);
        m.at_end([w] { w->end(); });
    });
    EXPECT_TRUE(f.right()) << f.text();
    EXPECT_GE(f.schedules, at_least);
    ::testing::Test::RecordProperty("schedules", std::to_string(f.schedules));
    return f;
}

//
TEST(hazard_domain_model, reader_and_a_writer_that_replaces_twice) {
    explore_world(
        [](model& m, std::shared_ptr<world> const& w) {
            m.thread([w] { w->read(); }, [w] { w->warm(); });
            m.thread([w] {
                w->replace();
                w->replace();
            });
        },
        10);
}

TEST(hazard_domain_model, two_readers_and_a_writer) {
    explore_world(
        [](model& m, std::shared_ptr<world> const& w) {
            m.thread([w] { w->read(); }, [w] { w->warm(); });
            m.thread([w] { w->read(); }, [w] { w->warm(); });
            m.thread([w] { w->replace(); });
        },
        10);
}

TEST(hazard_domain_model, reader_who_comes_twice_and_two_writers) {
    explore_world(
        [](model& m, std::shared_ptr<world> const& w) {
            m.thread(
                [w] {
                    w->read();
                    w->read();
                },
                [w] { w->warm(); });
            m.thread([w] { w->replace(); });
            m.thread([w] { w->replace(true); });
        },
        10);
}

TEST(hazard_domain_model, first_protections_of_two_threads_share_the_slots_there_are) {
    explore_world(
        [](model& m, std::shared_ptr<world> const& w) {
            m.thread([w] { w->read(); });
            m.thread([w] { w->read(); });
        },
        2);
}

TEST(hazard_domain_model, slots_of_a_thread_that_ends_are_taken_by_another_while_one_retires) {
    explore_world(
        [](model& m, std::shared_ptr<world> const& w) {
            m.thread([w] { w->read(); }, [w] { w->warm(); });
            m.thread([w] { w->read(); });
            m.thread([w] { w->replace(); });
        },
        10);
}

TEST(hazard_domain_model, two_readers_who_come_twice_and_a_writer) {
    explore_world(
        [](model& m, std::shared_ptr<world> const& w) {
            auto const read_twice = [w] {
                w->read();
                w->read();
            };
            m.thread(read_twice, [w] { w->warm(); });
            m.thread(read_twice, [w] { w->warm(); });
            m.thread([w] { w->replace(); });
        },
        1000);
}

//
TEST(hazard_domain_model, handle_dropped_elsewhere_while_the_owner_goes) {
    explore_world(
        [](model& m, std::shared_ptr<world> const& w) {
            auto* const slot = w->protect();
            hazard_domain* const domain = w->domain.get();
            m.thread([=] { domain->release(slot); });
            m.thread([w] {
                w->replace(true);
                w->domain.reset();
            });
        },
        2);
}

TEST(hazard_domain_model, two_handles_dropped_while_the_owner_goes) {
    explore_world(
        [](model& m, std::shared_ptr<world> const& w) {
            auto* const one = w->protect();
            auto* const other = w->protect();
            hazard_domain* const domain = w->domain.get();
            m.thread([=] { domain->release(one); });
            m.thread([=] { domain->release(other); });
            m.thread([w] {
                w->replace(true);
                w->domain.reset();
            });
        },
        6);
}

}  // namespace
