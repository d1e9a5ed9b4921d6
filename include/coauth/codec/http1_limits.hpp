// SPDX-License-Identifier: BSL-1.0
//
// The bounds of the HTTP/1.1 parser. A plain value; not synchronised.

#ifndef COAUTH_CODEC_HTTP1_LIMITS_HPP
#define COAUTH_CODEC_HTTP1_LIMITS_HPP

#include <cstddef>

namespace coauth {

/// What a peer can make the parser keep, in bytes and numbers.
struct http1_limits {
    std::size_t max_head = 64 * 1024;              ///< Start line and all header lines.
    std::size_t max_line = 16 * 1024;              ///< One line, CRLF not counted.
    std::size_t max_fields = 256;                  ///< Header lines.
    std::size_t max_body = 16 * 1024 * 1024;       ///< After removal of the chunked coding.
    std::size_t max_chunk_extensions = 16 * 1024;  ///< All chunk extensions of one body.
    std::size_t max_trailer = 16 * 1024;           ///< All trailer lines.
    std::size_t max_trailer_fields = 64;
    unsigned max_interim = 16;  ///< 1xx responses before the final one.
};

}  // namespace coauth

#endif
