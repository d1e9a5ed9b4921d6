// SPDX-License-Identifier: BSL-1.0
//
// A document as a tree of values, whatever its syntax: views of its text, in one arena that goes
// away as a whole. Not synchronised while it is built; const use from any thread.

#ifndef COAUTH_OPENAPI_DOCUMENT_HPP
#define COAUTH_OPENAPI_DOCUMENT_HPP

#include <coauth/codec/json_value.hpp>
#include <coauth/detail/text_position.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace coauth::openapi {

struct member;

/// One value. As valid as its document.
class node {
public:
    node() noexcept = default;
    /// A scalar: `text` without quotes and escapes.
    node(json_type type, std::string_view text, std::uint64_t place) noexcept
        : data_(text.data()),
          place_(place),
          size_(static_cast<std::uint32_t>(text.size())),
          type_(type) {}
    /// An object or array. Behind the members of a large object stands their order by name.
    node(json_type type, std::span<member const> children, std::uint64_t place) noexcept;

    [[nodiscard]] json_type type() const noexcept { return type_; }
    [[nodiscard]] bool is(json_type type) const noexcept { return type_ == type; }
    /// Of a scalar.
    [[nodiscard]] std::string_view text() const noexcept {
        return {static_cast<char const*>(data_), size_};
    }
    /// Of an object or array; empty for a scalar.
    [[nodiscard]] std::span<member const> children() const noexcept;
    /// The member of an object; null when there is none, or this is no object.
    [[nodiscard]] node const* find(std::string_view name) const noexcept;
    [[nodiscard]] std::uint64_t place() const noexcept { return place_; }

private:
    void const* data_ = nullptr;
    std::uint64_t place_ = 0;
    std::uint32_t size_ = 0;
    json_type type_ = json_type::null;
};

/// A child; the name is empty in an array.
struct member {
    std::string_view name;
    node value;
};

namespace detail {

/// From so many members on, an object has an index.
inline constexpr std::size_t indexed_from = 12;

}  // namespace detail

inline node::node(json_type type, std::span<member const> children, std::uint64_t place) noexcept
    : data_(children.data()),
      place_(place),
      size_(static_cast<std::uint32_t>(children.size())),
      type_(type) {}

inline std::span<member const> node::children() const noexcept {
    bool const inner = type_ == json_type::object || type_ == json_type::array;
    if (!inner) return {};
    return {static_cast<member const*>(data_), size_};
}

inline node const* node::find(std::string_view name) const noexcept {
    if (type_ != json_type::object) return nullptr;
    std::span<member const> const all = children();
    if (all.size() < detail::indexed_from) {
        for (member const& one : all) {
            if (one.name == name) return &one.value;
        }
        return nullptr;
    }
    auto const* const order = reinterpret_cast<std::uint32_t const*>(all.data() + all.size());
    auto const* const end = order + all.size();
    auto const* const found = std::lower_bound(
        order, end, name,
        [&](std::uint32_t i, std::string_view wanted) { return all[i].name < wanted; });
    return found != end && all[*found].name == name ? &all[*found].value : nullptr;
}

/// The text, what was read out of it, and where it came from.
class document {
public:
    explicit document(std::string text) : text_(std::move(text)) {}
    document(document const&) = delete;
    document& operator=(document const&) = delete;

    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    [[nodiscard]] node const& root() const noexcept { return root_; }

    /// "line 3, column 5".
    [[nodiscard]] std::string position(node const& value) const {
        if (!lines_) return coauth::detail::text_position(text_, value.place());
        return "line " + std::to_string((value.place() >> 32U) + 1) + ", column " +
               std::to_string((value.place() & 0xFFFFFFFFU) + 1);
    }

    // For the readers of a syntax.

    /// Places of nodes are line << 32 | column, both from 0, instead of offsets.
    void places_are_lines() noexcept { lines_ = true; }
    void set_root(node root) noexcept { root_ = root; }
    [[nodiscard]] std::pmr::memory_resource& arena() noexcept { return arena_; }

    // Where it came from.

    /// A file, or an absolute URL; empty for text that somebody gave.
    std::string location = {};
    bool remote = false;

private:
    std::string text_;
    std::pmr::monotonic_buffer_resource arena_{64 * 1024};
    node root_;
    bool lines_ = false;
};

}  // namespace coauth::openapi

#endif
