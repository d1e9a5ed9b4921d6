// SPDX-License-Identifier: BSL-1.0
//
// a secret is wiped also where the compiler sees everything and could leave out what has no
// effect. Built with -O3 -flto, whatever the rest of the tests is built with.

#include "support/process_memory.hpp"

#include <coauth/secret.hpp>

#include <cstdio>
#include <memory>
#include <string>

namespace {

using coauth_test::masked_text;

constexpr int length = 60;

char letter(int i) { return static_cast<char>('a' + (i * 11 + 5) % 26); }

/// The end of the secret: the allocator overwrites the first 16 bytes of a freed block. Made
/// without ever being there in one piece.
masked_text looked_for() {
    masked_text text("");
    for (int i = length - 20; i != length; ++i) text.add(letter(i));
    return text;
}

std::unique_ptr<coauth::secret> make() {
    std::string plain;
    plain.reserve(length);
    for (int i = 0; i != length; ++i) plain += letter(i);
    auto made = std::make_unique<coauth::secret>(plain);
    coauth::detail::wipe(plain.data(), plain.size());
    return made;
}

}  // namespace

int main() {
    masked_text const text = looked_for();
    coauth_test::process_memory const memory;
    auto held = make();
    std::size_t const during = memory.count(text);
    held.reset();
    std::size_t const after = memory.count(text);
    std::printf("copies while it is held: %zu, afterwards: %zu\n", during, after);
    return during != 0 && after == 0 ? 0 : 1;
}
