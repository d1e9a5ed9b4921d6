// SPDX-License-Identifier: BSL-1.0
//
// From a description, what the caller has decided, and his credentials to a plan: base URL,
// schemes, flow, token URL, scopes. What cannot be decided becomes a question, never a guess. Pure.

#ifndef COAUTH_OPENAPI_PLAN_HPP
#define COAUTH_OPENAPI_PLAN_HPP

#include <coauth/openapi/choices.hpp>
#include <coauth/openapi/credentials.hpp>
#include <coauth/openapi/description.hpp>
#include <coauth/openapi/endpoint_choice.hpp>
#include <coauth/openapi/scope_choice.hpp>
#include <coauth/openapi/server_url.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::openapi {

namespace detail {

[[nodiscard]] inline std::string join(std::vector<std::string> const& names,
                                      std::string_view between) {
    std::string text;
    for (std::string const& one : names) {
        if (!text.empty()) text += between;
        text += printable(one, 100);
    }
    return text;
}

[[nodiscard]] inline bool has(std::vector<std::string> const& names, std::string const& one) {
    return std::find(names.begin(), names.end(), one) != names.end();
}

class planner {
public:
    planner(api_description const& description, choices const& chosen, credentials const* given)
        : description_(&description), chosen_(&chosen), given_(given) {}

    [[nodiscard]] plan make() {
        plan_.scopes = chosen_->scopes;
        plan_.operations.resize(description_->operations.size());
        server_url(*description_, *chosen_, plan_).decide();
        mark_used();
        note_unsupported();
        choose_schemes();
        for (security_scheme const& one : description_->schemes) {
            if (has(in_use_, one.name)) plan_.schemes.push_back(one);
        }
        choose_flow();
        endpoint_choice(*description_, *chosen_, plan_).decide(users_of_endpoints());
        choose_alternatives();
        choose_own_servers();
        return std::move(plan_);
    }

private:
    [[nodiscard]] operation const& op(std::size_t i) const { return description_->operations[i]; }

    void ask(question_kind kind, std::string text, std::vector<std::string> answers,
             std::string by) {
        plan_.questions.push_back({kind, std::move(text), std::move(answers), std::move(by)});
    }

    /// choices::operations.
    void mark_used() {
        used_.assign(description_->operations.size(), chosen_->operations.empty());
        for (std::string const& name : chosen_->operations) {
            std::size_t const space = name.find(' ');
            operation const* found = description_->find(name);
            if (found == nullptr && space != std::string::npos) {
                found = description_->find(name.substr(0, space), name.substr(space + 1));
            }
            if (found == nullptr) {
                throw exception(
                    error(errc::unknown_operation, stage::configuration,
                          "choices::operations: no operation '" + printable(name, 200) + "'"));
            }
            used_[static_cast<std::size_t>(found - description_->operations.data())] = true;
        }
        for (std::size_t i = 0; i != used_.size(); ++i) {
            if (!used_[i]) plan_.operations[i].refused = "it is none of choices::operations";
        }
    }

    [[nodiscard]] static bool supported(security_scheme const& scheme) {
        if (scheme.kind != scheme_kind::oauth2) return scheme.kind != scheme_kind::unknown;
        return std::any_of(scheme.flows.begin(), scheme.flows.end(), is_supported);
    }
    void note_unsupported() {
        for (security_scheme const& scheme : description_->schemes) {
            for (oauth_flow const& flow : scheme.flows) {
                if (is_supported(flow)) continue;
                plan_.notes.push_back("scheme '" + printable(scheme.name, 100) + "': the flow " +
                                      std::string(to_string(flow.kind)) + " is not supported");
            }
            if (scheme.kind == scheme_kind::unknown) {
                plan_.notes.push_back("scheme '" + printable(scheme.name, 100) + "' (" +
                                      printable(scheme.type, 100) + ") is not supported");
            }
        }
    }

    [[nodiscard]] bool is_own(std::string const& scheme) const {
        return given_ != nullptr && given_->find_own(scheme) != nullptr;
    }

    /// Whether this scheme may be used: the library or the caller's own authorization does it, and
    /// there is something to prove it with, where credentials were given at all.
    [[nodiscard]] bool acceptable(std::string const& name) const {
        security_scheme const* const scheme = description_->find_scheme(name);
        if (scheme == nullptr) return false;
        if (!is_own(name) && !supported(*scheme)) return false;
        return given_ == nullptr || given_->fit(*scheme, *description_);
    }

    /// The names that a requirement needs together, sorted, each once.
    [[nodiscard]] static std::vector<std::string> names_of(security_requirement const& one) {
        std::vector<std::string> names;
        for (security_need const& need : one) names.push_back(need.scheme);
        std::sort(names.begin(), names.end());
        names.erase(std::unique(names.begin(), names.end()), names.end());
        return names;
    }

    void choose_schemes() {
        if (!chosen_->schemes.empty()) {
            for (std::string const& name : chosen_->schemes) {
                if (description_->find_scheme(name) != nullptr) continue;
                std::vector<std::string> known;
                known.reserve(description_->schemes.size());
                for (auto const& one : description_->schemes) known.push_back(one.name);
                throw exception(error(errc::invalid_configuration, stage::configuration,
                                      "choices::schemes: no scheme '" + printable(name, 100) +
                                          "'; there are: " + join(known, ", ")));
            }
            in_use_ = chosen_->schemes;
            for (std::string const& name : in_use_) {
                if (!acceptable(name)) ask_credentials(*description_->find_scheme(name));
            }
            return;
        }
        std::vector<std::vector<std::string>> sets;
        std::optional<std::size_t> torn;  // an operation with more than one way
        std::optional<std::size_t> lost;  // and one with none
        for (std::size_t i = 0; i != used_.size(); ++i) {
            if (!used_[i] || op(i).security.empty()) continue;
            std::vector<std::vector<std::string>> own;
            bool open = false;
            for (security_requirement const& one : op(i).security) {
                std::vector<std::string> names = names_of(one);
                open = open || names.empty();
                bool const good = std::all_of(names.begin(), names.end(),
                                              [&](auto const& name) { return acceptable(name); });
                bool const known = std::find(own.begin(), own.end(), names) != own.end();
                if (good && !known && !names.empty()) own.push_back(std::move(names));
            }
            if (own.size() > 1 && !torn) torn = i;
            if (own.empty() && !open && !lost) lost = i;
            for (auto& names : own) {
                if (std::find(sets.begin(), sets.end(), names) == sets.end()) {
                    sets.push_back(std::move(names));
                }
            }
        }
        if (torn) return ask_scheme(*torn, sets);
        for (auto const& names : sets) in_use_.insert(in_use_.end(), names.begin(), names.end());
        if (lost && (sets.empty() || !chosen_->operations.empty())) ask_authorization(*lost);
    }

    void ask_scheme(std::size_t torn, std::vector<std::vector<std::string>> const& sets) {
        std::vector<std::string> answers;
        answers.reserve(sets.size());
        for (auto const& names : sets) answers.push_back(join(names, " + "));
        ask(question_kind::scheme,
            "operation " + printable(op(torn).name(), 200) +
                " may be authorized in more than one way",
            std::move(answers), "choices::schemes");
    }

    [[nodiscard]] std::string needs(std::size_t i) const {
        std::vector<std::string> ways;
        for (security_requirement const& one : op(i).security) {
            std::string way;
            for (std::string const& name : names_of(one)) {
                security_scheme const* const scheme = description_->find_scheme(name);
                way += (way.empty() ? "'" : " and '") + printable(name, 100) + "' (" +
                       (scheme == nullptr ? "not described" : describe(*scheme)) + ")";
            }
            if (!detail::has(ways, way)) ways.push_back(std::move(way));
        }
        std::string text;
        for (std::string const& way : ways) text += (text.empty() ? "" : ", or ") + way;
        return text;
    }
    [[nodiscard]] static std::string describe(security_scheme const& scheme) {
        std::string text = printable(scheme.type, 100);
        for (oauth_flow const& flow : scheme.flows) text += ' ' + std::string(to_string(flow.kind));
        return text + (supported(scheme) ? "" : ", not supported");
    }
    void ask_authorization(std::size_t lost) {
        ask(question_kind::authorization,
            "operation " + printable(op(lost).name(), 200) + " needs " + needs(lost) +
                (given_ == nullptr ? "" : ", and the credentials are for none of them"),
            {}, "credentials");
    }

    void ask_credentials(security_scheme const& chosen) {
        ask(question_kind::authorization,
            "scheme '" + printable(chosen.name, 100) + "' (" + describe(chosen) +
                ") is to be used, and there is nothing to do it with",
            {}, "credentials");
    }

    void choose_flow() {
        for (security_scheme const& scheme : plan_.schemes) {
            if (scheme.kind != scheme_kind::oauth2 || is_own(scheme.name)) continue;
            std::vector<std::string> flows;
            for (oauth_flow const& flow : scheme.flows) {
                if (!is_supported(flow)) continue;
                if (chosen_->flow && flow.kind != *chosen_->flow) continue;
                flows.emplace_back(to_string(flow.kind));
                if (!plan_.flow) plan_.flow = flow.kind;
            }
            std::string const name = printable(scheme.name, 100);
            if (flows.empty()) {
                throw exception(error(errc::unsupported_description, stage::configuration,
                                      scheme.place + ": scheme '" + name + "' (" +
                                          describe(scheme) + ") has no flow " +
                                          std::string(chosen_->flow ? to_string(*chosen_->flow)
                                                                    : "that is supported")));
            }
            if (flows.size() > 1) {
                plan_.flow.reset();
                std::string why = "scheme '" + name + "' has " + std::to_string(flows.size()) +
                                  " flows (" + scheme.place + ")";
                return ask(question_kind::flow, std::move(why), std::move(flows), "choices::flow");
            }
        }
    }

    /// The schemes in use whose tokens this library gets.
    [[nodiscard]] std::vector<security_scheme const*> users_of_endpoints() const {
        std::vector<security_scheme const*> users;
        for (security_scheme const& scheme : plan_.schemes) {
            bool const oauth = scheme.kind == scheme_kind::oauth2;
            bool const one = (oauth && plan_.flow) || scheme.kind == scheme_kind::open_id_connect;
            if (one && !is_own(scheme.name)) users.push_back(&scheme);
        }
        return users;
    }

    void choose_alternatives() {
        scope_choice scopes(*chosen_, plan_);
        for (std::size_t i = 0; i != used_.size(); ++i) {
            if (!used_[i] || op(i).security.empty()) continue;
            std::vector<security_requirement const*> good;
            bool open = false;
            for (security_requirement const& one : op(i).security) {
                std::vector<std::string> const names = names_of(one);
                open = open || names.empty();
                bool const fits = std::all_of(names.begin(), names.end(), [&](auto const& name) {
                    return detail::has(in_use_, name);
                });
                if (fits && !names.empty()) good.push_back(&one);
            }
            operation_plan& made = plan_.operations[i];
            if (good.empty()) {
                if (!open) made.refused = "it needs " + needs(i);
                continue;
            }
            security_requirement const& one = scopes.choose(op(i), good);
            made.schemes = names_of(one);
            made.scope = scopes.of(op(i), one);
        }
        scopes.finish(used_);
    }

    /// Credentials go to one origin only, so an operation on another one is for another api.
    void choose_own_servers() {
        if (!chosen_->base_url.empty() || plan_.base_url.empty()) return;
        std::string const here = url::parse(plan_.base_url).value().origin();
        for (std::size_t i = 0; i != used_.size(); ++i) {
            operation_plan& made = plan_.operations[i];
            if (op(i).servers.empty() || !made.refused.empty()) continue;
            std::string own;
            if (op(i).servers.size() == 1) {
                own = server_url(*description_, *chosen_, plan_).of(op(i).servers.front());
            }
            if (!own.empty() && url::parse(own).value().origin() == here) {
                made.base_url = std::move(own);
            } else {
                made.refused = "it has servers of its own (" +
                               printable(op(i).servers.front().url, 200) +
                               "): make another api with choices::base_url";
            }
        }
    }

    api_description const* description_;
    choices const* chosen_;
    credentials const* given_;
    plan plan_;
    std::vector<bool> used_;
    std::vector<std::string> in_use_;
};

}  // namespace detail

/// What a client for this description is to be, and what is left to ask. Throws coauth::exception
/// for choices that do not fit the description (errc::invalid_configuration, unknown_operation),
/// and for what no choice mends: errc::invalid_description, invalid_scope, unsupported_description.
[[nodiscard]] inline plan decide(api_description const& description, choices const& chosen = {}) {
    return detail::planner(description, chosen, nullptr).make();
}
/// The same by somebody who has these credentials, and cannot use what they are not for.
[[nodiscard]] inline plan decide(api_description const& description, choices const& chosen,
                                 credentials const& given) {
    return detail::planner(description, chosen, &given).make();
}

}  // namespace coauth::openapi

#endif
