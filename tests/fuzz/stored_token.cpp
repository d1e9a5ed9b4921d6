// SPDX-License-Identifier: BSL-1.0
//
// Records of a token store, plain and sealed: what is read can be written, and nothing opens that
// was not sealed like that.

#include "target.hpp"

#include <coauth/secret.hpp>
#include <coauth/store/seal_head.hpp>
#include <coauth/store/sealed.hpp>
#include <coauth/store/stored_token.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace stored_token_fuzz {
namespace {

using coauth::errc;
using coauth::result;
using coauth::stored_token;
using coauth::detail::record_key;
using coauth_fuzz::require;

void check_plain(std::string_view bytes) {
    result<stored_token> const read = stored_token::from_bytes(bytes);
    if (!read) {
        require(read.error().is(errc::store_record_unreadable) ||
                    read.error().is(errc::store_record_newer),
                "a record that is not read is one of two errors");
        return;
    }
    require(!read->access_token.empty() || !read->refresh_token.empty(), "a record holds a token");
    for (char const c : read->access_token.reveal()) {
        require(c > ' ' && c < '\x7F', "an access token fits into a header");
    }
    result<stored_token> const again = stored_token::from_bytes(read->to_bytes().reveal());
    require(again.has_value(), "what is written is read");
    require(again->access_token == read->access_token &&
                again->refresh_token == read->refresh_token &&
                again->token_type == read->token_type && again->scope == read->scope &&
                again->issued_at == read->issued_at && again->expires_at == read->expires_at,
            "as the same token");
    require(read->left(read->expires_at).count() == 0, "an expired token has no time left");
}

record_key const& key_of(char c) {
    static record_key const gcm(coauth::secret(std::string(32, 'k')),
                                coauth::aead_cipher::aes_256_gcm);
    static record_key const chacha(coauth::secret(std::string(32, 'k')),
                                   coauth::aead_cipher::chacha20_poly1305);
    return c == 'g' ? gcm : chacha;
}

/// The first two bytes say where the record is damaged, and how.
void check_sealed(coauth_fuzz::choices choose) {
    static coauth::store_key const place{coauth::sha256_digest{1}};
    static coauth::store_key const other{coauth::sha256_digest{2}};
    unsigned const where = choose.byte() * 256 + choose.byte();
    unsigned const damage = choose.byte();
    std::string_view const plain = choose.rest();
    for (char const cipher : {'g', 'c'}) {
        record_key const& with = key_of(cipher);
        std::string record = coauth::detail::seal_record(with, place, plain);
        auto const opened = coauth::detail::open_record(with, place, record);
        require(opened && opened->reveal() == plain, "what is sealed opens");
        require(coauth::detail::seal_key_id(record) == with.id_text(), "a record names its key");
        require(!coauth::detail::is_newer_seal(record), "it is not of a later version");
        require(!coauth::detail::open_record(with, other, record), "nor is it for another place");
        require(!coauth::detail::open_record(key_of(cipher == 'g' ? 'c' : 'g'), place, record),
                "nor under another key");
        require(!coauth::detail::open_record(with, place, record.substr(0, where % record.size())),
                "nothing that was cut opens");
        if (damage == 0) continue;
        std::size_t const at = where % record.size();
        record[at] = static_cast<char>(static_cast<unsigned char>(record[at]) ^ damage);
        require(!coauth::detail::open_record(with, place, record),
                "nothing that was changed opens");
    }
    for (char const cipher : {'g', 'c'}) {
        require(!coauth::detail::open_record(key_of(cipher), place, plain),
                "nothing opens that was never sealed");
    }
    bool const newer = coauth::detail::is_newer_seal(plain);
    require(!newer || !coauth::detail::seal_key_id(plain), "a later version has no known head");
}

COAUTH_FUZZ_TARGET(stored_token, input) {
    check_plain(input);
    check_sealed(coauth_fuzz::choices(input));
}

}  // namespace
}  // namespace stored_token_fuzz
