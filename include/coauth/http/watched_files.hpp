// SPDX-License-Identifier: BSL-1.0
//
// Whether files hold something else than they did: asked in passing, answered by their stamps, and
// by their bytes only where those differ. Not synchronised.

#ifndef COAUTH_HTTP_WATCHED_FILES_HPP
#define COAUTH_HTTP_WATCHED_FILES_HPP

#include <coauth/crypto/digest.hpp>
#include <coauth/http/tls_trust.hpp>
#include <coauth/secret.hpp>

#include <chrono>
#include <string>
#include <sys/stat.h>
#include <sys/types.h>
#include <system_error>
#include <utility>
#include <vector>

namespace coauth::http {

class watched_files {
public:
    explicit watched_files(std::vector<std::string> paths)
        : paths_(std::move(paths)), stamps_(look()), digest_(read()) {}

    [[nodiscard]] bool empty() const noexcept { return paths_.empty(); }

    /// Since this was made, or said yes the last time. A file that is missing is an empty one.
    [[nodiscard]] bool changed() {
        std::vector<stamp> now = look();
        if (now == stamps_ && settled_) return false;
        stamps_ = std::move(now);
        sha256_digest const digest = read();
        return std::exchange(digest_, digest) != digest;
    }

private:
    struct stamp {
        ::ino_t inode = 0;
        ::off_t size = 0;
        std::chrono::nanoseconds modified{0};
        friend bool operator==(stamp const&, stamp const&) = default;
    };

    [[nodiscard]] std::vector<stamp> look() {
        // The clock of a file system ticks slowly: whoever writes twice within one tick may leave
        // the stamp of the first time.
        constexpr std::chrono::seconds tick{2};
        std::chrono::nanoseconds const now = std::chrono::system_clock::now().time_since_epoch();
        settled_ = true;
        std::vector<stamp> found;
        for (std::string const& path : paths_) {
            struct ::stat s {};
            stamp one;
            if (::stat(path.c_str(), &s) == 0) {
                one = {s.st_ino, s.st_size,
                       std::chrono::seconds(s.st_mtim.tv_sec) +
                           std::chrono::nanoseconds(s.st_mtim.tv_nsec)};
            }
            settled_ = settled_ && now - one.modified > tick;
            found.push_back(one);
        }
        return found;
    }

    [[nodiscard]] sha256_digest read() const {
        sha256_hasher all;
        for (std::string const& path : paths_) {
            std::error_code missing;
            detail::wiped_buffer const text = detail::read_pem_file(path, missing);
            all.add_part(text.view());
        }
        return all.finish();
    }

    std::vector<std::string> paths_;
    bool settled_ = true;
    std::vector<stamp> stamps_;
    sha256_digest digest_;
};

}  // namespace coauth::http

#endif
