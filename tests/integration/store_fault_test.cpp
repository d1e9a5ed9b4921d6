// SPDX-License-Identifier: BSL-1.0
//
// A save that is killed, or whose system calls fail, at every one of them: the file holds the old
// record or the new one.

#include "support/stores.hpp"
#include "support/traced_child.hpp"

#include <coauth/detail/store_directory.hpp>
#include <coauth/store/sealed.hpp>

#include <algorithm>
#include <csignal>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <vector>

namespace store_fault_test {
namespace {

using namespace coauth_test;
using coauth::detail::record_key;
using coauth::detail::store_directory;
using verdict = traced_child::verdict;

constexpr char const* canary = "not-a-real-secret";

/// A directory with one sealed record, and a save of the next one.
class store_fault : public ::testing::Test {
protected:
    void SetUp() override {
        if (!can_trace) GTEST_SKIP() << "system calls are traced on x86-64 only";
        int const traced =
            traced_child::run([] { return 7; }, [](long, bool) { return verdict::go_on; });
        if (traced == -2) GTEST_SKIP() << "this system does not let a process trace its child";
        ASSERT_EQ(traced, 7);
    }

    /// In the child: no allocation or exit of the library's threads is needed for it.
    [[nodiscard]] int save_new() const {
        try {
            store_directory(directory.path()).save(key, new_record);
            return 0;
        } catch (coauth::exception const& e) {
            return e.error().is(coauth::errc::store_unavailable) ||
                           e.error().is(coauth::errc::store_refused)
                       ? 1
                       : 2;
        }
    }
    void start_over() const {
        for (auto const& file : std::filesystem::directory_iterator(directory.path())) {
            std::filesystem::remove(file);
        }
        store_directory(directory.path()).save(key, old_record);
    }
    /// "old", "new", or what else there is.
    [[nodiscard]] std::string what_is_there() const {
        auto const record = store_directory(directory.path()).load(key);
        if (!record) return "nothing";
        auto const plain = coauth::detail::open_record(with, key, record->reveal());
        return plain ? std::string(plain->reveal().substr(0, 3)) : "torn";
    }
    [[nodiscard]] std::vector<std::string> temporaries() const {
        std::vector<std::string> found;
        for (auto const& file : std::filesystem::directory_iterator(directory.path())) {
            if (file.path().extension() == ".tmp") found.push_back(file.path().string());
        }
        return found;
    }
    /// No file of the directory holds the secret, whole or not.
    void expect_no_canary() const {
        for (auto const& file : std::filesystem::directory_iterator(directory.path())) {
            EXPECT_EQ(content(file.path()).find(canary), std::string::npos) << file.path();
        }
    }

    scratch_directory directory;
    coauth::store_key key = key_of("a");
    record_key with{coauth::secret(std::string(32, 'k')), coauth::aead_cipher::aes_256_gcm};
    std::string padding = std::string(3000, 'x');
    std::string old_record =
        coauth::detail::seal_record(with, key, std::string("old ") + canary + padding);
    std::string new_record =
        coauth::detail::seal_record(with, key, std::string("new ") + canary + padding);
};

//
TEST_F(store_fault, a_save_killed_at_any_system_call_leaves_the_old_record_or_the_new_one) {
    std::set<std::string> seen;
    int last = 0;
    for (;; ++last) {
        start_over();
        int stops = 0;
        int const status = traced_child::run(
            [this] { return save_new(); },
            [&](long, bool) { return stops++ == last ? verdict::kill : verdict::go_on; });
        if (status != -1) break;  // it ended by itself, earlier
        std::string const there = what_is_there();
        EXPECT_TRUE(there == "old" || there == "new") << there << " after stop " << last;
        seen.insert(there);
        expect_no_canary();
        EXPECT_LE(temporaries().size(), 1U);
    }
    EXPECT_GE(last, 20);
    EXPECT_EQ(seen, (std::set<std::string>{"old", "new"}));
}

/// What is about files; the rest is the C library's own.
bool about_files(long call) {
    static std::set<long> const calls = {SYS_openat,    SYS_open,   SYS_close,      SYS_write,
                                         SYS_fsync,     SYS_fstat,  SYS_newfstatat, SYS_renameat,
                                         SYS_renameat2, SYS_rename, SYS_unlinkat,   SYS_getdents64,
                                         SYS_fcntl};
    return calls.contains(call);
}

//
TEST_F(store_fault, a_save_whose_system_calls_fail_says_so_and_leaves_the_old_record) {
    for (int const number : {ENOSPC, EDQUOT, EIO, EROFS, EACCES}) {
        std::set<long> failed;
        bool reached = true;
        for (int which = 0; reached; ++which) {
            start_over();
            int seen = 0;
            long call = -1;
            int const status =
                traced_child::run([this] { return save_new(); },
                                  [&](long now, bool entering) {
                                      if (!entering || !about_files(now) || seen++ != which)
                                          return verdict::go_on;
                                      call = now;
                                      return verdict::fail;
                                  },
                                  number);
            reached = call != -1;
            if (!reached) break;
            failed.insert(call);
            std::string const there = what_is_there();
            if (status == 0) {
                EXPECT_EQ(there, "new") << "call " << call;
            } else {
                EXPECT_EQ(status, 1) << "call " << call;
                EXPECT_TRUE(there == "old" || (there == "new" && call == SYS_fsync)) << call;
            }
            EXPECT_EQ(temporaries(), std::vector<std::string>()) << "call " << call;
            expect_no_canary();
        }
        EXPECT_TRUE(failed.contains(SYS_fsync));
        EXPECT_TRUE(failed.contains(SYS_write));
        EXPECT_TRUE(failed.contains(SYS_renameat));
    }
}

//
TEST_F(store_fault, a_save_writes_through_before_it_renames_and_the_directory_afterwards) {
    std::vector<long> order;
    int const status = traced_child::run(
        [this] { return save_new(); },
        [&](long call, bool entering) {
            bool const counts = call == SYS_write || call == SYS_fsync || call == SYS_renameat;
            // Writes in a row are one: UBSan makes some of its own, into a pipe.
            bool const repeated = call == SYS_write && !order.empty() && order.back() == call;
            if (entering && counts && !repeated) order.push_back(call);
            return verdict::go_on;
        });
    EXPECT_EQ(status, 0);
    EXPECT_EQ(order, (std::vector<long>{SYS_write, SYS_fsync, SYS_renameat, SYS_fsync}));
}

//
TEST_F(store_fault, a_failed_fsync_is_not_tried_again) {
    start_over();
    int syncs = 0;
    int renames = 0;
    int const status = traced_child::run([this] { return save_new(); },
                                         [&](long call, bool entering) {
                                             if (entering && call == SYS_renameat) ++renames;
                                             if (!entering || call != SYS_fsync)
                                                 return verdict::go_on;
                                             ++syncs;
                                             return verdict::fail;
                                         });
    EXPECT_EQ(status, 1);
    EXPECT_EQ(syncs, 1);
    EXPECT_EQ(renames, 0);
    EXPECT_EQ(what_is_there(), "old");
}

// the file system takes half of it.
TEST_F(store_fault, a_save_that_finds_no_room_for_its_end_leaves_the_old_record) {
    start_over();
    int const status = traced_child::run(
        [this] {
            static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
            ::rlimit const half{1500, 1500};
            if (::setrlimit(RLIMIT_FSIZE, &half) != 0) return 3;
            return save_new();
        },
        [](long, bool) { return verdict::go_on; });
    EXPECT_EQ(status, 1);
    EXPECT_EQ(what_is_there(), "old");
    EXPECT_EQ(temporaries(), std::vector<std::string>());
}

}  // namespace
}  // namespace store_fault_test
