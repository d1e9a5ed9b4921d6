// SPDX-License-Identifier: BSL-1.0
//
// How much of a description is read, so that no document can use up memory or time. Plain values.

#ifndef COAUTH_OPENAPI_LIMITS_HPP
#define COAUTH_OPENAPI_LIMITS_HPP

#include <cstddef>

namespace coauth::openapi {

/// Of one import, all of its documents together. Whatever goes beyond ends it with
/// errc::description_limit.
struct limits {
    /// Bytes of text. A larger file is not read.
    std::size_t max_bytes = 16 * 1024 * 1024;
    /// Objects, arrays and scalars; a YAML merge key counts what it copies.
    std::size_t max_values = 1'000'000;
    /// Objects and arrays inside of each other.
    std::size_t max_depth = 200;
    /// Files and remote documents.
    std::size_t max_documents = 500;
    /// References followed, YAML aliases included.
    std::size_t max_references = 100'000;
    std::size_t max_operations = 20'000;
};

}  // namespace coauth::openapi

#endif
