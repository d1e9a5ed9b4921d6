// SPDX-License-Identifier: BSL-1.0
//
// What a unit or shared library of the test offers: two calls, with a token source of its own.

#ifndef COAUTH_TESTS_CONSUMERS_SEPARATE_CALLER_HPP
#define COAUTH_TESTS_CONSUMERS_SEPARATE_CALLER_HPP

/// The number of token requests that two calls took; 0 when one of them failed.
using two_calls_function = unsigned(char const* token_url, char const* base_url);

extern "C" [[gnu::visibility("default")]] two_calls_function two_calls;
/// Null where it is not linked in.
extern "C" [[gnu::visibility("default"), gnu::weak]] two_calls_function two_calls_header_only;

#endif
