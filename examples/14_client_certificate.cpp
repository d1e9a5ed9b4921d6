// SPDX-License-Identifier: BSL-1.0
//
// By issuer, with a certificate in the place of the secret: it stands in the TLS configuration of
// both, the server and the API, and the token is good for whoever shows it. The server's endpoint
// for certificates comes from its metadata. Files that are replaced are read again.

#include <coauth/coauth.hpp>

#include <exception>
#include <iostream>
#include <string>

asio::awaitable<void> list_users(coauth::rest_client& api, std::string target) {
    coauth::response users = co_await api.get(target);  // both handshakes show the certificate
    std::cout << users.status() << ' ' << users.body() << '\n';
}

int main(int argc, char* argv[]) try {
    if (argc < 6 || argc > 8) {
        std::cerr << "usage: 14_client_certificate <issuer> <base url> <client id> <certificate> "
                     "<key> [<scope> [<target>]]\n"
                     "  Both files are PEM.\n"
                     "  SSL_CERT_FILE may name the certificates to trust.\n";
        return 2;
    }
    asio::io_context io;
    coauth::tls_config const tls{.certificate_file = argv[4], .private_key_file = argv[5]};
    coauth::token_source tokens(io.get_executor(), {.issuer = argv[1],
                                                    .client = coauth::tls_client_auth(argv[3]),
                                                    .scope = argc > 6 ? argv[6] : "",
                                                    .tls = tls});
    coauth::rest_client api(io.get_executor(),
                            {.base_url = argv[2], .authorization = tokens, .tls = tls});
    asio::co_spawn(io, list_users(api, argc > 7 ? argv[7] : "/users?limit=10"), coauth::rethrow);
    io.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
