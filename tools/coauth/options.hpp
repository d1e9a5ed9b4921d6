// SPDX-License-Identifier: BSL-1.0
//
// The command line by a table: what a command accepts is also what its --help prints. Values are
// never repeated in errors, since somebody may have put a secret there.

#ifndef COAUTH_TOOLS_COAUTH_OPTIONS_HPP
#define COAUTH_TOOLS_COAUTH_OPTIONS_HPP

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coauth_tool {

struct option {
    char letter = 0;              ///< 0: none
    std::string_view name = {};   ///< without dashes
    std::string_view value = {};  ///< what --help calls it; empty: a switch
    std::string_view help = {};
    bool repeats = false;
};

struct option_group {
    std::string_view title;
    std::vector<option> options;
};

struct command_help {
    std::string_view name;      ///< "call"
    std::string_view synopsis;  ///< "METHOD URL"
    std::string_view text;      ///< What it does, in lines.
    std::size_t least = 0;      ///< Arguments that are no options.
    std::size_t most = 0;
    std::vector<option_group> groups = {};
    std::string_view examples = {};
};

class given_options {
public:
    [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
    [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
    [[nodiscard]] std::string get(std::string_view name) const {
        return find(name).value_or(std::string());
    }
    [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> const& words() const noexcept { return words_; }

private:
    friend class option_parser;
    std::map<std::string, std::vector<std::string>, std::less<>> values_;
    std::vector<std::string> words_;
};

/// Throws failure(exit_code::usage). With `--help` among them nothing else is checked.
[[nodiscard]] given_options parse_options(command_help const& command,
                                          std::vector<std::string> const& arguments);

[[nodiscard]] std::string help_text(command_help const& command);

}  // namespace coauth_tool

#endif
