// SPDX-License-Identifier: BSL-1.0
//
// Finds CA certificates: those of the machine, also where OpenSSL's compiled-in paths lead nowhere
// (a binary built elsewhere), and those a user gives. Used while a context is made, on one thread.

#ifndef COAUTH_HTTP_TLS_TRUST_HPP
#define COAUTH_HTTP_TLS_TRUST_HPP

#include <coauth/crypto/pem.hpp>
#include <coauth/result.hpp>
#include <coauth/secret.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

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

/// Adds every certificate of a PEM text; how many, or -1 when a block is broken.
[[nodiscard]] inline int add_trusted_pem(X509_STORE* store, std::string_view text) {
    bio_ptr const bio = memory_bio(text);
    int count = 0;
    for (;;) {
        x509_handle const certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
        if (!certificate) break;
        if (X509_STORE_add_cert(store, certificate.get()) != 1) break;
        ++count;
    }
    // The reader ends with "no start line", also after the last block.
    bool const at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return at_end ? count : -1;
}

/// A directory as `openssl rehash` makes it: at least one name like 1a2b3c4d.0.
[[nodiscard]] inline bool is_certificate_directory(std::string const& path) {
    struct closer {
        void operator()(DIR* d) const noexcept { ::closedir(d); }
    };
    std::unique_ptr<DIR, closer> const directory(::opendir(path.c_str()));
    if (!directory) return false;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread has this directory
    while (::dirent const* const entry = ::readdir(directory.get())) {
        std::string_view const name = entry->d_name;
        bool const hashed = name.size() >= 10 && name[8] == '.' &&
                            name.find_first_not_of("0123456789abcdef") == 8 && name[9] >= '0' &&
                            name[9] <= '9';
        if (hashed) return true;
    }
    return false;
}

[[nodiscard]] inline std::string environment_or(char const* name, char const* fallback) {
    char const* const value = ::secure_getenv(name);
    return value == nullptr ? fallback : value;
}

/// Adds the CA certificates of the machine. Returns where they were found, one path per line; empty
/// when there are none.
[[nodiscard]] inline std::string add_system_trust(X509_STORE* store) {
    std::string found;
    auto const add_file = [&](std::string const& path) {
        std::error_code ec;
        wiped_buffer const text = read_pem_file(path, ec);
        if (ec || add_trusted_pem(store, text.view()) <= 0) return false;
        found += path + "\n";
        return true;
    };
    add_file(environment_or(X509_get_default_cert_file_env(), X509_get_default_cert_file()));
    std::string directories =
        environment_or(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
    for (std::size_t at = 0; at <= directories.size();) {
        std::size_t const end = std::min(directories.find(':', at), directories.size());
        std::string const path = directories.substr(at, end - at);
        if (is_certificate_directory(path) && X509_STORE_load_path(store, path.c_str()) == 1) {
            found += path + "\n";
        }
        at = end + 1;
    }
    if (!found.empty()) return found;

    constexpr std::array<char const*, 6> bundles{
        "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Gentoo
        "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, RHEL
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL 7 and later
        "/etc/ssl/ca-bundle.pem",                             // SUSE
        "/etc/ssl/cert.pem",                                  // Alpine, BSD, macOS
        "/usr/local/share/certs/ca-root-nss.crt"};            // FreeBSD
    for (char const* const path : bundles) {
        if (add_file(path)) break;
    }
    return found;
}

}  // namespace coauth::detail

#endif
