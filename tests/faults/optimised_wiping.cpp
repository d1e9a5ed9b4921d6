// SPDX-License-Identifier: BSL-1.0
//
// a secret is wiped also where the compiler sees everything and could leave out what has no
// effect. Built with -O3 -flto, whatever the rest of the tests is built with.

#include "support/process_memory.hpp"

#include <coauth/crypto/random.hpp>
#include <coauth/secret.hpp>

#include <cstdio>
#include <memory>
#include <string_view>

namespace {

using coauth_test::masked_text;

/// The end of the secret: the allocator overwrites the first 16 bytes of a freed block. The mask is
/// put on byte by byte, so that it is never there in one piece.
masked_text end_of(coauth::secret const& held) {
    masked_text text("");
    std::string_view const bytes = held.reveal();
    for (char const c : bytes.substr(bytes.size() - 20)) text.add(c);
    return text;
}

}  // namespace

int main() {
    coauth_test::process_memory const memory;
    auto held = std::make_unique<coauth::secret>(coauth::random_secret(60));
    masked_text const text = end_of(*held);
    std::size_t const during = memory.count(text);
    held.reset();
    std::size_t const after = memory.count(text);
    std::printf("copies while it is held: %zu, afterwards: %zu\n", during, after);
    return during == 1 && after == 0 ? 0 : 1;
}
