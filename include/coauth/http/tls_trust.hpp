// SPDX-License-Identifier: BSL-1.0
//
// Where the CA certificates of the machine are, also where OpenSSL's compiled-in paths lead nowhere
// (a binary built elsewhere), and files of PEM text. Any thread.

#ifndef COAUTH_HTTP_TLS_TRUST_HPP
#define COAUTH_HTTP_TLS_TRUST_HPP

#include <coauth/secret.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <openssl/x509.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace coauth::detail {

/// The text of a regular file of at most 16 MiB, wiped since a private key may stand in it; the
/// error is that of the operating system.
[[nodiscard]] inline wiped_buffer read_pem_file(std::string const& path, std::error_code& ec) {
    constexpr std::size_t limit = std::size_t{16} * 1024 * 1024;
    struct open_file {
        int fd;
        ~open_file() {
            if (fd >= 0) ::close(fd);
        }
    } const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    struct ::stat status {};
    wiped_buffer text;
    if (file.fd < 0 || ::fstat(file.fd, &status) != 0) {
        ec = {errno, std::generic_category()};
        return text;
    }
    if (!S_ISREG(status.st_mode)) {
        ec = std::make_error_code(std::errc::invalid_argument);
        return text;
    }
    struct piece {
        char bytes[16 * 1024];
        ~piece() { wipe(bytes, sizeof bytes); }
    } piece;
    for (;;) {
        ::ssize_t const n = ::read(file.fd, piece.bytes, sizeof piece.bytes);
        if (n == 0) return text;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            ec = {errno, std::generic_category()};
            return text;
        }
        text.append({piece.bytes, static_cast<std::size_t>(n)});
        if (text.size() > limit) {
            ec = std::make_error_code(std::errc::file_too_large);
            return text;
        }
    }
}

/// A directory as `openssl rehash` makes it, which OpenSSL reads certificate by certificate.
struct certificate_directory {
    std::string path;
    /// Names like 1a2b3c4d.0, with what tells one file of that name from another.
    std::string listing;
};

/// A certificate that has gone from the directory is not in the listing, whoever has read it.
[[nodiscard]] inline std::string list_certificates(std::string const& path) {
    struct closer {
        void operator()(DIR* d) const noexcept { ::closedir(d); }
    };
    std::string listing;
    std::unique_ptr<DIR, closer> const directory(::opendir(path.c_str()));
    if (!directory) return listing;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread has this directory
    while (::dirent const* const entry = ::readdir(directory.get())) {
        std::string_view const name = entry->d_name;
        bool const hashed = name.size() >= 10 && name[8] == '.' &&
                            name.find_first_not_of("0123456789abcdef") == 8 && name[9] >= '0' &&
                            name[9] <= '9';
        struct ::stat s {};
        if (!hashed || ::fstatat(::dirfd(directory.get()), entry->d_name, &s, 0) != 0) continue;
        listing.append(name);
        for (long long const part :
             {static_cast<long long>(s.st_ino), static_cast<long long>(s.st_size),
              static_cast<long long>(s.st_mtim.tv_sec),
              static_cast<long long>(s.st_mtim.tv_nsec)}) {
            listing += ' ' + std::to_string(part);
        }
        listing += '\n';
    }
    return listing;
}

[[nodiscard]] inline std::string environment_or(char const* name, char const* fallback) {
    char const* const value = ::secure_getenv(name);
    return value == nullptr ? fallback : value;
}

/// Those in which OpenSSL looks for the CA certificates of the machine, without those that have
/// none.
[[nodiscard]] inline std::vector<certificate_directory> certificate_directories() {
    std::string const all =
        environment_or(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
    std::vector<certificate_directory> found;
    for (std::size_t at = 0; at <= all.size();) {
        std::size_t const end = std::min(all.find(':', at), all.size());
        std::string path = all.substr(at, end - at);
        std::string listing = list_certificates(path);
        if (!listing.empty()) found.push_back({std::move(path), std::move(listing)});
        at = end + 1;
    }
    return found;
}

/// Where the CA certificates of a machine may be in one file: where OpenSSL looks, then where they
/// are on the systems we know.
[[nodiscard]] inline std::vector<std::string> certificate_files() {
    return {environment_or(X509_get_default_cert_file_env(), X509_get_default_cert_file()),
            "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Gentoo
            "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, RHEL
            "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL 7 and later
            "/etc/ssl/ca-bundle.pem",                             // SUSE
            "/etc/ssl/cert.pem",                                  // Alpine, BSD, macOS
            "/usr/local/share/certs/ca-root-nss.crt"};            // FreeBSD
}

}  // namespace coauth::detail

#endif
