// SPDX-License-Identifier: BSL-1.0
//
// `coauth store`: the tokens that a file_store keeps in a directory. They are sealed: what can be
// seen is that they are there.

#include "commands.hpp"
#include "session.hpp"
#include "text_file.hpp"

#include <coauth/codec/json_writer.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/crypto/digest.hpp>
#include <coauth/detail/ascii.hpp>
#include <coauth/detail/exchange_words.hpp>
#include <coauth/store/file_store.hpp>
#include <coauth/store/seal_head.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace coauth_tool {
namespace {

struct kept {
    std::string name;  ///< 64 hexadecimal digits
    std::chrono::system_clock::time_point written = {};
    std::size_t size = 0;
    std::string seal = {};  ///< "sealed with key 0123456789abcdef"
    bool open_to_others = false;
};

[[nodiscard]] bool is_record(std::string_view name) {
    return name.size() == 64 && std::all_of(name.begin(), name.end(), [](char c) {
               return coauth::detail::hex_digit(c) >= 0 && !(c >= 'A' && c <= 'F');
           });
}

/// By the head of a sealed record; nothing of it is secret.
[[nodiscard]] std::string seal_of(int directory, std::string const& name) {
    int const fd =
        ::openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return "cannot be read";
    std::array<char, 64> head{};
    ::ssize_t const n = ::read(fd, head.data(), head.size());
    ::close(fd);
    std::string_view const text(head.data(), n < 0 ? 0 : static_cast<std::size_t>(n));
    if (coauth::detail::is_newer_seal(text)) return "of a later version";
    auto const id = coauth::detail::seal_key_id(text);
    if (!id) return "not sealed";
    return "sealed with key " + coauth::hex(*id);
}

[[nodiscard]] std::vector<kept> records_in(std::string const& directory) {
    std::unique_ptr<::DIR, int (*)(::DIR*)> const open(::opendir(directory.c_str()), ::closedir);
    if (!open) {
        throw failure(exit_code::usage,
                      "cannot read the directory '" + coauth::printable(directory, 200) +
                          "': " + std::strerror(errno),
                      "name the directory that was given to file_store");
    }
    std::vector<kept> found;
    while (::dirent const* const entry = ::readdir(open.get())) {
        std::string name(entry->d_name);
        struct ::stat status {};
        bool const good = is_record(name) && ::fstatat(::dirfd(open.get()), name.c_str(), &status,
                                                       AT_SYMLINK_NOFOLLOW) == 0;
        if (!good) continue;
        kept one;
        one.written = std::chrono::system_clock::from_time_t(status.st_mtime);
        one.size = static_cast<std::size_t>(status.st_size);
        one.seal = S_ISREG(status.st_mode) ? seal_of(::dirfd(open.get()), name) : "no regular file";
        one.open_to_others = (status.st_mode & 077U) != 0 || status.st_uid != ::geteuid();
        one.name = std::move(name);
        found.push_back(std::move(one));
    }
    std::sort(found.begin(), found.end(),
              [](kept const& a, kept const& b) { return a.name < b.name; });
    return found;
}

[[nodiscard]] std::string list_json(std::vector<kept> const& all) {
    std::string out;
    coauth::json_writer json(out);
    json.begin_array();
    for (kept const& one : all) {
        json.begin_object().name("name").string(one.name);
        json.name("written").string(coauth::detail::timestamp(one.written));
        json.name("bytes").number(static_cast<std::int64_t>(one.size));
        json.name("seal").string(one.seal);
        json.name("open_to_others").boolean(one.open_to_others).end_object();
    }
    json.end_array();
    return out + "\n";
}

exit_code list(given_options const& given) {
    std::vector<kept> const all = records_in(given.words()[1]);
    if (given.has("json")) {
        write_output(list_json(all));
        return exit_code::ok;
    }
    std::string text;
    for (kept const& one : all) {
        text += one.name.substr(0, 16) + "…  " + coauth::detail::timestamp(one.written) + "  " +
                std::to_string(one.size) + " bytes, " + one.seal +
                (one.open_to_others ? ", OPEN TO OTHERS: it will not be used" : "") + "\n";
    }
    write_output(text.empty() ? "no tokens\n" : text);
    return exit_code::ok;
}

[[nodiscard]] coauth::store_key key_of(std::string const& name) {
    coauth::sha256_digest digest{};
    for (std::size_t i = 0; i != digest.size(); ++i) {
        digest[i] = static_cast<unsigned char>(coauth::detail::hex_digit(name[2 * i]) * 16 +
                                               coauth::detail::hex_digit(name[2 * i + 1]));
    }
    return coauth::store_key(digest);
}

/// Those that are meant: all, or the one whose name begins like this.
[[nodiscard]] std::vector<std::string> chosen(given_options const& given) {
    bool const everything = given.has("all");
    if (everything == (given.words().size() == 3)) {
        throw failure(exit_code::usage, "erase one token or all of them",
                      "coauth store erase DIRECTORY NAME, or --all");
    }
    std::vector<std::string> names;
    for (kept const& one : records_in(given.words()[1])) {
        if (everything || one.name.starts_with(given.words()[2])) names.push_back(one.name);
    }
    if (!everything && names.size() != 1) {
        throw failure(exit_code::usage,
                      names.empty() ? "there is no such token" : "several tokens begin like this",
                      "`coauth store list DIRECTORY` has the names");
    }
    return names;
}

coauth::awaitable<void> erase_all(coauth::file_store from, std::vector<std::string> names) {
    for (std::string const& name : names) {
        coauth::store_key const key = key_of(name);
        co_await from.erase(key);
    }
}

exit_code erase(given_options const& given, terminal const& at) {
    std::vector<std::string> const names = chosen(given);
    session work(given, at);
    coauth::file_store const store(given.words()[1]);
    work.run(erase_all(store, names), "the disk");
    write_output("erased " + std::to_string(names.size()) +
                 (names.size() == 1 ? " token" : " tokens") +
                 "; the authorization server was not told\n");
    return exit_code::ok;
}

exit_code run(given_options const& given, terminal const& at) {
    std::string const& what = given.words()[0];
    if (what == "list" && given.words().size() == 2) return list(given);
    if (what == "erase") return erase(given, at);
    throw failure(exit_code::usage, "store does list DIRECTORY or erase DIRECTORY NAME",
                  "`coauth store --help` has what is accepted");
}

}  // namespace

command store_command() {
    command made;
    made.help = {"store",
                 "list DIRECTORY | erase DIRECTORY NAME",
                 "The tokens that coauth::file_store keeps in a directory. They are sealed; what\n"
                 "is listed is when each was written, and with which key. NAME is the beginning\n"
                 "of a name in the list.",
                 2,
                 3,
                 {{"Options",
                   {{0, "all", "", "erase all of them"},
                    {0, "json", "", "list as JSON"},
                    {'h', "help", "", "this text"}}}},
                 "  coauth store list ~/.local/state/app/tokens\n"
                 "  coauth store erase ~/.local/state/app/tokens 3f2a"};
    made.run = run;
    return made;
}

}  // namespace coauth_tool
