// SPDX-License-Identifier: BSL-1.0
//
// From a file or a text to an api_description: OpenAPI 3.0 and 3.1, Swagger 2.0.

#ifndef COAUTH_OPENAPI_LOAD_HPP
#define COAUTH_OPENAPI_LOAD_HPP

#include <coauth/openapi/description.hpp>
#include <coauth/openapi/documents.hpp>
#include <coauth/openapi/import_options.hpp>
#include <coauth/openapi/read_operations.hpp>
#include <coauth/openapi/read_security.hpp>
#include <coauth/result.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

namespace coauth::openapi {

namespace detail {

/// Swagger 2.0 has its one server in three members.
[[nodiscard]] inline std::vector<server> swagger_servers(value_reader const& read, located root,
                                                         std::string const& fetched_from) {
    std::vector<std::string> schemes = read.texts(root, "schemes");
    std::string host = read.text(root, "host");
    if (!fetched_from.empty()) {
        url const from = url::parse(fetched_from).value();
        if (schemes.empty()) schemes.emplace_back(from.scheme());
        if (host.empty()) host = from.authority();
    }
    if (host.empty()) return {};
    if (host.find_first_of("/?#@\\{} ") != std::string::npos) {
        read.all().fail(root.find("host") ? root.find("host") : root,
                        "'host' is a host and a port");
    }
    std::string path = read.text(root, "basePath");
    if (path == "/") path.clear();
    if (!path.empty() && path.front() != '/') path.insert(path.begin(), '/');
    // Without 'schemes' it is whichever one knows. Credentials go over https only, so that it is
    // not a question where both are there.
    if (schemes.empty()) schemes = {"https", "http"};
    bool const secure = std::find(schemes.begin(), schemes.end(), "https") != schemes.end();
    server only;
    only.url = (secure ? "https://" : "http://") + host + path;
    only.place = read.all().place(root.find("host") ? root.find("host") : root);
    return {only};
}

[[nodiscard]] inline api_description describe(documents& all, document const& first,
                                              import_options const& options) {
    located const root{&first, &first.root()};
    value_reader const read(all);
    if (!root.is(json_type::object)) all.fail(root, "this is no API description: not an object");
    api_description made;
    std::string const swagger = read.text(root, "swagger");
    std::string const openapi = read.text(root, "openapi");
    made.swagger = !swagger.empty();
    made.format = made.swagger ? "Swagger " + swagger : "OpenAPI " + openapi;
    if (openapi.empty() && swagger.empty()) {
        all.fail(root, "this is no API description: neither 'openapi' nor 'swagger'");
    }
    bool const known = made.swagger ? swagger == "2.0"
                                    : openapi.starts_with("3.0.") || openapi.starts_with("3.1.");
    if (!known) {
        all.fail(root, made.format + " is not read: OpenAPI 3.0, 3.1 and Swagger 2.0 are",
                 errc::unsupported_description);
    }
    if (located const info = root.find("info")) {
        read.require_object(info);
        made.title = read.text(info, "title");
        made.version = read.text(info, "version");
    }
    made.fetched_from = options.fetched_from;
    security_reader const security(all);
    if (made.swagger) {
        made.servers = swagger_servers(read, root, options.fetched_from);
        made.schemes = security.schemes(root, "securityDefinitions", true);
    } else {
        made.servers = security.servers(root);
        if (made.servers.empty()) made.servers.push_back({"/", "", {}, ""});
        if (located const components = root.find("components")) {
            read.require_object(components);
            made.schemes = security.schemes(components, "securitySchemes", false);
        }
    }
    made.operations =
        operation_reader(all, made.swagger, root, options.bounds.max_operations).operations();
    made.notes = std::move(all.notes());
    return made;
}

template <class Open>
[[nodiscard]] result<api_description> try_describe(import_options const& options, Open open) {
    try {
        documents all(options);
        document const& first = open(all);
        return describe(all, first, options);
    } catch (exception const& e) { return e.error(); }
}

}  // namespace detail

/// Reads a description. Throws coauth::exception: errc::invalid_description, description_limit or
/// unsupported_description, with file, JSON pointer, line and column. Blocks for the files.
[[nodiscard]] inline result<api_description> try_load(std::filesystem::path const& file,
                                                      import_options const& options = {}) {
    return detail::try_describe(
        options, [&](detail::documents& all) -> document const& { return all.open_file(file); });
}
[[nodiscard]] inline result<api_description> try_parse(std::string text,
                                                       import_options const& options = {}) {
    return detail::try_describe(options, [&](detail::documents& all) -> document const& {
        return all.open_text(std::move(text));
    });
}
[[nodiscard]] inline api_description load(std::filesystem::path const& file,
                                          import_options const& options = {}) {
    return try_load(file, options).value();
}
/// The same of text. References to files are refused: nothing is known of their folder.
[[nodiscard]] inline api_description parse(std::string text, import_options const& options = {}) {
    return try_parse(std::move(text), options).value();
}

}  // namespace coauth::openapi

#endif
