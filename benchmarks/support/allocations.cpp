// SPDX-License-Identifier: BSL-1.0
//
// Counts the calls of malloc and its like by everything in the process, C libraries included, by
// standing in front of glibc's.

#include "allocations.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

std::atomic<std::uint64_t> counted = 0;
constinit thread_local std::uint64_t counted_here = 0;

// Not exact between threads, and no locked instruction in what is being measured.
void count() noexcept {
    counted.store(counted.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    ++counted_here;
}

}  // namespace

namespace bench {

std::uint64_t allocations() noexcept { return counted.load(std::memory_order_relaxed); }
std::uint64_t allocations_of_this_thread() noexcept { return counted_here; }

}  // namespace bench

extern "C" {

void* malloc(std::size_t size) {
    count();
    return __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) {
    count();
    return __libc_calloc(n, size);
}
void* realloc(void* old, std::size_t size) {
    count();
    return __libc_realloc(old, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
    count();
    return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
    count();
    return __libc_memalign(alignment, size);
}
int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    count();
    *result = __libc_memalign(alignment, size);
    return *result == nullptr ? ENOMEM : 0;
}
}
