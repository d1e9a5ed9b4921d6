// SPDX-License-Identifier: BSL-1.0
//
// Puts the tree of a document together out of events, in the order of the text, within limits. Not
// synchronised.

#ifndef COAUTH_OPENAPI_TREE_BUILDER_HPP
#define COAUTH_OPENAPI_TREE_BUILDER_HPP

#include <coauth/codec/utf8.hpp>
#include <coauth/openapi/document.hpp>
#include <coauth/openapi/limits.hpp>
#include <coauth/result.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::openapi::detail {

class tree_builder {
public:
    /// `values`: how many there are already, in all documents; counted on.
    tree_builder(document& into, limits const& bounds, std::size_t& values)
        : document_(&into), limits_(&bounds), values_(&values) {}

    /// Of the value that comes next; the view lives as long as the document.
    void name(std::string_view name) { name_ = name; }

    [[nodiscard]] error value(node one) {
        if (++*values_ > limits_->max_values) return limit("more values than max_values", one);
        put(one);
        return {};
    }

    /// Begins an object or array.
    [[nodiscard]] error open(json_type type, std::uint64_t place) {
        node const one(type, std::span<member const>(), place);
        if (open_.size() >= limits_->max_depth) return limit("nested deeper than max_depth", one);
        if (++*values_ > limits_->max_values) return limit("more values than max_values", one);
        open_.push_back({std::exchange(name_, {}), type, place, stack_.size()});
        return {};
    }

    /// Ends the innermost one. errc::invalid_description when a name comes twice.
    [[nodiscard]] error close(node& made) {
        frame const top = open_.back();
        open_.pop_back();
        std::span<member> const children(stack_.data() + top.first, stack_.size() - top.first);
        bool const object = top.type == json_type::object;
        std::span<member const> kept;
        if (error wrong = keep(children, object, kept)) return wrong;
        stack_.resize(top.first);
        name_ = top.name;
        made = node(top.type, kept, top.place);
        put(made);
        return {};
    }

    [[nodiscard]] std::size_t depth() const noexcept { return open_.size(); }

    /// What has been read of the innermost object, to be changed before it is closed.
    [[nodiscard]] std::span<member> children() noexcept {
        std::size_t const first = open_.back().first;
        return {stack_.data() + first, stack_.size() - first};
    }
    void drop_child(std::size_t index) {
        stack_.erase(stack_.begin() + static_cast<std::ptrdiff_t>(open_.back().first + index));
    }
    /// A copy that lives as long as the document.
    [[nodiscard]] std::string_view copy(std::string_view text) {
        auto* const bytes = static_cast<char*>(document_->arena().allocate(text.size() + 1, 1));
        std::memcpy(bytes, text.data(), text.size());
        return {bytes, text.size()};
    }

    [[nodiscard]] error limit(std::string const& why, node const& at) const {
        return error(errc::description_limit, stage::configuration,
                     document_->position(at) + ": " + why);
    }

private:
    struct frame {
        std::string_view name;
        json_type type;
        std::uint64_t place;
        std::size_t first;
    };

    void put(node one) {
        if (open_.empty()) return document_->set_root(one);
        stack_.push_back({std::exchange(name_, {}), one});
    }

    [[nodiscard]] error keep(std::span<member const> children, bool object,
                             std::span<member const>& kept) {
        if (children.empty()) return {};
        std::size_t const count = children.size();
        bool const indexed = object && count >= indexed_from;
        std::size_t const bytes =
            count * sizeof(member) + (indexed ? count * sizeof(std::uint32_t) : 0);
        auto* const to = static_cast<member*>(document_->arena().allocate(bytes, alignof(member)));
        std::uninitialized_copy(children.begin(), children.end(), to);
        kept = {to, count};
        if (!object) return {};
        if (!indexed) {
            for (std::size_t i = 1; i < count; ++i) {
                for (std::size_t j = 0; j != i; ++j) {
                    if (to[i].name == to[j].name) return twice(to[i]);
                }
            }
            return {};
        }
        auto* const order = ::new (to + count) std::uint32_t[count];
        std::iota(order, order + count, 0U);
        std::sort(order, order + count,
                  [&](std::uint32_t a, std::uint32_t b) { return to[a].name < to[b].name; });
        for (std::size_t i = 1; i < count; ++i) {
            if (to[order[i]].name == to[order[i - 1]].name) return twice(to[order[i]]);
        }
        return {};
    }

    [[nodiscard]] error twice(member const& again) const {
        return error(errc::invalid_description, stage::configuration,
                     document_->position(again.value) + ": '" + printable(again.name, 100) +
                         "' stands twice in one object");
    }

    document* document_;
    limits const* limits_;
    std::string_view name_;
    std::vector<member> stack_;
    std::vector<frame> open_;
    std::size_t* values_;
};

}  // namespace coauth::openapi::detail

#endif
