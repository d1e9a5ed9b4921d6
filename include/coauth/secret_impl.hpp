// SPDX-License-Identifier: BSL-1.0
//
// How a secret is read from where it is kept: bodies of secret.hpp.

#ifndef COAUTH_SECRET_IMPL_HPP
#define COAUTH_SECRET_IMPL_HPP

#include <coauth/secret.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <openssl/crypto.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace coauth {

COAUTH_INLINE void detail::wipe(void* bytes, std::size_t size) noexcept {
    OPENSSL_cleanse(bytes, size);
}

COAUTH_INLINE secret::secret(std::string_view value) : size_(value.size()) {
    if (size_ == 0) return;
    data_.reset(new char[size_]);
    std::memcpy(data_.get(), value.data(), size_);
}

COAUTH_INLINE secret& secret::operator=(secret&& other) noexcept {
    if (this != &other) {
        wipe();
        data_ = std::move(other.data_);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

COAUTH_INLINE bool operator==(secret const& a, secret const& b) noexcept {
    return a.size_ == b.size_ &&
           (a.size_ == 0 || CRYPTO_memcmp(a.data_.get(), b.data_.get(), a.size_) == 0);
}

COAUTH_INLINE void secret::wipe() noexcept {
    if (data_) detail::wipe(data_.get(), size_);
    data_.reset();
    size_ = 0;
}

COAUTH_INLINE void detail::wiped_buffer::append(std::string_view text) {
    if (text.empty()) return;
    reserve(size_ + text.size());
    std::memcpy(data_.get() + size_, text.data(), text.size());
    size_ += text.size();
}

COAUTH_INLINE void detail::wiped_buffer::reserve(std::size_t wanted) {
    if (wanted <= capacity_) return;
    std::size_t const grown = wanted < 2 * capacity_ ? 2 * capacity_ : wanted;
    std::unique_ptr<char[]> larger(new char[grown]);
    if (size_ != 0) std::memcpy(larger.get(), data_.get(), size_);
    if (data_) detail::wipe(data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = grown;
}

COAUTH_INLINE secret_reference secret::from_env(std::string name) {
    return {secret_reference::kind::environment, std::move(name)};
}

COAUTH_INLINE secret_reference secret::from_file(std::string path) {
    return {secret_reference::kind::file, std::move(path)};
}

COAUTH_INLINE error secret_reference::unavailable(std::string const& why) const {
    return error(errc::secret_unavailable, stage::configuration,
                 (kind_ == kind::file ? "file '" : "environment variable '") + name_ + "' " + why);
}

COAUTH_INLINE result<secret> secret_reference::read() const {
    if (kind_ == kind::file) return read_file();
    // NOLINTNEXTLINE(concurrency-mt-unsafe): reading is safe while nobody calls setenv()
    char const* const value = std::getenv(name_.c_str());
    if (value == nullptr) return unavailable("is not set");
    if (*value == '\0') return unavailable("is empty");
    return secret(value);
}

COAUTH_INLINE result<secret> secret_reference::read_file() const {
    constexpr std::size_t limit = 64 * 1024;
    struct descriptor {
        int fd;
        ~descriptor() {
            if (fd >= 0) ::close(fd);
        }
    } const file{::open(name_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (file.fd < 0) return unavailable(std::generic_category().message(errno));
    struct ::stat status {};
    if (::fstat(file.fd, &status) != 0) return unavailable(std::generic_category().message(errno));
    if (!S_ISREG(status.st_mode)) return unavailable("is not a regular file");

    struct buffer {
        std::unique_ptr<char[]> bytes = std::make_unique<char[]>(limit + 1);
        ~buffer() { detail::wipe(bytes.get(), limit + 1); }
    } const content;
    std::size_t size = 0;
    while (size <= limit) {
        ::ssize_t const n = ::read(file.fd, content.bytes.get() + size, limit + 1 - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return unavailable(std::generic_category().message(errno));
        if (n == 0) break;
        size += static_cast<std::size_t>(n);
    }
    if (size > limit) return unavailable("is larger than 64 KiB");
    if (size > 0 && content.bytes[size - 1] == '\n') --size;
    if (size > 0 && content.bytes[size - 1] == '\r') --size;
    if (size == 0) return unavailable("is empty");
    return secret(std::string_view(content.bytes.get(), size));
}

}  // namespace coauth

#endif
