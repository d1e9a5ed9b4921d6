// SPDX-License-Identifier: BSL-1.0
//
// What a file_store makes, and what it refuses to touch.

#include "support/stores.hpp"

#include <coauth/store/file_store.hpp>

#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace file_store_test {
namespace {

using namespace coauth_test;
using coauth::errc;
using coauth::file_store;
namespace fs = std::filesystem;

constexpr std::string_view refused = "store_refused";

unsigned mode_of(fs::path const& path) {
    struct ::stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

class a_file_store : public ::testing::Test {
protected:
    scratch_directory directory;
    coauth::store_key key = key_of("a");
    fs::path file = directory.file(key.text());
    file_store store{directory.path()};
};

TEST_F(a_file_store, keeps_records_for_another_object_and_forgets_what_is_erased) {
    EXPECT_EQ(loaded(store, key), "-");
    EXPECT_EQ(saved(store, key, "one"), "");
    EXPECT_EQ(saved(store, key, "two"), "");
    file_store const again(directory.path());
    EXPECT_EQ(loaded(again, key), "two");
    EXPECT_EQ(loaded(again, key_of("b")), "-");
    EXPECT_TRUE(ended(again.erase(key)));
    EXPECT_TRUE(ended(again.erase(key)));
    EXPECT_EQ(loaded(store, key), "-");
}

//
TEST_F(a_file_store, makes_its_directory_and_files_for_its_user_alone_whatever_the_umask) {
    ::mode_t const before = ::umask(0);
    std::string const path = directory.path() + "/made";
    file_store const made(path);
    EXPECT_EQ(loaded(made, key), "-");
    EXPECT_FALSE(fs::exists(path));
    EXPECT_EQ(saved(made, key, "x"), "");
    EXPECT_TRUE(ended(made.lock(key)));
    ::umask(before);
    EXPECT_EQ(mode_of(path), 0700U);
    EXPECT_EQ(mode_of(path + "/" + key.text()), 0600U);
    EXPECT_EQ(mode_of(path + "/lock"), 0600U);
}

//
TEST_F(a_file_store, does_not_read_what_others_can_read_and_mends_it_with_the_next_save) {
    for (auto const extra : {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write,
                             fs::perms::others_exec}) {
        put(file, "x");
        fs::permissions(file, extra, fs::perm_options::add);
        EXPECT_EQ(loaded(store, key), refused);
        EXPECT_EQ(saved(store, key, "mended"), "");
        EXPECT_EQ(loaded(store, key), "mended");
        EXPECT_EQ(mode_of(file), 0600U);
    }
}

//
TEST_F(a_file_store, does_not_touch_what_belongs_to_another_user) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
    put(file, "x");
    ASSERT_EQ(::chown(file.c_str(), 65534, 65534), 0);
    EXPECT_EQ(loaded(store, key), refused);
    EXPECT_EQ(saved(store, key, "y"), refused);
    EXPECT_EQ(content(file), "x");
    ASSERT_EQ(::chown(directory.path().c_str(), 65534, 65534), 0);
    EXPECT_EQ(loaded(store, key_of("b")), refused);
    EXPECT_EQ(saved(store, key_of("b"), "y"), refused);
    ASSERT_EQ(::chown(directory.path().c_str(), 0, 0), 0);
}

//
TEST_F(a_file_store, refuses_whatever_is_no_file_of_its_own) {
    fs::path const target = directory.path() + "/target";
    put(target, "planted");
    auto const refuses = [&](bool both) {
        EXPECT_EQ(loaded(store, key), refused);
        EXPECT_EQ(saved(store, key, "secret"), both ? refused : "");
        fs::remove(file);
    };
    fs::create_symlink(target, file);
    refuses(true);
    fs::create_symlink("nowhere", file);
    refuses(true);
    fs::create_symlink("/dev/zero", file);
    refuses(true);
    ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
    refuses(true);
    fs::create_directory(file);
    fs::permissions(file, fs::perms(0700));
    refuses(true);
    fs::create_hard_link(target, file);
    refuses(false);  // the other name keeps what it had
    EXPECT_EQ(content(target), "planted");
}

//
TEST_F(a_file_store, refuses_a_lock_file_that_is_none) {
    fs::path const lock = directory.path() + "/lock";
    ASSERT_EQ(::mkfifo(lock.c_str(), 0600), 0);
    EXPECT_TRUE(ended(store.lock(key)).error().is(errc::store_refused));
    fs::remove(lock);
    fs::create_symlink("elsewhere", lock);
    EXPECT_TRUE(ended(store.lock(key)).error().is(errc::store_refused));
    EXPECT_FALSE(fs::exists(directory.path() + "/elsewhere"));
}

//
TEST_F(a_file_store, refuses_a_directory_that_others_can_enter_and_a_link_to_one) {
    fs::permissions(directory.path(), fs::perms(0750));
    EXPECT_EQ(loaded(store, key), refused);
    EXPECT_EQ(saved(store, key, "x"), refused);
    fs::permissions(directory.path(), fs::perms(0700));
    std::string const link = directory.path() + "/link";
    fs::create_directory_symlink(".", link);
    EXPECT_EQ(saved(file_store(link), key, "x"), refused);
    put(file, "x");
    EXPECT_EQ(saved(file_store(file.string()), key, "x"), refused);
}

//
TEST_F(a_file_store, says_clearly_that_there_is_no_place_for_its_directory) {
    file_store const nowhere(directory.path() + "/no/such");
    EXPECT_EQ(loaded(nowhere, key), "-");
    auto const done = ended(nowhere.save(key, coauth::secret("x")));
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().is(errc::store_unavailable));
    EXPECT_EQ(done.error().cause(), std::errc::no_such_file_or_directory);
    EXPECT_NE(done.error().message().find("/no/such"), std::string::npos);
    EXPECT_EQ(done.error().where(), coauth::stage::store);
}

//
TEST_F(a_file_store, works_again_when_its_directory_is_back) {
    EXPECT_EQ(saved(store, key, "one"), "");
    fs::remove_all(directory.path());
    EXPECT_EQ(loaded(store, key), "-");
    EXPECT_EQ(saved(store, key, "two"), "");
    EXPECT_EQ(loaded(store, key), "two");
}

// the directory stays open between two operations, and the path decides all the same.
TEST_F(a_file_store, goes_by_its_path_when_something_else_has_taken_the_place_of_its_directory) {
    std::string const path = directory.path() + "/one";
    std::string const aside = directory.path() + "/aside";
    file_store const moved(path);
    ASSERT_EQ(saved(moved, key, "one"), "");
    fs::rename(path, aside);
    EXPECT_EQ(loaded(moved, key), "-");
    ASSERT_EQ(saved(file_store(path), key, "another"), "");
    EXPECT_EQ(loaded(moved, key), "another");
    EXPECT_EQ(content(aside + "/" + key.text()), "one");
    fs::remove_all(path);
    fs::create_directory_symlink(aside, path);
    EXPECT_EQ(loaded(moved, key), refused);
    EXPECT_EQ(saved(moved, key, "two"), refused);
    fs::remove(path);
    fs::rename(aside, path);
    EXPECT_EQ(loaded(moved, key), "one");
    fs::permissions(path, fs::perms(0750));
    EXPECT_EQ(loaded(moved, key), refused);
}

//
TEST_F(a_file_store, does_not_read_a_huge_file) {
    put(file, "x");
    fs::resize_file(file, 100'000'000);
    EXPECT_EQ(loaded(store, key), refused);
    EXPECT_EQ(saved(store, key, std::string(64 * 1024 + 1, 'x')), refused);
    EXPECT_EQ(saved(store, key, std::string(64 * 1024, 'x')), "");
    EXPECT_EQ(loaded(store, key).size(), 64U * 1024U);
}

//
TEST_F(a_file_store, removes_what_a_killed_process_left_behind_and_nothing_younger) {
    fs::path const old = directory.path() + "/." + key.text() + ".0123456789abcdef.tmp";
    fs::path const young = directory.path() + "/." + key.text() + ".fedcba9876543210.tmp";
    fs::path const foreign = directory.path() + "/notes.tmp";
    for (fs::path const& path : {old, young, foreign}) put(path, "x");
    auto const hour_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
    fs::last_write_time(old, hour_ago);
    fs::last_write_time(foreign, hour_ago);
    EXPECT_EQ(saved(store, key, "y"), "");
    EXPECT_FALSE(fs::exists(old));
    EXPECT_TRUE(fs::exists(young));
    EXPECT_TRUE(fs::exists(foreign));
}

}  // namespace
}  // namespace file_store_test
