// SPDX-License-Identifier: BSL-1.0
//
// The generic syntax of RFC 3986 on plain text: components, characters, dot segments, resolution of
// references. Pure functions.

#ifndef COAUTH_DETAIL_URI_TEXT_HPP
#define COAUTH_DETAIL_URI_TEXT_HPP

#include <coauth/detail/ascii.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace coauth::detail {

/// Whether `text` is `lower` in any case; `lower` is lower case.
[[nodiscard]] constexpr bool equals_lower(std::string_view text, std::string_view lower) noexcept {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (ascii_lower(text[i]) != lower[i]) return false;
    }
    return true;
}

/// The five components of RFC 3986 §3; all but the path may be absent, which is not "empty".
struct uri_parts {
    std::optional<std::string_view> scheme;
    std::optional<std::string_view> authority;
    std::string_view path;
    std::optional<std::string_view> query;
    std::optional<std::string_view> fragment;
};

/// The split of RFC 3986 App. B: it fits every text and checks nothing.
[[nodiscard]] constexpr uri_parts split_uri(std::string_view text) noexcept {
    uri_parts parts;
    std::size_t const colon = text.find_first_of(":/?#");
    if (colon != std::string_view::npos && colon != 0 && text[colon] == ':') {
        parts.scheme = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    if (std::size_t const hash = text.find('#'); hash != std::string_view::npos) {
        parts.fragment = text.substr(hash + 1);
        text = text.substr(0, hash);
    }
    if (std::size_t const mark = text.find('?'); mark != std::string_view::npos) {
        parts.query = text.substr(mark + 1);
        text = text.substr(0, mark);
    }
    if (text.starts_with("//")) {
        text.remove_prefix(2);
        parts.authority = text.substr(0, text.find('/'));
        text.remove_prefix(parts.authority->size());
    }
    parts.path = text;
    return parts;
}

/// RFC 3986 §5.3.
[[nodiscard]] inline std::string join_uri(uri_parts const& parts) {
    std::string text;
    if (parts.scheme) text.append(*parts.scheme).append(":");
    if (parts.authority) text.append("//").append(*parts.authority);
    text.append(parts.path);
    if (parts.query) text.append("?").append(*parts.query);
    if (parts.fragment) text.append("#").append(*parts.fragment);
    return text;
}

/// Number of dots of a dot segment, 0 for any other segment. "%2e" is a dot: '.' is unreserved, so
/// both are the same URI (RFC 3986 §6.2.2.2), and servers do decode it.
[[nodiscard]] constexpr unsigned count_dots(std::string_view segment) noexcept {
    unsigned dots = 0;
    while (!segment.empty()) {
        bool const escaped = segment.size() >= 3 && equals_lower(segment.substr(0, 3), "%2e");
        if (!escaped && segment.front() != '.') return 0;
        segment.remove_prefix(escaped ? 3 : 1);
        if (++dots > 2) return 0;
    }
    return dots;
}

/// Walks over the segments of `path` (without its first '/') and writes them to `out`, each with a
/// '/' before it, dot segments carried out. A ".." that finds nothing to remove above the first
/// byte of `out` is ignored, and counted in the result.
inline std::size_t append_segments(std::string_view path, std::string& out) {
    std::size_t const floor = out.size();
    std::size_t escapes = 0;
    for (;;) {
        std::size_t const slash = path.find('/');
        std::string_view const segment = path.substr(0, slash);
        bool const last = slash == std::string_view::npos;
        unsigned const dots = count_dots(segment);
        if (dots == 2) {
            if (out.size() == floor) {
                ++escapes;
            } else {
                out.resize(out.rfind('/'));
            }
        }
        if (dots == 0) out.append("/").append(segment);
        if (last) {
            if (dots != 0) out.append("/");
            return escapes;
        }
        path.remove_prefix(slash + 1);
    }
}

/// RFC 3986 §5.2.4, in one pass. A path that does not begin with '/' stays as it is.
[[nodiscard]] inline std::string remove_dot_segments(std::string_view path) {
    if (!path.starts_with('/')) return std::string(path);
    std::string out;
    out.reserve(path.size());
    append_segments(path.substr(1), out);
    return out;
}

/// A path relative to a base, with one '/' before it; nullopt when its dot segments leave the base.
[[nodiscard]] inline std::optional<std::string> join_below(std::string_view path) {
    if (path.starts_with('/')) path.remove_prefix(1);
    std::string out;
    if (append_segments(path, out) != 0) return std::nullopt;
    return out;
}

/// RFC 3986 §5.2.2, strict: the text of the URI that `reference` means seen from `base`.
[[nodiscard]] inline std::string resolve_uri(std::string_view base, std::string_view reference) {
    uri_parts const from = split_uri(base);
    uri_parts target = split_uri(reference);
    std::string path;
    if (target.scheme || target.authority || target.path.starts_with('/')) {
        path = remove_dot_segments(target.path);
    } else if (target.path.empty()) {
        path = from.path;
        if (!target.query) target.query = from.query;
    } else if (from.authority && from.path.empty()) {
        path = remove_dot_segments("/" + std::string(target.path));
    } else {
        std::size_t const slash = from.path.rfind('/');
        std::string_view const folder =
            slash == std::string_view::npos ? "" : from.path.substr(0, slash + 1);
        path = remove_dot_segments(std::string(folder).append(target.path));
    }
    if (!target.scheme) {
        if (!target.authority) target.authority = from.authority;
        target.scheme = from.scheme;
    }
    target.path = path;
    return join_uri(target);
}

/// Empty when `text` holds only unreserved characters, those of `also`, and whole percent escapes;
/// otherwise the rest of a sentence that names the first fault.
[[nodiscard]] inline std::string check_characters(std::string_view text, std::string_view also) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        if (c == '%') {
            if (text.size() - i < 3 || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0) {
                return "has '%' without two hexadecimal digits after it";
            }
            i += 2;
        } else if (!is_alpha(c) && !is_digit(c) && also.find(c) == std::string_view::npos) {
            return "holds " + name_byte(c) + ", which has to be percent-encoded";
        }
    }
    return {};
}

[[nodiscard]] inline std::string check_path(std::string_view path) {
    return check_characters(path, "-._~!$&'()*+,;=:@/");
}

/// RFC 3986 §3.4, and square brackets, which it forbids and everybody sends ("filter[name]=x").
[[nodiscard]] inline std::string check_query(std::string_view query) {
    return check_characters(query, "-._~!$&'()*+,;=:@/?[]");
}

}  // namespace coauth::detail

#endif
