// SPDX-License-Identifier: BSL-1.0
//
// A value or an error, for the members whose names begin with `try_`. (std::expected does not exist
// on g++ 12.) A plain value; not synchronised.

#ifndef COAUTH_RESULT_HPP
#define COAUTH_RESULT_HPP

#include <coauth/error.hpp>

#include <optional>
#include <utility>

namespace coauth {

template <class T>
class result {
public:
    using value_type = T;

    /// Neither: to be assigned.
    result() = default;
    result(T value) : value_(std::move(value)) {}
    result(coauth::error e) : error_(std::move(e)) {}

    [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

    /// Throws coauth::exception when there is none.
    [[nodiscard]] T& value() & {
        check();
        return *value_;
    }
    [[nodiscard]] T const& value() const& {
        check();
        return *value_;
    }
    [[nodiscard]] T&& value() && {
        check();
        return std::move(*value_);
    }

    /// Precondition: has_value().
    [[nodiscard]] T& operator*() & noexcept { return *value_; }
    [[nodiscard]] T const& operator*() const& noexcept { return *value_; }
    [[nodiscard]] T&& operator*() && noexcept { return std::move(*value_); }
    [[nodiscard]] T* operator->() noexcept { return &*value_; }
    [[nodiscard]] T const* operator->() const noexcept { return &*value_; }

    /// Precondition: !has_value().
    [[nodiscard]] coauth::error const& error() const& noexcept { return error_; }
    [[nodiscard]] coauth::error&& error() && noexcept { return std::move(error_); }

private:
    void check() const {
        if (!value_) throw exception(error_);
    }

    std::optional<T> value_;
    coauth::error error_;
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
