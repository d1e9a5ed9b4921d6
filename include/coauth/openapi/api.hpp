// SPDX-License-Identifier: BSL-1.0
//
// Calls to the operations of a description, by id or by method and path. A cheap handle; copies
// share client, token sources and cache. Any thread.

#ifndef COAUTH_OPENAPI_API_HPP
#define COAUTH_OPENAPI_API_HPP

#include <coauth/clock.hpp>
#include <coauth/codec/utf8.hpp>
#include <coauth/config.hpp>
#include <coauth/detail/awaitable.hpp>
#include <coauth/detail/nearest_name.hpp>
#include <coauth/openapi/arguments.hpp>
#include <coauth/openapi/call_authorization.hpp>
#include <coauth/openapi/configuration.hpp>
#include <coauth/openapi/request_builder.hpp>
#include <coauth/rest_client.hpp>
#include <coauth/result.hpp>
#include <coauth/sign_in.hpp>
#include <coauth/token_source.hpp>
#include <coauth/url.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::openapi {

class api {
public:
    /// Works as rest_client does, on a strand of `executor`. Throws coauth::exception with
    /// condition::configuration when the configuration cannot work.
    api(any_executor const& executor, configuration config)
        : state_(std::make_shared<state const>(executor, std::move(config), executor)) {}
    /// Works on `executor` itself, which one thread at a time runs.
    api(single_threaded_t promise, any_executor const& executor, configuration config)
        : state_(std::make_shared<state const>(executor, std::move(config), promise, executor)) {}

    /// Calls an operation by its id, and gives the response whatever its status. Throws
    /// coauth::exception before anything is sent: errc::unknown_operation, invalid_argument,
    /// invalid_target, invalid_header; the awaitable throws what rest_client::send() does.
    [[nodiscard]] awaitable<response> call(std::string const& operation_id,
                                           arguments const& given = arguments()) const {
        return state_->client.send(prepare(operation_id, given));
    }
    /// The same by method and by path as it stands in the description.
    [[nodiscard]] awaitable<response> call(std::string const& method, std::string const& path,
                                           arguments const& given = arguments()) const {
        return state_->client.send(prepare(method, path, given));
    }

    /// Every error as a value.
    [[nodiscard]] awaitable<result<response>> try_call(std::string const& operation_id,
                                                       arguments const& given = arguments()) const {
        try {
            return state_->client.try_send(prepare(operation_id, given));
        } catch (exception const& e) { return refused(e.error()); }
    }
    [[nodiscard]] awaitable<result<response>> try_call(std::string const& method,
                                                       std::string const& path,
                                                       arguments const& given = arguments()) const {
        try {
            return state_->client.try_send(prepare(method, path, given));
        } catch (exception const& e) { return refused(e.error()); }
    }

    /// Has a person sign in, where the plan's flow is an authorization code: coauth::sign_in() for
    /// each token source, of which there is one unless scopes are per operation. Until then, and
    /// when a refresh token has ended, calls fail with errc::reauthorization_required. Throws
    /// coauth::exception: errc::invalid_configuration where nobody is to be asked.
    [[nodiscard]] awaitable<void> sign_in(sign_in_options options = sign_in_options()) const {
        return sign_in(state_, std::move(options));
    }
    /// The same with the error as a value.
    [[nodiscard]] awaitable<result<void>> try_sign_in(
        sign_in_options options = sign_in_options()) const {
        return try_sign_in(state_, std::move(options));
    }

    /// Its own: one, unless scopes are per operation; none where no operation takes a token. For a
    /// device code, to warm up, to look how they are.
    [[nodiscard]] std::vector<token_source> token_sources() const {
        return state_->authorizations.sources();
    }

    /// Takes no new calls (errc::stopped), gives those in flight `grace`, and leaves nothing
    /// behind: rest_client::stop() and, for its own token sources, token_source::stop().
    [[nodiscard]] awaitable<void> stop(duration grace) const { return stop(state_, grace); }

    /// The request of such a call, to be looked at or changed: client().send() sends it.
    [[nodiscard]] request prepare(std::string_view operation_id, arguments const& given) const {
        return prepare(find(operation_id), given);
    }
    [[nodiscard]] request prepare(std::string_view method, std::string_view path,
                                  arguments const& given) const {
        return prepare(find(method, path), given);
    }

    [[nodiscard]] api_description const& description() const noexcept {
        return *state_->config.description;
    }
    [[nodiscard]] openapi::plan const& plan() const noexcept { return state_->config.plan; }
    /// For requests that the description does not know. They go out without authorization, unless
    /// they bring one, or the configuration's client had one.
    [[nodiscard]] rest_client const& client() const noexcept { return state_->client; }

private:
    struct state {
        template <class... Where>
        state(any_executor const& executor, configuration c, Where const&... where)
            : config(detail::checked(std::move(c))),
              authorizations(executor, config),
              client(where..., config.client) {}
        configuration const config;
        detail::call_authorization const authorizations;
        rest_client const client;
    };

    static awaitable<void> sign_in(std::shared_ptr<state const> of, sign_in_options options) {
        result<void> const done = co_await try_sign_in(of, std::move(options));
        done.value();
    }
    static awaitable<result<void>> try_sign_in(std::shared_ptr<state const> of,
                                               sign_in_options options) {
        if (!of->config.authorization_code) {
            co_return error(errc::invalid_configuration, stage::configuration,
                            "these operations need no person who signs in");
        }
        authorization_code const how(*of->config.authorization_code);
        std::vector<token_source> const sources = of->authorizations.sources();
        for (token_source const& one : sources) {
            result<token_ref> const token = co_await coauth::try_sign_in(one, how, options);
            if (!token) co_return token.error();
        }
        co_return result<void>();
    }
    static awaitable<void> stop(std::shared_ptr<state const> of, duration grace) {
        co_await of->client.stop(grace);
        std::vector<token_source> const sources = of->authorizations.sources();
        for (token_source const& one : sources) co_await one.stop(duration::zero());
    }
    static awaitable<result<response>> refused(error why) { co_return why; }

    [[nodiscard]] operation const& find(std::string_view id) const {
        if (operation const* const found = description().find(id)) return *found;
        auto const& all = description().operations;
        bool const twice =
            std::any_of(all.begin(), all.end(), [&](operation const& one) { return one.id == id; });
        std::string const shown = printable(id, 200);
        std::string near;
        if (!twice) {
            std::vector<std::string> names;
            names.reserve(all.size());
            for (operation const& one : all) names.push_back(one.id);
            near = coauth::detail::nearest_name(id, names);
        }
        throw exception(
            error(errc::unknown_operation, stage::configuration,
                  twice ? "several operations have the id '" + shown + "': use method and path"
                        : "no operation '" + shown + "'" +
                              (near.empty() ? "" : ", but '" + printable(near, 200) + "'")));
    }
    [[nodiscard]] operation const& find(std::string_view method, std::string_view path) const {
        if (operation const* const found = description().find(method, path)) return *found;
        throw exception(
            error(errc::unknown_operation, stage::configuration,
                  "no operation " + printable(method, 40) + ' ' + printable(path, 200)));
    }

    [[nodiscard]] request prepare(operation const& of, arguments const& given) const {
        auto const index = static_cast<std::size_t>(&of - description().operations.data());
        operation_plan const& planned = plan().operations[index];
        if (!planned.refused.empty()) {
            throw exception(
                error(errc::unknown_operation, stage::configuration,
                      printable(of.name(), 200) + " is not called: " + planned.refused));
        }
        request made = detail::request_builder(of, given).build();
        if (!planned.base_url.empty() && planned.base_url != state_->config.client.base_url) {
            url const base = url::parse(planned.base_url).value();
            made.absolute_url(base.origin() + append_target(base, made.target()).value());
        }
        state_->authorizations.apply(planned, made);
        return made;
    }

    std::shared_ptr<state const> state_;
};

}  // namespace coauth::openapi

#endif
