// SPDX-License-Identifier: BSL-1.0
//
// The part of OpenTelemetry's C++ API that docs/observing.md uses, by its signatures:
// GetMeterProvider, GetMeter, CreateDoubleHistogram and Record, with the types in them.
// Declarations for a compiler, written after the API of version 1; nothing is implemented. For the
// documentation only.

#ifndef COAUTH_TESTS_DOCS_OPENTELEMETRY_SIGNATURES_HPP
#define COAUTH_TESTS_DOCS_OPENTELEMETRY_SIGNATURES_HPP

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <variant>

namespace opentelemetry {

namespace nostd {

class string_view {
public:
    string_view(char const* text) noexcept;
    string_view(char const* text, std::size_t size) noexcept;
};

template <class T>
class unique_ptr {
public:
    ~unique_ptr();
    T* release() noexcept;
};

template <class T>
class shared_ptr {
public:
    ~shared_ptr();
    T* operator->() const noexcept;
};

}  // namespace nostd

namespace common {
using AttributeValue = std::variant<bool, std::int32_t, std::int64_t, std::uint32_t, double,
                                    char const*, nostd::string_view>;
}  // namespace common

namespace context {
class Context {};
}  // namespace context

namespace metrics {

template <class T>
class Histogram {
public:
    virtual ~Histogram() = default;
    void Record(
        T value,
        std::initializer_list<std::pair<nostd::string_view, common::AttributeValue>> attributes,
        context::Context const& context) noexcept;
};

class Meter {
public:
    virtual ~Meter() = default;
    virtual nostd::unique_ptr<Histogram<double>> CreateDoubleHistogram(
        nostd::string_view name, nostd::string_view description = "",
        nostd::string_view unit = "") noexcept = 0;
};

class MeterProvider {
public:
    virtual ~MeterProvider() = default;
    virtual nostd::shared_ptr<Meter> GetMeter(nostd::string_view library_name,
                                              nostd::string_view library_version = "",
                                              nostd::string_view schema_url = "") noexcept = 0;
};

class Provider {
public:
    static nostd::shared_ptr<MeterProvider> GetMeterProvider() noexcept;
};

}  // namespace metrics
}  // namespace opentelemetry

#endif
