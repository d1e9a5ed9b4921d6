// SPDX-License-Identifier: BSL-1.0

#include "terminal.hpp"

#include "outcome.hpp"

#include <coauth/detail/exchange_words.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace coauth_tool {
namespace {

[[nodiscard]] std::string_view variable(char const* name) {
    char const* const value = std::getenv(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

/// The terminal as one that reads key by key and shows none, until the end.
class quiet_terminal {
public:
    quiet_terminal() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
        if (fd_ < 0 || ::tcgetattr(fd_, &before_) != 0) return;
        ::termios quiet = before_;
        // Ctrl-C is read as a key, so that the echo is switched on again before the program ends.
        quiet.c_lflag &= ~static_cast<::tcflag_t>(ECHO | ICANON | ISIG);
        quiet.c_cc[VMIN] = 1;
        quiet.c_cc[VTIME] = 0;
        good_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
    }
    quiet_terminal(quiet_terminal const&) = delete;
    quiet_terminal& operator=(quiet_terminal const&) = delete;
    ~quiet_terminal() {
        if (good_) {
            say("\n");
            ::tcsetattr(fd_, TCSAFLUSH, &before_);
        }
        if (fd_ >= 0) ::close(fd_);
    }

    [[nodiscard]] bool good() const noexcept { return good_; }
    void say(std::string_view text) const noexcept {
        static_cast<void>(!::write(fd_, text.data(), text.size()));
    }
    /// False at the end of input.
    [[nodiscard]] bool read(char& key) const noexcept {
        ::ssize_t count = 0;
        do count = ::read(fd_, &key, 1);
        while (count < 0 && errno == EINTR);
        return count == 1;
    }

private:
    int fd_;
    bool good_ = false;
    ::termios before_{};
};

}  // namespace

terminal::terminal()
    : out_(::isatty(STDOUT_FILENO) == 1),
      err_(::isatty(STDERR_FILENO) == 1),
      colours_(out_ && variable("NO_COLOR").empty() && variable("TERM") != "dumb"),
      error_colours_(err_ && variable("NO_COLOR").empty() && variable("TERM") != "dumb") {
    ::winsize size{};
    bool const known = out_ && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20;
    if (known) width_ = size.ws_col;
}

std::string terminal::painted(bool on, colour with, std::string_view text) {
    if (!on) return std::string(text);
    char const* code = "";
    switch (with) {
        case colour::bold: code = "\x1b[1m"; break;
        case colour::dim: code = "\x1b[2m"; break;
        case colour::red: code = "\x1b[31m"; break;
        case colour::green: code = "\x1b[32m"; break;
        case colour::yellow: code = "\x1b[33m"; break;
        case colour::cyan: code = "\x1b[36m"; break;
    }
    return code + std::string(text) + "\x1b[0m";
}

std::string for_terminal(std::string_view text) {
    std::string safe;
    while (!text.empty()) {
        std::size_t const end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        safe += coauth::detail::one_line(line) + "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return safe;
}

std::string shown(std::string text, terminal const& at) {
    return at.is_terminal() ? for_terminal(text) : text;
}

coauth::secret ask_secret(std::string_view question, std::string_view instead) {
    quiet_terminal const with;
    if (!with.good()) {
        throw failure(exit_code::configuration,
                      "there is no terminal to ask for the " + std::string(question),
                      std::string(instead));
    }
    with.say(std::string(question) + ": ");
    coauth::detail::wiped_buffer typed;
    char key = 0;
    while (with.read(key) && key != '\n' && key != '\r' && key != '\x04') {
        if (key == '\x03') throw failure(exit_code::interrupted, "interrupted");
        if (key == '\x15') {
            typed.clear();
        } else if (key == '\x7f' || key == '\b') {
            std::string_view const seen = typed.view();
            coauth::secret const rest(seen.substr(0, seen.size() - (seen.empty() ? 0U : 1U)));
            typed.clear();
            typed.append(rest.reveal());
        } else {
            typed.push_back(key);
        }
    }
    if (typed.empty()) {
        throw failure(exit_code::configuration, "no " + std::string(question) + " was given",
                      std::string(instead));
    }
    return coauth::secret(typed.view());
}

}  // namespace coauth_tool
