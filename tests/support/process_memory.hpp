// SPDX-License-Identifier: BSL-1.0
//
// Searches everything that this process can read of its own memory, which is what a core image
// would hold.

#ifndef COAUTH_TESTS_SUPPORT_PROCESS_MEMORY_HPP
#define COAUTH_TESTS_SUPPORT_PROCESS_MEMORY_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace coauth_test {

/// A text that the search does not find in itself.
class masked_text {
public:
    explicit masked_text(std::string_view text) {
        for (char const c : text) add(c);
    }
    /// Of what masked() gave, perhaps in another process.
    [[nodiscard]] static masked_text of_masked(std::string masked) {
        masked_text text;
        text.masked_ = std::move(masked);
        return text;
    }
    void add(char c) { masked_ += mask(c); }
    [[nodiscard]] std::string const& masked() const noexcept { return masked_; }
    [[nodiscard]] std::size_t size() const noexcept { return masked_.size(); }
    [[nodiscard]] bool matches(char const* at) const noexcept {
        for (std::size_t i = 0; i != masked_.size(); ++i) {
            if (mask(at[i]) != masked_[i]) return false;
        }
        return true;
    }
    [[nodiscard]] char first() const noexcept { return mask(masked_[0]); }

private:
    masked_text() = default;
    [[nodiscard]] static char mask(char c) noexcept { return static_cast<char>(c ^ 0x55); }
    std::string masked_;
};

class process_memory {
public:
    /// False under a sanitizer, which maps terabytes and keeps what has been freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    static constexpr bool searchable = false;
#else
    static constexpr bool searchable = true;
#endif

    [[nodiscard]] std::size_t count(masked_text const& text) const;
};

}  // namespace coauth_test

/// Ends a test that searches the memory where that cannot be done.
#define COAUTH_NEEDS_SEARCHABLE_MEMORY()                                             \
    if (!::coauth_test::process_memory::searchable) {                                \
        GTEST_SKIP() << "a sanitizer maps terabytes, and keeps what has been freed"; \
    }                                                                                \
    static_cast<void>(0)

#endif
