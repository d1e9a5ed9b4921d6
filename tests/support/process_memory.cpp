// SPDX-License-Identifier: BSL-1.0

#include "support/process_memory.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <sys/types.h>
#include <unistd.h>

namespace coauth_test {

namespace {

constexpr std::size_t window = std::size_t{1} << 20;

/// The memory between two addresses, by windows that overlap; `buffer` is not searched itself.
std::size_t count_in(int memory, unsigned long from, unsigned long to, masked_text const& text,
                     char* buffer) {
    std::size_t found = 0;
    unsigned long const own = reinterpret_cast<unsigned long>(buffer);
    while (from < to) {
        std::size_t const size = std::min<std::size_t>(window, to - from);
        ::ssize_t const got = ::pread(memory, buffer, size, static_cast<::off_t>(from));
        if (got <= 0) break;
        auto const n = static_cast<std::size_t>(got);
        for (std::size_t i = 0; i + text.size() <= n; ++i) {
            auto const* hit = static_cast<char const*>(
                std::memchr(buffer + i, text.first(), n - i - text.size() + 1));
            if (hit == nullptr) break;
            i = static_cast<std::size_t>(hit - buffer);
            bool const mine = from + i + text.size() > own && from + i < own + window;
            if (!mine && text.matches(hit)) ++found;
        }
        if (n < size || from + n >= to) break;
        from += n - text.size() + 1;
    }
    return found;
}

}  // namespace

std::size_t process_memory::count(masked_text const& text) const {
    auto const buffer = std::make_unique<char[]>(window);
    int const memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    if (memory < 0) return 0;
    std::size_t found = 0;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        unsigned long from = 0;
        unsigned long to = 0;
        char rights[5] = {};
        if (std::sscanf(line.c_str(), "%lx-%lx %4s", &from, &to, rights) != 3) continue;
        // What cannot be written holds nothing but the program itself.
        bool const data = rights[0] == 'r' && rights[1] == 'w';
        if (data) found += count_in(memory, from, to, text, buffer.get());
    }
    ::close(memory);
    // Else the next search finds what this one has read.
    ::explicit_bzero(buffer.get(), window);
    return found;
}

}  // namespace coauth_test
