// SPDX-License-Identifier: BSL-1.0
//
// The calls of the benchmark with coauth, everything on: pool, token from the cache, deadlines,
// limits. Modes: `single_threaded` (calls run in place), `strand` (the form that is safe from
// everywhere: each call hops there and back), `no_auth` (as the first, without a token).

#include "measure.hpp"

#include <coauth/coauth.hpp>

#include <exception>
#include <iostream>
#include <optional>

namespace {

coauth::rest_client make_client(asio::io_context& io, bench::options const& o) {
    coauth::tls_config const trust{.system_trust = false, .ca_file = o.ca_file};
    coauth::rest_client_config config{
        .base_url = o.origin() + "/v1",
        .tls = trust,
        .max_connections_per_origin = static_cast<std::size_t>(o.connections)};
    if (o.mode != "no_auth") {
        config.authorization = coauth::token_source(
            io.get_executor(),
            {.token_url = o.origin() + "/token",
             .client = coauth::client_secret_basic("client", coauth::secret("secret")),
             .tls = trust});
    }
    if (o.mode == "strand") return coauth::rest_client(io.get_executor(), std::move(config));
    return coauth::rest_client(coauth::single_threaded, io.get_executor(), std::move(config));
}

coauth::awaitable<void> work(coauth::rest_client api, long count, bench::measurement& m) {
    for (long i = 0; i < count; ++i) {
        auto const began = m.request_begins();
        coauth::result<coauth::response> const data = co_await api.try_get("/data");
        bool const good = data && data->status() == 200 && data->body().size() == bench::body_size;
        m.request_ended(began, good);
    }
}

void run(asio::io_context& io, coauth::rest_client const& api, int connections, long count,
         bench::measurement& m) {
    for (int i = 0; i < connections; ++i) {
        asio::co_spawn(io, work(api, count, m), coauth::rethrow);
    }
    io.restart();
    io.run();
}

}  // namespace

int main(int argc, char** argv) try {
    bench::options const o = bench::parse(argc, argv);
    asio::io_context io(1);
    coauth::rest_client const api = make_client(io, o);
    bench::measurement m(o);
    run(io, api, o.connections, bench::options::warm_up(), m);
    m.start();
    run(io, api, o.connections, o.per_connection(), m);
    m.print();
} catch (std::exception const& e) {
    std::cerr << "call_coauth: " << e.what() << '\n';
    return 1;
}
