// SPDX-License-Identifier: BSL-1.0
//
// Bodies of store_directory.hpp.

#ifndef COAUTH_DETAIL_STORE_DIRECTORY_IMPL_HPP
#define COAUTH_DETAIL_STORE_DIRECTORY_IMPL_HPP

#include <coauth/detail/store_directory.hpp>

#include <coauth/crypto/digest.hpp>
#include <coauth/crypto/random.hpp>
#include <coauth/detail/store_failure.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

namespace coauth::detail {

inline constexpr std::string_view temporary_suffix = ".tmp";
/// Nobody writes a record for so long: it was left behind by a process that was killed.
inline constexpr std::int64_t leftover_age_seconds = 600;

COAUTH_INLINE exception store_directory::failed(char const* what, std::string const& name) const {
    int const number = errno;
    std::string const file = name.empty() ? path_ : path_ + "/" + name;
    // What O_NOFOLLOW and O_DIRECTORY say of a link or of what is no directory.
    if (number == ELOOP || number == ENOTDIR) return refused(name, "is a link, or no directory");
    return exception(store_failure(std::string(what) + " '" + file + "'", number));
}

COAUTH_INLINE exception store_directory::refused(std::string const& name, char const* why) const {
    std::string const file = name.empty() ? path_ : path_ + "/" + name;
    return exception(error(errc::store_refused, stage::store, "'" + file + "' " + why));
}

COAUTH_INLINE void store_directory::check_directory(struct ::stat const& status,
                                                    ::uid_t owner) const {
    if (status.st_uid != owner) throw refused({}, "belongs to another user");
    if ((status.st_mode & 077U) != 0) throw refused({}, "is open to other users");
}

COAUTH_INLINE std::size_t store_directory::check_file(int fd, ::uid_t owner,
                                                      std::string const& name) const {
    struct ::stat status {};
    if (::fstat(fd, &status) != 0) throw failed("cannot look at", name);
    if (!S_ISREG(status.st_mode)) throw refused(name, "is not a regular file");
    if (status.st_uid != owner) throw refused(name, "belongs to another user");
    if ((status.st_mode & 077U) != 0) throw refused(name, "is open to other users");
    // None is left when the file has just been replaced.
    if (status.st_nlink > 1) throw refused(name, "has another name");
    auto const size = static_cast<std::uint64_t>(status.st_size);
    if (size > max_record) throw refused(name, "is larger than 64 KiB");
    return size;
}

COAUTH_INLINE bool store_directory::make_directory() const {
    if (::mkdir(path_.c_str(), 0700) != 0) return errno == EEXIST;
    file_descriptor const parent(
        ::open((path_ + "/..").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Where it may not be read, the new directory is as durable as the system makes it.
    if (parent) ::fsync(parent.get());
    return true;
}

COAUTH_INLINE std::shared_ptr<store_directory::opened const> store_directory::still_there() const {
    std::shared_ptr<opened const> last;
    {
        std::lock_guard const lock(mutex_);
        last = last_;
    }
    struct ::stat now {};
    // While it is open, no other directory can have its number.
    bool const same = last && ::lstat(path_.c_str(), &now) == 0 && now.st_dev == last->device &&
                      now.st_ino == last->number;
    if (!same) return nullptr;
    check_directory(now, last->owner);
    return last;
}

COAUTH_INLINE std::shared_ptr<store_directory::opened const> store_directory::open_directory(
    missing what) const {
    std::shared_ptr<opened const> found = still_there();
    if (found) return found;
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    file_descriptor directory(::open(path_.c_str(), flags));
    if (!directory && errno == ENOENT) {
        if (what == missing::is_left) return nullptr;
        if (!make_directory()) throw failed("cannot make the directory", {});
        directory = file_descriptor(::open(path_.c_str(), flags));
    }
    if (!directory) throw failed("cannot open the directory", {});
    struct ::stat status {};
    if (::fstat(directory.get(), &status) != 0) throw failed("cannot look at", {});
    check_directory(status, ::geteuid());
    found = std::make_shared<opened const>(
        opened{std::move(directory), status.st_dev, status.st_ino, status.st_uid});
    std::lock_guard const lock(mutex_);
    last_ = found;
    return found;
}

COAUTH_INLINE std::optional<secret> store_directory::load(store_key const& key) const {
    std::shared_ptr<opened const> const directory = open_directory(missing::is_left);
    if (!directory) return std::nullopt;
    std::string const name = key.text();
    // O_NONBLOCK: a FIFO is refused below, not waited for.
    file_descriptor const file(::openat(directory->file.get(), name.c_str(),
                                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file && errno == ENOENT) return std::nullopt;
    if (!file) throw failed("cannot open", name);
    // Records are replaced, never written to: it has its full size already.
    std::size_t const size = check_file(file.get(), directory->owner, name);
    wiped_buffer content;
    char* const bytes = content.extend(size);
    for (std::size_t done = 0; done != size;) {
        ::ssize_t const n = ::read(file.get(), bytes + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = EIO;  // somebody has cut it
        if (n <= 0) throw failed("cannot read", name);
        done += static_cast<std::size_t>(n);
    }
    return std::move(content).take();
}

COAUTH_INLINE void store_directory::refuse_to_replace(int directory,
                                                      std::string const& name) const {
    struct ::stat status {};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return;
        throw failed("cannot look at", name);
    }
    // One of ours that others can read is mended by being replaced.
    if (!S_ISREG(status.st_mode)) throw refused(name, "is not a regular file");
    if (status.st_uid != ::geteuid()) throw refused(name, "belongs to another user");
}

COAUTH_INLINE void store_directory::write_temporary(int directory, std::string const& name,
                                                    std::string_view bytes) const {
    file_descriptor const file(::openat(
        directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) throw failed("cannot make", name);
    while (!bytes.empty()) {
        ::ssize_t const n = ::write(file.get(), bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw failed("cannot write", name);
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    // A failed fsync may have dropped the pages: it is not tried again, the file is given up.
    if (::fsync(file.get()) != 0) throw failed("cannot write", name);
}

COAUTH_INLINE void store_directory::save(store_key const& key, std::string_view bytes) const {
    std::string const name = key.text();
    if (bytes.size() > max_record) throw refused(name, "would be larger than 64 KiB");
    std::shared_ptr<opened const> const directory = open_directory(missing::is_made);
    refuse_to_replace(directory->file.get(), name);
    std::call_once(cleaned_, [&] { remove_leftovers(directory->file.get()); });

    std::string const drawn = random_bytes(std::size_t{8});
    std::string const temporary = "." + name + "." +
                                  hex({reinterpret_cast<char const*>(drawn.data()), drawn.size()}) +
                                  std::string(temporary_suffix);
    try {
        write_temporary(directory->file.get(), temporary, bytes);
        if (::renameat(directory->file.get(), temporary.c_str(), directory->file.get(),
                       name.c_str()) != 0) {
            throw failed("cannot replace", name);
        }
    } catch (exception const&) {
        ::unlinkat(directory->file.get(), temporary.c_str(), 0);
        throw;
    }
    if (::fsync(directory->file.get()) != 0) throw failed("cannot write the directory of", name);
}

COAUTH_INLINE void store_directory::erase(store_key const& key) const {
    std::shared_ptr<opened const> const directory = open_directory(missing::is_left);
    if (!directory) return;
    std::string const name = key.text();
    if (::unlinkat(directory->file.get(), name.c_str(), 0) != 0) {
        if (errno == ENOENT) return;
        throw failed("cannot remove", name);
    }
    if (::fsync(directory->file.get()) != 0) throw failed("cannot write the directory of", name);
}

COAUTH_INLINE std::optional<file_descriptor> store_directory::try_lock(store_key const& key) const {
    std::shared_ptr<opened const> const directory = open_directory(missing::is_made);
    // One file for all keys, which is never removed: a lock on a removed file excludes nobody.
    std::string const name = "lock";
    file_descriptor file(::openat(directory->file.get(), name.c_str(),
                                  O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                                  0600));
    if (!file) throw failed("cannot open", name);
    check_file(file.get(), directory->owner, name);

    // Each key has a byte of its own, 2^62 of them. The lock belongs to this open file, not to the
    // process: it excludes others in the process too, and ends with the last descriptor.
    std::uint64_t place = 0;
    for (std::size_t i = 0; i != sizeof place; ++i) place = place << 8U | key.digest()[i];
    struct ::flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = static_cast<::off_t>(place >> 2U);
    range.l_len = 1;
    if (::fcntl(file.get(), F_OFD_SETLK, &range) == 0) return file;
    if (errno == EAGAIN || errno == EACCES) return std::nullopt;
    throw failed("cannot lock", name);
}

COAUTH_INLINE void store_directory::remove_leftovers(int directory) const noexcept {
    struct close_directory {
        void operator()(::DIR* open) const noexcept { ::closedir(open); }
    };
    file_descriptor again(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!again) return;
    std::unique_ptr<::DIR, close_directory> const entries(::fdopendir(again.get()));
    if (!entries) return;
    static_cast<void>(again.release());
    ::timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this function's own
    while (::dirent const* const entry = ::readdir(entries.get())) {
        std::string_view const name(entry->d_name);
        if (!name.starts_with('.') || !name.ends_with(temporary_suffix)) continue;
        struct ::stat status {};
        bool const old = ::fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                         std::int64_t{now.tv_sec} - status.st_mtime > leftover_age_seconds;
        if (old) ::unlinkat(directory, entry->d_name, 0);
    }
}

}  // namespace coauth::detail

#endif
