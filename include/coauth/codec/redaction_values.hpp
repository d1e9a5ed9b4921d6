// SPDX-License-Identifier: BSL-1.0
//
// Finds known secrets wherever they stand: as they are, with percent or JSON escapes (one inside of
// the other, too), and inside of base64. Values; a const object may be used from any thread.

#ifndef COAUTH_CODEC_REDACTION_VALUES_HPP
#define COAUTH_CODEC_REDACTION_VALUES_HPP

#include <coauth/codec/base64.hpp>
#include <coauth/codec/json_value.hpp>
#include <coauth/codec/redaction_names.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/detail/ascii.hpp>
#include <coauth/secret.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string.h>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::detail {

/// Text with its escapes undone, and where in the original each byte began.
class unescaped_text {
public:
    explicit unescaped_text(std::string_view text) {
        bytes_.reserve(text.size());
        origin_.reserve(text.size() + 1);
        for (std::size_t i = 0; i != text.size(); ++i) { put(alike(text[i]), i); }
        origin_.push_back(static_cast<std::uint32_t>(text.size()));
    }

    /// With one layer of escapes undone.
    [[nodiscard]] unescaped_text peel() const {
        unescaped_text peeled;
        std::string_view const text = view();
        peeled.bytes_.reserve(text.size());
        peeled.origin_.reserve(text.size() + 1);
        for (std::size_t i = 0; i != text.size();) {
            std::size_t const size = peeled.put_escape(text, i, origin_[i]);
            if (size == 0) peeled.put(text[i], origin_[i]);
            i += size == 0 ? 1 : size;
        }
        peeled.origin_.push_back(origin_.back());
        return peeled;
    }

    [[nodiscard]] std::string_view view() const noexcept { return bytes_.view(); }
    /// The part of the original that the bytes from `begin` to `end` came from.
    [[nodiscard]] std::pair<std::size_t, std::size_t> origin(std::size_t begin,
                                                             std::size_t end) const noexcept {
        while (end + 1 < origin_.size() && origin_[end] == origin_[end - 1]) ++end;
        return {origin_[begin], origin_[end]};
    }

private:
    unescaped_text() = default;

    /// '+' is a space to some, and base64 has two alphabets: what may stand for one another becomes
    /// one character, in the text as in the secrets.
    [[nodiscard]] static constexpr char alike(char c) noexcept {
        return c == '+' || c == ' ' ? '-' : c == '_' ? '/' : c;
    }

    void put(char c, std::size_t origin) {
        bytes_.push_back(c);
        origin_.push_back(static_cast<std::uint32_t>(origin));
    }

    /// The size of the escape that begins at `i`; 0 where none does.
    [[nodiscard]] std::size_t put_escape(std::string_view text, std::size_t i, std::size_t origin) {
        std::size_t const left = text.size() - i;
        if (text[i] == '%' && left >= 3) {
            int const high = hex_digit(text[i + 1]);
            int const low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return 0;
            put(alike(static_cast<char>(static_cast<unsigned char>(high * 16 + low))), origin);
            return 3;
        }
        if (text[i] != '\\' || left < 2) return 0;
        if (text[i + 1] == 'u') return put_unicode(text, i, origin);
        constexpr std::string_view names = "\"\\/bfnrt'";
        constexpr std::string_view bytes = "\"\\/\b\f\n\r\t'";
        std::size_t const known = names.find(text[i + 1]);
        if (known == std::string_view::npos) return 0;
        put(bytes[known], origin);
        return 2;
    }

    [[nodiscard]] std::size_t put_unicode(std::string_view text, std::size_t i,
                                          std::size_t origin) {
        int const unit = json_hex4(text, i + 2);
        if (unit < 0) return 0;
        auto code = static_cast<std::uint32_t>(unit);
        std::size_t size = 6;
        if (code >= 0xD800 && code < 0xDC00 && text.substr(i + 6).starts_with("\\u")) {
            int const low = json_hex4(text, i + 8);
            if (low < 0xDC00 || low > 0xDFFF) return 0;
            code = 0x10000 + ((code - 0xD800) << 10) + (static_cast<std::uint32_t>(low) - 0xDC00);
            size = 12;
        } else if (code >= 0xD800 && code < 0xE000) {
            return 0;
        }
        wiped_buffer encoded;
        append_utf8(encoded, static_cast<char32_t>(code));
        for (char const c : encoded.view()) put(alike(c), origin);
        return size;
    }

    wiped_buffer bytes_;
    std::vector<std::uint32_t> origin_;
};

class secret_values {
public:
    /// A value shorter than 8 bytes is found only where it stands as a word of its own. An empty
    /// one is passed over.
    void add(std::string_view value) {
        if (value.empty()) return;
        unescaped_text const plain(value);
        kind const how = value.size() < shortest_part ? kind::word : kind::part;
        insert(plain.view(), how);
        insert(plain.peel().view(), how);
        if (how == kind::part) add_base64(value);
    }
    [[nodiscard]] bool empty() const noexcept { return patterns_.empty(); }

    /// `text` itself where it holds no secret, else `out`, which then is the text without them.
    /// Linear in the text for each secret.
    [[nodiscard]] std::string_view remove(std::string_view text, wiped_buffer& out) const {
        ranges found = find(text);
        if (found.empty()) return text;
        std::sort(found.begin(), found.end());
        out.clear();
        std::size_t done = 0;
        for (auto const& [begin, end] : found) {
            if (begin >= done) {
                out.append(text.substr(done, begin - done));
                out.append(redacted);
            }
            done = std::max(done, end);
        }
        out.append(text.substr(done));
        return out.view();
    }

private:
    using ranges = std::vector<std::pair<std::size_t, std::size_t>>;
    enum class kind : unsigned char { part, word, base64 };
    struct pattern {
        wiped_buffer bytes;
        kind how;
    };
    static constexpr std::size_t shortest_part = 8;
    static constexpr int layers = 4;  // of escapes inside of escapes

    void insert(std::string_view bytes, kind how) {
        for (pattern const& known : patterns_) {
            if (known.how == how && known.bytes.view() == bytes) return;
        }
        pattern added;
        added.bytes.append(bytes);
        added.how = how;
        patterns_.push_back(std::move(added));  // an empty one would be found everywhere
    }

    /// The characters that the value has wherever it begins in a group of three bytes. The first
    /// ones are enough: a match takes the whole run with it.
    void add_base64(std::string_view value) {
        value = value.substr(0, 36);
        for (std::size_t before = 0; before != 3; ++before) {
            wiped_buffer bytes;
            bytes.append(std::string_view("\0\0", before));
            bytes.append(value);
            wiped_buffer encoded;
            base64_encode_to(encoded, bytes.view());
            std::size_t const begin = (before * 8 + 5) / 6;
            std::size_t const end = bytes.size() * 8 / 6;
            insert(unescaped_text(encoded.view().substr(begin, end - begin)).view(), kind::base64);
        }
    }

    [[nodiscard]] ranges find(std::string_view text) const {
        ranges found;
        if (patterns_.empty() || text.empty()) return found;
        unescaped_text peeled(text);
        for (int layer = 0;; ++layer) {
            for (pattern const& p : patterns_) find(peeled, p, text, found);
            if (layer == layers || peeled.view().find_first_of("%\\") == std::string_view::npos) {
                return found;
            }
            peeled = peeled.peel();
        }
    }

    static void find(unescaped_text const& in, pattern const& p, std::string_view text,
                     ranges& found) {
        std::string_view const all = in.view();
        std::string_view const wanted = p.bytes.view();
        std::size_t done = 0;  // of `text`: no run of base64 is gone through twice
        for (std::size_t at = 0; all.size() - at >= wanted.size();) {
            // glibc and musl: linear whatever the bytes are, which std::string_view::find is not.
            void const* const hit =
                ::memmem(all.data() + at, all.size() - at, wanted.data(), wanted.size());
            if (hit == nullptr) return;
            auto const place = static_cast<std::size_t>(static_cast<char const*>(hit) - all.data());
            at = place + (p.how == kind::word ? 1 : wanted.size());
            if (p.how == kind::word &&
                (is_word(all, place - 1) || is_word(all, place + wanted.size())))
                continue;
            auto [begin, end] = in.origin(place, place + wanted.size());
            if (begin < done) continue;
            if (p.how == kind::base64) {
                while (begin != 0 && is_base64(text[begin - 1])) --begin;
                while (end != text.size() && is_base64(text[end])) ++end;
                done = end;
            }
            found.emplace_back(begin, end);
        }
    }

    /// Also the beginning of an escape of such a character.
    [[nodiscard]] static bool is_base64(char c) noexcept {
        return is_alpha(c) || is_digit(c) ||
               std::string_view("+/-_=%\\").find(c) != std::string_view::npos;
    }
    /// `i` may be one off either end.
    [[nodiscard]] static bool is_word(std::string_view text, std::size_t i) noexcept {
        return i < text.size() && (is_alpha(text[i]) || is_digit(text[i]) || text[i] == '/');
    }

    std::vector<pattern> patterns_;
};

}  // namespace coauth::detail

#endif
