// SPDX-License-Identifier: BSL-1.0
//
// A directory of one test's own, whatever else runs on the machine.

#ifndef COAUTH_TESTS_SUPPORT_SCRATCH_HPP
#define COAUTH_TESTS_SUPPORT_SCRATCH_HPP

#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <string_view>

namespace coauth_test {

/// Removed with everything in it.
class scratch_directory {
public:
    scratch_directory() {
        std::string text = ::testing::TempDir() + "coauth-XXXXXX";
        if (::mkdtemp(text.data()) == nullptr) throw std::runtime_error("mkdtemp");
        path_ = text;
    }
    scratch_directory(scratch_directory const&) = delete;
    scratch_directory& operator=(scratch_directory const&) = delete;
    ~scratch_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string path() const { return path_.string(); }
    [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

}  // namespace coauth_test

#endif
