// SPDX-License-Identifier: BSL-1.0
//
// JSON bodies through Boost.JSON, 1.81 or later: `boost::json::value`, and every type that value_to
// and value_from convert, described classes and tag_invoke included. Members that a described class
// does not have are ignored. Opt-in; link Boost.JSON or include <boost/json/src.hpp> in one unit.
// Any thread.

#ifndef COAUTH_JSON_BOOST_HPP
#define COAUTH_JSON_BOOST_HPP

#include <coauth/codec/json_reader.hpp>
#include <coauth/detail/text_position.hpp>
#include <coauth/json_body.hpp>

#include <boost/json.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/version.hpp>
#include <concepts>
#include <cstddef>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#if BOOST_VERSION < 108100
#error "coauth/json/boost.hpp needs Boost 1.81 or later"
#endif

namespace coauth {

namespace detail {

/// On its way out of a conversion it collects the steps to the place that is wrong.
struct boost_json_failure : std::exception {
    boost_json_failure(std::string p, std::string w) : pointer(std::move(p)), why(std::move(w)) {}
    [[nodiscard]] char const* what() const noexcept override { return why.c_str(); }
    std::string pointer;
    std::string why;
};

template <class T>
concept boost_json_customised = requires(boost::json::value const& from) {
    tag_invoke(boost::json::value_to_tag<T>(), from);
};
template <class T>
concept boost_json_described = boost::json::is_described_class<T>::value;
template <class T>
concept boost_json_map = boost::json::is_map_like<T>::value &&
    requires(T& map, typename T::mapped_type value) {
    map.emplace(std::string(), std::move(value));
};
template <class T>
concept boost_json_sequence =
    boost::json::is_sequence_like<T>::value && !boost::json::is_string_like<T>::value &&
    requires(T & sequence, typename T::value_type value) {
    sequence.push_back(std::move(value));
};
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
[[nodiscard]] T boost_json_to(boost::json::value const& from);

template <class T>
[[nodiscard]] T boost_json_below(std::string_view step, boost::json::value const& from) {
    try {
        return boost_json_to<T>(from);
    } catch (boost_json_failure& e) {
        e.pointer.insert(0, pointer_step(step));
        throw;
    }
}

template <class T>
[[nodiscard]] T boost_json_member(boost::json::object const& from, std::string_view name) {
    auto const* const member = from.if_contains(name);
    if (member != nullptr) return boost_json_below<T>(name, *member);
    if constexpr (is_optional<T>) {
        return std::nullopt;
    } else {
        throw boost_json_failure(pointer_step(name), "missing");
    }
}

[[nodiscard]] inline boost::json::object const& boost_json_object(boost::json::value const& from) {
    if (auto const* const object = from.if_object()) return *object;
    throw boost_json_failure("", "value is not an object");
}

template <class T>
[[nodiscard]] T boost_json_leaf(boost::json::value const& from) {
    try {
        return boost::json::value_to<T>(from);
    } catch (boost_json_failure const&) { throw; } catch (std::bad_alloc const&) {
        throw;
    } catch (boost::system::system_error const& e) {
        throw boost_json_failure("", e.code().message());
    } catch (std::exception const&) { throw boost_json_failure("", "cannot be converted"); }
}

template <class T>
[[nodiscard]] T boost_json_described_to(boost::json::value const& from) {
    using members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                             boost::describe::mod_inherited>;
    boost::json::object const& object = boost_json_object(from);
    T out{};
    boost::mp11::mp_for_each<members>([&](auto const& member) {
        using type = std::remove_cvref_t<decltype(out.*member.pointer)>;
        out.*member.pointer = boost_json_member<type>(object, member.name);
    });
    return out;
}

/// As value_to, but failures know their place.
template <class T>
T boost_json_to(boost::json::value const& from) {
    if constexpr (std::same_as<T, boost::json::value>) {
        return from;
    } else if constexpr (boost_json_customised<T>) {
        return boost_json_leaf<T>(from);
    } else if constexpr (is_optional<T>) {
        if (from.is_null()) return std::nullopt;
        return boost_json_to<typename T::value_type>(from);
    } else if constexpr (boost_json_described<T>) {
        return boost_json_described_to<T>(from);
    } else if constexpr (boost_json_map<T>) {
        T out;
        for (auto const& [name, value] : boost_json_object(from)) {
            out.emplace(std::string(name), boost_json_below<typename T::mapped_type>(name, value));
        }
        return out;
    } else if constexpr (boost_json_sequence<T>) {
        auto const* const array = from.if_array();
        if (array == nullptr) throw boost_json_failure("", "value is not an array");
        T out;
        for (std::size_t i = 0; i != array->size(); ++i) {
            out.push_back(boost_json_below<typename T::value_type>(std::to_string(i), (*array)[i]));
        }
        return out;
    } else {
        return boost_json_leaf<T>(from);
    }
}

}  // namespace detail

/// For a tag_invoke of yours: the member `name` of an object as a T, whose place is named when it
/// is missing or of another type. A std::optional may be missing.
template <class T>
[[nodiscard]] T boost_json_at(boost::json::value const& object, std::string_view name) {
    return detail::boost_json_member<T>(detail::boost_json_object(object), name);
}

/// The codec itself, for a program that uses two JSON libraries and has to say which one does a
/// type: `template <> struct coauth::json_codec<T> : coauth::boost_json_codec<T> {};`
template <class T>
struct boost_json_codec {
    [[nodiscard]] static result<std::string> write(
        T const& value) requires boost::json::has_value_from<T>::value {
        return boost::json::serialize(boost::json::value_from(value));
    }

    [[nodiscard]] static result<T> read(
        std::string_view text) requires boost::json::has_value_to<T>::value {
        try {
            boost::json::parse_options options;
            options.max_depth = json_limits().max_depth;
            return detail::boost_json_to<T>(boost::json::parse(text, {}, options));
        } catch (detail::boost_json_failure const& e) {
            return json_mismatch(e.pointer, e.why);
        } catch (exception const& e) { return e.error(); } catch (std::bad_alloc const&) {
            return error(errc::out_of_memory);
        } catch (std::exception const&) { return json_mismatch("", "cannot be converted"); }
    }
};

template <class T>
requires boost::json::has_value_from<T>::value ||
    boost::json::has_value_to<T>::value struct json_codec<T> : boost_json_codec<T> {
};

template <>
struct json_codec<boost::json::value> : boost_json_codec<boost::json::value> {};
template <>
struct json_codec<boost::json::object> : boost_json_codec<boost::json::object> {};
template <>
struct json_codec<boost::json::array> : boost_json_codec<boost::json::array> {};

}  // namespace coauth

#endif
