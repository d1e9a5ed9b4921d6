// SPDX-License-Identifier: BSL-1.0

#include "fetch.hpp"

#include "access.hpp"
#include "session.hpp"

#include <coauth/coauth.hpp>
#include <coauth/url.hpp>

#include <memory>
#include <utility>

namespace coauth_tool {
namespace {

coauth::awaitable<void> get(coauth::rest_client from, std::string target,
                            std::shared_ptr<coauth::response> into) {
    *into = co_await from.get(std::move(target));
}

}  // namespace

coauth::response fetch(std::string const& url, given_options const& given, terminal const& at) {
    coauth::url const whole = coauth::url::parse(url).value();
    access with;
    read_connection(given, with);
    with.client.base_url = std::string(whole.scheme()) + "://" + whole.authority();
    session work(given, at);
    with.client.observer = work.observer();
    coauth::rest_client const client(coauth::single_threaded, work.executor(),
                                     std::move(with.client));
    auto const answer = std::make_shared<coauth::response>();
    work.run(get(client, whole.target(), answer), "the server");
    return std::move(*answer);
}

}  // namespace coauth_tool
