// SPDX-License-Identifier: BSL-1.0
//
// Opens a URL with the program that the desktop has for it. Blocks for the start of a shell, a few
// milliseconds. Any thread.

#ifndef COAUTH_DETAIL_BROWSER_HPP
#define COAUTH_DETAIL_BROWSER_HPP

#include <coauth/codec/redaction_names.hpp>
#include <coauth/error.hpp>

#include <array>
#include <cerrno>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace coauth::detail {

/// Not what a program is told in confidence, CLIENT_SECRET for instance: a browser would have it
/// as long as it runs. What a desktop tells its programs begins with XDG_, also a token.
[[nodiscard]] inline bool is_for_a_browser(std::string_view variable) {
    constexpr std::array<std::string_view, 7> words{
        "secret", "password", "passwd", "passphrase", "credential", "token", "assertion"};
    std::string const name = lower_case(variable.substr(0, variable.find('=')));
    return name.starts_with("xdg_") || (!contains_any(name, words) && !name.ends_with("key"));
}

/// Throws coauth::exception(errc::browser_unavailable). The URL is an argument, never a part of the
/// command. The shell is what is waited for: the program behind it is nobody's child, and may live
/// as long as it likes.
inline void open_in_browser(std::string url) {
    std::string shell = "sh";
    std::string option = "-c";
    std::string command =
        "command -v xdg-open >/dev/null || exit 1; xdg-open \"$1\" </dev/null >/dev/null 2>&1 &";
    std::array<char*, 6> arguments{shell.data(), option.data(), command.data(),
                                   shell.data(), url.data(),    nullptr};
    std::vector<char*> variables;
    for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
        if (is_for_a_browser(*one)) variables.push_back(*one);
    }
    variables.push_back(nullptr);
    pid_t child = 0;
    int const spawned =
        ::posix_spawn(&child, "/bin/sh", nullptr, nullptr, arguments.data(), variables.data());
    int status = 0;
    int waited = -1;
    if (spawned == 0) {
        do waited = ::waitpid(child, &status, 0);
        while (waited == -1 && errno == EINTR);
    }
    // A program that ignores SIGCHLD is not told how its children ended.
    bool const unknown = spawned == 0 && waited == -1;
    if (unknown || (spawned == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)) return;
    throw exception(error(errc::browser_unavailable, stage::token, "there is no xdg-open to use")
                        .with_cause(std::error_code(spawned, std::generic_category()))
                        .with_hint("show the URL to the person: authorization_code_options::open; "
                                   "on a machine without a desktop use device_code"));
}

}  // namespace coauth::detail

#endif
