// SPDX-License-Identifier: BSL-1.0
//
// usage: assertion <algorithm> <iterations>: CPU microseconds of a client authentication by an
// assertion, from the token request without to the one with it, and of OpenSSL's bare signature
// over as many bytes. The two take turns in ten parts, and the least part of each counts.

#include <coauth/client_auth/client_secret_jwt.hpp>
#include <coauth/client_auth/private_key_jwt.hpp>
#include <coauth/crypto/digest.hpp>
#include <coauth/crypto/openssl_error.hpp>
#include <coauth/crypto/pem.hpp>
#include <coauth/jose/key_reader.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

namespace {

using coauth::detail::bio_ptr;
using coauth::detail::key_handle;
using coauth::detail::openssl_ptr;

double cpu_us() {
    std::timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

void must(bool ok) {
    if (ok) return;
    std::fputs("OpenSSL does not do it\n", stderr);
    std::exit(1);
}

struct kind {
    explicit kind(std::string_view name)
        : algorithm(name == "PS256"   ? coauth::jws_algorithm::ps256
                    : name == "ES256" ? coauth::jws_algorithm::es256
                    : name == "EdDSA" ? coauth::jws_algorithm::eddsa
                                      : coauth::jws_algorithm::rs256),
          key(name == "HS256"   ? nullptr
              : name == "ES256" ? EVP_EC_gen("P-256")
              : name == "EdDSA" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                                : EVP_RSA_gen(2048)) {}

    [[nodiscard]] coauth::any_client_authentication client() const {
        if (!key) return coauth::client_secret_jwt("client_id_123", coauth::secret(hmac_key));
        bio_ptr const bio(BIO_new(BIO_s_mem()));
        must(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                           nullptr) == 1);
        char* data = nullptr;
        auto const size = static_cast<std::size_t>(BIO_get_mem_data(bio.get(), &data));
        return coauth::private_key_jwt(
            "client_id_123",
            {coauth::secret(std::string_view(data, size)), {.algorithm = algorithm}});
    }

    void sign(std::string_view message) const {
        auto const* const bytes = reinterpret_cast<unsigned char const*>(message.data());
        if (!key) {
            must(coauth::hmac_sha256(hmac_key, message).size() == 32);
            return;
        }
        openssl_ptr<EVP_MD_CTX, EVP_MD_CTX_free> const context(EVP_MD_CTX_new());
        EVP_PKEY_CTX* options = nullptr;
        bool const pure = algorithm == coauth::jws_algorithm::eddsa;
        must(EVP_DigestSignInit(context.get(), &options, pure ? nullptr : EVP_sha256(), nullptr,
                                key.get()) == 1);
        if (algorithm == coauth::jws_algorithm::ps256) {
            must(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1);
            must(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1);
        }
        unsigned char out[512];
        std::size_t size = sizeof out;
        must(EVP_DigestSign(context.get(), out, &size, bytes, message.size()) == 1);
    }

    static constexpr std::string_view hmac_key = "a key of OpenSSL and of nobody else, 32 bytes";
    coauth::jws_algorithm algorithm;
    key_handle key;
};

struct figures {
    double bare = 1e9;
    double assertion = 1e9;
};

/// One assertion less its signature and the dot before it.
std::string message_of(coauth::token_request const& r) {
    std::string_view const jwt = r.parameter("client_assertion").value_or("");
    return std::string(jwt.substr(0, jwt.rfind('.')));
}

coauth::awaitable<void> measure(kind const& what, int iterations, figures& least) {
    coauth::any_client_authentication const client = what.client();
    coauth::url const to = coauth::url::parse("https://auth.example.com/oauth/token").value();
    coauth::token_request request(to, "client_credentials");
    request = co_await client.authenticate(std::move(request));
    std::string const message = message_of(request);
    for (int part = 0; part != 10; ++part) {
        double const begin = cpu_us();
        for (int i = 0; i != iterations; ++i) what.sign(message);
        double const middle = cpu_us();
        for (int i = 0; i != iterations; ++i) {
            request = co_await client.authenticate(std::move(request));
        }
        double const end = cpu_us();
        least.bare = std::min(least.bare, (middle - begin) / iterations);
        least.assertion = std::min(least.assertion, (end - middle) / iterations);
    }
}

}  // namespace

int main(int argc, char* argv[]) {
    if (argc != 3) return 2;
    kind const what(argv[1]);
    figures least;
    asio::io_context io;
    asio::co_spawn(io, measure(what, std::atoi(argv[2]), least), asio::detached);
    io.run();
    std::printf("{\"bare\": %.4f, \"assertion\": %.4f}\n", least.bare, least.assertion);
}
