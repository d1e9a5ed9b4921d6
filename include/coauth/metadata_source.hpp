// SPDX-License-Identifier: BSL-1.0
//
// Finds out where an authorization server has its endpoints, by its issuer. Asks once, keeps
// the answer for as long as the server says (by the clock of the source), and longer while it
// cannot be reached. Any thread: a fetch that has been erased goes on beside the next one.

#ifndef COAUTH_METADATA_SOURCE_HPP
#define COAUTH_METADATA_SOURCE_HPP

#include <coauth/cache/token_fetcher.hpp>
#include <coauth/clock.hpp>
#include <coauth/codec/http1_writer.hpp>
#include <coauth/detail/asio.hpp>
#include <coauth/exchange_log.hpp>
#include <coauth/http/exchange.hpp>
#include <coauth/http/transport.hpp>
#include <coauth/insecure.hpp>
#include <coauth/protocol/error_response.hpp>
#include <coauth/protocol/failure.hpp>
#include <coauth/protocol/server_metadata.hpp>
#include <coauth/server_exchange_recording.hpp>
#include <coauth/token_source_config.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::detail {

/// Where to send what. Empty: the server has not said, or nobody has asked it.
struct server_endpoints {
    url token;
    std::string authorization = {};
    std::string device_authorization = {};
    bool iss_in_responses = false;
};

class metadata_source {
public:
    /// Throws coauth::exception for what cannot be an issuer.
    explicit metadata_source(token_source_config const& config)
        : insecure_(config.insecure_http.has_value()),
          with_certificate_(!config.tls.certificate_file.empty() ||
                            !config.tls.certificate_pem.empty()),
          clock_(config.clock),
          log_(config.log),
          expected_(config.issuer.empty() ? config.expected_issuer : config.issuer) {
        if (config.issuer.empty()) {
            places_.push_back(url::parse(config.metadata_url).value());
        } else {
            places_ = well_known_urls(config.issuer).value();
        }
        error insecure = config.issuer.empty() ? check_transport(places_.front(), insecure_)
                                               : check_issuer(places_.front(), insecure_);
        if (insecure) throw exception(std::move(insecure));
    }

    /// Where it looks first: names the server before anything is known of it.
    [[nodiscard]] url const& place() const noexcept { return places_.front(); }
    /// What the metadata must say.
    [[nodiscard]] std::string const& expected_issuer() const noexcept { return expected_; }

    /// `until`: on the clock of the wire.
    [[nodiscard]] static awaitable<result<server_endpoints>> endpoints(
        std::shared_ptr<metadata_source> self, std::shared_ptr<http::transport> over,
        std::shared_ptr<fetch_order const> order, time_point until) {
        std::optional<server_endpoints> const known = self->still_good();
        if (known) co_return *known;
        error last;
        for (url const& place : self->places_) {
            server_exchange_recording recording("GET", place, self->log_, *order);
            http::exchange_options options;
            options.origin = place;
            options.repeatable = true;
            options.max_body = max_document;
            options.total_deadline = until;
            options.trace = &recording.trace();
            http::exchange x(over, std::move(options));
            for (;;) {
                bool const writable = co_await x.until_compose();
                if (!writable) break;
                compose(x, place);
                recording.sending(x.output().view(), {}, {});
                x.send();
            }
            recording.end(x);
            result<server_endpoints> found = self->read(x, place);
            if (found) co_return std::move(found);
            last = std::move(found).error();
            bool const elsewhere = !x.error() && x.status() == 404;
            if (!elsewhere) break;
        }
        co_return self->without(std::move(last));
    }

private:
    static constexpr std::size_t max_document = std::size_t{256} * 1024;
    static constexpr duration usual_age = std::chrono::hours(1);
    static constexpr duration shortest_age = std::chrono::minutes(1);
    static constexpr duration longest_age = std::chrono::hours(24);

    static void compose(http::exchange& x, url const& place) {
        http1_head_writer head(x.output());
        head.request_line("GET", place.target(), place.authority());
        head.field("Accept", "application/json");
        head.field("Accept-Encoding", "identity");
        head.end();
    }

    [[nodiscard]] result<server_endpoints> read(http::exchange& x, url const& place) {
        if (x.error()) return x.error();
        if (x.status() != 200) return not_there(x, place);
        result<server_metadata> const m = parse_server_metadata(x.body(), expected_);
        if (!m) return error(m.error()).with_endpoint(place.origin());
        bool const alias = with_certificate_ && !m->mtls_token_endpoint.empty();
        result<url> endpoint = url::parse(alias ? m->mtls_token_endpoint : m->token_endpoint);
        if (!endpoint) return bad_metadata("its token_endpoint is not a URL that can be used");
        if (error insecure = check_transport(*endpoint, insecure_)) return insecure;
        bool const device_alias =
            with_certificate_ && !m->mtls_device_authorization_endpoint.empty();
        server_endpoints found{
            std::move(*endpoint), m->authorization_endpoint,
            device_alias ? m->mtls_device_authorization_endpoint : m->device_authorization_endpoint,
            m->iss_in_responses};
        std::lock_guard const lock(mutex_);
        known_ = found;
        good_until_ = saturating_add(clock_.now(), age(x.fields()));
        return found;
    }

    [[nodiscard]] std::optional<server_endpoints> still_good() const {
        std::lock_guard const lock(mutex_);
        if (known_ && clock_.now() < good_until_) return known_;
        return std::nullopt;
    }

    [[nodiscard]] static error not_there(http::exchange& x, url const& place) {
        std::string const origin = place.origin();
        token_endpoint_context context;
        context.endpoint = origin;
        context.retry_after = x.fields().find("Retry-After");
        context.now = seconds_since_1970();
        bool const later = is_temporary_status(x.status());
        return token_error(later ? errc::metadata_unavailable : errc::discovery_failed, x.status(),
                           "there is no metadata at " + origin + place.path(), {}, context);
    }

    /// What was known before is better than nothing, except where the server says otherwise.
    [[nodiscard]] result<server_endpoints> without(error last) {
        std::lock_guard const lock(mutex_);
        if (!known_ || last.is(errc::issuer_mismatch)) return last;
        good_until_ = saturating_add(clock_.now(), shortest_age);
        return *known_;
    }

    /// Cache-Control's max-age (RFC 9111 §5.2.2.1), within bounds.
    [[nodiscard]] static duration age(http_fields const& fields) {
        std::string_view const control = fields.find("Cache-Control").value_or("");
        std::size_t const at = control.find("max-age=");
        if (at == std::string_view::npos) return usual_age;
        std::string_view const digits = control.substr(at + 8);
        std::int64_t seconds = 0;
        auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
        if (read.ec != std::errc()) return usual_age;
        constexpr std::int64_t most = std::chrono::seconds(std::chrono::hours(24)).count();
        // Before they become nanoseconds: any number of them may come.
        seconds = std::clamp(seconds, std::int64_t{0}, most);
        return std::clamp<duration>(std::chrono::seconds(seconds), shortest_age, longest_age);
    }

    bool const insecure_;
    bool const with_certificate_;
    class clock const clock_;
    std::optional<exchange_log> const log_;
    std::string const expected_;
    std::vector<url> places_;
    mutable std::mutex mutex_;
    std::optional<server_endpoints> known_;
    time_point good_until_;
};

}  // namespace coauth::detail

#endif
