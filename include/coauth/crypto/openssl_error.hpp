// SPDX-License-Identifier: BSL-1.0
//
// Turns OpenSSL's per-thread error queue into error codes, and always leaves it empty: an old entry
// would be taken for the failure of the next call. Any thread, each has its own queue.

#ifndef COAUTH_CRYPTO_OPENSSL_ERROR_HPP
#define COAUTH_CRYPTO_OPENSSL_ERROR_HPP

#include <cerrno>
#include <memory>
#include <openssl/err.h>
#include <string>
#include <system_error>

namespace coauth::detail {

class openssl_category_impl final : public std::error_category {
public:
    [[nodiscard]] char const* name() const noexcept override { return "openssl"; }
    [[nodiscard]] std::string message(int value) const override {
        char const* const reason =
            ERR_reason_error_string(static_cast<unsigned long>(static_cast<unsigned>(value)));
        return reason == nullptr ? "unknown error" : reason;
    }
};

[[nodiscard]] inline std::error_category const& openssl_category() noexcept {
    static openssl_category_impl const instance;
    return instance;
}

/// The first error of the queue, which is the one nearest to the cause; empties the queue.
[[nodiscard]] inline std::error_code take_openssl_error() noexcept {
    unsigned long const first = ERR_get_error();
    ERR_clear_error();
    return {static_cast<int>(first), openssl_category()};
}

/// The reason of a code of take_openssl_error(): SSL_R_…, X509_R_…
[[nodiscard]] inline int openssl_reason(std::error_code const& code) noexcept {
    return ERR_GET_REASON(static_cast<unsigned long>(static_cast<unsigned>(code.value())));
}

/// Memory was lacking, here or in the kernel: nothing that the peer has done.
[[nodiscard]] inline bool is_shortage(std::error_code const& cause) noexcept {
    if (cause.category() == openssl_category()) {
        return openssl_reason(cause) == ERR_R_MALLOC_FAILURE;
    }
    return cause.value() == ENOMEM || cause.value() == ENOBUFS;
}

/// Deleter for std::unique_ptr over one of OpenSSL's `…_free` functions.
template <auto Free>
struct openssl_deleter {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};

template <class T, auto Free>
using openssl_ptr = std::unique_ptr<T, openssl_deleter<Free>>;

}  // namespace coauth::detail

#endif
