// SPDX-License-Identifier: BSL-1.0
//
// Who is looking: a person at a terminal of some width, or a program. Colours, and questions for
// secrets that are not echoed.

#ifndef COAUTH_TOOLS_COAUTH_TERMINAL_HPP
#define COAUTH_TOOLS_COAUTH_TERMINAL_HPP

#include <coauth/secret.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace coauth_tool {

enum class colour : unsigned char { bold, dim, red, green, yellow, cyan };

/// Of standard output, and whether standard error is one. Read once.
class terminal {
public:
    /// Colours only where standard output is a terminal that has them, and NO_COLOR is empty.
    terminal();

    [[nodiscard]] bool is_terminal() const noexcept { return out_; }
    [[nodiscard]] bool errors_to_terminal() const noexcept { return err_; }
    /// In columns; 100 where it is no terminal.
    [[nodiscard]] std::size_t width() const noexcept { return width_; }

    [[nodiscard]] std::string paint(colour with, std::string_view text) const {
        return painted(colours_, with, text);
    }
    /// The same for standard error.
    [[nodiscard]] std::string paint_error(colour with, std::string_view text) const {
        return painted(error_colours_, with, text);
    }

private:
    [[nodiscard]] static std::string painted(bool on, colour with, std::string_view text);

    bool out_;
    bool err_;
    bool colours_;
    bool error_colours_;
    std::size_t width_ = 100;
};

/// No escape sequence of a server reaches a terminal; lines stay lines.
[[nodiscard]] std::string for_terminal(std::string_view text);
/// For a program as it is, for a person as for_terminal() has it.
[[nodiscard]] std::string shown(std::string text, terminal const& at);

/// Asks the person at the controlling terminal, without echo, whatever stands on standard input.
/// Throws failure: exit_code::configuration with `instead` where there is no terminal,
/// exit_code::interrupted after Ctrl-C.
[[nodiscard]] coauth::secret ask_secret(std::string_view question, std::string_view instead);

}  // namespace coauth_tool

#endif
