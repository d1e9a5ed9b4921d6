// SPDX-License-Identifier: BSL-1.0
//
// Keeps the last calls with everything that was said in them, redacted, for whoever wants to see
// both sides: a developer, a support case. Bounded. A handle; copies share the log. Any thread.
//
//   coauth::exchange_log log;
//   co_await api.send(coauth::request("GET", "/users").log(log));
//   std::cout << coauth::to_text(log);             // exchange_log_text.hpp
//   std::ofstream("call.har") << coauth::to_har(log);  // exchange_log_har.hpp

#ifndef COAUTH_EXCHANGE_LOG_HPP
#define COAUTH_EXCHANGE_LOG_HPP

#include <coauth/config.hpp>
#include <coauth/exchange_record.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace coauth {

struct exchange_log_options {
    /// The oldest ones are dropped. Range: 1 and more.
    std::size_t max_calls = 100;
    /// A body beyond it is replaced by its size; in bytes.
    std::size_t max_body = std::size_t{64} * 1024;
    /// Names of headers, parameters and JSON members to be redacted besides those that the library
    /// knows; a name matches where it contains one of these, without case.
    std::vector<std::string> also_redact = {};
};

class exchange_log {
public:
    explicit exchange_log(exchange_log_options options = {});

    /// The calls that have ended, oldest first.
    [[nodiscard]] std::vector<std::shared_ptr<call_record const>> calls() const;
    /// The last one that has ended; null without.
    [[nodiscard]] std::shared_ptr<call_record const> last() const;
    /// Calls that had to make room.
    [[nodiscard]] std::uint64_t dropped() const;
    void clear() const;
    [[nodiscard]] exchange_log_options const& options() const noexcept;

    /// For the library: a call has ended. Numbers it.
    void add(call_record call) const;

private:
    struct shared;

    std::shared_ptr<shared> shared_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/exchange_log_impl.hpp>
#endif

#endif
