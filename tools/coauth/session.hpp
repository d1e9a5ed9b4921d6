// SPDX-License-Identifier: BSL-1.0
//
// Runs the work of one command: Ctrl-C cancels it, whoever waits is told what for, and everything
// that was said is kept for whom it is to be shown.

#ifndef COAUTH_TOOLS_COAUTH_SESSION_HPP
#define COAUTH_TOOLS_COAUTH_SESSION_HPP

#include "options.hpp"
#include "terminal.hpp"

#include <asio/io_context.hpp>
#include <coauth/coauth.hpp>
#include <coauth/exchange_log.hpp>

#include <memory>
#include <string>

namespace coauth_tool {

class session {
public:
    session(given_options const& given, terminal const& at);

    [[nodiscard]] coauth::any_executor executor() { return io_.get_executor(); }
    [[nodiscard]] coauth::exchange_log const& log() const noexcept { return log_; }
    /// Tells a person about the work where --verbose asks for it, what is waited for, and when a
    /// token store fails.
    [[nodiscard]] coauth::observer observer() const;

    /// Until the work is done. Throws what it throws, and failure(exit_code::interrupted) after
    /// Ctrl-C, which ends it. `waiting_for`: what a person is told after a second.
    void run(coauth::awaitable<void> work, std::string waiting_for);

    /// --har and --report, whatever came of the work. Throws failure(exit_code::other).
    void write_files() const;

private:
    struct status {
        bool verbose = false;
        bool progress = false;
        terminal at;
        std::string waiting_for = {};
        bool shown = false;
        bool warned = false;
    };

    struct turn;

    static coauth::awaitable<void> tell_progress(std::shared_ptr<status> about,
                                                 std::shared_ptr<turn const> now);
    static void say(status& about, std::string const& line);
    static void warn(status& about, std::string const& line);
    static void clear_progress(status& about);

    given_options const* given_;
    coauth::exchange_log log_;
    std::shared_ptr<status> status_;
    asio::io_context io_{1};
};

}  // namespace coauth_tool

#endif
