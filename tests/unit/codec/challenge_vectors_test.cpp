// SPDX-License-Identifier: BSL-1.0
//
// Fields of WWW-Authenticate, good and bad, by the grammar of RFC 9110 §11 and §5.6, each with what
// it means. The vectors are this project's own.

#include <coauth/codec/challenge.hpp>
#include <coauth/protocol/unauthorized.hpp>
#include <coauth/response.hpp>

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace challenge_vectors_test {
namespace {

using namespace std::string_view_literals;

/// `Scheme{token68}{name=value}{name=value}`, one after the other with a space between them.
std::string text_of(std::vector<coauth::challenge> const& list) {
    std::string text;
    for (coauth::challenge const& one : list) {
        if (!text.empty()) text += ' ';
        text += one.scheme;
        if (!one.token68.empty()) text += '{' + one.token68 + '}';
        for (auto const& [name, value] : one.parameters) text += '{' + name + '=' + value + '}';
    }
    return text;
}

std::string meaning_of(std::string_view field) {
    auto const list = coauth::parse_challenges(field);
    return list ? text_of(*list) : "malformed";
}

struct vector {
    std::string_view field;
    std::string_view means;
};

constexpr vector vectors[] = {
    // One challenge.
    {R"(Basic)", "Basic"},
    {R"(Basic )", "Basic"},
    {R"(basic realm="x")", "basic{realm=x}"},
    {R"(Basic realm=x)", "Basic{realm=x}"},
    {R"(Basic realm="")", "Basic{realm=}"},
    {R"(Basic realm="WallyWorld", charset="UTF-8")", "Basic{realm=WallyWorld}{charset=UTF-8}"},
    {R"(Basic    realm="x")", "Basic{realm=x}"},
    {"Basic \trealm=x", "Basic{realm=x}"},
    {R"(B!#$%&'*+-.^_`|~9 a=b)", "B!#$%&'*+-.^_`|~9{a=b}"},
    {R"(Bearer error="invalid_token", scope="a b c")", "Bearer{error=invalid_token}{scope=a b c}"},
    {R"(DPoP algs="ES256 RS256", error="use_dpop_nonce")",
     "DPoP{algs=ES256 RS256}{error=use_dpop_nonce}"},
    {R"(Digest realm="r", qop="auth, auth-int", nonce="7y==", opaque=FQ)",
     "Digest{realm=r}{qop=auth, auth-int}{nonce=7y==}{opaque=FQ}"},
    {R"(Signature headers="(request-target) host date")",
     "Signature{headers=(request-target) host date}"},
    // Commas, equals and names of schemes within quotes.
    {R"(Bearer realm="a,b")", "Bearer{realm=a,b}"},
    {R"(Bearer realm="a, Basic realm=b")", "Bearer{realm=a, Basic realm=b}"},
    {R"(Bearer realm=", Basic")", "Bearer{realm=, Basic}"},
    {R"(Bearer realm="x=y", Basic)", "Bearer{realm=x=y} Basic"},
    {R"(Bearer realm="\"Basic\"")", R"(Bearer{realm="Basic"})"},
    {R"(Bearer realm="\\", Basic)", R"(Bearer{realm=\} Basic)"},
    {R"(Bearer realm="\a\b")", "Bearer{realm=ab}"},
    {"Bearer realm=\"\t\"", "Bearer{realm=\t}"},
    {"Bearer realm=\"\xC3\xA4\xFF\"", "Bearer{realm=\xC3\xA4\xFF}"},
    // Bad white space around '='.
    {R"(Bearer realm = "x")", "Bearer{realm=x}"},
    {"Bearer realm\t=\tx,b =c", "Bearer{realm=x}{b=c}"},
    {R"(Bearer realm= "x" , error ="e")", "Bearer{realm=x}{error=e}"},
    // token68.
    {"Negotiate YIIB==", "Negotiate{YIIB==}"},
    {"Negotiate a", "Negotiate{a}"},
    {"Negotiate -._~+/09azAZ=", "Negotiate{-._~+/09azAZ=}"},
    {"Negotiate abc  ", "Negotiate{abc}"},
    {"Negotiate abc===, Basic", "Negotiate{abc===} Basic"},
    {"Basic realm=", "Basic{realm=}"},
    {"Basic realm=, Bearer", "Basic{realm=} Bearer"},
    {"Negotiate a=, b=c", "malformed"},
    {"Negotiate a=b=", "malformed"},
    {"Negotiate =a", "malformed"},
    {"Negotiate a==b", "malformed"},
    {"Negotiate a b", "malformed"},
    {"Negotiate a\"b\"", "malformed"},
    {"Negotiate a realm=x", "malformed"},
    {"Negotiate a, realm=x", "malformed"},
    {"Negotiate \"a\"", "malformed"},
    {"Negotiate a;", "malformed"},
    {"Negotiate \xC3\xA4", "malformed"},
    // Several challenges in a field: a name with '=' belongs to the one before.
    {"Basic, Bearer", "Basic Bearer"},
    {"Basic,Bearer,DPoP", "Basic Bearer DPoP"},
    {"Negotiate, Basic realm=x", "Negotiate Basic{realm=x}"},
    {"Basic realm=x, Bearer", "Basic{realm=x} Bearer"},
    {"A a=1, b=2, B c=3, d=4", "A{a=1}{b=2} B{c=3}{d=4}"},
    {"A a=1, B, C c=3", "A{a=1} B C{c=3}"},
    {"A t68, B t68=, C a=t68", "A{t68} B{t68=} C{a=t68}"},
    {R"(Newauth realm="apps", type=1, title="Login, \"now\"", Basic realm="simple")",
     R"(Newauth{realm=apps}{type=1}{title=Login, "now"} Basic{realm=simple})"},
    {"Bearer a=1, Bearer a=2", "Bearer{a=1} Bearer{a=2}"},
    {"Basic\t,\tBearer\t", "Basic Bearer"},
    // Empty elements.
    {", Basic", "Basic"},
    {"Basic,", "Basic"},
    {",,, Basic ,,,", "Basic"},
    {" , \t, Basic , , Bearer\t,", "Basic Bearer"},
    {"Basic ,realm=x", "Basic{realm=x}"},
    {"Basic , ,realm=x,,", "Basic{realm=x}"},
    {"Basic realm=x,, ,charset=UTF-8", "Basic{realm=x}{charset=UTF-8}"},
    {"", "malformed"},
    {" ", "malformed"},
    {"\t", "malformed"},
    {",", "malformed"},
    {" , ,\t", "malformed"},
    // No scheme, or none that is a token.
    {"realm=x", "malformed"},
    {R"(="x")", "malformed"},
    {R"("Basic")", "malformed"},
    {R"("Basic" realm="x")", "malformed"},
    {"Basic/1 realm=x", "malformed"},
    {"Basic: realm=x", "malformed"},
    {"Basic; realm=x", "malformed"},
    {"B\xC3\xA4sic realm=x", "malformed"},
    {"Basic\trealm=x", "malformed"},
    {"Basic\t realm=x", "malformed"},
    {"Basic\t,realm=x", "malformed"},
    {"Basic\0 realm=x"sv, "malformed"},
    {"Basic\r\nX: y", "malformed"},
    // Parameters without a name, a value, or a comma between them.
    {"Basic a=b, realm=", "malformed"},
    {"Basic a=b, realm=,", "malformed"},
    {"Basic realm= ,a=b", "malformed"},
    {"Basic realm=x charset=y", "malformed"},
    {R"(Basic realm="x"charset="y")", "malformed"},
    {R"(Basic realm="x" "y")", "malformed"},
    {R"(Basic realm="x";charset="y")", "malformed"},
    {"Basic realm=x=y", "malformed"},
    {"Basic re alm=x", "malformed"},
    {"Basic realm=(x)", "malformed"},
    {"Basic realm='x y'", "malformed"},
    {"Basic \"realm\"=x", "malformed"},
    {"Basic r\xC3\xA4lm=x", "malformed"},
    {"Basic realm=\xC3\xA4", "malformed"},
    {"Basic, realm=x", "malformed"},
    {"Bearer, Basic, realm=x", "malformed"},
    // A name that stands twice: which of the two counts is anybody's guess.
    {"Bearer error=a, error=b", "malformed"},
    {"Bearer error=a, ERROR=a", "malformed"},
    {"Basic realm=x, Bearer scope=a, x=y, Scope=b", "malformed"},
    // Quotes that do not end, and what may not be within.
    {R"(Bearer realm=")", "malformed"},
    {R"(Bearer realm="x)", "malformed"},
    {R"(Bearer realm="x, Basic realm=y)", "malformed"},
    {R"(Bearer realm="x\")", "malformed"},
    {R"(Bearer realm="x\)", "malformed"},
    {R"(Bearer realm=x")", "malformed"},
    {R"(Bearer realm=x"y")", "malformed"},
    {R"(Bearer realm="a""b")", "malformed"},
    {"Bearer realm=\"a\0b\""sv, "malformed"},
    {"Bearer realm=\"a\rb\"", "malformed"},
    {"Bearer realm=\"a\nb\"", "malformed"},
    {"Bearer realm=\"a\\\nb\"", "malformed"},
    {"Bearer realm=\"\x7F\"", "malformed"},
    {"Bearer realm=\"\x1B[0m\"", "malformed"},
    // A good challenge beside a bad one is not used: who knows where the bad one ends.
    {R"(Bearer realm="x, Basic realm="y")", "malformed"},
    {"Basic realm=x, Bearer a=b, realm=", "malformed"},
    {"Bearer =, Basic realm=x", "malformed"},
    {"DPoP algs=(ES256), Basic realm=x", "malformed"},
    {R"(Bearer error="invalid_token", Basic realm="x)", "malformed"},
};

// R-162
TEST(challenge_vectors, are_read_strictly_or_are_malformed) {
    static_assert(std::size(vectors) >= 47);
    for (vector const& v : vectors) EXPECT_EQ(meaning_of(v.field), v.means) << v.field;
}

/// A field line by the grammar, with its meaning, drawn at random.
class field_maker {
public:
    explicit field_maker(unsigned seed) : random_(seed) {}

    std::pair<std::string, std::vector<coauth::challenge>> make() {
        text_ = separator(true);
        list_.clear();
        std::size_t const challenges = 1 + draw(4);
        for (std::size_t i = 0; i != challenges; ++i) {
            if (i != 0) text_ += separator(false);
            add_challenge();
        }
        if (draw(3) == 0) text_ += separator(false);
        return {text_, list_};
    }

private:
    std::size_t draw(std::size_t below) { return random_() % below; }
    std::string space() {
        constexpr std::array spaces{"", "", "", " ", "\t", " \t "};
        return spaces[draw(spaces.size())];
    }
    /// One comma and perhaps empty elements; at the beginning of a field perhaps nothing.
    std::string separator(bool begin) {
        if (begin && draw(2) == 0) return "";
        std::string text = space() + ",";
        while (draw(4) == 0) text += space() + ",";
        return text + space();
    }
    std::string some_of(std::string_view characters, std::size_t least) {
        std::string text;
        for (std::size_t size = least + draw(8); text.size() != size;) {
            text += characters[draw(characters.size())];
        }
        return text;
    }
    std::string token() { return some_of("abcXYZ019!#$%&'*+-.^_`|~", 1); }

    void add_challenge() {
        coauth::challenge& c = list_.emplace_back();
        c.scheme = token();
        text_ += c.scheme;
        std::size_t const kind = draw(4);
        if (kind == 0) return;
        text_ += ' ';
        if (kind == 1) {
            c.token68 = some_of("abcXYZ019-._~+/", 1) + std::string(draw(3), '=');
            text_ += c.token68 + space();
            return;
        }
        std::size_t const parameters = 1 + draw(4);
        for (std::size_t i = 0; i != parameters; ++i) {
            if (i != 0) text_ += separator(false);
            add_parameter(c, std::to_string(i));
        }
    }
    void add_parameter(coauth::challenge& c, std::string const& number) {
        std::string const name = token() + number;
        text_ += name + space() + "=" + space();
        if (draw(2) == 0) {
            c.parameters.emplace_back(name, token());
            text_ += c.parameters.back().second;
            return;
        }
        std::string const value = some_of("ab ,=\"\\\t;()\xC3\xA4", 0);
        text_ += '"';
        for (char const byte : value) {
            if (byte == '"' || byte == '\\' || draw(8) == 0) text_ += '\\';
            text_ += byte;
        }
        text_ += '"';
        c.parameters.emplace_back(name, value);
    }

    std::mt19937 random_;
    std::string text_;
    std::vector<coauth::challenge> list_;
};

// R-162
TEST(challenge_vectors, whatever_the_grammar_allows_means_what_was_written) {
    field_maker maker(162);
    for (int i = 0; i != 5000; ++i) {
        auto const [field, list] = maker.make();
        ASSERT_EQ(meaning_of(field), text_of(list)) << field;
    }
}

/// What a 401 with these fields comes to: the challenges of the response, and whether a new token
/// is worth a try, which is all that is ever decided by them.
std::pair<std::string, bool> outcome_of(std::vector<std::string_view> const& fields) {
    coauth::http_fields headers;
    for (std::string_view const field : fields) headers.append("WWW-Authenticate", field);
    coauth::response const refused(401, "", std::move(headers), "");
    auto const challenges = refused.challenges();
    return {text_of(challenges), coauth::renewal_may_help(refused.status(), challenges)};
}

// R-162
TEST(challenge_vectors, several_fields_are_read_one_by_one) {
    using outcome = std::pair<std::string, bool>;
    EXPECT_EQ(outcome_of({"Basic realm=x", "Bearer scope=\"a b\", DPoP"}),
              outcome("Basic{realm=x} Bearer{scope=a b} DPoP", true));
    EXPECT_EQ(outcome_of({"Basic", "realm=x"}), outcome("Basic", false));
    EXPECT_EQ(outcome_of({"Bearer realm=\"x", "Basic realm=\"y\""}),
              outcome("Basic{realm=y}", false));
    EXPECT_EQ(outcome_of({"Basic realm=x", "Bearer error=insufficient_scope"}),
              outcome("Basic{realm=x} Bearer{error=insufficient_scope}", false));
    EXPECT_EQ(outcome_of({"Bearer a=b, realm=", "", ","}), outcome("", true));
    EXPECT_EQ(outcome_of({}), outcome("", true));
}

}  // namespace
}  // namespace challenge_vectors_test
