// SPDX-License-Identifier: BSL-1.0
//
// The ordered list of header fields of one message (RFC 9110 §5) and the grammar of their parts.
// All bytes stand in one buffer that is wiped when it goes, since fields carry credentials and
// cookies. A plain value; not synchronised.

#ifndef COAUTH_CODEC_HTTP_FIELDS_HPP
#define COAUTH_CODEC_HTTP_FIELDS_HPP

#include <coauth/config.hpp>
#include <coauth/detail/ascii.hpp>
#include <coauth/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth {

namespace detail {

/// tchar of RFC 9110 §5.6.2.
[[nodiscard]] constexpr bool is_tchar(char c) noexcept {
    return is_alpha(c) || is_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// HTAB, SP, VCHAR and obs-text: what a field value or a reason phrase may hold.
[[nodiscard]] constexpr bool is_field_char(char c) noexcept {
    auto const byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

}  // namespace detail

/// A token of RFC 9110 §5.6.2: a field name, a method.
[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept {
    for (char const c : text) {
        if (!detail::is_tchar(c)) return false;
    }
    return !text.empty();
}

/// May stand in a field value (RFC 9110 §5.5): visible characters, SP, HTAB and obs-text. Every
/// control character is refused, not only CR, LF and NUL. An empty value is one.
[[nodiscard]] constexpr bool is_field_value(std::string_view text) noexcept {
    for (char const c : text) {
        if (!detail::is_field_char(c)) return false;
    }
    return true;
}

/// Equal without regard to the case of ASCII letters.
[[nodiscard]] constexpr bool iequals(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (detail::ascii_lower(a[i]) != detail::ascii_lower(b[i])) return false;
    }
    return true;
}

/// Without SP and HTAB at both ends (OWS of RFC 9110 §5.6.3).
[[nodiscard]] constexpr std::string_view trim_ows(std::string_view text) noexcept {
    constexpr std::string_view ows = " \t";
    std::size_t const first = text.find_first_not_of(ows);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(ows) - first + 1);
}

/// Whether `token` is an element of the comma-separated list `value`, in any case. For lists of
/// plain tokens (Connection, Transfer-Encoding); quoted strings are not understood.
[[nodiscard]] constexpr bool list_contains(std::string_view value,
                                           std::string_view token) noexcept {
    for (;;) {
        std::size_t const comma = value.find(',');
        if (iequals(trim_ows(value.substr(0, comma)), token)) return true;
        if (comma == std::string_view::npos) return false;
        value.remove_prefix(comma + 1);
    }
}

/// One line of a header. The views live as long as the list is neither changed nor destroyed.
struct http_field {
    std::string_view name;
    std::string_view value;
};

/// Header fields in the order in which they came. Names compare without regard to case; lines of
/// the same name stay apart, nothing is ever joined with commas. It checks nothing: see is_token()
/// and is_field_value().
class http_fields {
public:
    class const_iterator {
    public:
        using iterator_concept = std::forward_iterator_tag;
        using iterator_category = std::input_iterator_tag;
        using value_type = http_field;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = http_field;

        const_iterator() = default;
        const_iterator(http_fields const* list, std::size_t index) : list_(list), index_(index) {}

        [[nodiscard]] http_field operator*() const noexcept { return (*list_)[index_]; }
        const_iterator& operator++() noexcept {
            ++index_;
            return *this;
        }
        const_iterator operator++(int) noexcept {
            const_iterator const before = *this;
            ++index_;
            return before;
        }
        friend bool operator==(const_iterator const&, const_iterator const&) = default;

    private:
        http_fields const* list_ = nullptr;
        std::size_t index_ = 0;
    };

    http_fields() = default;
    http_fields(http_fields&&) = default;
    http_fields& operator=(http_fields&&) = default;
    http_fields(http_fields const& other);
    http_fields& operator=(http_fields const& other);
    ~http_fields() = default;

    /// Adds a line at the end. Name and value may be views into this list.
    void append(std::string_view name, std::string_view value);

    /// Replaces all lines of this name by one at the end.
    void set(std::string_view name, std::string_view value);

    /// Removes all lines of this name.
    void erase(std::string_view name);

    /// Continues the value of the last line: a line folding (RFC 9112 §5.2) becomes one SP, none
    /// where one of the two parts is empty. Precondition: !empty(), nothing erased since.
    void extend_last(std::string_view continuation);

    /// The value of the first line of this name.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;

    /// The values of all lines of this name, in order.
    [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;

    [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
    [[nodiscard]] bool contains(std::string_view name) const noexcept;

    /// Precondition: index < size().
    [[nodiscard]] http_field operator[](std::size_t index) const noexcept {
        entry const& e = entries_[index];
        return {view_of(e.name), view_of(e.value)};
    }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] const_iterator begin() const noexcept { return {this, 0}; }
    [[nodiscard]] const_iterator end() const noexcept { return {this, entries_.size()}; }

    /// Wipes the bytes and keeps the memory for the next message.
    void clear() noexcept {
        entries_.clear();
        buffer_.clear();
    }

private:
    struct piece {
        std::uint32_t at;
        std::uint32_t size;
    };
    struct entry {
        piece name;
        piece value;
    };

    [[nodiscard]] std::string_view view_of(piece p) const noexcept {
        return buffer_.view().substr(p.at, p.size);
    }
    [[nodiscard]] bool points_inside(std::string_view text) const noexcept {
        std::string_view const all = buffer_.view();
        std::less<char const*> const before;
        return !all.empty() && !before(text.data(), all.data()) &&
               before(text.data(), all.data() + all.size());
    }
    /// `text` itself, or where it is a view into `other`, the same bytes in this copy of it.
    [[nodiscard]] std::string_view same_bytes(http_fields const& other,
                                              std::string_view text) const noexcept {
        if (!other.points_inside(text)) return text;
        auto const at = static_cast<std::size_t>(text.data() - other.buffer_.view().data());
        return buffer_.view().substr(at, text.size());
    }
    void append_bytes(std::string_view name, std::string_view value);

    detail::wiped_buffer buffer_;
    std::vector<entry> entries_;
};

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/codec/http_fields_impl.hpp>
#endif

#endif
