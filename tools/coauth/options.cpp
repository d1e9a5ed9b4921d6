// SPDX-License-Identifier: BSL-1.0

#include "options.hpp"

#include "outcome.hpp"

#include <coauth/codec/utf8.hpp>
#include <coauth/detail/nearest_name.hpp>

#include <algorithm>
#include <utility>

namespace coauth_tool {

std::optional<std::string> given_options::find(std::string_view name) const {
    auto const at = values_.find(name);
    if (at == values_.end()) return std::nullopt;
    return at->second.back();
}

std::vector<std::string> given_options::all(std::string_view name) const {
    auto const at = values_.find(name);
    return at == values_.end() ? std::vector<std::string>() : at->second;
}

class option_parser {
public:
    option_parser(command_help const& command, std::vector<std::string> const& arguments)
        : command_(&command), arguments_(&arguments) {}

    [[nodiscard]] given_options parse() {
        bool const help =
            std::any_of(arguments_->begin(), arguments_->end(),
                        [](std::string const& one) { return one == "--help" || one == "-h"; });
        if (help) {
            given_.values_["help"];
            return std::move(given_);
        }
        bool only_words = false;
        while (at_ != arguments_->size()) {
            std::string_view const one = (*arguments_)[at_++];
            if (only_words || one == "-" || !one.starts_with('-')) {
                given_.words_.emplace_back(one);
            } else if (one == "--") {
                only_words = true;
            } else if (one.starts_with("--")) {
                long_option(one.substr(2));
            } else {
                letters(one.substr(1));
            }
        }
        check_words();
        return std::move(given_);
    }

private:
    [[nodiscard]] failure wrong(std::string text) const {
        return {exit_code::usage, std::move(text),
                "`coauth " + std::string(command_->name) + " --help` has what is accepted"};
    }

    template <class Fits>
    [[nodiscard]] option const* find(Fits fits) const {
        for (option_group const& group : command_->groups) {
            for (option const& one : group.options) {
                if (fits(one)) return &one;
            }
        }
        return nullptr;
    }

    void long_option(std::string_view text) {
        std::size_t const equals = std::min(text.find('='), text.size());
        std::string_view const name = text.substr(0, equals);
        option const* const known = find([&](option const& one) { return one.name == name; });
        if (known == nullptr) throw unknown(name);
        bool const attached = equals != text.size();
        if (known->value.empty()) {
            if (attached) throw wrong("--" + std::string(name) + " takes no value");
            set(*known, "");
        } else {
            set(*known, attached ? std::string(text.substr(equals + 1)) : next(*known));
        }
    }

    void letters(std::string_view text) {
        while (!text.empty()) {
            char const letter = text.front();
            option const* const known =
                find([&](option const& one) { return one.letter != 0 && one.letter == letter; });
            if (known == nullptr) {
                throw wrong("unknown option -" + coauth::printable(text.substr(0, 1), 10));
            }
            text.remove_prefix(1);
            if (known->value.empty()) {
                set(*known, "");
                continue;
            }
            set(*known, text.empty() ? next(*known) : std::string(text));
            return;
        }
    }

    [[nodiscard]] std::string next(option const& of) {
        if (at_ == arguments_->size()) {
            throw wrong("--" + std::string(of.name) + " needs a value: " + std::string(of.value));
        }
        return (*arguments_)[at_++];
    }

    void set(option const& of, std::string value) {
        std::vector<std::string>& values = given_.values_[std::string(of.name)];
        if (!values.empty() && !of.repeats && !of.value.empty()) {
            throw wrong("--" + std::string(of.name) + " is given twice");
        }
        values.push_back(std::move(value));
    }

    [[nodiscard]] failure unknown(std::string_view name) const {
        std::vector<std::string> names;
        for (option_group const& group : command_->groups) {
            for (option const& one : group.options) names.emplace_back(one.name);
        }
        std::string const near = coauth::detail::nearest_name(name, names);
        return wrong("unknown option --" + coauth::printable(name, 60) +
                     (near.empty() ? "" : "; did you mean --" + near + "?"));
    }

    void check_words() const {
        std::size_t const count = given_.words_.size();
        std::string const usage =
            "coauth " + std::string(command_->name) + " " + std::string(command_->synopsis);
        if (count < command_->least) throw wrong("something is missing: " + usage);
        if (count > command_->most) {
            throw wrong("argument " + std::to_string(command_->most + 1) +
                        " is one too many: " + usage);
        }
    }

    command_help const* command_;
    std::vector<std::string> const* arguments_;
    std::size_t at_ = 0;
    given_options given_;
};

given_options parse_options(command_help const& command,
                            std::vector<std::string> const& arguments) {
    return option_parser(command, arguments).parse();
}

namespace {

[[nodiscard]] std::string option_line(option const& one) {
    std::string line = one.letter == 0 ? "      " : std::string("  -") + one.letter + ", ";
    line += "--" + std::string(one.name);
    if (!one.value.empty()) line += " " + std::string(one.value);
    constexpr std::size_t column = 30;
    if (line.size() + 2 > column) {
        line += "\n" + std::string(column, ' ');
    } else {
        line.resize(column, ' ');
    }
    std::string_view rest = one.help;
    for (;;) {
        std::size_t const end = std::min(rest.find('\n'), rest.size());
        line += std::string(rest.substr(0, end)) + "\n";
        if (end == rest.size()) return line;
        line += std::string(column, ' ');
        rest.remove_prefix(end + 1);
    }
}

}  // namespace

std::string help_text(command_help const& command) {
    std::string text = "usage: coauth " + std::string(command.name) + " " +
                       std::string(command.synopsis) + " [OPTION]...\n\n" +
                       std::string(command.text) + "\n";
    for (option_group const& group : command.groups) {
        text += "\n" + std::string(group.title) + ":\n";
        for (option const& one : group.options) text += option_line(one);
    }
    if (!command.examples.empty()) text += "\nExamples:\n" + std::string(command.examples) + "\n";
    return text + R"(
Exit status: 0 ok, 1 something else, 2 usage, 3 configuration, 4 the authorization
server refused, 5 the API refused (400 and above), 6 network, 130 interrupted.
)";
}

}  // namespace coauth_tool
