// SPDX-License-Identifier: BSL-1.0
//
// Streams of HTTP/1.1 requests, as the loopback redirect reads them: the first byte says how large
// a head may be, the next eight where the stream is cut. A request that was read is written again.

#include "http1_pieces.hpp"
#include "target.hpp"

#include <coauth/codec/http1_parser.hpp>
#include <coauth/codec/http1_writer.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace http1_request_fuzz {
namespace {

using coauth_fuzz::require;
using coauth_test::http1::parsed;

constexpr auto request = coauth::http1_parser::kind::request;

/// Fields that the library writes itself are left out.
void check_written(parsed const& first) {
    coauth::http_fields own;
    for (coauth::http_field const f : first.parser.fields()) {
        if (coauth::check_user_header(f.name, f.value) == coauth::errc{})
            own.append(f.name, f.value);
    }
    coauth::detail::wiped_buffer head;
    coauth::write_request_head(head, first.parser.method(), first.parser.target(), "example.com",
                               own, first.parser.body().size());
    std::string const whole = std::string(head.view()) + std::string(first.parser.body());
    parsed const again(whole, request);
    require(!again.error && again.parser.complete() && again.consumed == whole.size(),
            "what is written is one request");
    require(again.parser.method() == first.parser.method() &&
                again.parser.target() == first.parser.target() &&
                again.parser.body() == first.parser.body(),
            "the same method, target and body");
    coauth::http_fields const& found = std::as_const(again.parser).fields();
    require(found.size() == own.size() + 2, "no field more and none less");
    for (std::size_t i = 0; i != own.size(); ++i) {
        require(found[i + 1].name == own[i].name && found[i + 1].value == own[i].value,
                "the same fields");
    }
}

COAUTH_FUZZ_TARGET(http1_request, input) {
    coauth_fuzz::choices choose(input);
    bool const small = choose.flag();
    coauth_fuzz::choices const cuts(choose.text(8));
    coauth_fuzz::require_same_in_pieces(request, {}, cuts, choose.rest(),
                                        small ? coauth_fuzz::small_limits : coauth::http1_limits());
    parsed const first(choose.rest(), request);
    if (!first.error && first.parser.complete()) check_written(first);
}

}  // namespace
}  // namespace http1_request_fuzz
