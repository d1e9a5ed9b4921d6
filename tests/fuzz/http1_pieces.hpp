// SPDX-License-Identifier: BSL-1.0
//
// The HTTP/1.1 parser on one stream, in one piece and in others, within small limits. For the
// targets of both kinds of message.

#ifndef COAUTH_TESTS_FUZZ_HTTP1_PIECES_HPP
#define COAUTH_TESTS_FUZZ_HTTP1_PIECES_HPP

#include "target.hpp"

#include <unit/codec/http1_transcript.hpp>

#include <coauth/codec/http1_parser.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace coauth_fuzz {

using coauth_test::http1::transcript;

inline constexpr coauth::http1_limits small_limits{.max_head = 512,
                                                   .max_line = 96,
                                                   .max_fields = 8,
                                                   .max_body = 256,
                                                   .max_chunk_extensions = 24,
                                                   .max_trailer = 64,
                                                   .max_trailer_fields = 2,
                                                   .max_interim = 2};

/// What is kept of a message that nothing is wrong with so far.
inline void require_limits(coauth::http1_parser const& parser) {
    coauth::http1_limits const& most = parser.limits();
    require(parser.fields().size() <= most.max_fields, "no more fields than allowed");
    require(parser.trailers().size() <= most.max_trailer_fields, "nor trailer fields");
    std::size_t head = 0;
    for (coauth::http_field const f : parser.fields()) head += f.name.size() + f.value.size();
    require(head <= most.max_head, "no larger head than allowed");
    require(parser.body().size() <= most.max_body, "no larger body than allowed");
    require(parser.interim_count() <= most.max_interim, "no more interim responses than allowed");
}

/// Requires that the pieces in which a stream comes make no difference.
inline void require_same_in_pieces(coauth::http1_parser::kind kind,
                                   coauth_test::http1::expectation expected, choices cuts,
                                   std::string_view stream, coauth::http1_limits limits) {
    auto const read = [&](transcript& into, auto next_size) {
        std::string_view rest = stream;
        while (!rest.empty()) {
            std::size_t const size = std::clamp<std::size_t>(next_size(), 1, rest.size());
            into.feed(rest.substr(0, size));
            if (!into.error) require_limits(into.parser);
            rest.remove_prefix(size);
        }
        into.finish();
    };
    transcript whole(kind, expected, limits);
    transcript bytes(kind, expected, limits);
    transcript pieces(kind, expected, limits);
    read(whole, [&] { return stream.size(); });
    read(bytes, [] { return std::size_t{1}; });
    read(pieces, [&] { return cuts.empty() ? stream.size() : cuts.below(64); });
    for (transcript const* other : {&bytes, &pieces}) {
        require(other->text == whole.text, "the same messages, whatever the pieces");
        require(other->error == whole.error, "the same error, whatever the pieces");
        require(other->surplus == whole.surplus, "the same end, whatever the pieces");
        require(other->interim == whole.interim, "the same interim responses");
    }
}

}  // namespace coauth_fuzz

#endif
