// SPDX-License-Identifier: BSL-1.0
//
// A fuzz target: a function of any bytes that throws where a property of the library does not hold.
// libFuzzer makes the bytes (./check --fuzz), and replay_test.cpp does, out of the committed seeds.

#ifndef COAUTH_TESTS_FUZZ_TARGET_HPP
#define COAUTH_TESTS_FUZZ_TARGET_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace coauth_fuzz {

/// Nobody catches it in libFuzzer's program, which ends with the property's name and the input.
class broken_property : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

inline void require(bool holds, std::string const& property) {
    if (!holds) throw broken_property(property);
}

struct target {
    std::string name;
    void (*run)(std::string_view input);
};

/// Those of this program.
[[nodiscard]] inline std::vector<target>& targets() {
    static std::vector<target> all;
    return all;
}

struct registration {
    registration(char const* name, void (*run)(std::string_view)) {
        targets().push_back({name, run});
    }
};

/// Takes numbers off the front of an input, for the choices that are not the text itself; zeros
/// when there is nothing left.
class choices {
public:
    explicit choices(std::string_view input) noexcept : rest_(input) {}

    [[nodiscard]] unsigned byte() noexcept {
        if (rest_.empty()) return 0;
        auto const first = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        return first;
    }
    /// Less than `end`, which is not 0.
    [[nodiscard]] std::size_t below(std::size_t end) noexcept { return byte() % end; }
    [[nodiscard]] bool flag() noexcept { return byte() % 2 != 0; }
    [[nodiscard]] std::string_view text(std::size_t size) noexcept {
        std::string_view const taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }
    [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

private:
    std::string_view rest_;
};

/// Up to the first line feed, and what comes after it.
[[nodiscard]] inline std::pair<std::string_view, std::string_view> two_lines(
    std::string_view input) noexcept {
    std::size_t const end = std::min(input.find('\n'), input.size());
    return {input.substr(0, end), input.substr(std::min(end + 1, input.size()))};
}

}  // namespace coauth_fuzz

#ifdef COAUTH_LIBFUZZER
#define COAUTH_FUZZ_ENTRY(name)                                                         \
    extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) { \
        fuzz_##name({reinterpret_cast<char const*>(data), size});                       \
        return 0;                                                                       \
    }
#else
#define COAUTH_FUZZ_ENTRY(name) \
    coauth_fuzz::registration const registered_##name(#name, &fuzz_##name);
#endif

/// COAUTH_FUZZ_TARGET(url, input) { … }, in a file of that name; the only target of its file.
#define COAUTH_FUZZ_TARGET(name, input)       \
    void fuzz_##name(std::string_view input); \
    COAUTH_FUZZ_ENTRY(name)                   \
    void fuzz_##name(std::string_view input)

#endif
