// SPDX-License-Identifier: BSL-1.0
//
// The last requests that a testing server has seen, without the values of credentials. Any thread.

#ifndef COAUTH_TESTING_REQUEST_LOG_HPP
#define COAUTH_TESTING_REQUEST_LOG_HPP

#include <coauth/codec/form.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/codec/redaction.hpp>
#include <coauth/testing/server_message.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::testing {

/// What a test may look at of a request that has been answered. Values of credentials
/// are `redacted`; of Authorization the scheme is left ("Basic [redacted]").
struct recorded_request {
    std::string method;
    std::string path;
    http_fields fields;
    /// Query parameters, then those of a form in the body; in order.
    std::vector<std::pair<std::string, std::string>> parameters;
    std::uint64_t connection_number = 0;
    std::uint64_t request_number = 0;
    int status = 0;  ///< Of the answer that was meant, even if a fault kept it from being sent.

    /// The first parameter of this name; valid as long as this object.
    [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const {
        for (auto const& [key, value] : parameters) {
            if (key == name) return std::string_view(value);
        }
        return std::nullopt;
    }
};

}  // namespace coauth::testing

namespace coauth::detail {

[[nodiscard]] inline bool is_form(http_fields const& fields) {
    std::string_view const type = fields.find("Content-Type").value_or("");
    return iequals(trim_ows(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded");
}

[[nodiscard]] inline testing::recorded_request record_of(testing::server_request const& request) {
    testing::recorded_request record;
    record.method = request.method;
    record.path = request.path;
    record.connection_number = request.connection_number;
    record.request_number = request.request_number;
    record.fields = redact_headers(request.fields);
    record.parameters = request.query;
    if (is_form(request.fields)) {
        auto form = form_decode(request.body).value_or(decltype(record.parameters)());
        std::move(form.begin(), form.end(), std::back_inserter(record.parameters));
    }
    for (auto& [name, value] : record.parameters) {
        if (is_sensitive_name(name)) value = redacted;
    }
    return record;
}

/// Keeps the last requests only.
class request_log {
public:
    void add(testing::server_request const& request, int status) {
        testing::recorded_request record = record_of(request);
        record.status = status;
        std::lock_guard const lock(mutex_);
        if (records_.size() == capacity) records_.pop_front();
        records_.push_back(std::move(record));
    }

    [[nodiscard]] std::vector<testing::recorded_request> records() const {
        std::lock_guard const lock(mutex_);
        return {records_.begin(), records_.end()};
    }

private:
    static constexpr std::size_t capacity = 256;

    std::mutex mutable mutex_;
    std::deque<testing::recorded_request> records_;
};

}  // namespace coauth::detail

#endif
