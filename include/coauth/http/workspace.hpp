// SPDX-License-Identifier: BSL-1.0
//
// What one exchange needs while it has a connection: the read buffer, the request's head, the
// response parser. Reused by the next exchange, so that a warm request allocates none of it. On the
// transport's sequential executor; not synchronised.

#ifndef COAUTH_HTTP_WORKSPACE_HPP
#define COAUTH_HTTP_WORKSPACE_HPP

#include <coauth/codec/http1_parser.hpp>
#include <coauth/secret.hpp>

#include <cstddef>
#include <memory>
#include <openssl/crypto.h>
#include <optional>
#include <utility>
#include <vector>

namespace coauth::http {

/// Room for what has been read; heads and bodies of tokens were in it. Not initialised: pages that
/// no response needs are not touched before the end.
class input_buffer {
public:
    static constexpr std::size_t size = 16 * 1024;

    input_buffer() : bytes_(new char[size]) {}
    [[nodiscard]] char* get() const noexcept { return bytes_.get(); }

private:
    struct wipe_and_delete {
        void operator()(char* bytes) const noexcept {
            OPENSSL_cleanse(bytes, size);
            delete[] bytes;
        }
    };
    std::unique_ptr<char[], wipe_and_delete> bytes_;
};

struct workspace {
    static constexpr std::size_t input_size = input_buffer::size;

    input_buffer const input;
    detail::wiped_buffer output;
    http1_parser parser{http1_parser::kind::response};

    /// Credentials go as soon as they are sent; the memory stays unless it is a lot.
    void wipe_output() noexcept {
        if (output.size() > large) output = detail::wiped_buffer();
        output.clear();
    }
    static constexpr std::size_t large = std::size_t{64} * 1024;
};

/// Spare workspaces, the last used first.
class workspace_shelf {
public:
    [[nodiscard]] std::unique_ptr<workspace> take() {
        if (spare_.empty()) return std::make_unique<workspace>();
        std::unique_ptr<workspace> last = std::move(spare_.back());
        spare_.pop_back();
        return last;
    }

    void put_back(std::unique_ptr<workspace> w) noexcept {
        constexpr std::size_t most = 256;
        std::size_t const body = w->parser.body().size();
        w->wipe_output();
        w->parser.expect(false);  // wipes the fields, and a sensitive body
        if (spare_.size() >= most || body > workspace::large) return;
        try {
            spare_.push_back(std::move(w));
        } catch (std::bad_alloc const&) {  // then it is not kept
        }
    }

    /// Decrypted bytes on their way to the parser; used between two awaits only.
    [[nodiscard]] char* plain() {
        if (!plain_) plain_.emplace();
        return plain_->get();
    }

    void clear() noexcept { spare_.clear(); }

private:
    std::vector<std::unique_ptr<workspace>> spare_;
    std::optional<input_buffer> plain_;
};

}  // namespace coauth::http

#endif
