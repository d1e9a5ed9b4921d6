// SPDX-License-Identifier: BSL-1.0

#include <support/allocation_counter.hpp>

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>

namespace coauth::tests {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
thread_local constinit std::uint64_t allocations = 0;
thread_local constinit std::uint64_t deallocations = 0;
thread_local constinit std::size_t last = 0;
thread_local constinit std::uint64_t left = unlimited;
thread_local constinit testing::fail_nth* fault = nullptr;
thread_local constinit failing_allocations::exemption spare = nullptr;

bool fails() {
    testing::fail_nth* const f = fault;
    if (f == nullptr || !f->point()) return false;
    if (spare == nullptr) return true;
    fault = nullptr;
    bool const spared = spare();
    fault = f;
    return !spared;
}

void* allocate(std::size_t size, std::size_t alignment) {
    ++allocations;
    last = size;
    if (left == 0 || fails()) return nullptr;
    if (left != unlimited) --left;
    std::size_t const wanted = size == 0 ? 1 : size;
    if (alignment <= alignof(std::max_align_t)) return std::malloc(wanted);
    return std::aligned_alloc(alignment, (wanted + alignment - 1) / alignment * alignment);
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
    void* const memory = allocate(size, alignment);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

void deallocate(void* memory) noexcept {
    if (memory != nullptr) ++deallocations;
    std::free(memory);
}

}  // namespace

std::uint64_t allocations_of_this_thread() noexcept { return allocations; }
std::uint64_t deallocations_of_this_thread() noexcept { return deallocations; }
std::size_t last_allocation_of_this_thread() noexcept { return last; }

no_memory::no_memory(std::uint64_t spared) noexcept { left = spared; }
no_memory::~no_memory() { left = unlimited; }

failing_allocations::failing_allocations(testing::fail_nth& f, exemption e) noexcept {
    fault = &f;
    spare = e;
}
failing_allocations::~failing_allocations() { fault = nullptr; }

}  // namespace coauth::tests

using coauth::tests::allocate;
using coauth::tests::allocate_or_throw;
using coauth::tests::deallocate;

void* operator new(std::size_t n) { return allocate_or_throw(n, 0); }
void* operator new[](std::size_t n) { return allocate_or_throw(n, 0); }
void* operator new(std::size_t n, std::align_val_t a) {
    return allocate_or_throw(n, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t n, std::align_val_t a) {
    return allocate_or_throw(n, static_cast<std::size_t>(a));
}
void* operator new(std::size_t n, std::nothrow_t const&) noexcept { return allocate(n, 0); }
void* operator new[](std::size_t n, std::nothrow_t const&) noexcept { return allocate(n, 0); }
void operator delete(void* p) noexcept { deallocate(p); }
void operator delete[](void* p) noexcept { deallocate(p); }
void operator delete(void* p, std::size_t) noexcept { deallocate(p); }
void operator delete[](void* p, std::size_t) noexcept { deallocate(p); }
void operator delete(void* p, std::align_val_t) noexcept { deallocate(p); }
void operator delete[](void* p, std::align_val_t) noexcept { deallocate(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { deallocate(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { deallocate(p); }
void operator delete(void* p, std::nothrow_t const&) noexcept { deallocate(p); }
void operator delete[](void* p, std::nothrow_t const&) noexcept { deallocate(p); }
