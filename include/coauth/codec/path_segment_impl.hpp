// SPDX-License-Identifier: BSL-1.0
//
// Body of path_segment.hpp.

#ifndef COAUTH_CODEC_PATH_SEGMENT_IMPL_HPP
#define COAUTH_CODEC_PATH_SEGMENT_IMPL_HPP

#include <coauth/codec/path_segment.hpp>
#include <coauth/codec/percent.hpp>

#include <string>
#include <string_view>

namespace coauth {

COAUTH_INLINE result<std::string> encode_path_segment(std::string_view value) {
    if (value.empty() || value == "." || value == "..") {
        return error(errc::invalid_target, stage::configuration,
                     value.empty() ? "a path parameter is empty"
                                   : "a path parameter is a dot segment ('.' or '..')");
    }
    return percent_encode(value, char_sets::unreserved);
}

}  // namespace coauth

#endif
