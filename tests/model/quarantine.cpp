// SPDX-License-Identifier: BSL-1.0
//
// While a schedule runs, memory that is given back is overwritten and kept: no address is used
// twice, and reading after the end is seen.

#include <model/scheduler.hpp>

#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>
#include <utility>

namespace {

struct link {
    link* next;
};
link* kept = nullptr;  ///< Only who has the turn comes here.

void give_back(void* memory) noexcept {
    using coauth::tests::active;
    if (memory == nullptr) return;
    if (active == nullptr) {
        std::free(memory);
        return;
    }
    std::size_t const size = malloc_usable_size(memory);
    active->freed(memory, size);
    std::memset(memory, 0xDD, size);
    auto* const l = static_cast<link*>(memory);
    l->next = std::exchange(kept, l);
}

void* get(std::size_t size, std::size_t alignment) {
    size = size < sizeof(link) ? sizeof(link) : size;
    void* const memory =
        std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

namespace coauth::tests {

void empty_quarantine() noexcept {
    while (kept != nullptr) std::free(std::exchange(kept, kept->next));
}

}  // namespace coauth::tests

void* operator new(std::size_t size) { return get(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return get(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }
