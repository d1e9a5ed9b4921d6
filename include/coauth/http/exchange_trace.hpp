// SPDX-License-Identifier: BSL-1.0
//
// When an exchange came how far, for whoever wants to know; without one, nothing is measured. A
// value; not synchronised.

#ifndef COAUTH_HTTP_EXCHANGE_TRACE_HPP
#define COAUTH_HTTP_EXCHANGE_TRACE_HPP

#include <coauth/clock.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>

namespace coauth::http {

/// One try on one connection. A time is empty where the try did not come so far, or had no need to:
/// a reused connection is neither resolved nor connected.
struct exchange_attempt {
    using mark = std::optional<time_point>;
    mark begun = {};       ///< It asked for a connection.
    mark slot = {};        ///< There was an idle one, or the right to open one.
    mark resolved = {};    ///< Addresses were known.
    mark connected = {};   ///< TCP, to the proxy where there is one.
    mark tunnelled = {};   ///< The proxy has opened the tunnel to the server.
    mark secured = {};     ///< TLS.
    mark composed = {};    ///< The head was written, sending began.
    mark sent = {};        ///< The last byte of the request had gone.
    mark first_byte = {};  ///< Of the response.
    mark ended = {};
    bool reused = false;
    /// Numbers the connections of a transport, from 1; 0: there was none.
    std::uint64_t connection = 0;
    /// Why the try was lost and another one followed.
    std::error_code lost = {};
};

class exchange_trace {
public:
    /// A try that has not sent anything yet goes on instead.
    void begin_attempt() noexcept {
        bool const another = size_ == 0 || now().composed;
        if (!another || size_ == attempts_.size()) return;
        ++size_;
        now().begun = boot_clock::now();
    }
    /// Precondition of these: begin_attempt() has been called.
    [[nodiscard]] exchange_attempt& now() noexcept { return attempts_[size_ - 1]; }
    void set(exchange_attempt::mark exchange_attempt::*which) noexcept {
        now().*which = boot_clock::now();
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] exchange_attempt const& operator[](std::size_t i) const noexcept {
        return attempts_[i];
    }

private:
    std::array<exchange_attempt, 2> attempts_{};
    std::size_t size_ = 0;
};

}  // namespace coauth::http

#endif
