// SPDX-License-Identifier: BSL-1.0
//
// Puts what an operation's plan says onto a request: a token of the right scopes, a static
// credential, a key in header, query or cookie, or several of them together. Any thread.

#ifndef COAUTH_OPENAPI_CALL_AUTHORIZATION_HPP
#define COAUTH_OPENAPI_CALL_AUTHORIZATION_HPP

#include <coauth/authorization.hpp>
#include <coauth/codec/http_fields.hpp>
#include <coauth/codec/percent.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/grant/authorization_code.hpp>
#include <coauth/insecure.hpp>
#include <coauth/openapi/configuration.hpp>
#include <coauth/request.hpp>
#include <coauth/token_source.hpp>
#include <coauth/url.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coauth::openapi::detail {

/// The configuration with the client's certificate, if it can work.
[[nodiscard]] inline configuration checked(configuration config) {
    bool any = false;
    bool const replaced = !config.client.authorization.is_none();
    for (security_scheme const& scheme : config.plan.schemes) {
        any = true;
        if (config.credentials.find_own(scheme.name) != nullptr) continue;
        bool const fixed =
            scheme.kind != scheme_kind::oauth2 && scheme.kind != scheme_kind::open_id_connect;
        bool const fit =
            fixed ? config.credentials.fit(scheme, *config.description) : config.token.has_value();
        if (!fit && !replaced) {
            throw exception(error(errc::invalid_configuration, stage::configuration,
                                  "there are no credentials for the scheme '" +
                                      printable(scheme.name, 100) + "' of the plan"));
        }
        if (!fit || scheme.kind != scheme_kind::mutual_tls) continue;
        tls_config const& from = *config.credentials.certificate();
        tls_config& to = config.client.tls;
        to.certificate_file = from.certificate_file;
        to.certificate_pem = from.certificate_pem;
        to.private_key_file = from.private_key_file;
        to.private_key_pem = from.private_key_pem;
        to.private_key_password = from.private_key_password;
    }
    url const base = url::parse(config.client.base_url).value();
    error insecure =
        coauth::detail::check_transport(base, !any || config.client.insecure_http.has_value());
    if (insecure) throw exception(std::move(insecure));
    return config;
}

class call_authorization {
public:
    call_authorization(any_executor const& executor, configuration const& config)
        : config_(&config) {
        if (!config.token) return;
        for (operation_plan const& one : config.plan.operations) {
            bool const own = config.plan.scopes == scope_mode::per_operation;
            coauth::scope const& wanted = own ? one.scope : config.token->scope;
            if (!one.refused.empty() || sources_.contains(wanted.canonical())) continue;
            token_source_config made = *config.token;
            made.scope = wanted;
            if (config.authorization_code) {
                made.grant = coauth::authorization_code(*config.authorization_code);
            }
            sources_.emplace(wanted.canonical(), token_source(cache_, executor, std::move(made)));
        }
    }

    [[nodiscard]] std::vector<token_source> sources() const {
        std::vector<token_source> all;
        all.reserve(sources_.size());
        for (auto const& [scope, source] : sources_) all.push_back(source);
        return all;
    }

    /// `config` must still live.
    void apply(operation_plan const& planned, request& into) const {
        // The caller's own way for the whole client.
        if (!config_->client.authorization.is_none()) return;
        coauth::authorization main;
        std::vector<security_scheme const*> header_keys;
        for (std::string const& name : planned.schemes) {
            security_scheme const& scheme = *config_->description->find_scheme(name);
            bool const own = config_->credentials.find_own(name) != nullptr;
            if (!own && scheme.kind == scheme_kind::api_key) {
                if (scheme.key_in == parameter_in::header)
                    header_keys.push_back(&scheme);
                else
                    put_key(scheme, into);
                continue;
            }
            coauth::authorization one = of(scheme, planned);
            if (one.is_none()) continue;
            if (!main.is_none()) refuse_two(name, "Authorization");
            main = std::move(one);
        }
        std::vector<std::string> taken;
        if (!main.is_none()) taken.emplace_back("Authorization");
        for (security_scheme const* const key : header_keys) {
            for (std::string const& one : taken) {
                if (iequals(one, key->key_name)) refuse_two(key->name, one);
            }
            taken.push_back(key->key_name);
            put_header_key(*key, main, into);
        }
        into.authorization(std::move(main));
    }

private:
    [[noreturn]] static void refuse_two(std::string const& scheme, std::string const& header) {
        throw exception(error(errc::unsupported_description, stage::configuration,
                              "'" + printable(scheme, 100) + "' and another scheme both set " +
                                  printable(header, 100)));
    }
    [[nodiscard]] coauth::authorization of(security_scheme const& scheme,
                                           operation_plan const& planned) const {
        credentials const& given = config_->credentials;
        if (auto const* const own = given.find_own(scheme.name)) return *own;
        switch (scheme.kind) {
            case scheme_kind::oauth2:
            case scheme_kind::open_id_connect: {
                bool const each = config_->plan.scopes == scope_mode::per_operation;
                coauth::scope const& wanted = each ? planned.scope : config_->token->scope;
                return sources_.at(wanted.canonical());
            }
            case scheme_kind::http_basic: return *given.basic();
            case scheme_kind::http_bearer: return *given.bearer();
            case scheme_kind::api_key:
            case scheme_kind::mutual_tls:
            case scheme_kind::unknown: break;
        }
        return {};
    }

    [[nodiscard]] std::shared_ptr<secret const> key_of(security_scheme const& scheme) const {
        return config_->credentials.find_key(scheme.name, *config_->description);
    }

    /// The call's own authorization knows what to hide; of what stands beside it, the request.
    void put_header_key(security_scheme const& scheme, coauth::authorization& main,
                        request& into) const {
        std::shared_ptr<secret const> key = key_of(scheme);
        if (main.is_none()) {
            main = api_key(scheme.key_name, key->clone());
            return;
        }
        into.header(scheme.key_name, key->reveal());
        into.hide(std::move(key));
    }
    void put_key(security_scheme const& scheme, request& into) const {
        std::shared_ptr<secret const> const key = key_of(scheme);
        into.hide(key);
        if (scheme.key_in == parameter_in::query) {
            into.query(scheme.key_name, key->reveal());
            return;
        }
        std::string cookies(into.headers().find("Cookie").value_or(""));
        if (!cookies.empty()) cookies += "; ";
        cookies += scheme.key_name + '=' + percent_encode(key->reveal(), char_sets::unreserved);
        into.header("Cookie", cookies);
    }

    configuration const* config_;
    token_cache cache_;
    std::map<std::string, token_source> sources_;
};

}  // namespace coauth::openapi::detail

#endif
