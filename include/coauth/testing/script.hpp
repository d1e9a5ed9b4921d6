// SPDX-License-Identifier: BSL-1.0
//
// The lines of a scripted server, and what has happened to them. Any thread.

#ifndef COAUTH_TESTING_SCRIPT_HPP
#define COAUTH_TESTING_SCRIPT_HPP

#include <coauth/detail/suspension.hpp>
#include <coauth/testing/server_message.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace coauth::detail {

struct script_line {
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    std::string method;
    std::string target;
    std::vector<std::function<bool(testing::server_request const&)>> conditions = {};
    testing::server_response answer = testing::server_response(200);
    std::size_t left = 1;
    std::size_t taken = 0;
    bool held = false;
    std::vector<std::shared_ptr<suspension>> waiting = {};

    [[nodiscard]] bool wants(testing::server_request const& r) const {
        bool const with_query = target.find('?') != std::string::npos;
        return left != 0 && (method.empty() || method == r.method) &&
               (target.empty() || target == (with_query ? r.target : r.path)) &&
               std::all_of(conditions.begin(), conditions.end(),
                           [&](auto const& condition) { return condition(r); });
    }
};

class script {
public:
    using free_answer = std::function<testing::server_response(testing::server_request const&)>;

    /// An answer, and what to wait for before it is given.
    struct turn {
        explicit turn(testing::server_response a) : answer(std::move(a)) {}
        testing::server_response answer;
        std::shared_ptr<suspension> gate = nullptr;
    };

    std::shared_ptr<script_line> add(std::string method, std::string target) {
        auto line = std::make_shared<script_line>();
        line->method = std::move(method);
        line->target = std::move(target);
        std::lock_guard const lock(mutex_);
        return lines_.emplace_back(std::move(line));
    }
    template <class Change>
    void change(script_line& line, Change const& apply) {
        std::lock_guard const lock(mutex_);
        apply(line);
    }
    void otherwise(free_answer answer) {
        std::lock_guard const lock(mutex_);
        otherwise_ = std::move(answer);
    }
    void release(script_line& line) {
        std::lock_guard const lock(mutex_);
        line.held = false;
        for (auto const& gate : line.waiting) gate->wake(wake_reason::ready);
        line.waiting.clear();
    }

    [[nodiscard]] turn take(testing::server_request request) {
        std::unique_lock lock(mutex_);
        testing::server_request const& r = seen_.emplace_back(std::move(request));
        for (auto const& line : lines_) {
            if (line->wants(r)) return take(*line);
        }
        if (otherwise_) {
            // Outside of the lock: it may look at what has been seen.
            testing::server_request const copy = r;
            free_answer const answer = otherwise_;
            lock.unlock();
            return turn(answer(copy));
        }
        std::string const what = "not expected: " + r.method + ' ' + r.target;
        unexpected_ += what + '\n';
        return turn(testing::server_response(500, "text/plain", what));
    }

    [[nodiscard]] std::size_t taken(script_line const& line) const {
        std::lock_guard const lock(mutex_);
        return line.taken;
    }
    [[nodiscard]] std::size_t count() const {
        std::lock_guard const lock(mutex_);
        return seen_.size();
    }
    [[nodiscard]] testing::server_request request(std::size_t i) const {
        std::lock_guard const lock(mutex_);
        return seen_.at(i);
    }
    [[nodiscard]] std::string problems() const {
        std::lock_guard const lock(mutex_);
        std::string all = unexpected_;
        for (auto const& line : lines_) {
            if (line->left == 0 || line->left == script_line::unlimited) continue;
            all += "has not come: " + (line->method.empty() ? "any method" : line->method) + ' ' +
                   (line->target.empty() ? "anywhere" : line->target) + ", " +
                   std::to_string(line->left) + " time(s)\n";
        }
        return all;
    }

private:
    [[nodiscard]] static turn take(script_line& line) {
        turn now(line.answer);
        if (line.held) now.gate = line.waiting.emplace_back(std::make_shared<suspension>());
        if (line.left != script_line::unlimited) --line.left;
        ++line.taken;
        return now;
    }

    std::mutex mutable mutex_;
    std::vector<std::shared_ptr<script_line>> lines_;
    std::vector<testing::server_request> seen_;
    std::string unexpected_;
    free_answer otherwise_;
};

}  // namespace coauth::detail

#endif
