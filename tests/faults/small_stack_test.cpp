// SPDX-License-Identifier: BSL-1.0
//
// How much stack a call takes, by what is left of a pattern on the stack of a thread that makes it.

#include "support/tortured_call.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <functional>
#include <pthread.h>
#include <sys/mman.h>

namespace small_stack_test {
namespace {

using namespace coauth_test;

constexpr std::size_t kib = 1024;

/// A thread on a stack of its own, below which nothing can be written.
class painted_stack {
public:
    explicit painted_stack(std::size_t size) : size_(size) {
        memory_ = static_cast<unsigned char*>(::mmap(nullptr, page + size_, PROT_READ | PROT_WRITE,
                                                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        ::mprotect(memory_, page, PROT_NONE);
        std::memset(memory_ + page, paint, size_);
    }
    painted_stack(painted_stack const&) = delete;
    painted_stack& operator=(painted_stack const&) = delete;
    ~painted_stack() { ::munmap(memory_, page + size_); }

    /// Runs it there; how much of the stack has been used so far, the thread's own data included.
    std::size_t run(std::function<void()> work) {
        ::pthread_attr_t attributes;
        ::pthread_attr_init(&attributes);
        ::pthread_attr_setstack(&attributes, memory_ + page, size_);
        ::pthread_t thread{};
        int const failed = ::pthread_create(
            &thread, &attributes,
            [](void* f) -> void* {
                (*static_cast<std::function<void()>*>(f))();
                return nullptr;
            },
            &work);
        EXPECT_EQ(failed, 0);
        if (failed == 0) ::pthread_join(thread, nullptr);
        ::pthread_attr_destroy(&attributes);
        std::size_t untouched = 0;
        while (untouched < size_ && memory_[page + untouched] == paint) ++untouched;
        return size_ - untouched;
    }

private:
    static constexpr std::size_t page = 64 * kib;
    static constexpr unsigned char paint = 0xA5;
    std::size_t const size_;
    unsigned char* memory_;
};

awaitable<void> many_calls(coauth::rest_client api, int count, int& ok) {
    for (int i = 0; i != count; ++i) {
        coauth::response const answer = co_await api.get("/users?limit=1");
        if (answer.status() == 200) ++ok;
    }
}

class small_stack : public ::testing::Test {
protected:
    void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        GTEST_SKIP() << "a sanitizer makes frames larger and keeps much on the stack";
#endif
    }
    coauth::testing::authorization_server authorization{
        {.clients = {{.client_id = client_id, .secret = client_secret, .scope = "users.read"}}}};
    coauth::testing::api_server api{authorization};

    [[nodiscard]] coauth::token_source_config source() const {
        coauth::token_source_config config;
        config.token_url = authorization.token_url();
        config.client = coauth::client_secret_basic(client_id, coauth::secret(client_secret));
        config.scope = "users.read";
        return config;
    }
    [[nodiscard]] coauth::rest_client_config client() const {
        coauth::rest_client_config config;
        config.base_url = api.base_url();
        return config;
    }
    /// Calls one after another, and as many at a time.
    static void call(coauth::token_source_config source, coauth::rest_client_config client,
                     int count) {
        tortured_client c(std::move(source), std::move(client));
        int ok = 0;
        asio::co_spawn(c.io, many_calls(c.api, count, ok), asio::detached);
        for (int i = 0; i != count; ++i) {
            asio::co_spawn(c.io, many_calls(c.api, 1, ok), asio::detached);
        }
        c.run();
        EXPECT_EQ(ok, 2 * count);
    }
};

//
TEST_F(small_stack, calls_need_no_more_than_64_kib) {
    painted_stack stack(64 * kib);
    std::size_t const used = stack.run([&] { call(source(), client(), 5); });
    RecordProperty("used", static_cast<int>(used));
}

//
TEST_F(small_stack, calls_over_tls_need_no_more_than_64_kib) {
    embedded_servers const servers;
    painted_stack stack(64 * kib);
    std::size_t const used = stack.run([&] { call(servers.source(), servers.client({}), 5); });
    RecordProperty("used", static_cast<int>(used));
}

//
TEST_F(small_stack, thousand_calls_need_no_more_stack_than_ten) {
    painted_stack few(1024 * kib);
    painted_stack many(1024 * kib);
    std::size_t const used = few.run([&] { call(source(), client(), 5); });
    std::size_t const after = many.run([&] { call(source(), client(), 500); });
    EXPECT_LE(after, used + 4 * kib);
}

}  // namespace
}  // namespace small_stack_test
