// SPDX-License-Identifier: BSL-1.0
//
// What an import is told. A plain aggregate.

#ifndef COAUTH_OPENAPI_IMPORT_OPTIONS_HPP
#define COAUTH_OPENAPI_IMPORT_OPTIONS_HPP

#include <coauth/openapi/json_document.hpp>
#include <coauth/openapi/limits.hpp>
#include <coauth/result.hpp>

#include <cstddef>
#include <functional>
#include <string>

namespace coauth::openapi {

struct import_options {
    limits bounds = {};
    /// The URL that the text was fetched from: what is relative in it is relative to that, and
    /// whoever gives credentials confirms where they go. Empty: the text is the program's own.
    std::string fetched_from = {};
    /// Gives the text of another document by its absolute URL: a remote_documents of
    /// <coauth/openapi/remote_documents.hpp>, or your own. Empty: none is asked for, and a
    /// reference to one is an error, as it is where errc::unsupported_description is answered; any
    /// other error ends the import. Bound what you read: max_bytes is checked afterwards.
    std::function<result<std::string>(std::string const& url)> remote = {};
    /// How documents are written: JSON, or with <coauth/openapi_yaml.hpp> either.
    std::function<error(document& into, limits const& bounds, std::size_t& values)> syntax =
        read_json_document;
};

}  // namespace coauth::openapi

#endif
