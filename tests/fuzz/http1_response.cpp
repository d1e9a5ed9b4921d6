// SPDX-License-Identifier: BSL-1.0
//
// Streams of HTTP/1.1 responses: the first byte says what was asked for and how large a head may
// be, the next eight where the stream is cut.

#include "http1_pieces.hpp"
#include "target.hpp"

#include <coauth/codec/http1_parser.hpp>

#include <string_view>

namespace http1_response_fuzz {
namespace {

COAUTH_FUZZ_TARGET(http1_response, input) {
    coauth_fuzz::choices choose(input);
    unsigned const how = choose.byte();
    coauth_fuzz::choices const cuts(choose.text(8));
    coauth_test::http1::expectation const expected{.head_request = (how & 1U) != 0,
                                                   .connect_request = (how & 2U) != 0,
                                                   .upgrade_request = (how & 4U) != 0};
    coauth_fuzz::require_same_in_pieces(
        coauth::http1_parser::kind::response, expected, cuts, choose.rest(),
        (how & 8U) != 0 ? coauth_fuzz::small_limits : coauth::http1_limits());
}

}  // namespace
}  // namespace http1_response_fuzz
