// SPDX-License-Identifier: BSL-1.0
//
// Our URL parser against WHATWG's, as Node has it: some ten thousand URLs, made by a grammar that
// likes what parsers disagree about. Whatever we accept goes to the host and the port that a
// browser would go to.

#include <coauth/url.hpp>

#include "support/oidc_server.hpp"
#include "support/scratch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <fcntl.h>
#include <fstream>
#include <random>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace url_whatwg_test {
namespace {

using namespace std::string_view_literals;
using coauth::url;

/// One URL in each line, in hexadecimal; out come scheme, host and port of each, or "refused".
constexpr std::string_view oracle = R"js(
const lines = require('fs').readFileSync(0, 'latin1').split('\n').slice(0, -1);
const answers = lines.map(line => {
    try {
        const u = new URL(Buffer.from(line, 'hex').toString('utf8'));
        if (u.protocol !== 'http:' && u.protocol !== 'https:') return 'refused';
        const port = u.port || (u.protocol === 'http:' ? '80' : '443');
        return u.protocol + ' ' + u.hostname.replace(/^\[|\]$/g, '') + ' ' + port;
    } catch {
        return 'refused';
    }
});
process.stdout.write(answers.join('\n') + '\n');
)js";

/// False where there is no program of that name, or it fails.
bool run_program(std::vector<std::string> arguments, std::string const& in,
                 std::string const& out) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ::posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, 0, in.c_str(), O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::pid_t child = 0;
    int status = -1;
    int const failed = ::posix_spawnp(&child, argv[0], &files, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    return failed == 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

std::string hex_of(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        hex += digits[byte >> 4U];
        hex += digits[byte & 15U];
    }
    return hex;
}

/// One line for each URL; none at all where there is no Node.
std::vector<std::string> ask_node(std::vector<std::string> const& urls) {
    coauth_test::scratch_directory const folder;
    std::ofstream questions(folder.file("urls"), std::ios::binary);
    for (std::string const& text : urls) questions << hex_of(text) << '\n';
    questions.close();
    std::vector<std::string> answers;
    if (!run_program({"node", "-e", std::string(oracle)}, folder.file("urls"),
                     folder.file("answers")))
        return answers;
    std::ifstream file(folder.file("answers"), std::ios::binary);
    for (std::string line; std::getline(file, line);) answers.push_back(line);
    return answers;
}

std::string opinion_of(std::string const& text) {
    coauth::result<url> const u = url::parse(text);
    if (!u) return "refused";
    return std::string(u->scheme()) + ": " + u->host() + ' ' + std::to_string(u->port());
}

/// Its labels that begin with "xn--" are given: which characters IDNA allows takes tables to know.
class url_maker {
public:
    explicit url_maker(unsigned seed) : random_(seed) {}

    std::string make() {
        std::string text = usual(6, "https://", "http://");
        if (draw(12) == 0) text = one_of(schemes) + std::string(one_of(separators));
        if (draw(10) == 0) text += one_of(userinfos);
        text += host();
        if (draw(2) == 0) text += port();
        text += path();
        if (draw(4) == 0) text += "?" + some_of(segment_bytes, 6);
        if (draw(12) == 0) text += "#" + some_of(segment_bytes, 6);
        if (draw(8) == 0) text.insert(draw(text.size() + 1), one_of(evil));
        if (draw(16) == 0 && !text.empty()) text.erase(draw(text.size()), 1);
        return text;
    }

private:
    static constexpr std::array schemes{"https",  "http",       "HTTPS",  "hTTp", "ht\ttps",
                                        " https", "h\nttp",     "httpss", "ftp",  "ws",
                                        "file",   "javascript", "",       "1http"};
    static constexpr std::array separators{"://", ":/",  ":",     ":///",  ":\\\\", ":/\\", "//",
                                           "",    ": /", ":\t//", "://\n", "::",    ":////"};
    static constexpr std::array userinfos{"u@",   "u:p@",        "@",      ":@",   "a@b@",
                                          "%40@", "good.com:1@", "[::1]@", "\\@",  "u%3A@",
                                          "a/b@", "?@",          "#@",     "a\t@", "\xC3\xA4@"};
    static constexpr std::array ports{
        ":",     ":0",           ":80",  ":443",  ":8080",     ":00080", ":65535", ":65536",
        ":1",    ":99999999999", ":-1",  ":+1",   ":8 0",      ":80a",   ":a",     ":%38",
        ":8\t0", ":80:80",       ":1e3", ":0x50", ":\xD9\xA3", ":8.0",   ":80\\",  ":080"};
    static constexpr std::array evil{"\t",
                                     "\n",
                                     "\r",
                                     " ",
                                     "\\",
                                     "@",
                                     ":",
                                     "/",
                                     "//",
                                     "?",
                                     "#",
                                     "%",
                                     "%00",
                                     "%2f",
                                     "%2e",
                                     "%40",
                                     "[",
                                     "]",
                                     "|",
                                     "^",
                                     "<",
                                     ">",
                                     "\"",
                                     "`",
                                     "{",
                                     "}",
                                     "\x7F",
                                     "\x01",
                                     ".",
                                     "..",
                                     "\xC2\xAD",
                                     "\xE3\x80\x82",
                                     "\xEF\xBC\x8E",
                                     "\xEF\xBC\xA1",
                                     "\xC3\x9F",
                                     "\xE2\x80\x8D",
                                     "\xFF",
                                     "\xC3\xA4",
                                     "'",
                                     ",",
                                     ";",
                                     "*",
                                     "!",
                                     "$",
                                     "&",
                                     "(",
                                     "=",
                                     "~"};
    static constexpr std::array names{"example.com",
                                      "EXAMPLE.Com",
                                      "localhost",
                                      "a",
                                      "a.b.c",
                                      "a.",
                                      ".",
                                      "",
                                      "a..b",
                                      ".a",
                                      "a_b.c",
                                      "-a.b-",
                                      "1a",
                                      "a1",
                                      "4.example",
                                      "example.4",
                                      "0x7f.example",
                                      "a.0x",
                                      "a.0x1",
                                      "a.0xg",
                                      "a.09",
                                      "b\xC3\xBC"
                                      "cher.de",
                                      "xn--bcher-kva.de",
                                      "XN--BCHER-KVA.de",
                                      "xn--",
                                      "xn--a",
                                      "a.xn--",
                                      "xn--a-.b",
                                      "xn--99999999",
                                      "xn--a-b",
                                      "xn--0",

                                      "%65xample.com",
                                      "ex%61mple.com",
                                      "ex%2emple.com",
                                      "\xE2\x91\xA0.com",
                                      "a\xE3\x80\x82"
                                      "b",
                                      "*.a",
                                      "a,b",
                                      "a+b",
                                      "a&b",
                                      "a~b",
                                      "a!b",
                                      "a'b",
                                      "(a)",
                                      "a=b",
                                      "a;b",
                                      "a$b",
                                      "a%00b",
                                      "a%"};
    static constexpr std::array numbers{
        "0",    "1",     "9",   "10",    "99",           "127",        "255",        "256",
        "01",   "00",    "08",  "0377",  "0400",         "0x7f",       "0X7F",       "0x",
        "0xff", "0x100", "0xg", "65535", "16777215",     "4294967295", "4294967296", "",
        "1e1",  "-1",    "+1",  "1_",    "\xEF\xBC\x91", "%31"};
    static constexpr std::string_view segment_bytes = "abcA1.-_~/!$&'()*+,;=:@%2eE[]\\ ?#";

    std::size_t draw(std::size_t below) { return random_() % below; }
    template <class List>
    std::string one_of(List const& list) {
        return list[draw(list.size())];
    }
    std::string usual(std::size_t of, char const* first, char const* second) {
        return draw(of) != 0 ? first : second;
    }
    std::string some_of(std::string_view bytes, std::size_t most) {
        std::string text;
        for (std::size_t size = draw(most + 1); size != 0; --size)
            text += bytes[draw(bytes.size())];
        return text;
    }

    std::string host() {
        switch (draw(6)) {
            case 0: return ipv4();
            case 1: return ipv6();
            case 2: return some_of("abcxyzABC0123456789-._", 12) + usual(2, "", ".com");
            case 3: return some_of("ab1.-_%2xn~!$&'()*+,;=|^<>[]{}\"`\\ \t", 8);
            default: return one_of(names);
        }
    }
    std::string ipv4() {
        std::size_t const parts = draw(3) == 0 ? 1 + draw(6) : 4;
        std::string text;
        for (std::size_t i = 0; i != parts; ++i) {
            if (i != 0) text += '.';
            text += draw(3) == 0 ? one_of(numbers) : std::to_string(draw(256));
        }
        return text + usual(8, "", ".");
    }
    std::string group() {
        return draw(12) == 0 ? some_of("0123456789abcdefABCDEFg%", 6)
                             : some_of("0123456789abcdefABCDEF", 3) + "0";
    }
    std::string ipv6() {
        std::size_t const groups = draw(3) == 0 ? draw(10) : 8;
        std::size_t const gap = draw(2) == 0 ? draw(groups + 1) : groups + 1;
        std::string text;
        for (std::size_t i = 0; i != groups; ++i) {
            if (i == gap) {
                text += i == 0 ? "::" : ":";
                i += std::min(draw(4), groups - i - 1);  // the groups that it stands for
            }
            text += group();
            if (i + 1 != groups) text += ':';
        }
        if (gap == groups) text += "::";
        if (draw(6) == 0) text += usual(2, ":", "") + ipv4();
        if (draw(16) == 0) text += one_of(std::array{"%25eth0", "%eth0", "%", ":", " ", "::"});
        return usual(24, "[", "") + text + usual(24, "]", "");
    }
    std::string port() { return draw(3) == 0 ? one_of(ports) : ":" + std::to_string(draw(70'000)); }
    std::string path() {
        constexpr std::array segments{".", "..",  "%2e",  "%2E%2e", ".%2E", "...",
                                      "",  "a",   "a%20", "%",      "%zz",  "a:b",
                                      "@", "a@b", "\\..", ";x=1",   " ",    "\xC3\xA4",
                                      "|", "[x]", "{id}", "~",      "a'b",  "%41"};
        std::string text;
        for (std::size_t count = draw(4); count != 0; --count) {
            text += usual(16, "/", "\\") + (draw(3) == 0 ? one_of(segments) : some_of("abc.~-", 4));
        }
        return text;
    }

    std::mt19937 random_;
};

// R-166
TEST(url_whatwg, whatever_is_accepted_is_the_same_url_to_a_browser) {
    url_maker maker(166);
    std::vector<std::string> urls(40'000);
    std::generate(urls.begin(), urls.end(), [&maker] { return maker.make(); });
    std::vector<std::string> const browser = ask_node(urls);
    if (browser.empty() && !coauth::tests::oidc_is_mandatory()) {
        GTEST_SKIP()
            << "there is no Node, which has the other parser (Debian: apt-get install nodejs)";
    }
    ASSERT_EQ(browser.size(), urls.size()) << "Node did not answer";
    std::size_t accepted = 0;
    std::size_t refused_by_both = 0;
    for (std::size_t i = 0; i != urls.size(); ++i) {
        std::string const ours = opinion_of(urls[i]);
        if (ours == "refused") {
            if (browser[i] == "refused") ++refused_by_both;
            continue;
        }
        EXPECT_EQ(ours, browser[i]) << urls[i];
        ++accepted;
    }
    // That the grammar makes enough of both kinds.
    EXPECT_GT(accepted, urls.size() / 8) << refused_by_both;
    EXPECT_GT(refused_by_both, urls.size() / 8);
}

}  // namespace
}  // namespace url_whatwg_test
