// SPDX-License-Identifier: BSL-1.0
//
// Writes JSON, RFC 8259, without white space, into a std::string or a buffer that is wiped. Texts
// are UTF-8 already: see is_valid_utf8(). Not synchronised.

#ifndef COAUTH_CODEC_JSON_WRITER_HPP
#define COAUTH_CODEC_JSON_WRITER_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coauth {

/// Appends `text` as the inside of a JSON string, without the quotes. `Sink` is std::string or
/// detail::wiped_buffer.
template <class Sink>
void json_escape_to(Sink& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::size_t from = 0;
    for (std::size_t i = 0; i != text.size(); ++i) {
        auto const c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        out.append(text.substr(from, i - from));
        from = i + 1;
        constexpr std::string_view bytes = "\"\\\b\f\n\r\t";
        constexpr std::string_view names = "\"\\bfnrt";
        out.push_back('\\');
        if (std::size_t const known = bytes.find(text[i]); known != std::string_view::npos) {
            out.push_back(names[known]);
        } else {
            out.append(std::string_view("u00"));
            out.push_back(digits[c >> 4U]);
            out.push_back(digits[c & 15U]);
        }
    }
    out.append(text.substr(from));
}

/// Writes values in order and puts the commas; that brackets match and names stand only in objects
/// is the caller's part. The sink outlives the writer.
template <class Sink>
class json_writer {
public:
    explicit json_writer(Sink& out) noexcept : out_(&out) {}

    json_writer& begin_object() { return open('{'); }
    json_writer& end_object() { return close('}'); }
    json_writer& begin_array() { return open('['); }
    json_writer& end_array() { return close(']'); }

    json_writer& name(std::string_view text) {
        string(text);
        out_->push_back(':');
        comma_ = false;
        return *this;
    }
    json_writer& string(std::string_view text) {
        separate();
        out_->push_back('"');
        json_escape_to(*out_, text);
        out_->push_back('"');
        return *this;
    }
    json_writer& number(std::int64_t value) { return raw(std::to_string(value)); }
    json_writer& boolean(bool value) { return raw(value ? "true" : "false"); }
    json_writer& null() { return raw("null"); }
    /// A whole value that is JSON already.
    json_writer& raw(std::string_view json) {
        separate();
        out_->append(json);
        return *this;
    }

private:
    void separate() {
        if (comma_) out_->push_back(',');
        comma_ = true;
    }
    json_writer& open(char bracket) {
        separate();
        out_->push_back(bracket);
        comma_ = false;
        return *this;
    }
    json_writer& close(char bracket) {
        out_->push_back(bracket);
        comma_ = true;
        return *this;
    }

    Sink* out_;
    bool comma_ = false;
};

}  // namespace coauth

#endif
