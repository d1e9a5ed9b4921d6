// SPDX-License-Identifier: BSL-1.0
//
// The browser is opened by xdg-open, here a script that tells the test what it was given.

#include "support/embedded.hpp"
#include "support/stores.hpp"

#include <coauth/detail/browser.hpp>
#include <coauth/testing/headless_browser.hpp>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <utility>

namespace sign_in_xdg_open_test {
namespace {

using namespace coauth_test;
using coauth::errc;
using coauth::detail::open_in_browser;

/// A variable of the environment for the time of a test.
class variable {
public:
    variable(std::string name, std::string const& value) : name_(std::move(name)) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): there is no other thread yet
        if (char const* const before = std::getenv(name_.c_str())) before_ = before;
        ::setenv(name_.c_str(), value.c_str(), 1);
    }
    variable(variable const&) = delete;
    variable& operator=(variable const&) = delete;
    ~variable() {
        if (before_) {
            ::setenv(name_.c_str(), before_->c_str(), 1);
        } else {
            ::unsetenv(name_.c_str());
        }
    }

private:
    std::string name_;
    std::optional<std::string> before_;
};

/// The only program in PATH, if any.
class sign_in_by_xdg_open : public ::testing::Test {
protected:
    void install() const {
        ASSERT_EQ(::mkfifo(told.c_str(), 0600), 0);
        std::string const script = directory.path() + "/xdg-open";
        put(script,
            "#!/bin/sh\n"
            "{ printf '%s\\n' \"$#\" \"$1\"; export -p; } >'" +
                told + "'\n");
        std::filesystem::permissions(script, std::filesystem::perms(0700));
    }
    /// What the script says: how many arguments, the first one, the environment. Waits for it.
    [[nodiscard]] std::string hear() const { return content(told); }

    scratch_directory directory;
    std::string told = directory.path() + "/told";
    variable path{"PATH", directory.path()};
};

TEST_F(sign_in_by_xdg_open, hands_the_url_over_as_one_argument_that_no_shell_reads) {
    install();
    std::string const url = "https://a.test/?a=b&c='$(touch made)'`touch made`;touch made \"\\ %s*";
    open_in_browser(url);
    std::string const heard = hear();
    EXPECT_EQ(heard.substr(0, heard.find("export")), "1\n" + url + "\n");
    EXPECT_FALSE(std::filesystem::exists("made"));
    open_in_browser("-e");
    EXPECT_EQ(hear().substr(0, 5), "1\n-e\n");
}

TEST_F(sign_in_by_xdg_open, leaves_no_child_behind) {
    install();
    open_in_browser("https://a.test/");
    // The script waits for its reader, and is no child of this process.
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
    EXPECT_FALSE(hear().empty());
}

TEST_F(sign_in_by_xdg_open, tells_the_browser_nothing_that_was_told_in_confidence) {
    install();
    variable const confidential[] = {{"CLIENT_SECRET", "not-for-it-1"},
                                     {"Orders_Password", "not-for-it-2"},
                                     {"API_KEY", "not-for-it-3"},
                                     {"GITHUB_TOKEN", "not-for-it-4"},
                                     {"SEALING_PASSPHRASE", "not-for-it-5"}};
    variable const needed[] = {{"DISPLAY", "for-it-1"},
                               {"XAUTHORITY", "for-it-2"},
                               {"DBUS_SESSION_BUS_ADDRESS", "for-it-3"},
                               {"XDG_ACTIVATION_TOKEN", "for-it-4"},
                               {"GNOME_KEYRING_CONTROL", "for-it-5"}};
    open_in_browser("https://a.test/");
    std::string const heard = hear();
    EXPECT_EQ(heard.find("not-for-it"), std::string::npos) << heard;
    for (int i = 1; i != 6; ++i) {
        EXPECT_NE(heard.find("for-it-" + std::to_string(i)), std::string::npos) << i;
    }
}

class sign_in_of_a_desktop : public sign_in_by_xdg_open {
protected:
    [[nodiscard]] coauth::result<coauth::token_ref> sign_in() {
        coauth::authorization_code const browser;
        coauth::token_source_config c;
        c.issuer = server.issuer();
        c.insecure_http = coauth::insecure_http_t{};
        c.client = coauth::public_client("desktop");
        c.grant = browser;
        c.observer = canary_watch::observer();
        c.log = canary_watch::log();
        coauth::token_source const tokens(io.get_executor(), std::move(c));
        return run(io, coauth::try_sign_in(tokens, browser));
    }

    coauth::testing::authorization_server server{
        {.clients = {{.client_id = "desktop",
                      .method = coauth::testing::authentication_method::none,
                      .redirect_uris = {"http://127.0.0.1/callback"}}}}};
    asio::io_context io;
};

TEST_F(sign_in_of_a_desktop, needs_nobody_to_show_the_url) {
    install();
    coauth::testing::headless_browser const browser(
        [this](std::string const& url) { return server.visit(url); });
    std::jthread const person([&] {
        std::string const heard = hear();
        browser(heard.substr(2, heard.find('\n', 2) - 2));
    });
    auto const token = sign_in();
    ASSERT_TRUE(token) << token.error().what();
    EXPECT_TRUE(server.is_active(token->access_token()));
}

TEST_F(sign_in_of_a_desktop, says_so_at_once_where_there_is_no_xdg_open) {
    auto const token = sign_in();
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().is(errc::browser_unavailable)) << token.error().what();
    EXPECT_NE(token.error().hint().find("authorization_code_options::open"), std::string::npos);
    EXPECT_EQ(server.counters().token_requests, 0U);
}

}  // namespace
}  // namespace sign_in_xdg_open_test
