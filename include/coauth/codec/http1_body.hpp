// SPDX-License-Identifier: BSL-1.0
//
// The body of one message while it comes in. It may be a secret: then no copy of it outlives its
// growth, its end or this object. Not synchronised.

#ifndef COAUTH_CODEC_HTTP1_BODY_HPP
#define COAUTH_CODEC_HTTP1_BODY_HPP

#include <coauth/secret.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::detail {

/// A string rather than a wiped_buffer, so that a large response is handed to its user by a move.
class http1_body {
public:
    http1_body() = default;
    http1_body(http1_body const&) = delete;
    http1_body& operator=(http1_body const&) = delete;
    ~http1_body() { clear(); }

    void set_sensitive(bool sensitive) noexcept { sensitive_ = sensitive; }

    void append(std::string_view bytes) {
        reserve(bytes_.size() + bytes.size());
        bytes_.append(bytes);
    }

    void reserve(std::size_t wanted) {
        // A sensitive string never stands in the small buffer inside of the object, where a move
        // would leave a copy.
        wanted = std::max(wanted, sensitive_ ? std::size_t{1024} : 0);
        if (wanted <= bytes_.capacity()) return;
        std::string larger;
        larger.reserve(std::max(wanted, 2 * bytes_.capacity()));
        larger.append(bytes_);
        clear();
        bytes_ = std::move(larger);
    }

    void wipe() noexcept {
        detail::wipe(bytes_.data(), bytes_.size());
        bytes_.clear();
    }
    /// Empties it; wipes it first when it is sensitive.
    void clear() noexcept {
        if (sensitive_) wipe();
        bytes_.clear();
    }
    [[nodiscard]] std::string take() noexcept { return std::exchange(bytes_, {}); }
    [[nodiscard]] std::string_view view() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }

private:
    std::string bytes_;
    bool sensitive_ = false;
};

}  // namespace coauth::detail

#endif
