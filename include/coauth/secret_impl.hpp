// SPDX-License-Identifier: BSL-1.0
//
// How a secret is read from where it is kept: bodies of secret.hpp.

#ifndef COAUTH_SECRET_IMPL_HPP
#define COAUTH_SECRET_IMPL_HPP

#include <coauth/secret.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <system_error>
#include <unistd.h>

namespace coauth {

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
