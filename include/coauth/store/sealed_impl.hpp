// SPDX-License-Identifier: BSL-1.0
//
// Bodies of sealed.hpp.

#ifndef COAUTH_STORE_SEALED_IMPL_HPP
#define COAUTH_STORE_SEALED_IMPL_HPP

#include <coauth/store/sealed.hpp>

#include <coauth/crypto/random.hpp>
#include <coauth/store/seal_head.hpp>
#include <coauth/store/stored_token.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {
namespace detail {

/// What is authenticated besides the text: the head, with which the record begins, and its key.
[[nodiscard]] inline std::string associated_data(record_key const& with, store_key const& key) {
    std::string data;
    data.reserve(seal_head_size + key.digest().size());
    data += seal_magic;
    data += static_cast<char>(seal_version);
    data += static_cast<char>(~seal_version & 0xFFU);
    data += static_cast<char>(with.cipher.cipher());
    data += with.id_text();
    data += as_bytes(key.digest());
    return data;
}

COAUTH_INLINE std::string seal_record(record_key const& with, store_key const& key,
                                      std::string_view plain) {
    std::string const associated = associated_data(with, key);
    std::string const nonce = random_bytes(aead_nonce_size);
    std::string record;
    record.reserve(seal_head_size + nonce.size() + plain.size() + aead_tag_size);
    record.append(associated, 0, seal_head_size);
    record += nonce;
    with.cipher.seal(record, nonce, associated, plain);
    return record;
}

COAUTH_INLINE std::optional<secret> open_record(record_key const& with, store_key const& key,
                                                std::string_view record) {
    constexpr std::size_t before = seal_head_size + aead_nonce_size;
    std::string const associated = associated_data(with, key);
    std::string_view const head = std::string_view(associated).substr(0, seal_head_size);
    if (!record.starts_with(head) || record.size() < before) return {};
    return with.cipher.open(record.substr(seal_head_size, aead_nonce_size), associated,
                            record.substr(before));
}

}  // namespace detail

COAUTH_INLINE sealed::sealed(any_token_store below, sealing_key key) : below_(std::move(below)) {
    std::vector<sealing_key> all;
    all.push_back(std::move(key));
    keys_ = std::make_shared<std::vector<sealing_key> const>(std::move(all));
}

COAUTH_INLINE sealed sealed::opening_with(sealing_key previous) && {
    std::vector<sealing_key> all = *keys_;
    all.push_back(std::move(previous));
    keys_ = std::make_shared<std::vector<sealing_key> const>(std::move(all));
    return std::move(*this);
}

COAUTH_INLINE awaitable<std::optional<secret>> sealed::load(store_key const& key) const {
    return open_from(below_, keys_, key);
}
COAUTH_INLINE awaitable<void> sealed::save(store_key const& key, secret bytes) const {
    return seal_to(below_, keys_, key, std::move(bytes));
}
COAUTH_INLINE awaitable<void> sealed::erase(store_key const& key) const {
    return below_.erase(key);
}
COAUTH_INLINE awaitable<store_lock> sealed::lock(store_key const& key) const {
    return below_.lock(key);
}

COAUTH_INLINE awaitable<std::optional<secret>> sealed::open_from(any_token_store below, keys with,
                                                                 store_key key) {
    std::optional<secret> record = co_await below.load(key);
    if (!record) co_return std::nullopt;
    if (detail::is_newer_seal(record->reveal())) throw exception(detail::newer_record());
    for (sealing_key const& one : *with) {
        std::shared_ptr<detail::record_key const> read = one.known();
        if (!read) read = co_await one.read();
        std::optional<secret> plain = detail::open_record(*read, key, record->reveal());
        if (plain) co_return std::move(plain);
    }
    throw exception(detail::unreadable_record());
}

COAUTH_INLINE awaitable<void> sealed::seal_to(any_token_store below, keys with, store_key key,
                                              secret bytes) {
    std::shared_ptr<detail::record_key const> read = with->front().known();
    if (!read) read = co_await with->front().read();
    std::string const record = detail::seal_record(*read, key, bytes.reveal());
    secret sealed_bytes(record);
    co_await below.save(key, std::move(sealed_bytes));
}

}  // namespace coauth

#endif
