// SPDX-License-Identifier: BSL-1.0
//
// Starts an authorization server and an API, and has two calls made: by the unit that is linked in,
// or by each of the shared libraries that are named, which are loaded together. Each of these has a
// cache of its own, so each makes one token request.
//
// Usage: consumer [NAME_OF_FUNCTION SHARED_LIBRARY]...

#include "caller.hpp"

#include <coauth/testing/api_server.hpp>
#include <coauth/testing/authorization_server.hpp>

#include <cstdio>
#include <dlfcn.h>
#include <vector>

int main(int argc, char** argv) {
    std::vector<two_calls_function*> callers;
    for (int i = 1; i + 1 < argc; i += 2) {
        void* const library = ::dlopen(argv[i + 1], RTLD_NOW | RTLD_LOCAL);
        void* const symbol = library == nullptr ? nullptr : ::dlsym(library, argv[i]);
        if (symbol == nullptr) {
            std::fprintf(stderr, "%s\n", ::dlerror());
            return 1;
        }
        callers.push_back(reinterpret_cast<two_calls_function*>(symbol));
    }
    if (callers.empty()) {
        callers.push_back(&two_calls);
        if (two_calls_header_only != nullptr) callers.push_back(two_calls_header_only);
    }

    coauth::testing::authorization_server authorization(
        {.clients = {{.client_id = "client", .secret = "not-a-real-secret"}}});
    coauth::testing::api_server api(authorization);
    for (two_calls_function* const call : callers) {
        unsigned const fetches = call(authorization.token_url().c_str(), api.base_url().c_str());
        if (fetches != 1) {
            std::fprintf(stderr, "%u token requests for two calls of one cache\n", fetches);
            return 1;
        }
    }
    auto const seen = authorization.counters().token_requests;
    if (seen == callers.size()) return 0;
    std::fprintf(stderr, "%zu caches made %llu token requests\n", callers.size(),
                 static_cast<unsigned long long>(seen));
    return 1;
}
