// SPDX-License-Identifier: BSL-1.0
//
// What is left of a private key in the memory of the process when nobody holds it any more.

#include <coauth/jose/signing_key.hpp>
#include <support/process_memory.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <optional>

namespace key_memory_test {
namespace {

using coauth::secret;
using coauth::signing_key;
using coauth_test::masked_text;

/// `d` of RFC 7515 §A.3.1 exclusive or 0x55, so that the program does not hold the number itself.
constexpr std::array<unsigned char, 32> masked_d{
    0xdb, 0xce, 0x45, 0xcb, 0x24, 0xc5, 0xcd, 0xea, 0xcd, 0x51, 0xd2, 0x8a, 0x4a, 0x08, 0x22, 0xbc,
    0x9e, 0x7c, 0x35, 0x3b, 0xeb, 0x87, 0x73, 0x6e, 0x0a, 0x02, 0x97, 0x46, 0x8a, 0xd1, 0xa1, 0xe7};

/// Its last bytes in the order of a JWK, or in that of a number in this machine: the allocator
/// overwrites the first 16 of a block that is given back.
masked_text end_of_d(bool reversed) {
    masked_text text("");
    for (std::size_t i = 16; i != 32; ++i) {
        text.add(static_cast<char>(masked_d[reversed ? 31 - i : i] ^ 0x55));
    }
    return text;
}

// R-199, R-338
TEST(key_memory, a_jwk_is_there_once_and_nothing_of_it_when_its_last_handle_has_gone) {
    COAUTH_NEEDS_SEARCHABLE_MEMORY();
    coauth_test::process_memory const memory;
    masked_text const as_written = end_of_d(false);
    masked_text const as_number = end_of_d(true);
    std::optional<signing_key> key;
    {
        secret const jwk(R"({"kty":"EC","crv":"P-256",)"
                         R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                         R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",)"
                         R"("d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"})");
        key = signing_key::load(jwk).value();
    }
    coauth::detail::wiped_buffer signature;
    key->sign_to(signature, "message");
    EXPECT_EQ(memory.count(as_written) + memory.count(as_number), 1U);  // while it is in use
    key.reset();
    EXPECT_EQ(memory.count(as_written), 0U);
    EXPECT_EQ(memory.count(as_number), 0U);
}

}  // namespace
}  // namespace key_memory_test
