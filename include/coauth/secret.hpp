// SPDX-License-Identifier: BSL-1.0
//
// A secret is its own type: it does not print, compares in constant time and is wiped. Values are
// not synchronised; a const secret may be read from any thread.

#ifndef COAUTH_SECRET_HPP
#define COAUTH_SECRET_HPP

#include <coauth/config.hpp>
#include <coauth/result.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace coauth {

namespace detail {

/// Overwrites bytes in a way that no optimiser leaves out.
void wipe(void* bytes, std::size_t size) noexcept;

class wiped_buffer;

}  // namespace detail

/// Bytes that nobody should see. Move-only; `clone()` copies on purpose. Wiped on destruction.
class secret {
public:
    secret() noexcept = default;

    /// Copies `value`; the caller's own string is the caller's to wipe.
    explicit secret(std::string_view value);

    secret(secret&& other) noexcept
        : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
    secret& operator=(secret&& other) noexcept;
    ~secret() { wipe(); }

    [[nodiscard]] secret clone() const { return secret(reveal()); }

    /// The bytes themselves, valid as long as this object. Do not log or store them.
    [[nodiscard]] std::string_view reveal() const noexcept { return {data_.get(), size_}; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// In constant time for equal lengths.
    friend bool operator==(secret const& a, secret const& b) noexcept;

    /// Names a secret in the environment; it is read anew each time it is needed.
    [[nodiscard]] static class secret_reference from_env(std::string name);
    /// Names a secret in a file (at most 64 KiB, one trailing line end is dropped); it is read anew
    /// each time it is needed, so that rotation needs no restart.
    [[nodiscard]] static class secret_reference from_file(std::string path);

private:
    friend class detail::wiped_buffer;
    secret(std::unique_ptr<char[]> bytes, std::size_t size) noexcept
        : data_(std::move(bytes)), size_(size) {}

    void wipe() noexcept;

    std::unique_ptr<char[]> data_;
    std::size_t size_ = 0;
};

/// Where a secret is found: an environment variable or a file. Copyable, since it is not the
/// secret.
class secret_reference {
public:
    enum class kind : unsigned char { environment, file };

    secret_reference(kind k, std::string name) : kind_(k), name_(std::move(name)) {}

    [[nodiscard]] kind where() const noexcept { return kind_; }
    [[nodiscard]] std::string const& name() const noexcept { return name_; }

    /// Reads it. errc::secret_unavailable, with the name, when it is missing or empty. Blocks for
    /// one small file at most; a FIFO or a device is refused, not waited for.
    [[nodiscard]] result<secret> read() const;

private:
    [[nodiscard]] error unavailable(std::string const& why) const;
    [[nodiscard]] result<secret> read_file() const;

    kind kind_;
    std::string name_;
};

namespace detail {

/// A growing byte buffer whose every allocation is wiped before it is freed: for header blocks and
/// form bodies that contain a secret.
class wiped_buffer {
public:
    wiped_buffer() = default;
    wiped_buffer(wiped_buffer&& other) noexcept
        : data_(std::move(other.data_)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    wiped_buffer& operator=(wiped_buffer&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    ~wiped_buffer() { clear(); }

    void append(std::string_view text);
    void push_back(char c) {
        reserve(size_ + 1);
        data_[size_++] = c;
    }
    void reserve(std::size_t wanted);
    /// `size` more bytes at the end, to be written by the caller.
    [[nodiscard]] char* extend(std::size_t size) {
        reserve(size_ + size);
        size_ += size;
        return data_.get() + size_ - size;
    }
    /// Wipes the bytes and keeps the memory.
    void clear() noexcept {
        if (data_) detail::wipe(data_.get(), size_);
        size_ = 0;
    }
    /// The bytes as they lie there, not copied.
    [[nodiscard]] secret take() && noexcept {
        capacity_ = 0;
        return {std::move(data_), std::exchange(size_, 0)};
    }
    [[nodiscard]] std::string_view view() const noexcept { return {data_.get(), size_}; }
    [[nodiscard]] char* data() noexcept { return data_.get(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

private:
    std::unique_ptr<char[]> data_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace detail
}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/secret_impl.hpp>
#endif

#endif
