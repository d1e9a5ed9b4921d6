// SPDX-License-Identifier: BSL-1.0
//
// Other processes: forks of this one, made while it has no threads, and told line by line what to
// do. They are killed with the object.

#ifndef COAUTH_TESTS_SUPPORT_OTHER_PROCESS_HPP
#define COAUTH_TESTS_SUPPORT_OTHER_PROCESS_HPP

#include <csignal>
#include <functional>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

namespace coauth_test {

class other_process {
public:
    explicit other_process(std::function<int()> const& work) : child_(::fork()) {
        if (child_ == 0) ::_exit(work());
    }
    other_process(other_process const&) = delete;
    other_process& operator=(other_process const&) = delete;
    ~other_process() { kill(); }

    [[nodiscard]] ::pid_t id() const noexcept { return child_; }
    void kill() {
        if (child_ > 0) ::kill(child_, SIGKILL);
        static_cast<void>(status());
    }
    /// Waits for its end; -1 when it was killed.
    int status() {
        int value = 0;
        if (child_ > 0) ::waitpid(child_, &value, 0);
        child_ = 0;
        return WIFEXITED(value) ? WEXITSTATUS(value) : -1;
    }

private:
    ::pid_t child_;
};

/// One end of a conversation by lines.
class line_end {
public:
    line_end(int in, int out) noexcept : in_(in), out_(out) {}

    void say(std::string_view line) const {
        std::string const text = std::string(line) + '\n';
        if (::write(out_, text.data(), text.size()) != static_cast<::ssize_t>(text.size())) {
            throw std::runtime_error("nobody listens");
        }
    }
    /// Nothing when the other side has ended, or says nothing for two minutes.
    [[nodiscard]] std::optional<std::string> hear() const {
        std::string line;
        for (char c = 0;;) {
            ::pollfd wait{in_, POLLIN, 0};
            if (::poll(&wait, 1, 120'000) != 1 || ::read(in_, &c, 1) != 1) return std::nullopt;
            if (c == '\n') return line;
            line += c;
        }
    }
    void close() const noexcept {
        ::close(in_);
        ::close(out_);
    }

private:
    int in_;
    int out_;
};

/// A process whose work is a conversation.
class talking_process {
public:
    explicit talking_process(std::function<int(line_end)> const& work)
        : process_([&] {
              here().close();
              return work(there());
          }) {
        there().close();
    }
    talking_process(talking_process const&) = delete;
    talking_process& operator=(talking_process const&) = delete;
    ~talking_process() {
        process_.kill();
        here().close();
    }

    void say(std::string_view line) const { here().say(line); }
    [[nodiscard]] std::string hear() const { return here().hear().value_or("(nothing)"); }
    [[nodiscard]] ::pid_t id() const noexcept { return process_.id(); }
    void kill() { process_.kill(); }

private:
    struct pipe {
        pipe() {
            if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
        }
        int ends[2] = {-1, -1};
    };
    [[nodiscard]] line_end here() const noexcept { return {from_.ends[0], to_.ends[1]}; }
    [[nodiscard]] line_end there() const noexcept { return {to_.ends[0], from_.ends[1]}; }

    pipe to_;
    pipe from_;
    other_process process_;
};

}  // namespace coauth_test

#endif
