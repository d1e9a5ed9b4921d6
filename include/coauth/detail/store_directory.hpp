// SPDX-License-Identifier: BSL-1.0
//
// Records as files of one directory, by calls that block: what is written is there as a whole or
// not at all, also after a crash, and nobody else could have read or planted what is read. Any
// thread, any number of processes.

#ifndef COAUTH_DETAIL_STORE_DIRECTORY_HPP
#define COAUTH_DETAIL_STORE_DIRECTORY_HPP

#include <coauth/config.hpp>
#include <coauth/error.hpp>
#include <coauth/secret.hpp>
#include <coauth/store/store_key.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include <utility>

namespace coauth::detail {

/// Closes it.
class file_descriptor {
public:
    explicit file_descriptor(int fd) noexcept : fd_(fd) {}
    file_descriptor(file_descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    file_descriptor& operator=(file_descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~file_descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

private:
    int fd_;
};

class store_directory {
public:
    /// A record is never larger; a file that is, is not read.
    static constexpr std::size_t max_record = 64 * 1024;

    explicit store_directory(std::string path) : path_(std::move(path)) {}

    // All throw coauth::exception: errc::store_unavailable with the system's code, or
    // errc::store_refused.

    [[nodiscard]] std::optional<secret> load(store_key const& key) const;
    void save(store_key const& key, std::string_view bytes) const;
    void erase(store_key const& key) const;
    /// Holds the lock of the key while it is open; nothing when somebody else does, in this process
    /// or another one.
    [[nodiscard]] std::optional<file_descriptor> try_lock(store_key const& key) const;

private:
    enum class missing : unsigned char { is_made, is_left };

    /// The directory as it was found at the path, owned by whoever this process was then.
    struct opened {
        file_descriptor file;
        ::dev_t device;
        ::ino_t number;
        ::uid_t owner;
    };

    /// Null where there is none and it is left so.
    [[nodiscard]] std::shared_ptr<opened const> open_directory(missing what) const;
    [[nodiscard]] std::shared_ptr<opened const> still_there() const;
    [[nodiscard]] bool make_directory() const;
    void check_directory(struct ::stat const& status, ::uid_t owner) const;
    /// Its size.
    std::size_t check_file(int fd, ::uid_t owner, std::string const& name) const;
    void refuse_to_replace(int directory, std::string const& name) const;
    void write_temporary(int directory, std::string const& name, std::string_view bytes) const;
    void remove_leftovers(int directory) const noexcept;
    [[nodiscard]] exception failed(char const* what, std::string const& name) const;
    [[nodiscard]] exception refused(std::string const& name, char const* why) const;

    std::string const path_;
    mutable std::once_flag cleaned_;
    mutable std::mutex mutex_;
    /// That of the last call: a look at the path is cheaper than to open it.
    mutable std::shared_ptr<opened const> last_;
};

}  // namespace coauth::detail

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/detail/store_directory_impl.hpp>
#endif

#endif
