// SPDX-License-Identifier: BSL-1.0
//
// A strict JSON reader, RFC 8259: linear, without recursion, without copies. The readers hand out
// views of the text, which outlives them. Two members of one name are the caller's to detect. Not
// synchronised.

#ifndef COAUTH_CODEC_JSON_READER_HPP
#define COAUTH_CODEC_JSON_READER_HPP

#include <coauth/codec/json_value.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/detail/ascii.hpp>
#include <coauth/error.hpp>
#include <coauth/secret.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace coauth {

/// Bounds of a document. The size is the caller's to bound: the reader needs no memory beyond one
/// bit per level.
struct json_limits {
    std::size_t max_depth =
        64;  ///< Arrays and objects inside of each other; 0 allows scalars only.
};

/// What json_reader::next() came upon.
enum class json_event : unsigned char {
    begin_object,
    end_object,
    begin_array,
    end_array,
    member_name,
    string,
    number,
    boolean,
    null,
    end,      ///< The document is complete; also the answer to every further call.
    failure,  ///< See json_reader::error(); also the answer to every further call.
};

/// Goes through one document, any value at the top, event by event.
class json_reader {
public:
    explicit json_reader(std::string_view text, json_limits limits = {}) noexcept
        : text_(text), limits_(limits) {}

    [[nodiscard]] json_event next() {
        if (state_ == state::failed) return json_event::failure;
        if (at_ == 0 && !check_bytes()) return json_event::failure;
        skip_space();
        switch (state_) {
            case state::value: return read_value();
            case state::first_element: return peek() == ']' ? close() : read_value();
            case state::first_name: return peek() == '}' ? close() : read_name();
            case state::after_value: break;
            case state::failed: return json_event::failure;
        }
        if (levels_.empty()) {
            return at_ == text_.size() ? json_event::end : fail("bytes after the value");
        }
        if (peek() != ',') return close();
        ++at_;
        skip_space();
        return levels_.back() ? read_name() : read_value();
    }

    /// The text of the event just given: a name or string with its quotes, a number, a literal, a
    /// bracket.
    [[nodiscard]] std::string_view raw() const noexcept {
        return text_.substr(begin_, end_ - begin_);
    }
    /// The name or scalar just given.
    [[nodiscard]] json_value scalar() const noexcept { return {type_, raw()}; }

    /// Reads the whole next value: after a name, at an element of an array, or at the top. False at
    /// the end of the array and at a failure; tell them apart by failed().
    [[nodiscard]] bool next_value(json_value& out) {
        std::size_t const outside = depth();
        json_event event = next();
        if (event == json_event::failure || event == json_event::end ||
            event == json_event::end_array || event == json_event::end_object) {
            return false;
        }
        json_type const type = type_;
        std::size_t const begin = begin_;
        while (depth() > outside) {
            if (next() == json_event::failure) return false;
        }
        out = json_value(type, text_.substr(begin, end_ - begin));
        return true;
    }

    /// How many arrays and objects are open.
    [[nodiscard]] std::size_t depth() const noexcept { return levels_.size(); }
    /// Bytes read; after a failure, the place of it.
    [[nodiscard]] std::size_t offset() const noexcept { return at_; }
    [[nodiscard]] bool failed() const noexcept { return state_ == state::failed; }
    /// errc::invalid_json, or errc::invalid_utf8 also for an escaped surrogate without its other
    /// half. Meaningful when failed().
    [[nodiscard]] errc error() const noexcept { return error_; }
    /// A few words for a person; static storage.
    [[nodiscard]] char const* reason() const noexcept { return reason_; }

private:
    enum class state : unsigned char { value, first_element, first_name, after_value, failed };

    [[nodiscard]] json_event fail(char const* reason, errc code = errc::invalid_json) noexcept {
        state_ = state::failed;
        error_ = code;
        reason_ = reason;
        return json_event::failure;
    }

    [[nodiscard]] bool check_bytes() noexcept {
        if (text_.starts_with("\xEF\xBB\xBF")) {
            static_cast<void>(fail("byte order mark"));
        } else if (std::size_t const good = valid_utf8_size(text_); good != text_.size()) {
            at_ = good;
            static_cast<void>(fail("not UTF-8", errc::invalid_utf8));
        }
        return !failed();
    }

    void skip_space() noexcept {
        while (at_ != text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                       text_[at_] == '\n' || text_[at_] == '\r')) {
            ++at_;
        }
    }

    /// NUL at the end, which no rule accepts.
    [[nodiscard]] char peek() const noexcept { return at_ == text_.size() ? '\0' : text_[at_]; }

    [[nodiscard]] json_event token(json_event event, json_type type, std::size_t begin) noexcept {
        type_ = type;
        begin_ = begin;
        end_ = at_;
        return event;
    }

    [[nodiscard]] json_event read_value() {
        std::size_t const begin = at_;
        state_ = state::after_value;
        switch (peek()) {
            case '{': return open(json_event::begin_object, json_type::object);
            case '[': return open(json_event::begin_array, json_type::array);
            case '"':
                if (!scan_string()) return json_event::failure;
                return token(json_event::string, json_type::string, begin);
            case 't': return read_literal("true", json_event::boolean, json_type::boolean);
            case 'f': return read_literal("false", json_event::boolean, json_type::boolean);
            case 'n': return read_literal("null", json_event::null, json_type::null);
            default: break;
        }
        if (!scan_number()) return json_event::failure;
        return token(json_event::number, json_type::number, begin);
    }

    [[nodiscard]] json_event open(json_event event, json_type type) {
        if (levels_.size() >= limits_.max_depth) return fail("nested too deep");
        levels_.push_back(type == json_type::object);
        state_ = type == json_type::object ? state::first_name : state::first_element;
        ++at_;
        return token(event, type, at_ - 1);
    }

    [[nodiscard]] json_event close() noexcept {
        bool const object = levels_.back();
        if (peek() != (object ? '}' : ']')) {
            return fail(at_ == text_.size() ? "the text ends too early"
                        : object            ? "expected ',' or '}'"
                                            : "expected ',' or ']'");
        }
        levels_.pop_back();
        state_ = state::after_value;
        ++at_;
        return object ? token(json_event::end_object, json_type::object, at_ - 1)
                      : token(json_event::end_array, json_type::array, at_ - 1);
    }

    [[nodiscard]] json_event read_name() {
        std::size_t const begin = at_;
        if (peek() != '"') return fail("expected the name of a member");
        if (!scan_string()) return json_event::failure;
        json_event const event = token(json_event::member_name, json_type::string, begin);
        skip_space();
        if (peek() != ':') return fail("expected ':'");
        ++at_;
        state_ = state::value;
        return event;
    }

    [[nodiscard]] json_event read_literal(std::string_view word, json_event event,
                                          json_type type) noexcept {
        if (!text_.substr(at_).starts_with(word)) return fail("not a value");
        at_ += word.size();
        return token(event, type, at_ - word.size());
    }

    /// From one quote past the other, checking control characters and escapes.
    [[nodiscard]] bool scan_string() noexcept {
        for (++at_; at_ != text_.size(); ++at_) {
            auto const c = static_cast<unsigned char>(text_[at_]);
            if (c == '"') {
                ++at_;
                return true;
            }
            if (c < 0x20) {
                static_cast<void>(fail("control character in a string"));
                return false;
            }
            if (c == '\\' && !scan_escape()) return false;
        }
        static_cast<void>(fail("a string does not end"));
        return false;
    }

    /// From the backslash to the last character of the escape.
    [[nodiscard]] bool scan_escape() noexcept {
        ++at_;
        if (peek() != 'u') {
            constexpr std::string_view known = "\"\\/bfnrt";
            if (known.find(peek()) != std::string_view::npos) return true;
            static_cast<void>(fail("unknown escape"));
            return false;
        }
        int const unit = detail::json_hex4(text_, at_ + 1);
        if (unit < 0) {
            static_cast<void>(fail("broken \\u escape"));
            return false;
        }
        at_ += 4;
        if (unit < 0xD800 || unit > 0xDFFF) return true;
        int const low =
            text_.substr(at_ + 1).starts_with("\\u") ? detail::json_hex4(text_, at_ + 3) : -1;
        if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF) {
            static_cast<void>(fail("half of a surrogate pair", errc::invalid_utf8));
            return false;
        }
        at_ += 6;
        return true;
    }

    [[nodiscard]] bool scan_digits() noexcept {
        std::size_t const begin = at_;
        while (detail::is_digit(peek())) ++at_;
        return at_ != begin;
    }

    [[nodiscard]] bool scan_number() noexcept {
        std::size_t const begin = at_;
        if (peek() == '-') ++at_;
        bool good = true;
        if (peek() == '0')
            ++at_;
        else
            good = scan_digits();
        if (good && peek() == '.') {
            ++at_;
            good = scan_digits();
        }
        if (good && (peek() == 'e' || peek() == 'E')) {
            ++at_;
            if (peek() == '+' || peek() == '-') ++at_;
            good = scan_digits();
        }
        if (good) return true;
        static_cast<void>(fail(at_ != begin          ? "broken number"
                               : at_ == text_.size() ? "the text ends too early"
                                                     : "not a value"));
        return false;
    }

    std::string_view text_;
    json_limits limits_;
    std::size_t at_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::vector<bool> levels_;  // true for an object
    state state_ = state::value;
    json_type type_ = json_type::null;
    errc error_ = errc::invalid_json;
    char const* reason_ = "";
};

/// Goes through the members of one top-level object, which has to be the whole text but for white
/// space. Values are views; none is copied, whatever its size.
class json_object_reader {
public:
    explicit json_object_reader(std::string_view text, json_limits limits = {}) noexcept
        : reader_(text, limits) {}

    /// Moves to the next member. False at the end of the text and at a failure; only when failed()
    /// is then false has the text been one well-formed object.
    [[nodiscard]] bool next() {
        if (!started_) {
            started_ = true;
            if (json_event const e = reader_.next(); e != json_event::begin_object) {
                not_an_object_ = e != json_event::failure;
                return false;
            }
        }
        if (failed()) return false;
        if (reader_.next() != json_event::member_name) {
            // The bracket: whatever follows it but white space is a failure of the reader.
            static_cast<void>(reader_.next());
            return false;
        }
        read_name(reader_.scalar());
        return reader_.next_value(value_);
    }

    /// Unescaped; valid until the next call of next().
    [[nodiscard]] std::string_view name() const noexcept { return name_; }
    [[nodiscard]] json_value const& value() const noexcept { return value_; }

    [[nodiscard]] bool failed() const noexcept { return not_an_object_ || reader_.failed(); }
    /// As json_reader::error(). Meaningful when failed().
    [[nodiscard]] errc error() const noexcept { return reader_.error(); }
    [[nodiscard]] char const* reason() const noexcept {
        return not_an_object_ ? "not an object" : reader_.reason();
    }
    [[nodiscard]] std::size_t offset() const noexcept { return reader_.offset(); }

private:
    void read_name(json_value const& name) {
        if (!name.has_escapes()) {
            name_ = name.escaped();
            return;
        }
        unescaped_.clear();
        name.unescape_to(unescaped_);
        name_ = unescaped_.view();
    }

    json_reader reader_;
    detail::wiped_buffer unescaped_;
    std::string_view name_;
    json_value value_;
    bool started_ = false;
    bool not_an_object_ = false;
};

}  // namespace coauth

#endif
