// SPDX-License-Identifier: BSL-1.0
//
// Files that the command is told to read or write; `-` is standard input or output.

#ifndef COAUTH_TOOLS_COAUTH_TEXT_FILE_HPP
#define COAUTH_TOOLS_COAUTH_TEXT_FILE_HPP

#include <string>
#include <string_view>

namespace coauth_tool {

/// Throws failure(exit_code::usage).
[[nodiscard]] std::string read_file(std::string const& name);
/// A new file is for its owner only. Throws failure(exit_code::other).
void write_file(std::string const& name, std::string_view text);
void write_output(std::string_view text);

}  // namespace coauth_tool

#endif
