// SPDX-License-Identifier: BSL-1.0
//
// A description, what was decided about it, and credentials, as the configurations of a client and
// a token source that can be changed before an api is made of them.

#ifndef COAUTH_OPENAPI_CONFIGURATION_HPP
#define COAUTH_OPENAPI_CONFIGURATION_HPP

#include <coauth/grant/authorization_code.hpp>
#include <coauth/openapi/choices.hpp>
#include <coauth/openapi/credentials.hpp>
#include <coauth/openapi/description.hpp>
#include <coauth/openapi/plan.hpp>
#include <coauth/rest_client_config.hpp>
#include <coauth/result.hpp>
#include <coauth/token_source_config.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coauth::openapi {

/// What an api is made of. Whatever is changed in `client` and `token` counts; an authorization set
/// in `client` replaces what the description says.
struct configuration {
    std::shared_ptr<api_description const> description;
    openapi::plan plan;
    openapi::credentials credentials;
    rest_client_config client;
    /// Nothing where no operation takes a token of a token endpoint.
    std::optional<token_source_config> token;
    /// How a person is asked, for an authorization code; takes the place of `token->grant`. Nothing
    /// where nobody is.
    std::optional<authorization_code_options> authorization_code;
};

namespace detail {

/// errc::undecided with every question, its answers, and what answers it; no error without any.
[[nodiscard]] inline error undecided(plan const& made) {
    if (made.questions.empty()) return {};
    std::string text;
    for (question const& one : made.questions) {
        text += (text.empty() ? "" : "; ") + one.text;
        for (std::size_t i = 0; i != std::min<std::size_t>(one.answers.size(), 10); ++i) {
            text += (i == 0 ? ": " : " | ") + printable(one.answers[i], 200);
        }
        text += " [" + one.answered_by + ']';
    }
    return error(errc::undecided, stage::configuration, std::move(text));
}

}  // namespace detail

/// Throws coauth::exception: errc::undecided when something is left to ask, and what decide()
/// throws. Sends nothing.
[[nodiscard]] inline configuration configure(api_description description, credentials given,
                                             choices const& chosen = {}) {
    configuration made;
    made.plan = decide(description, chosen, given);
    if (error open = detail::undecided(made.plan)) throw exception(std::move(open));
    made.description = std::make_shared<api_description const>(std::move(description));
    made.credentials = std::move(given);
    made.client.base_url = made.plan.base_url;
    if (!made.plan.token_url.empty() || !made.plan.issuer.empty()) {
        made.token.emplace();
        made.token->token_url = made.plan.token_url;
        made.token->issuer = made.plan.issuer;
        made.token->client = made.credentials.client();
        made.token->scope = made.plan.scope;
    }
    if (made.token && made.plan.flow == flow_kind::authorization_code) {
        made.authorization_code.emplace();
        made.authorization_code->authorization_url = made.plan.authorization_url;
    }
    return made;
}

}  // namespace coauth::openapi

#endif
