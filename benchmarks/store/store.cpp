// SPDX-License-Identifier: BSL-1.0
//
// store_coauth <directory> <operations>
//
// One record of 2 KB, saved and loaded in turn by the library (sealed over file_store) and by hand:
// OpenSSL's AES-256-GCM and the system calls that a durable, atomic save needs, in place and on
// another thread. Prints one line of JSON: medians, microseconds.

#include <coauth/crypto/digest.hpp>
#include <coauth/crypto/random.hpp>
#include <coauth/store/file_store.hpp>
#include <coauth/store/sealed.hpp>

#include <algorithm>
#include <asio/bind_executor.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <functional>
#include <iostream>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

void check(bool good) {
    if (!good) throw std::runtime_error("a bare operation failed");
}

/// What one would write without a library, and no check more.
class bare {
public:
    /// A new directory, and a key of its own.
    explicit bare(std::string directory) : directory_(std::move(directory)) {
        check(RAND_bytes(key_, sizeof key_) == 1);
        check(::mkdir(directory_.c_str(), 0700) == 0);
    }

    void save(std::string_view plain) {
        std::string const record = encrypt(plain);
        std::string const temporary = directory_ + "/record.tmp";
        int const file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        check(file >= 0 &&
              ::write(file, record.data(), record.size()) == static_cast<::ssize_t>(record.size()));
        check(::fsync(file) == 0 && ::close(file) == 0);
        check(::rename(temporary.c_str(), (directory_ + "/record").c_str()) == 0);
        int const directory = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        check(directory >= 0 && ::fsync(directory) == 0 && ::close(directory) == 0);
    }

    std::string load() {
        int const file = ::open((directory_ + "/record").c_str(), O_RDONLY | O_CLOEXEC);
        struct ::stat status {};
        check(file >= 0 && ::fstat(file, &status) == 0);
        std::string record(static_cast<std::size_t>(status.st_size), '\0');
        check(::read(file, record.data(), record.size()) == status.st_size);
        check(::close(file) == 0);
        return decrypt(record);
    }

private:
    static unsigned char* bytes(std::string& s) {
        return reinterpret_cast<unsigned char*>(s.data());
    }

    std::string encrypt(std::string_view plain) {
        std::string out(12 + plain.size() + 16, '\0');
        check(RAND_bytes(bytes(out), 12) == 1);
        EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
        int size = 0;
        check(EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nullptr, key_, bytes(out)) == 1);
        check(EVP_EncryptUpdate(context, bytes(out) + 12, &size,
                                reinterpret_cast<unsigned char const*>(plain.data()),
                                static_cast<int>(plain.size())) == 1);
        check(EVP_EncryptFinal_ex(context, bytes(out) + 12 + size, &size) == 1);
        check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16,
                                  bytes(out) + 12 + plain.size()) == 1);
        EVP_CIPHER_CTX_free(context);
        return out;
    }

    std::string decrypt(std::string& record) {
        std::size_t const length = record.size() - 28;
        std::string out(length, '\0');
        EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
        int size = 0;
        check(EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nullptr, key_, bytes(record)) == 1);
        check(EVP_DecryptUpdate(context, bytes(out), &size, bytes(record) + 12,
                                static_cast<int>(length)) == 1);
        check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16,
                                  bytes(record) + 12 + length) == 1);
        check(EVP_DecryptFinal_ex(context, bytes(out) + size, &size) == 1);
        EVP_CIPHER_CTX_free(context);
        return out;
    }

    std::string directory_;
    unsigned char key_[32] = {};
};

/// The durations of one kind of operation, in microseconds.
class series {
public:
    using clock = std::chrono::steady_clock;

    void begin() { began_ = clock::now(); }
    void end() {
        taken_.push_back(std::chrono::duration<double, std::micro>(clock::now() - began_).count());
    }
    double median() {
        auto const middle = taken_.begin() + static_cast<std::ptrdiff_t>(taken_.size() / 2);
        std::nth_element(taken_.begin(), middle, taken_.end());
        return *middle;
    }

private:
    clock::time_point began_;
    std::vector<double> taken_;
};

/// The same on another thread and back, as one would do it by hand to keep the executor free.
coauth::awaitable<void> on_another_thread(asio::thread_pool& threads,
                                          std::function<void()> operation) {
    coauth::any_executor const own = co_await asio::this_coro::executor;
    co_await asio::post(asio::bind_executor(threads, asio::use_awaitable));
    operation();
    co_await asio::post(asio::bind_executor(own, asio::use_awaitable));
}

/// Each client has a record of its own, which nobody else has just had in the processor's caches.
coauth::awaitable<void> measure(coauth::sealed store, bare in_place, bare on_thread,
                                int operations) {
    coauth::store_key const key(coauth::sha256("benchmark"));
    coauth::secret const record(std::string(2048, 'x'));
    asio::thread_pool threads(2);
    std::string read;
    auto const save = [&] { in_place.save(record.reveal()); };
    auto const load = [&] { read = in_place.load(); };
    std::function<void()> const thread_saves = [&] { on_thread.save(record.reveal()); };
    std::function<void()> const thread_loads = [&] { read = on_thread.load(); };
    series bare_save, bare_load, thread_save, thread_load, our_save, our_load;
    // In turn, each with a save and then a load of its own, so that every load comes after a wait
    // for the disk and behind the same client's code: the two by hand share theirs. Whether a load
    // has given what was saved is looked at behind its time, for all alike.
    for (int i = 0; i != operations; ++i) {
        bare_save.begin();
        save();
        bare_save.end();
        bare_load.begin();
        load();
        bare_load.end();
        check(read == record.reveal());

        thread_save.begin();
        co_await on_another_thread(threads, thread_saves);
        thread_save.end();
        thread_load.begin();
        co_await on_another_thread(threads, thread_loads);
        thread_load.end();
        check(read == record.reveal());

        our_save.begin();
        co_await store.save(key, record.clone());
        our_save.end();
        our_load.begin();
        std::optional<coauth::secret> const found = co_await store.load(key);
        our_load.end();
        check(found && *found == record);
    }
    std::cout << "{\"bare\":{\"save\":" << bare_save.median() << ",\"load\":" << bare_load.median()
              << "},\"bare_on_a_thread\":{\"save\":" << thread_save.median()
              << ",\"load\":" << thread_load.median()
              << "},\"coauth\":{\"save\":" << our_save.median() << ",\"load\":" << our_load.median()
              << "}}" << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: store_coauth <new directory> <operations>\n";
        return 2;
    }
    try {
        std::string const directory = argv[1];
        check(::mkdir(directory.c_str(), 0700) == 0);
        coauth::sealed const store(coauth::file_store(directory + "/coauth"),
                                   coauth::sealing_key(coauth::random_secret(32)));
        asio::io_context io;
        asio::co_spawn(io,
                       measure(store, bare(directory + "/in_place"), bare(directory + "/on_thread"),
                               std::atoi(argv[2])),
                       [](std::exception_ptr const& thrown) {
                           if (thrown) std::rethrow_exception(thrown);
                       });
        io.run();
    } catch (std::exception const& e) {
        std::cerr << "store_coauth: " << e.what() << '\n';
        return 1;
    }
    return 0;
}
