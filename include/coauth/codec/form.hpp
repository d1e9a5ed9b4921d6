// SPDX-License-Identifier: BSL-1.0
//
// application/x-www-form-urlencoded as RFC 6749 Appendix B has it: letters, digits and `* - . _`
// stay, a space becomes '+', every other byte '%XX'. Not synchronised.

#ifndef COAUTH_CODEC_FORM_HPP
#define COAUTH_CODEC_FORM_HPP

#include <coauth/codec/percent.hpp>
#include <coauth/secret.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {
namespace detail {

inline constexpr char_set form_unescaped = char_sets::alphanumeric | char_set("*-._");

template <class Sink>
void form_append(Sink& out, std::string_view text) {
    for (char const c : text) {
        if (form_unescaped.contains(c))
            out.push_back(c);
        else if (c == ' ')
            out.push_back('+');
        else
            append_percent(out, c);
    }
}

}  // namespace detail

/// Encodes one name or value.
[[nodiscard]] inline std::string form_encode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    detail::form_append(out, text);
    return out;
}

/// The same, appended to a buffer that is wiped: for secrets.
inline void form_encode_to(detail::wiped_buffer& out, std::string_view text) {
    out.reserve(out.size() + text.size());
    detail::form_append(out, text);
}

/// Writes `name=value&name=value` into a buffer that is wiped. The buffer outlives the writer.
class form_writer {
public:
    explicit form_writer(detail::wiped_buffer& out) noexcept : out_(&out) {}

    form_writer& add(std::string_view name, std::string_view value) {
        if (!out_->empty()) out_->push_back('&');
        form_encode_to(*out_, name);
        out_->push_back('=');
        form_encode_to(*out_, value);
        return *this;
    }

private:
    detail::wiped_buffer* out_;
};

/// Goes through a form without copying it: views of the encoded names and values, in order; empty
/// pairs ("a=1&&b=2") are passed over, a pair without '=' has an empty value.
class form_reader {
public:
    explicit form_reader(std::string_view text) noexcept : rest_(text) {}

    /// False at the end.
    [[nodiscard]] bool next() noexcept {
        while (!rest_.empty()) {
            std::size_t const end = rest_.find('&');
            std::string_view const pair = rest_.substr(0, end);
            rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
            if (pair.empty()) continue;
            std::size_t const equals = pair.find('=');
            name_ = pair.substr(0, equals);
            value_ =
                equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
            return true;
        }
        return false;
    }

    [[nodiscard]] std::string_view encoded_name() const noexcept { return name_; }
    [[nodiscard]] std::string_view encoded_value() const noexcept { return value_; }

    /// Appends the decoded text of a name or value; false at a broken escape.
    template <class Sink>
    [[nodiscard]] static bool decode_to(Sink& out, std::string_view encoded) {
        return detail::append_unescaped(out, encoded, true);
    }

private:
    std::string_view rest_;
    std::string_view name_;
    std::string_view value_;
};

/// All pairs in order, or nothing at a broken escape. Not for secrets: the results are ordinary
/// strings.
[[nodiscard]] inline std::optional<std::vector<std::pair<std::string, std::string>>> form_decode(
    std::string_view text) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (form_reader reader(text); reader.next();) {
        auto& [name, value] = pairs.emplace_back();
        if (!form_reader::decode_to(name, reader.encoded_name()) ||
            !form_reader::decode_to(value, reader.encoded_value())) {
            return std::nullopt;
        }
    }
    return pairs;
}

}  // namespace coauth

#endif
