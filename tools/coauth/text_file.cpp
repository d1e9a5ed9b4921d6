// SPDX-License-Identifier: BSL-1.0

#include "text_file.hpp"

#include "outcome.hpp"

#include <cerrno>
#include <coauth/codec/utf8.hpp>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace coauth_tool {
namespace {

constexpr std::size_t most = std::size_t{256} * 1024 * 1024;

[[nodiscard]] std::string reason(std::string const& name) {
    std::string const shown = name == "-" ? "" : "'" + coauth::printable(name, 200) + "': ";
    return shown + std::strerror(errno);
}

void write_all(int fd, std::string const& name, std::string_view text) {
    while (!text.empty()) {
        ::ssize_t const n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw failure(exit_code::other, "cannot write " + reason(name));
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

}  // namespace

std::string read_file(std::string const& name) {
    int const fd = name == "-" ? STDIN_FILENO : ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) throw failure(exit_code::usage, "cannot read " + reason(name), "check the name");
    std::string text;
    char block[65536];
    for (;;) {
        ::ssize_t const n = ::read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR) continue;
        std::string const why = n < 0 ? reason(name) : "";
        if (n <= 0 && fd != STDIN_FILENO) ::close(fd);
        if (n < 0) throw failure(exit_code::usage, "cannot read " + why, "check the name");
        if (n == 0) return text;
        text.append(block, static_cast<std::size_t>(n));
        if (text.size() > most) {
            if (fd != STDIN_FILENO) ::close(fd);
            throw failure(exit_code::usage, "more than 256 MiB to read", "use a smaller file");
        }
    }
}

void write_file(std::string const& name, std::string_view text) {
    if (name == "-") return write_output(text);
    int const fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) throw failure(exit_code::other, "cannot write " + reason(name));
    try {
        write_all(fd, name, text);
    } catch (failure const&) {
        ::close(fd);
        throw;
    }
    if (::close(fd) != 0) throw failure(exit_code::other, "cannot write " + reason(name));
}

void write_output(std::string_view text) { write_all(STDOUT_FILENO, "-", text); }

}  // namespace coauth_tool
