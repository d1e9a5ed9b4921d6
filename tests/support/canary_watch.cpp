// SPDX-License-Identifier: BSL-1.0

#include "support/canary_watch.hpp"

#include <coauth/exchange_log_har.hpp>
#include <coauth/exchange_log_html.hpp>
#include <coauth/exchange_log_text.hpp>
#include <coauth/metrics.hpp>

#include <gtest/gtest.h>

#include <concepts>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace coauth_test {

namespace {

/// Every text of every event, one after the other.
class event_text {
public:
    template <class Event>
    void operator()(Event const& e) const {
        std::string text;
        if constexpr (requires { e.token_endpoint; }) add(text, e.token_endpoint);
        if constexpr (requires { e.origin; }) add(text, e.origin);
        if constexpr (requires { e.method; }) add(text, e.method);
        if constexpr (requires { e.server_address; }) add(text, e.server_address);
        if constexpr (requires { e.traceparent; }) add(text, e.traceparent);
        if constexpr (requires { e.failure; }) add_failure(text, e.failure);
        std::lock_guard const lock(shared_->mutex);
        shared_->text += text;
    }
    [[nodiscard]] std::string take() const {
        std::lock_guard const lock(shared_->mutex);
        return std::exchange(shared_->text, {});
    }

private:
    static void add(std::string& text, std::string_view more) {
        text += more;
        text += '\n';
    }
    static void add_failure(std::string& text, coauth::error const& e) {
        // What exceptions say, and what they carry.
        add(text, coauth::exception(e).what());
        for (std::string const* part : {&e.message(), &e.hint(), &e.endpoint(), &e.oauth_error(),
                                        &e.oauth_error_description(), &e.oauth_error_uri()}) {
            add(text, *part);
        }
    }
    static void add_failure(std::string& text, coauth::error const* e) {
        if (e != nullptr) add_failure(text, *e);
    }

    struct shared {
        std::mutex mutex;
        std::string text;
    };
    std::shared_ptr<shared> shared_ = std::make_shared<shared>();
};

/// Two observers as one.
struct told {
    template <class Event>
    void operator()(Event const& e) const {
        events(e);
        if constexpr (std::invocable<coauth::metrics const&, Event const&>) counted(e);
    }
    event_text events;
    coauth::metrics counted;
};

struct watch {
    told all;
    coauth::observer observer{all};
    coauth::exchange_log log;
};

watch& the_watch() {
    static watch w;
    return w;
}

class look_after_each_test : public testing::EmptyTestEventListener {
    void OnTestEnd(testing::TestInfo const&) override {
        watch& w = the_watch();
        look("an event or an error", w.all.events.take());
        look("an exchange log as text", coauth::to_text(w.log));
        look("an exchange log as HAR", coauth::to_har(w.log));
        look("an exchange log as HTML", coauth::to_html(w.log));
        std::string metrics;
        w.all.counted.write_openmetrics(metrics);
        look("metrics", metrics);
        w.log.clear();
    }
    static void look(char const* where, std::string const& text) {
        std::string_view const found = canary_watch::find(text);
        if (!found.empty()) ADD_FAILURE() << "a secret stands in " << where << ": " << found;
    }
};

/// Before any test begins.
[[maybe_unused]] bool const watching = [] {
    testing::UnitTest::GetInstance()->listeners().Append(new look_after_each_test);
    return true;
}();

}  // namespace

coauth::observer canary_watch::observer() { return the_watch().observer; }
coauth::exchange_log canary_watch::log() { return the_watch().log; }

std::string_view canary_watch::find(std::string_view text) {
    for (std::string_view const canary :
         {"not-a-real-secret", "test-token-", "test-code-", "test-device-", "test-refresh-",
          "correct-horse-battery-staple"}) {
        std::size_t const at = text.find(canary);
        if (at != std::string_view::npos) return text.substr(at, canary.size());
    }
    return {};
}

}  // namespace coauth_test
