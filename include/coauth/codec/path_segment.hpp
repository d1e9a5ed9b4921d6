// SPDX-License-Identifier: BSL-1.0
//
// Values for the variables of a path template ("/users/{id}"). Pure functions.

#ifndef COAUTH_CODEC_PATH_SEGMENT_HPP
#define COAUTH_CODEC_PATH_SEGMENT_HPP

#include <coauth/config.hpp>
#include <coauth/error.hpp>
#include <coauth/result.hpp>

#include <string>
#include <string_view>

namespace coauth {

/// `value` as exactly one segment of a path: everything but unreserved characters is
/// percent-encoded, '/' and '%' too. Refused with errc::invalid_target: "." and "..", which stay
/// dot segments however they are encoded, and the empty value, with which the path would name the
/// collection instead of one of its members.
[[nodiscard]] result<std::string> encode_path_segment(std::string_view value);

}  // namespace coauth

#ifndef COAUTH_SEPARATE_COMPILATION
#include <coauth/codec/path_segment_impl.hpp>
#endif

#endif
