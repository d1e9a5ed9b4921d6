// SPDX-License-Identifier: BSL-1.0
//
// The parser of challenges: bodies of challenge.hpp.

#ifndef COAUTH_CODEC_CHALLENGE_IMPL_HPP
#define COAUTH_CODEC_CHALLENGE_IMPL_HPP

#include <coauth/codec/challenge.hpp>
#include <coauth/codec/percent.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {

namespace detail {

/// Recursive descent over one field value; every take_ member moves on only where it succeeds.
class challenge_parser {
public:
    explicit challenge_parser(std::string_view text) noexcept : rest_(text) {}

    [[nodiscard]] std::optional<std::vector<challenge>> parse() {
        std::vector<challenge> found;
        while (skip_commas()) {
            if (parameters_allowed_ && take_parameter(found.back())) {
                if (!found.back().token68.empty() || !at_separator()) return std::nullopt;
                continue;
            }
            if (broken_ || !take_challenge(found)) return std::nullopt;
        }
        if (found.empty()) return std::nullopt;
        return found;
    }

private:
    /// True while something other than commas and white space is left.
    [[nodiscard]] bool skip_commas() noexcept {
        std::size_t const next = rest_.find_first_not_of(", \t");
        rest_ = next == std::string_view::npos ? std::string_view() : rest_.substr(next);
        return !rest_.empty();
    }

    void skip_space() noexcept {
        std::size_t const next = rest_.find_first_not_of(" \t");
        rest_ = next == std::string_view::npos ? std::string_view() : rest_.substr(next);
    }

    /// White space may follow, then a comma or the end has to.
    [[nodiscard]] bool at_separator() noexcept {
        skip_space();
        return rest_.empty() || rest_.front() == ',';
    }

    [[nodiscard]] std::string_view front_token() const noexcept {
        std::size_t size = 0;
        while (size != rest_.size() && is_token(rest_.substr(size, 1))) ++size;
        return rest_.substr(0, size);
    }

    [[nodiscard]] bool take_challenge(std::vector<challenge>& found) {
        std::string_view const scheme = front_token();
        if (scheme.empty()) return false;
        rest_.remove_prefix(scheme.size());
        parameters_allowed_ = rest_.starts_with(' ');
        challenge& c = found.emplace_back();
        c.scheme = scheme;
        if (at_separator()) return true;
        if (!parameters_allowed_) return false;
        if (take_token68(c)) return true;
        return take_parameter(c) && at_separator();
    }

    [[nodiscard]] bool take_token68(challenge& c) {
        constexpr char_set members = char_sets::alphanumeric | char_set("-._~+/");
        std::size_t size = 0;
        while (size != rest_.size() && members.contains(rest_[size])) ++size;
        if (size == 0) return false;
        while (size != rest_.size() && rest_[size] == '=') ++size;
        std::size_t const after = rest_.find_first_not_of(" \t", size);
        if (after != std::string_view::npos && rest_[after] != ',') return false;
        c.token68 = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
    }

    /// name BWS "=" BWS ( token / quoted-string ). False without `broken_` when there is no '='
    /// after the first token: then it is a scheme.
    [[nodiscard]] bool take_parameter(challenge& c) {
        std::string_view const before = rest_;
        std::string_view const name = front_token();
        rest_.remove_prefix(name.size());
        skip_space();
        if (name.empty() || rest_.empty() || rest_.front() != '=') {
            rest_ = before;
            return false;
        }
        rest_.remove_prefix(1);
        skip_space();
        broken_ = c.parameter(name).has_value();
        std::string value;
        if (rest_.starts_with('"')) {
            broken_ = broken_ || !take_quoted(value);
        } else {
            value = front_token();
            rest_.remove_prefix(value.size());
            broken_ = broken_ || value.empty();
        }
        c.parameters.emplace_back(name, std::move(value));
        return !broken_;
    }

    [[nodiscard]] bool take_quoted(std::string& value) {
        for (std::size_t i = 1; i != rest_.size(); ++i) {
            if (rest_[i] == '"') {
                rest_.remove_prefix(i + 1);
                return true;
            }
            if (rest_[i] == '\\' && ++i == rest_.size()) return false;
            if (!is_field_value(rest_.substr(i, 1))) return false;
            value.push_back(rest_[i]);
        }
        return false;
    }

    std::string_view rest_;
    bool parameters_allowed_ = false;  // a space has followed the scheme
    bool broken_ = false;
};

}  // namespace detail

COAUTH_INLINE std::optional<std::vector<challenge>> parse_challenges(std::string_view field_value) {
    return detail::challenge_parser(field_value).parse();
}

}  // namespace coauth

#endif
