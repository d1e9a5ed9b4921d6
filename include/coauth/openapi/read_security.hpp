// SPDX-License-Identifier: BSL-1.0
//
// Reads servers, security schemes and security requirements, of all versions. Not synchronised.

#ifndef COAUTH_OPENAPI_READ_SECURITY_HPP
#define COAUTH_OPENAPI_READ_SECURITY_HPP

#include <coauth/openapi/description.hpp>
#include <coauth/openapi/documents.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::openapi::detail {

/// What a description has of servers and of schemes at most: each is shown with its place.
inline constexpr std::size_t most_places = 100;

/// Members and elements, with a check of the type: what has another one is an error with its place.
class value_reader {
public:
    explicit value_reader(documents& all) : all_(&all) {}

    [[nodiscard]] documents& all() const noexcept { return *all_; }

    /// Empty when the member is not there.
    [[nodiscard]] std::string text(located object, std::string_view name) const {
        located const value = object.find(name);
        if (!value || value.is(json_type::null)) return {};
        if (value.is(json_type::object) || value.is(json_type::array)) {
            all_->fail(value, "has to be text");
        }
        return all_->copy(value);
    }
    [[nodiscard]] std::string required_text(located object, std::string_view name) const {
        if (!object.find(name)) all_->fail(object, "'" + std::string(name) + "' is missing");
        return text(object, name);
    }
    [[nodiscard]] bool flag(located object, std::string_view name, bool otherwise) const {
        located const value = object.find(name);
        if (!value || value.is(json_type::null)) return otherwise;
        if (!value.is(json_type::boolean)) all_->fail(value, "has to be true or false");
        return value.text().front() == 't' || value.text().front() == 'T';
    }
    /// The elements of an array; none when it is not there.
    [[nodiscard]] std::vector<located> elements(located object, std::string_view name) const {
        std::vector<located> found;
        located const value = object.find(name);
        if (!value || value.is(json_type::null)) return found;
        if (!value.is(json_type::array)) all_->fail(value, "has to be an array");
        for (member const& one : value.value->children()) found.push_back(value.at(one));
        return found;
    }
    [[nodiscard]] std::vector<std::string> texts(located object, std::string_view name) const {
        std::vector<std::string> found;
        for (located const one : elements(object, name)) {
            if (one.is(json_type::object) || one.is(json_type::array)) {
                all_->fail(one, "has to be text");
            }
            found.push_back(all_->copy(one));
        }
        return found;
    }
    /// The members of an object; none when it is not there.
    [[nodiscard]] std::vector<std::pair<std::string_view, located>> members(
        located object, std::string_view name) const {
        located const value = object.find(name);
        if (!value || value.is(json_type::null)) return {};
        return members(value);
    }
    [[nodiscard]] std::vector<std::pair<std::string_view, located>> members(located value) const {
        require_object(value);
        std::vector<std::pair<std::string_view, located>> found;
        for (member const& one : value.value->children()) {
            found.emplace_back(one.name, value.at(one));
        }
        return found;
    }
    void require_object(located value) const {
        if (!value.is(json_type::object)) all_->fail(value, "has to be an object");
    }

private:
    documents* all_;
};

class security_reader : public value_reader {
public:
    using value_reader::value_reader;

    /// `of`: the place of an object whose servers are too many to look for each of them.
    [[nodiscard]] std::vector<server> servers(located object, std::string const& of = {}) const {
        std::vector<server> found;
        for (located const one : elements(object, "servers")) {
            bound(one, found.size());
            require_object(one);
            server made;
            made.url = required_text(one, "url");
            made.description = text(one, "description");
            made.place = of.empty() ? all().place(one) : of;
            for (auto const& [name, variable] : members(one, "variables")) {
                require_object(variable);
                all().spend(variable, name.size());
                made.variables.push_back(
                    {std::string(name), text(variable, "default"), texts(variable, "enum")});
            }
            found.push_back(std::move(made));
        }
        return found;
    }

    [[nodiscard]] std::vector<security_requirement> requirements(located list) const {
        if (!list.is(json_type::array)) all().fail(list, "has to be an array");
        std::vector<security_requirement> any;
        for (member const& one : list.value->children()) {
            security_requirement together;
            located const requirement = list.at(one);
            for (auto const& [name, scopes] : members(requirement)) {
                all().spend(scopes, name.size());
                together.push_back({std::string(name), texts(requirement, name)});
            }
            all().spend(requirement, 0);
            any.push_back(std::move(together));
        }
        return any;
    }

    [[nodiscard]] std::vector<security_scheme> schemes(located object, std::string_view name,
                                                       bool swagger) const {
        std::vector<security_scheme> found;
        for (auto const& [scheme_name, reference] : members(object, name)) {
            bound(reference, found.size());
            located const scheme = all().follow(reference);
            require_object(scheme);
            security_scheme made;
            made.name = std::string(scheme_name);
            made.place = all().place(scheme);
            made.remote = scheme.in->remote;
            read_scheme(scheme, made, swagger);
            found.push_back(std::move(made));
        }
        return found;
    }

private:
    void bound(located at, std::size_t count) const {
        if (count >= most_places) all().fail(at, "more than 100 of them", errc::description_limit);
    }

    void read_scheme(located from, security_scheme& made, bool swagger) const {
        std::string const type = required_text(from, "type");
        made.type = type;
        if (type == "oauth2") {
            made.kind = scheme_kind::oauth2;
            if (swagger)
                read_swagger_flow(from, made);
            else
                read_flows(from, made);
        } else if (type == "apiKey") {
            made.kind = scheme_kind::api_key;
            made.key_name = required_text(from, "name");
            std::string const in = required_text(from, "in");
            if (in == "header") {
                made.key_in = parameter_in::header;
            } else if (in == "query") {
                made.key_in = parameter_in::query;
            } else if (in == "cookie" && !swagger) {
                made.key_in = parameter_in::cookie;
            } else {
                all().fail(from, "an API key is in header, query or cookie, not in '" + in + "'");
            }
            made.type += " in " + in + " " + made.key_name;
        } else if (type == "basic" && swagger) {
            made.kind = scheme_kind::http_basic;
            made.type = "http basic";
        } else if (type == "http" && !swagger) {
            std::string const scheme = required_text(from, "scheme");
            made.type += ' ' + scheme;
            if (iequals(scheme, "basic")) made.kind = scheme_kind::http_basic;
            if (iequals(scheme, "bearer")) made.kind = scheme_kind::http_bearer;
        } else if (type == "openIdConnect" && !swagger) {
            made.kind = scheme_kind::open_id_connect;
            made.discovery_url = required_text(from, "openIdConnectUrl");
        } else if (type == "mutualTLS" && !swagger) {
            made.kind = scheme_kind::mutual_tls;
        }
    }

    void read_flows(located from, security_scheme& made) const {
        static constexpr flow_kind kinds[] = {flow_kind::client_credentials,
                                              flow_kind::authorization_code, flow_kind::implicit,
                                              flow_kind::password};
        for (auto const& [name, flow] : members(from, "flows")) {
            for (flow_kind const kind : kinds) {
                if (name == to_string(kind)) add_flow(flow, kind, made);
            }
        }
    }
    void read_swagger_flow(located from, security_scheme& made) const {
        std::string const flow = required_text(from, "flow");
        if (flow == "application") {
            add_flow(from, flow_kind::client_credentials, made);
        } else if (flow == "accessCode") {
            add_flow(from, flow_kind::authorization_code, made);
        } else if (flow == "implicit") {
            add_flow(from, flow_kind::implicit, made);
        } else if (flow == "password") {
            add_flow(from, flow_kind::password, made);
        } else {
            all().fail(from, "unknown flow '" + flow + "'");
        }
    }
    void add_flow(located from, flow_kind kind, security_scheme& made) const {
        oauth_flow flow;
        flow.kind = kind;
        flow.token_url = text(from, "tokenUrl");
        flow.authorization_url = text(from, "authorizationUrl");
        flow.refresh_url = text(from, "refreshUrl");
        for (auto const& [scope, meaning] : members(from, "scopes")) {
            all().spend(meaning, scope.size());
            flow.scopes.emplace_back(scope);
        }
        flow.place = all().place(from);
        made.flows.push_back(std::move(flow));
    }
};

}  // namespace coauth::openapi::detail

#endif
