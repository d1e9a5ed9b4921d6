// SPDX-License-Identifier: BSL-1.0
//
// Every interleaving of the real hazard_domain: protect, retire, release, the end of a thread.

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
    world() {
        place_.store(new object(alive));
        // Domains are used again: the next schedule is to have one that nobody has used.
        static_cast<void>(new auto(domain));
    }
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
    /// Objects that are still published.
    int present() { return place_.load() != nullptr ? 1 : 0; }
    void end() {
        replace(true);
        require(alive == 0, "an object was never freed, or twice");
    }

    std::shared_ptr<hazard_domain> domain = hazard_domain::make();
    int alive = 0;

private:
    atomic<object*> place_{nullptr};
};

/// Makes the threads of one kind of trouble; all end with nothing left.
template <class F>
findings explore_world(F&& threads, std::size_t at_least, bool thread_ends = false) {
    findings const f = explore(
        [&](model& m) {
            auto const w = std::make_shared<world>();
            m.at_end([w] {
                // What is retired last is freed by its last reader, if there is one.
                require(w->alive == w->present(), "an object waits for a later retirement");
                w->end();
            });
            threads(m, w);
        },
        {.barriers = true, .thread_ends = thread_ends});
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
        2, true);
}

TEST(hazard_domain_model, slots_of_a_thread_that_ends_are_taken_by_another) {
    explore_world(
        [](model& m, std::shared_ptr<world> const& w) {
            m.thread([w] { w->read(); }, [w] { w->warm(); });
            m.thread([w] { w->read(); });
        },
        4, true);
}

TEST(hazard_domain_model, last_of_two_handles_frees_what_was_retired_meanwhile) {
    explore_world(
        [](model& m, std::shared_ptr<world> const& w) {
            auto* const one = w->protect();
            auto* const other = w->protect();
            m.thread([=] { w->domain->release(one); });
            m.thread([=] { w->domain->release(other); });
            m.thread([w] { w->replace(true); });
        },
        6);
}

TEST(hazard_domain_model, reader_frees_what_it_was_the_last_to_look_at) {
    explore_world(
        [](model& m, std::shared_ptr<world> const& w) {
            m.thread([w] { w->read(); }, [w] { w->warm(); });
            m.thread([w] { w->replace(true); });
        },
        3);
}

}  // namespace
