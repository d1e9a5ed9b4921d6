// SPDX-License-Identifier: BSL-1.0
//
// An exchange log as HAR: what is written keeps to the specification, whatever is in the log.

#include <coauth/exchange_log_har.hpp>

#include "sample_calls.hpp"

#include <cstddef>
#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>
#include <string>
#include <utility>
#include <vector>

namespace exchange_log_har_test {
namespace {

using namespace coauth_test;
using json = nlohmann::json;

/// Holds a document against HAR 1.2: the members that it requires, their types, no others but those
/// that begin with '_'.
class har_checker {
public:
    std::vector<std::string> problems;

    void check(json const& har) {
        object(har, "har", {{"log", '{'}}, {});
        json const& log = har.at("log");
        object(log, "log", {{"version", 's'}, {"creator", '{'}, {"entries", '['}},
               {{"pages", '['}, {"browser", '{'}, {"comment", 's'}});
        expect(log.at("version") == "1.2", "version");
        object(log.at("creator"), "creator", {{"name", 's'}, {"version", 's'}}, {{"comment", 's'}});
        std::vector<std::string> pages;
        for (json const& page : log.value("pages", json::array())) {
            object(page, "page",
                   {{"startedDateTime", 't'}, {"id", 's'}, {"title", 's'}, {"pageTimings", '{'}},
                   {{"comment", 's'}});
            object(page.at("pageTimings"), "pageTimings", {},
                   {{"onContentLoad", '-'}, {"onLoad", '-'}});
            pages.push_back(page.at("id"));
        }
        std::string last;
        for (json const& entry : log.at("entries")) {
            check_entry(entry);
            std::string const started = entry.at("startedDateTime");
            expect(last <= started, "order of entries");
            last = started;
            std::string const page = entry.value("pageref", "");
            expect(page.empty() || std::count(pages.begin(), pages.end(), page) == 1, "pageref");
        }
    }

private:
    using members = std::vector<std::pair<std::string, char>>;

    void expect(bool good, std::string const& what) {
        if (!good) problems.push_back(what);
    }

    [[nodiscard]] static bool has_type(json const& value, char type) {
        static std::regex const time(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");
        switch (type) {
            case 's': return value.is_string();
            case '{': return value.is_object();
            case '[': return value.is_array();
            case 'n': return value.is_number_integer() && value >= 0;
            case 'i': return value.is_number_integer() && value >= -1;
            case '+': return value.is_number() && value >= 0;
            case '-': return value.is_number() && (value == -1 || value >= 0);
            default: return value.is_string() && std::regex_match(value.get<std::string>(), time);
        }
    }

    void object(json const& value, std::string const& name, members const& required,
                members const& optional) {
        if (!value.is_object()) return problems.push_back(name + " is no object");
        for (auto const& [member, type] : required) {
            expect(value.contains(member), name + "." + member + " is missing");
        }
        for (auto const& [member, content] : value.items()) {
            if (member.starts_with('_')) continue;
            bool known = false;
            for (members const* list : {&required, &optional}) {
                for (auto const& [allowed, type] : *list) {
                    if (allowed != member) continue;
                    known = true;
                    expect(has_type(content, type), name + "." + member + " has another type");
                }
            }
            expect(known, name + "." + member + " is unknown");
        }
    }

    void pairs(json const& list, std::string const& name) {
        for (json const& one : list) object(one, name, {{"name", 's'}, {"value", 's'}}, {});
    }

    void check_entry(json const& entry) {
        object(entry, "entry",
               {{"startedDateTime", 't'},
                {"time", '+'},
                {"request", '{'},
                {"response", '{'},
                {"cache", '{'},
                {"timings", '{'}},
               {{"pageref", 's'}, {"serverIPAddress", 's'}, {"connection", 's'}, {"comment", 's'}});
        json const& request = entry.at("request");
        object(request, "request",
               {{"method", 's'},
                {"url", 's'},
                {"httpVersion", 's'},
                {"cookies", '['},
                {"headers", '['},
                {"queryString", '['},
                {"headersSize", 'i'},
                {"bodySize", 'i'}},
               {{"postData", '{'}});
        for (char const* list : {"cookies", "headers", "queryString"})
            pairs(request.at(list), list);
        if (request.contains("postData")) {
            json const& post = request.at("postData");
            object(post, "postData", {{"mimeType", 's'}, {"params", '['}, {"text", 's'}}, {});
            pairs(post.at("params"), "params");
            expect(post.at("params").empty() || post.at("text") == "", "params and text exclude");
        }
        json const& response = entry.at("response");
        object(response, "response",
               {{"status", 'n'},
                {"statusText", 's'},
                {"httpVersion", 's'},
                {"cookies", '['},
                {"headers", '['},
                {"content", '{'},
                {"redirectURL", 's'},
                {"headersSize", 'i'},
                {"bodySize", 'i'}},
               {});
        object(response.at("content"), "content", {{"size", 'n'}, {"mimeType", 's'}},
               {{"text", 's'}, {"compression", 'n'}, {"encoding", 's'}});
        for (char const* list : {"cookies", "headers"}) pairs(response.at(list), list);
        check_timings(entry);
    }

    void check_timings(json const& entry) {
        json const& t = entry.at("timings");
        object(t, "timings", {{"send", '+'}, {"wait", '+'}, {"receive", '+'}},
               {{"blocked", '-'}, {"dns", '-'}, {"connect", '-'}, {"ssl", '-'}});
        double sum = 0;
        for (char const* phase : {"blocked", "dns", "connect", "send", "wait", "receive"}) {
            sum += std::max(t.value(phase, -1.0), 0.0);
        }
        expect(std::abs(sum - entry.at("time").get<double>()) < 0.01, "time is not the sum");
        expect(t.value("ssl", -1.0) <= t.value("connect", -1.0), "connect includes ssl");
    }
};

json checked(std::string const& text) {
    json har = json::parse(text);
    har_checker checker;
    checker.check(har);
    EXPECT_EQ(checker.problems, std::vector<std::string>()) << text;
    return har.at("log");
}

TEST(exchange_log_har, of_nothing_is_a_document) {
    json const log = checked(coauth::to_har(coauth::exchange_log()));
    EXPECT_TRUE(log.at("entries").empty());
    EXPECT_EQ(log.at("creator").at("version"), COAUTH_VERSION_STRING);
}

TEST(exchange_log_har, has_an_entry_for_each_exchange_in_the_order_of_time) {
    coauth::exchange_log const log;
    log.add(resent_call());
    json const har = checked(coauth::to_har(log));
    json const& entries = har.at("entries");
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(entries[0].at("_party"), "authorization_server");
    EXPECT_EQ(entries[1].at("_party"), "api");
    EXPECT_EQ(entries[2].at("_reason"), "token_renewed");
    EXPECT_EQ(entries[2].at("_connectionReused"), true);
    EXPECT_EQ(entries[0].at("startedDateTime"), "2026-01-31T23:59:59.251Z");
    EXPECT_EQ(entries[1].at("startedDateTime"), "2026-02-01T00:00:00.250Z");
    json const& page = har.at("pages").at(0);
    EXPECT_EQ(page.at("_tokens").at(0).at("decision"), "fetched");
    EXPECT_EQ(page.at("_tokens").at(0).at("reason"), "no_cached_token");
    EXPECT_EQ(page.at("_status"), 200);
}

TEST(exchange_log_har, takes_requests_and_responses_apart) {
    coauth::call_record const call = resent_call();
    json const har = checked(coauth::to_har(call));
    json const token = har.at("entries").at(0);
    EXPECT_EQ(token.at("request").at("postData"),
              json::parse(R"({"mimeType":"application/x-www-form-urlencoded","text":"","params":[
                  {"name":"grant_type","value":"client_credentials"},
                  {"name":"scope","value":"a b c"}]})"));
    EXPECT_EQ(token.at("timings"),
              json::parse(R"({"blocked":0.0,"dns":1.0,"connect":12.0,"ssl":10.0,"send":0.125,
                              "wait":20.0,"receive":1.0})"));
    EXPECT_EQ(token.at("response").at("content").at("size"), 70);
    json const api = har.at("entries").at(1);
    EXPECT_EQ(api.at("request").at("queryString"),
              json::parse(R"([{"name":"q","value":"a b"},{"name":"code","value":"[redacted]"}])"));
    EXPECT_EQ(api.at("request").at("cookies"), json::parse(R"([{"name":"sid","value":"[redacted]"},
                              {"name":"theme","value":"[redacted]"}])"));
    EXPECT_EQ(api.at("response").at("cookies"),
              json::parse(R"([{"name":"sid","value":"[redacted]"}])"));
    EXPECT_EQ(api.at("timings").at("ssl"), -1);
    EXPECT_EQ(api.at("connection"), "2");
}

TEST(exchange_log_har, of_a_response_that_never_came_has_status_0_and_the_wait_for_it) {
    coauth::call_record call = resent_call();
    call.exchanges = {api_exchange(1, coauth::exchange_record::reason::first, 0)};
    call.failure = "timed out";
    json const har = checked(coauth::to_har(call));
    json const entry = har.at("entries").at(1);
    EXPECT_EQ(entry.at("response").at("status"), 0);
    EXPECT_EQ(entry.at("time"), 30000.0);
    EXPECT_EQ(entry.at("_failure"), "the response did not begin in time");
    EXPECT_EQ(har.at("pages").at(0).at("_failure"), "timed out");
}

TEST(exchange_log_har, has_one_entry_for_a_fetch_that_several_calls_waited_for) {
    coauth::exchange_log const log;
    auto const fetch = token_exchange();
    for (int i = 0; i != 3; ++i) {
        coauth::call_record call = resent_call();
        call.tokens[0].exchanges = {fetch};
        call.exchanges.clear();
        log.add(std::move(call));
    }
    json const har = checked(coauth::to_har(log));
    EXPECT_EQ(har.at("pages").size(), 3U);
    EXPECT_EQ(har.at("entries").size(), 1U);
}

TEST(exchange_log_har, is_valid_whatever_is_in_the_log) {
    std::mt19937 random(11);
    for (int round = 0; round != 200; ++round) {
        std::string hostile;
        for (int i = 0; i != 40; ++i) hostile += static_cast<char>(random() % 256);
        coauth::exchange_record x = *token_exchange();
        x.started = at(std::chrono::milliseconds(random() % 100000));
        x.method = x.status_text = x.failure = hostile;
        x.url = hostile + "?" + hostile;
        x.request_body.text = x.response_body.text = hostile;
        x.request_headers.append("Cookie", hostile);
        x.response_headers.append("Location", hostile);
        x.timings.wait = std::chrono::microseconds(static_cast<int>(random() % 1000) - 500);
        x.timings.tls = random() % 2 == 0 ? x.timings.tls : std::nullopt;
        coauth::call_record call = resent_call();
        call.url = hostile;
        call.exchanges.push_back(std::make_shared<coauth::exchange_record const>(x));
        checked(coauth::to_har(call));
    }
}

}  // namespace
}  // namespace exchange_log_har_test
