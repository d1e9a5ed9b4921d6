// SPDX-License-Identifier: BSL-1.0
//
// Which scopes an operation needs, and which the client asks for. Of alternatives the least is
// taken; where none is the least, the caller is asked. Pure.

#ifndef COAUTH_OPENAPI_SCOPE_CHOICE_HPP
#define COAUTH_OPENAPI_SCOPE_CHOICE_HPP

#include <coauth/codec/utf8.hpp>
#include <coauth/openapi/choices.hpp>
#include <coauth/openapi/description.hpp>
#include <coauth/scope.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace coauth::openapi::detail {

class scope_choice {
public:
    scope_choice(choices const& chosen, plan& into) : chosen_(&chosen), into_(&into) {}

    /// One of the requirements, all of which can be met. Those that ask for more than another one
    /// are left out; of what remains the one that choices::scope covers.
    [[nodiscard]] security_requirement const& choose(
        operation const& of_operation, std::vector<security_requirement const*> const& good) {
        std::vector<coauth::scope> scopes;
        scopes.reserve(good.size());
        for (auto const* one : good) scopes.push_back(of(of_operation, *one));
        std::vector<std::size_t> least;
        for (std::size_t i = 0; i != good.size(); ++i) {
            bool more = false;
            for (std::size_t j = 0; j != good.size() && !more; ++j) {
                bool const below = scopes[i].includes(scopes[j]);
                bool const equal = below && scopes[j].includes(scopes[i]);
                more = i != j && below && (!equal || j < i);
            }
            if (!more) least.push_back(i);
        }
        if (least.size() == 1) return *good[least.front()];
        if (chosen_->scope) {
            for (std::size_t const i : least) {
                if (chosen_->scope->includes(scopes[i])) return *good[i];
            }
        } else {
            if (torn_.empty()) torn_ = of_operation.name();
            for (std::size_t const i : least) {
                std::string const text = scopes[i].to_string();
                if (std::find(answers_.begin(), answers_.end(), text) == answers_.end()) {
                    answers_.push_back(text);
                }
            }
        }
        return *good[least.front()];
    }

    /// What a requirement asks for. errc::invalid_scope that names each one that is none.
    [[nodiscard]] coauth::scope of(operation const& of_operation,
                                   security_requirement const& one) const {
        std::string text;
        std::string bad;
        for (security_need const& need : one) {
            if (!is_oauth(need.scheme)) continue;
            for (std::string const& token : need.scopes) {
                bool const good =
                    token.find(' ') == std::string::npos && !token.empty() && scope::parse(token);
                std::string& to = good ? text : bad;
                to += (to.empty() ? ""
                       : good     ? " "
                                  : ", ") +
                      (good ? token : "'" + printable(token, 100) + "'");
            }
        }
        if (!bad.empty()) {
            throw exception(error(errc::invalid_scope, stage::configuration,
                                  "operation " + printable(of_operation.name(), 200) +
                                      ": no scopes (RFC 6749 §3.3): " + bad));
        }
        return coauth::scope(text);
    }

    void finish(std::vector<bool> const& used) {
        if (!answers_.empty()) {
            into_->questions.push_back({question_kind::scope,
                                        "operation " + printable(torn_, 200) +
                                            " can be called with one scope or with another",
                                        std::move(answers_), "choices::scope"});
            return;
        }
        if (chosen_->scope) {
            into_->scope = *chosen_->scope;
            if (chosen_->scopes == scope_mode::together) {
                for (operation_plan& one : into_->operations) one.scope = into_->scope;
            }
            return;
        }
        std::string text;
        for (std::size_t i = 0; i != used.size(); ++i) {
            std::string const& own = into_->operations[i].scope.to_string();
            if (used[i] && !own.empty()) text += (text.empty() ? "" : " ") + own;
        }
        into_->scope = coauth::scope(text);
        if (chosen_->scopes == scope_mode::per_operation) return;
        for (operation_plan& one : into_->operations) one.scope = into_->scope;
    }

private:
    [[nodiscard]] bool is_oauth(std::string const& name) const {
        return std::any_of(into_->schemes.begin(), into_->schemes.end(), [&](auto const& one) {
            return one.name == name &&
                   (one.kind == scheme_kind::oauth2 || one.kind == scheme_kind::open_id_connect);
        });
    }

    choices const* chosen_;
    plan* into_;
    std::string torn_;
    std::vector<std::string> answers_;
};

}  // namespace coauth::openapi::detail

#endif
