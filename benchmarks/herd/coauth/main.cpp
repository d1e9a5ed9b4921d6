// SPDX-License-Identifier: BSL-1.0
//
// The herd scenarios with coauth: calls of rest_clients that share a token cache, on four threads.
//
// herd_coauth <scenario> <URL of herd_server> <CA file>

#include <coauth/coauth.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using std::chrono::milliseconds;
using clock_type = std::chrono::steady_clock;

constexpr int callers = 100;
constexpr int clients = 10;
constexpr unsigned threads = 4;

/// How the calls of a scenario have ended. Any thread.
class tally {
public:
    void note(coauth::result<coauth::response> const& answer) {
        auto const took = clock_type::now() - start_;
        std::lock_guard const lock(mutex_);
        ++outcomes_[answer ? std::to_string(answer->status()) : answer.error().what()];
        if (answer && answer->status() == 200) ++ok_;
        if (!answer && took < std::chrono::seconds(2)) ++told_in_time_;
    }

    // When all calls have ended.

    [[nodiscard]] int ok() const { return ok_; }
    /// Callers that had an error within two seconds.
    [[nodiscard]] int told_in_time() const { return told_in_time_; }
    void print() const {
        for (auto const& [outcome, count] : outcomes_) {
            std::cerr << "  " << count << " x " << outcome << '\n';
        }
    }

private:
    clock_type::time_point const start_ = clock_type::now();
    std::mutex mutex_;
    std::map<std::string, int> outcomes_;
    int ok_ = 0;
    int told_in_time_ = 0;
};

coauth::awaitable<void> call(coauth::rest_client api, tally& results) {
    coauth::result<coauth::response> const users = co_await api.try_get("/users");
    results.note(users);
}

/// Clients of one service: each with its own source, all with one cache.
class service {
public:
    service(std::string const& url, std::string const& ca_file) : trust_{.ca_file = ca_file} {
        coauth::token_cache const cache;
        for (int i = 0; i < clients; ++i) {
            coauth::token_source const tokens(
                cache, pool_.get_executor(),
                {.token_url = url + "/token",
                 .client = coauth::client_secret_basic("client", coauth::secret("secret")),
                 .scope = "users.read",
                 .tls = trust_});
            clients_.emplace_back(
                pool_.get_executor(),
                coauth::rest_client_config{
                    .base_url = url + "/v1", .authorization = tokens, .tls = trust_});
        }
        control_ = std::make_unique<coauth::rest_client>(
            pool_.get_executor(),
            coauth::rest_client_config{.base_url = url + "/control", .tls = trust_});
    }
    ~service() { pool_.join(); }

    /// A call of each client, one after the other.
    void warm_up(tally& results) {
        for (auto const& client : clients_) {
            asio::co_spawn(pool_, call(client, results), asio::use_future).get();
        }
    }
    /// `count` calls at once, taking the clients in turn.
    void start_spread(int count, tally& results) {
        for (int i = 0; i < count; ++i) {
            start(clients_[static_cast<std::size_t>(i % clients)], results);
        }
    }
    /// `count` calls at once of one client.
    void start(int count, tally& results) {
        for (int i = 0; i < count; ++i) start(clients_.front(), results);
    }
    /// One call, cancelled after a time.
    void start_cancelled(milliseconds after, tally& results) {
        cancel_timer_.expires_after(after);
        cancel_timer_.async_wait(
            [this](std::error_code) { cancel_.emit(asio::cancellation_type::terminal); });
        asio::co_spawn(strand_, call(clients_.front(), results),
                       asio::bind_cancellation_slot(cancel_.slot(), coauth::rethrow));
    }
    void revoke() { asio::co_spawn(pool_, control_->post("/revoke", ""), asio::use_future).get(); }
    /// Until that has happened at the server, which is slow to say that it has not.
    void wait_for(std::string const& event) {
        std::string said;
        while (said != "now") {
            auto const answer =
                asio::co_spawn(pool_, control_->get("/when/" + event), asio::use_future).get();
            said = answer.body();
        }
    }
    /// Until all calls have ended.
    void join() { pool_.join(); }

private:
    void start(coauth::rest_client const& client, tally& results) {
        asio::co_spawn(pool_, call(client, results), coauth::rethrow);
    }

    asio::thread_pool pool_{threads};
    asio::strand<asio::thread_pool::executor_type> strand_ =
        asio::make_strand(pool_.get_executor());
    asio::cancellation_signal cancel_;
    asio::steady_timer cancel_timer_{strand_};
    coauth::tls_config trust_;
    std::vector<coauth::rest_client> clients_;
    std::unique_ptr<coauth::rest_client> control_;
};

/// How many callers were served; see benchmarks/README.md for what that is.
[[nodiscard]] int run(std::string const& scenario, service& s) {
    tally before;
    tally results;
    if (scenario == "cold" || scenario == "failing") {
        s.start(callers, results);
    } else if (scenario == "revoked") {
        s.warm_up(before);
        s.revoke();
        s.start_spread(callers, results);
    } else if (scenario == "leader_cancelled") {
        s.start_cancelled(milliseconds(20), before);
        s.wait_for("asked");
        s.start(callers - 1, results);
    } else if (scenario == "retry_after") {
        s.start(1, before);
        s.wait_for("paused");
        s.start(callers, before);
        s.wait_for("over");
        s.start(callers, results);
    } else {
        throw std::runtime_error("unknown scenario " + scenario);
    }
    s.join();
    before.print();
    results.print();
    return scenario == "failing" ? results.told_in_time() : results.ok();
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 4) throw std::runtime_error("usage: herd_coauth <scenario> <URL> <CA file>");
    service s(argv[2], argv[3]);
    std::cout << "{\"served\":" << run(argv[1], s) << "}\n";
} catch (std::exception const& e) {
    std::cerr << "herd_coauth: " << e.what() << '\n';
    return 1;
}
