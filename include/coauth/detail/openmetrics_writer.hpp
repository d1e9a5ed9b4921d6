// SPDX-License-Identifier: BSL-1.0
//
// OpenMetrics text, 1.0. Depends on no locale; not synchronised.

#ifndef COAUTH_DETAIL_OPENMETRICS_WRITER_HPP
#define COAUTH_DETAIL_OPENMETRICS_WRITER_HPP

#include <coauth/detail/metric_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coauth::detail {

/// What is told of a metric before its samples.
struct metric_description {
    std::string_view name;
    std::string_view type;
    std::string_view help;
    std::span<std::string_view const> labels;
};

class openmetrics_writer {
public:
    explicit openmetrics_writer(std::string& out) noexcept : out_(out) {}

    /// A counter, or a gauge, which never shows less than 0.
    void write(metric_description const& m, metric_table<metric_count> const& table) {
        describe(m);
        for (auto const* series : table.all()) {
            // sync: a statistic
            std::int64_t const value = series->cell.value.load(std::memory_order_relaxed);
            if (series->labels.empty() && value == 0) continue;
            sample(m, m.type == "counter" ? "_total" : "", series->labels, {});
            out_ += std::to_string(std::max<std::int64_t>(value, 0)) + "\n";
        }
    }

    template <auto const& Bounds>
    void write(metric_description const& m, metric_table<metric_histogram<Bounds>> const& table) {
        describe(m);
        for (auto const* series : table.all()) {
            std::uint64_t counts[Bounds.size() + 1];
            std::uint64_t total = 0;
            for (std::size_t i = 0; i != std::size(counts); ++i) {
                // sync: a statistic; the sums are of what is read here, so that they agree
                counts[i] = total += series->cell.counts[i].load(std::memory_order_relaxed);
            }
            if (total == 0) continue;
            for (std::size_t i = 0; i != std::size(counts); ++i) {
                std::string const bound = i < Bounds.size() ? seconds(Bounds[i]) : "+Inf";
                sample(m, "_bucket", series->labels, bound);
                out_ += std::to_string(counts[i]) + "\n";
            }
            sample(m, "_count", series->labels, {});
            out_ += std::to_string(total) + "\n";
            sample(m, "_sum", series->labels, {});
            // sync: a statistic
            auto const sum = series->cell.sum.load(std::memory_order_relaxed);
            out_ += seconds(static_cast<std::int64_t>(sum)) + "\n";
        }
    }

    void end() { out_ += "# EOF\n"; }

private:
    void describe(metric_description const& m) {
        std::string const name(m.name);
        out_ += "# TYPE " + name + " " + std::string(m.type) + "\n";
        if (m.name.ends_with("_seconds")) out_ += "# UNIT " + name + " seconds\n";
        out_ += "# HELP " + name + " " + std::string(m.help) + "\n";
    }

    void sample(metric_description const& m, std::string_view suffix,
                std::vector<std::string> const& values, std::string_view bound) {
        out_ += m.name;
        out_ += suffix;
        char separator = '{';
        auto const label = [&](std::string_view name, std::string_view value) {
            if (value.empty()) return;
            out_ += separator;
            separator = ',';
            out_ += name;
            out_ += "=\"";
            escape(value);
            out_ += '"';
        };
        for (std::size_t i = 0; i != values.size(); ++i) label(m.labels[i], values[i]);
        // OpenTelemetry's name for what is beyond the limit.
        if (values.empty()) label("otel_metric_overflow", "true");
        label("le", bound);
        out_ += separator == '{' ? " " : "} ";
    }

    void escape(std::string_view value) {
        for (char const c : value) {
            if (c == '\\' || c == '"') out_ += '\\';
            if (c == '\n')
                out_ += "\\n";
            else
                out_ += c;
        }
    }

    /// The shortest text; with a point, as OpenMetrics has it ("1.0").
    [[nodiscard]] static std::string seconds(std::int64_t microseconds) {
        std::string fraction = std::to_string(1'000'000 + microseconds % 1'000'000).substr(1);
        while (fraction.size() > 1 && fraction.ends_with('0')) fraction.pop_back();
        return std::to_string(microseconds / 1'000'000) + "." + fraction;
    }

    std::string& out_;
};

}  // namespace coauth::detail

#endif
