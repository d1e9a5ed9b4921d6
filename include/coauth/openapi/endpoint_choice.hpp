// SPDX-License-Identifier: BSL-1.0
//
// Where the client's credentials go, and where a person is asked: what the caller says, else what
// the program's own description says. Never what a fetched one says, unless the caller has
// confirmed it. Pure.

#ifndef COAUTH_OPENAPI_ENDPOINT_CHOICE_HPP
#define COAUTH_OPENAPI_ENDPOINT_CHOICE_HPP

#include <coauth/codec/utf8.hpp>
#include <coauth/detail/uri_text.hpp>
#include <coauth/insecure.hpp>
#include <coauth/openapi/choices.hpp>
#include <coauth/openapi/description.hpp>
#include <coauth/result.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::openapi::detail {

class endpoint_choice {
public:
    endpoint_choice(api_description const& description, choices const& chosen, plan& into)
        : description_(&description), chosen_(&chosen), into_(&into) {}

    /// Sets the plan's URLs, or asks. Nothing where no scheme in use needs one. `users`: those that
    /// do; an oauth2 scheme among them has a flow, and the plan has one.
    void decide(std::vector<security_scheme const*> const& users) {
        if (users.empty()) return;
        decide_authorization_url(users);
        if (!chosen_->token_url.empty() || !chosen_->issuer.empty()) return take_choice();
        std::vector<std::string> named = distinct(users, [this](security_scheme const& one) {
            return one.kind == scheme_kind::oauth2 ? flow_of(one).token_url : one.discovery_url;
        });
        security_scheme const& first = *users.front();
        if (named.size() > 1) {
            return ask("the schemes in use have different token URLs", std::move(named));
        }
        if (first.kind == scheme_kind::open_id_connect) return take_issuer(first);
        take(first, flow_of(first).token_url, for_credentials, into_->token_url);
    }

private:
    /// A URL of a flow, and what hangs on it.
    struct use {
        question_kind kind;
        char const* member;
        char const* answered_by;
        char const* insecure;
        char const* fetched;
    };
    static constexpr use for_credentials{question_kind::token_url, "tokenUrl", "choices::token_url",
                                         "credentials are not sent there",
                                         "credentials would go to "};
    static constexpr use for_a_person{question_kind::authorization_url, "authorizationUrl",
                                      "choices::authorization_url", "nobody is sent there",
                                      "a person would be sent to "};

    template <class Text>
    [[nodiscard]] static std::vector<std::string> distinct(
        std::vector<security_scheme const*> const& users, Text const& text) {
        std::vector<std::string> all;
        for (security_scheme const* const one : users) {
            std::string next = text(*one);
            if (std::find(all.begin(), all.end(), next) == all.end()) all.push_back(next);
        }
        return all;
    }

    void decide_authorization_url(std::vector<security_scheme const*> const& users) {
        if (into_->flow != flow_kind::authorization_code) return;
        if (!chosen_->authorization_url.empty()) {
            into_->authorization_url = url::parse(chosen_->authorization_url).value().to_string();
            return;
        }
        if (!chosen_->issuer.empty()) return;  // its metadata say it
        std::vector<security_scheme const*> asking;
        for (security_scheme const* const one : users) {
            if (one->kind == scheme_kind::oauth2) asking.push_back(one);
        }
        std::vector<std::string> named = distinct(
            asking, [this](security_scheme const& one) { return flow_of(one).authorization_url; });
        if (named.size() > 1) {
            return ask("the schemes in use have different authorization URLs", std::move(named),
                       for_a_person);
        }
        take(*asking.front(), named.front(), for_a_person, into_->authorization_url);
    }

    [[nodiscard]] oauth_flow const& flow_of(security_scheme const& scheme) const {
        for (oauth_flow const& flow : scheme.flows) {
            if (flow.kind == *into_->flow) return flow;
        }
        return scheme.flows.front();
    }

    void take_choice() {
        if (!chosen_->token_url.empty() && !chosen_->issuer.empty()) {
            throw exception(error(errc::invalid_configuration, stage::configuration,
                                  "choices::token_url and choices::issuer are alternatives"));
        }
        bool const direct = !chosen_->token_url.empty();
        result<url> const given = url::parse(direct ? chosen_->token_url : chosen_->issuer);
        if (!given) throw exception(given.error());
        if (direct) into_->token_url = given->to_string();
        // As it stands: the metadata have to name it byte for byte.
        into_->issuer = chosen_->issuer;
    }

    /// The issuer is what stands before the well-known path (OpenID Connect Discovery 1.0 §4).
    void take_issuer(security_scheme const& scheme) {
        constexpr std::string_view well_known = "/.well-known/openid-configuration";
        std::string const place = " (" + scheme.place + ")";
        std::string const shown =
            "the openIdConnectUrl '" + printable(scheme.discovery_url, 300) + "'";
        result<url> const where = resolve(scheme.discovery_url);
        if (!where || !where->query().empty() || !where->path().ends_with(well_known)) {
            return ask(shown + " does not say who the issuer is" + place, {}, "choices::issuer");
        }
        if (error const insecure = check_transport(*where)) {
            return ask(shown + " is plain http: credentials are not sent there" + place, {},
                       "choices::issuer");
        }
        std::string issuer = where->to_string();
        issuer.resize(issuer.size() - well_known.size());
        if (is_fetched(scheme)) {
            return ask("credentials would go where " + issuer +
                           " says, as a fetched document has it: confirm it" + place,
                       {issuer}, "choices::issuer");
        }
        into_->issuer = std::move(issuer);
    }

    [[nodiscard]] bool is_fetched(security_scheme const& scheme) const {
        return scheme.remote || !description_->fetched_from.empty();
    }
    [[nodiscard]] static error check_transport(url const& where) {
        return coauth::detail::check_transport(where, false);
    }

    void take(security_scheme const& scheme, std::string const& text, use const& what,
              std::string& to) {
        std::string const place = " (" + flow_of(scheme).place + ")";
        if (text.empty()) return ask("no " + std::string(what.member) + place, {}, what);
        result<url> const where = resolve(text);
        std::string const shown =
            "the " + std::string(what.member) + " '" + printable(text, 300) + "'";
        if (!where) {
            bool const relative = !coauth::detail::split_uri(text).scheme;
            if (relative && into_->base_url.empty()) {
                // The question about the server answers this one, too.
                into_->notes.push_back(shown + " is relative to the server" + place);
                return;
            }
            return ask(shown + ": " + where.error().message() + place, {}, what);
        }
        if (error const insecure = check_transport(*where)) {
            return ask(shown + " is plain http: " + what.insecure + place, {}, what);
        }
        if (is_fetched(scheme)) {
            return ask(what.fetched + where->to_string() +
                           ", as a fetched document says: confirm it" + place,
                       {where->to_string()}, what);
        }
        to = where->to_string();
    }

    /// A relative one is relative to the server; in Swagger 2.0 to its host.
    [[nodiscard]] result<url> resolve(std::string const& text) const {
        if (coauth::detail::split_uri(text).scheme) return url::parse(text);
        result<url> base = url::parse(into_->base_url);
        if (base && description_->swagger) base = url::parse(base->origin());
        if (!base) return base;
        return resolve_reference(*base, text);
    }

    void ask(std::string text, std::vector<std::string> answers, use const& what) {
        into_->questions.push_back(
            {what.kind, std::move(text), std::move(answers), what.answered_by});
    }
    void ask(std::string text, std::vector<std::string> answers,
             char const* by = "choices::token_url") {
        into_->questions.push_back(
            {question_kind::token_url, std::move(text), std::move(answers), by});
    }

    api_description const* description_;
    choices const* chosen_;
    plan* into_;
};

}  // namespace coauth::openapi::detail

#endif
