// SPDX-License-Identifier: BSL-1.0
//
// A value or an error, for the members whose names begin with `try_`. (std::expected does not exist
// on g++ 12.) A plain value; not synchronised.

#ifndef COAUTH_RESULT_HPP
#define COAUTH_RESULT_HPP

#include <coauth/error.hpp>

#include <utility>
#include <variant>

namespace coauth {

template <class T>
class result {
public:
    using value_type = T;

    /// Neither: to be assigned.
    result() : state_(std::in_place_index<1>) {}
    result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    result(coauth::error e) : state_(std::in_place_index<1>, std::move(e)) {}

    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

    /// Throws coauth::exception when there is none.
    [[nodiscard]] T& value() & {
        check();
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] T const& value() const& {
        check();
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] T&& value() && {
        check();
        return std::move(*std::get_if<0>(&state_));
    }

    /// Precondition: has_value().
    [[nodiscard]] T& operator*() & noexcept { return *std::get_if<0>(&state_); }
    [[nodiscard]] T const& operator*() const& noexcept { return *std::get_if<0>(&state_); }
    [[nodiscard]] T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    [[nodiscard]] T* operator->() noexcept { return std::get_if<0>(&state_); }
    [[nodiscard]] T const* operator->() const noexcept { return std::get_if<0>(&state_); }

    /// Precondition: !has_value().
    [[nodiscard]] coauth::error const& error() const& noexcept { return *std::get_if<1>(&state_); }
    [[nodiscard]] coauth::error&& error() && noexcept {
        return std::move(*std::get_if<1>(&state_));
    }

private:
    void check() const {
        if (auto const* e = std::get_if<1>(&state_)) throw exception(*e);
    }

    std::variant<T, coauth::error> state_;
};

/// Success without a value, or an error.
template <>
class result<void> {
public:
    using value_type = void;

    result() = default;
    result(coauth::error e) : error_(std::move(e)) {}

    [[nodiscard]] bool has_value() const noexcept { return !error_; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }
    void value() const {
        if (error_) throw exception(error_);
    }
    [[nodiscard]] coauth::error const& error() const& noexcept { return error_; }
    [[nodiscard]] coauth::error&& error() && noexcept { return std::move(error_); }

private:
    coauth::error error_;
};

}  // namespace coauth

#endif
