// SPDX-License-Identifier: BSL-1.0
//
// Who shares a token with whom, and the parts of a token source that need no server: nothing here
// is ever sent.

#include <coauth/cache/cache_key.hpp>
#include <coauth/client_auth/client_secret_basic.hpp>
#include <coauth/client_auth/client_secret_post.hpp>
#include <coauth/insecure.hpp>
#include <coauth/token_endpoint.hpp>
#include <coauth/token_source.hpp>

#include <chrono>
#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <sched.h>
#include <string>
#include <support/allocation_counter.hpp>
#include <support/fake_fetcher.hpp>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace token_source_key_test {
namespace {

using namespace std::chrono_literals;
using coauth::awaitable;
using coauth::client_secret_basic;
using coauth::client_secret_post;
using coauth::errc;
using coauth::result;
using coauth::secret;
using coauth::token_cache;
using coauth::token_ref;
using coauth::token_request;
using coauth::token_source;
using coauth::token_source_config;
using coauth::tests::granted;

constexpr char const* nowhere = "http://127.0.0.1:1/token";

/// A user's own strategy that does not say whom it stands for.
struct private_strategy {
    awaitable<token_request> authenticate(token_request r) const { return same(std::move(r)); }
    static awaitable<token_request> same(token_request r) { co_return r; }
};

/// One that does.
struct named_strategy : private_strategy {
    explicit named_strategy(std::string n) : name(std::move(n)) {}
    [[nodiscard]] std::string cache_identity() const { return name; }
    std::string name;
};

class token_key : public ::testing::Test {
protected:
    using change = std::function<void(token_source_config&)>;

    static token_source_config config(change const& edit = [](auto&) {}) {
        token_source_config c;
        c.token_url = nowhere;
        c.client = client_secret_basic("id", secret("wonderland"));
        edit(c);
        return c;
    }
    static token_source_config over_tls(change const& edit = [](auto&) {}) {
        token_source_config c = config();
        c.token_url = "https://127.0.0.1:1/token";
        edit(c);
        return c;
    }
    auto entry(token_source_config c) {
        return token_source(cache, io.get_executor(), std::move(c)).entry();
    }
    bool shared(token_source_config a, token_source_config b) {
        return entry(std::move(a)) == entry(std::move(b));
    }
    /// Makes a difference, and the same difference twice makes none.
    bool separates(change const& edit) {
        return !shared(config(), config(edit)) && shared(config(edit), config(edit));
    }

    asio::io_context io;
    token_cache cache;
};

TEST_F(token_key, same_configuration_shares_and_another_cache_does_not) {
    EXPECT_TRUE(shared(config(), config()));
    token_source const own(io.get_executor(), config());
    EXPECT_NE(own.entry(), entry(config()));
}

//
TEST_F(token_key, everything_that_shapes_the_token_separates) {
    EXPECT_TRUE(separates([](auto& c) { c.token_url = "http://127.0.0.1:1/other"; }));
    EXPECT_TRUE(separates([](auto& c) { c.token_url = "http://127.0.0.1:2/token"; }));
    EXPECT_TRUE(separates([](auto& c) { c.token_url = "http://127.0.0.1:1/token?tenant=a"; }));
    EXPECT_TRUE(separates([](auto& c) { c.scope = "users.read"; }));
    EXPECT_TRUE(separates([](auto& c) { c.audience = "https://api"; }));
    EXPECT_TRUE(separates([](auto& c) { c.resource = {"https://api"}; }));
    EXPECT_TRUE(separates([](auto& c) { c.parameters = {{"tenant", "a"}}; }));
    EXPECT_TRUE(separates([](auto& c) { c.headers = {{"X-Tenant", "a"}}; }));
}

//
TEST_F(token_key, credential_separates) {
    EXPECT_TRUE(separates([](auto& c) { c.client = client_secret_basic("id", secret("guess")); }));
    EXPECT_TRUE(
        separates([](auto& c) { c.client = client_secret_basic("other", secret("wonderland")); }));
    EXPECT_TRUE(
        separates([](auto& c) { c.client = client_secret_post("id", secret("wonderland")); }));
    EXPECT_TRUE(separates([](auto& c) {
        c.client = client_secret_basic("id", secret("wonderland"), coauth::basic_credentials::raw);
    }));
    EXPECT_TRUE(separates([](auto& c) {
        c.client = client_secret_basic("id", secret::from_env("COAUTH_TEST_SECRET"));
    }));
    EXPECT_TRUE(separates(
        [](auto& c) { c.client = client_secret_basic("id", secret::from_file("/run/secret")); }));
}

TEST_F(token_key, variable_and_file_of_one_name_are_two_credentials) {
    EXPECT_FALSE(shared(
        config([](auto& c) { c.client = client_secret_basic("id", secret::from_env("s")); }),
        config([](auto& c) { c.client = client_secret_basic("id", secret::from_file("s")); })));
}

// The same in every process, and no secret in it: what is stored outlives all of them.
TEST_F(token_key, record_of_a_store_has_a_name_that_no_secret_and_no_trust_changes) {
    auto const name = [&](change const& edit) {
        token_source const source(io.get_executor(), over_tls(edit));
        return source.endpoint()->identity().in_store().text();
    };
    std::string const usual = name([](auto&) {});
    EXPECT_EQ(usual, "7a089c5860d1d22544744e128176011337841e1dcdd6f56da0bfa1d187abc7dc")
        << "an update loses what everybody has stored";
    EXPECT_EQ(usual, name([](auto& c) { c.client = client_secret_post("id", secret("new")); }));
    EXPECT_EQ(usual, name([](auto& c) { c.tls.min_version = coauth::tls_version::tls_1_3; }));
    EXPECT_EQ(usual, name([](auto& c) { c.proxy = coauth::proxy_config{.url = "http://p:1"}; }));
    for (change const& edit : std::vector<change>{
             [](auto& c) { c.token_url = "https://127.0.0.1:1/other"; },
             [](auto& c) { c.client = client_secret_basic("other", secret("wonderland")); },
             [](auto& c) { c.scope = "users.read"; }, [](auto& c) { c.audience = "https://api"; },
             [](auto& c) { c.resource = {"https://api"}; },
             [](auto& c) {
                 c.parameters = {{"tenant", "a"}};
             },
             [](auto& c) {
                 c.headers = {{"X-Tenant", "a"}};
             }}) {
        EXPECT_NE(usual, name(edit));
    }
}

TEST_F(token_key, boundary_between_client_and_secret_cannot_be_moved) {
    auto const of = [](std::string const& id, char const* s) {
        return config([&](auto& c) { c.client = client_secret_basic(id, secret(s)); });
    };
    EXPECT_FALSE(shared(of("a", "value:b"), of("avalue:", "b")));
    EXPECT_FALSE(shared(of("1:a", "b"), of("1", "ab")));
}

TEST_F(token_key, provider_is_known_by_its_object) {
    auto const provider = [] {
        struct fixed {
            static awaitable<secret> get() { co_return secret("vault"); }
        };
        return fixed::get();
    };
    coauth::secret_source const one(provider);
    coauth::secret_source const other(provider);
    auto const with = [](coauth::secret_source const& s) {
        return config([&](auto& c) { c.client = client_secret_basic("id", s); });
    };
    EXPECT_TRUE(shared(with(one), with(one)));
    EXPECT_FALSE(shared(with(one), with(other)));
}

//
TEST_F(token_key, trust_separates) {
    EXPECT_FALSE(shared(config(), over_tls()));
    EXPECT_TRUE(shared(over_tls(), over_tls()));
    EXPECT_FALSE(shared(over_tls(), over_tls([](auto& c) {
                            c.tls.insecure = coauth::i_accept_any_certificate_t{};
                        })));
}

//
TEST_F(token_key, token_that_may_come_over_plain_http_is_not_for_those_who_want_tls) {
    auto const discovered = [](token_source_config& c) {
        c.token_url.clear();
        c.issuer = "https://127.0.0.1:1";
    };
    auto const careless = [&](token_source_config& c) {
        discovered(c);
        c.insecure_http = coauth::insecure_http_t{};
    };
    EXPECT_TRUE(shared(over_tls(discovered), over_tls(discovered)));
    EXPECT_FALSE(shared(over_tls(discovered), over_tls(careless)));
}

TEST_F(token_key, a_network_in_place_of_the_real_one_separates) {
    auto const network = [](std::string const& identity) {
        return coauth::http::dialer::without_tls(
            identity, [](coauth::any_executor const& executor, std::string const&, std::uint16_t,
                         std::error_code& ec) {
                ec = asio::error::host_not_found;
                return asio::ip::tcp::socket(executor);
            });
    };
    EXPECT_TRUE(separates([&](auto& c) { c.network = network("a"); }));
    EXPECT_FALSE(shared(config([&](auto& c) { c.network = network("a"); }),
                        config([&](auto& c) { c.network = network("b"); })));
    EXPECT_FALSE(shared(over_tls(), over_tls([&](auto& c) { c.network = network("a"); })));
}

TEST_F(token_key, order_of_scopes_resources_and_parameters_does_not_matter) {
    EXPECT_TRUE(
        shared(config([](auto& c) { c.scope = "b a"; }), config([](auto& c) { c.scope = "a b"; })));
    EXPECT_TRUE(shared(config([](auto& c) {
                           c.resource = {"https://b", "https://a"};
                       }),
                       config([](auto& c) {
                           c.resource = {"https://a", "https://b"};
                       })));
    EXPECT_TRUE(shared(config([](auto& c) {
                           c.parameters = {{"y", "2"}, {"x", "1"}};
                       }),
                       config([](auto& c) {
                           c.parameters = {{"x", "1"}, {"y", "2"}};
                       })));
}

TEST_F(token_key, parts_cannot_be_taken_for_one_another) {
    EXPECT_FALSE(shared(config([](auto& c) { c.audience = "https://a"; }),
                        config([](auto& c) { c.resource = {"https://a"}; })));
    EXPECT_FALSE(shared(config([](auto& c) {
                            c.parameters = {{"a", "b"}};
                        }),
                        config([](auto& c) {
                            c.headers = {{"a", "b"}};
                        })));
    EXPECT_FALSE(shared(config([](auto& c) {
                            c.parameters = {{"ab", "c"}};
                        }),
                        config([](auto& c) {
                            c.parameters = {{"a", "bc"}};
                        })));
    EXPECT_FALSE(
        shared(config([](auto& c) { c.scope = "a b"; }), config([](auto& c) { c.scope = "ab"; })));
}

TEST_F(token_key, own_token_hook_makes_a_private_partition_unless_it_is_named) {
    auto const hooked = [](std::string const& name) {
        return config([&](auto& c) {
            c.hooks.before_call = [](token_request& r) { r.parameter("tenant", "a"); };
            c.hooks.cache_identity = name;
        });
    };
    EXPECT_FALSE(shared(config(), hooked("")));
    EXPECT_FALSE(shared(hooked(""), hooked("")));
    EXPECT_TRUE(shared(hooked("tenant a"), hooked("tenant a")));
    EXPECT_FALSE(shared(hooked("tenant a"), hooked("tenant b")));
    EXPECT_FALSE(shared(config(), hooked("tenant a")));
}

TEST_F(token_key, own_strategy_makes_a_private_partition_unless_it_names_itself) {
    auto const with = [](auto const& strategy) {
        return config([&](auto& c) { c.client = strategy; });
    };
    EXPECT_FALSE(shared(with(private_strategy()), with(private_strategy())));
    EXPECT_TRUE(shared(with(named_strategy("alice")), with(named_strategy("alice"))));
    EXPECT_FALSE(shared(with(named_strategy("alice")), with(named_strategy("bob"))));
    EXPECT_FALSE(shared(with(named_strategy("alice")), config()));
}

//
TEST_F(token_key, keys_are_told_apart_by_their_whole_digest) {
    coauth::sha256_digest one{};
    coauth::sha256_digest other{};
    other.back() = 1;
    coauth::cache_key const a(one);
    coauth::cache_key const b(other);
    EXPECT_NE(cache.bind(a, {}), cache.bind(b, {}));
    EXPECT_EQ(cache.bind(a, {}), cache.bind(a, {}));
}

TEST_F(token_key, copy_of_a_source_is_the_same_source) {
    token_source const one(cache, io.get_executor(),
                           config([](auto& c) { c.client = private_strategy(); }));
    token_source const copy = one;
    EXPECT_EQ(copy.entry(), one.entry());
    EXPECT_EQ(copy.endpoint(), one.endpoint());
}

/// Puts a token into a source as if it had been fetched.
void put(token_source const& source, std::string const& text, long lifetime) {
    auto const now = source.entry()->policy().clock.now();
    auto const a = source.entry()->miss(now);
    source.entry()->settle(*a.flight, granted(text, lifetime, now));
}

class cached_source : public token_key {
protected:
    token_source source{io.get_executor(), config()};
};

TEST_F(cached_source, hit_is_synchronous_and_allocates_nothing) {
    put(source, "token", 3600);
    static_cast<void>(source.try_cached());
    auto const before = coauth::tests::allocations_of_this_thread();
    for (int i = 0; i < 1000; ++i) {
        token_ref const token = source.try_cached();
        ASSERT_TRUE(token);
    }
    EXPECT_EQ(coauth::tests::allocations_of_this_thread(), before);
    EXPECT_EQ(source.statistics().hits, 1001U);
}

TEST_F(cached_source, awaited_hit_does_not_suspend) {
    put(source, "token", 3600);
    struct calls {
        static awaitable<void> run(token_source s, bool* posted, int* hits) {
            auto const executor = co_await asio::this_coro::executor;
            asio::post(executor, [posted] { *posted = true; });
            for (int i = 0; i < 1000; ++i) {
                token_ref const token = co_await s.get();
                // Had the coroutine given up its turn, the post would have had it.
                if (token && !*posted) ++*hits;
            }
        }
    };
    bool posted = false;
    int hits = 0;
    asio::co_spawn(io, calls::run(source, &posted, &hits), asio::detached);
    io.run();
    EXPECT_EQ(hits, 1000);
    EXPECT_TRUE(posted);
}

TEST_F(cached_source, invalidated_token_is_given_out_no_more) {
    put(source, "token", 3600);
    token_ref const token = source.try_cached();
    source.invalidate(token);
    EXPECT_FALSE(source.try_cached());
    EXPECT_TRUE(token.rejected());
}

//
TEST_F(cached_source, erased_token_is_forgotten_by_all_who_share_it) {
    token_source const one(cache, io.get_executor(), config());
    token_source const other(cache, io.get_executor(), config());
    put(one, "token", 3600);
    token_ref const held = other.try_cached();
    one.erase();
    EXPECT_FALSE(one.try_cached());
    EXPECT_FALSE(other.try_cached());
    EXPECT_EQ(held.authorization(), "Bearer token");
    put(other, "newer", 3600);
    EXPECT_EQ(one.try_cached().authorization(), "Bearer newer");
}

TEST_F(cached_source, handle_outlives_source_cache_and_context) {
    token_ref kept;
    {
        asio::io_context short_lived;
        token_source const brief(short_lived.get_executor(), config());
        put(brief, "token", 3600);
        kept = brief.try_cached();
    }
    EXPECT_EQ(kept.authorization(), "Bearer token");
}

//
TEST_F(cached_source, source_that_outlives_its_context_still_gives_out_what_it_has) {
    auto short_lived = std::make_unique<asio::io_context>();
    token_source const survivor(short_lived->get_executor(), config());
    put(survivor, "token", 3600);
    short_lived.reset();
    EXPECT_TRUE(survivor.try_cached());
    survivor.refresh_ahead(survivor.entry()->policy().clock.now() + 55min);
    EXPECT_EQ(survivor.statistics().current_flights, 0U);
    EXPECT_TRUE(survivor.try_cached());
}

struct outcomes {
    std::optional<result<token_ref>> got;
    bool stopped = false;
};

awaitable<void> get_into(token_source source, outcomes* to) {
    result<token_ref> got = co_await source.try_get();
    to->got.emplace(std::move(got));
}
awaitable<void> stop_into(token_source source, coauth::duration grace, outcomes* to) {
    co_await source.stop(grace);
    to->stopped = true;
}

/// A strategy that never answers: the token request hangs before anything is sent.
struct hanging_strategy {
    awaitable<token_request> authenticate(token_request r) const { return hang(std::move(r)); }
    static awaitable<token_request> hang(token_request r) {
        auto const never = std::make_shared<coauth::detail::suspension>();
        auto const reason = co_await coauth::detail::suspension::wait(never);
        if (reason == coauth::detail::wake_reason::cancelled) {
            throw std::system_error(asio::error::operation_aborted);
        }
        co_return r;
    }
};

TEST_F(cached_source, stop_ends_a_hanging_fetch_after_its_grace_and_leaves_nothing) {
    token_source const hanging(io.get_executor(),
                               config([](auto& c) { c.client = hanging_strategy(); }));
    outcomes seen;
    asio::co_spawn(io, get_into(hanging, &seen), asio::detached);
    io.poll();
    asio::co_spawn(io, stop_into(hanging, 5ms, &seen), asio::detached);
    io.run();
    EXPECT_TRUE(seen.stopped);
    ASSERT_TRUE(seen.got);
    EXPECT_TRUE(seen.got->error().is(errc::stopped));
    outcomes late;
    io.restart();
    asio::co_spawn(io, get_into(hanging, &late), asio::detached);
    io.run();
    EXPECT_TRUE(late.got->error().is(errc::stopped));
}

TEST_F(cached_source, stop_without_a_fetch_ends_at_once) {
    outcomes seen;
    asio::co_spawn(io, stop_into(source, 1h, &seen), asio::detached);
    io.run();
    EXPECT_TRUE(seen.stopped);
}

TEST_F(cached_source, stop_from_another_context_survives_the_end_of_the_home) {
    auto home = std::make_unique<asio::io_context>();
    token_source const hanging(home->get_executor(),
                               config([](auto& c) { c.client = hanging_strategy(); }));
    outcomes seen;
    asio::co_spawn(io, get_into(hanging, &seen), asio::detached);
    io.poll();
    home->poll();
    asio::co_spawn(io, stop_into(hanging, 1h, &seen), asio::detached);
    io.poll();
    home.reset();
    io.restart();
    io.run();
    EXPECT_TRUE(seen.stopped);
    EXPECT_TRUE(seen.got->error().is(errc::broken_flight));
}

/// Moves this process's BOOTTIME and MONOTONIC clocks ahead of the machine's; false without the
/// right to do so. Only in a process with one thread.
bool shift_clocks(long boot_seconds, long monotonic_seconds) {
    constexpr int new_time = 0x80;  // CLONE_NEWTIME
    if (::unshare(new_time) != 0) return false;
    int const offsets = ::open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
    if (offsets < 0) return false;
    bool const written = ::dprintf(offsets, "boottime %ld 0\nmonotonic %ld 0\n", boot_seconds,
                                   monotonic_seconds) > 0;
    ::close(offsets);
    int const space = ::open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
    return written && space >= 0 && ::setns(space, new_time) == 0;
}

enum sleep_result : int { good = 0, no_right, old_served, new_missing, dead_served };

int sleep_in_a_child(coauth::any_executor const& executor, token_source_config config) {
    token_source const source(executor, std::move(config));
    put(source, "old", 3600);
    constexpr long night = 8 * 3600;
    if (!shift_clocks(night, 0)) return no_right;
    if (source.try_cached(coauth::boot_clock::now())) return old_served;
    put(source, "new", 3600);
    if (!source.try_cached()) return new_missing;
    constexpr long awake = 2 * 3600;
    if (!shift_clocks(night + awake, awake)) return no_right;
    return source.try_cached() ? dead_served : good;
}

//
TEST_F(cached_source, token_is_dead_after_a_suspend_and_the_next_one_dies_in_time) {
    ::pid_t const child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(sleep_in_a_child(io.get_executor(), config()));
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == no_right) GTEST_SKIP() << "no right to make a time namespace";
    EXPECT_EQ(WEXITSTATUS(status), good);
}

}  // namespace
}  // namespace token_source_key_test
