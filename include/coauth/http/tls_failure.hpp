// SPDX-License-Identifier: BSL-1.0
//
// What a failed TLS handshake means to a user: a code per kind of certificate fault, and a hint for
// the mistakes people make. Pure functions.

#ifndef COAUTH_HTTP_TLS_FAILURE_HPP
#define COAUTH_HTTP_TLS_FAILURE_HPP

#include <coauth/crypto/openssl_error.hpp>
#include <coauth/error.hpp>

#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>
#include <string>

namespace coauth::detail {

/// Precondition: verify_result != X509_V_OK.
[[nodiscard]] inline errc certificate_errc(long verify_result) noexcept {
    switch (verify_result) {
        case X509_V_ERR_CERT_HAS_EXPIRED: return errc::certificate_expired;
        case X509_V_ERR_CERT_NOT_YET_VALID: return errc::certificate_not_yet_valid;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH: return errc::certificate_host_mismatch;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_CERT_UNTRUSTED: return errc::certificate_untrusted;
        default: return errc::certificate_rejected;
    }
}

[[nodiscard]] inline std::string tls_hint(std::error_code const& cause) {
    switch (openssl_reason(cause)) {
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
            return "the server does not speak TLS on this port; is it an http:// port?";
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
            return "the server wants a client certificate: give tls_config::certificate_file";
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        case SSL_R_UNSUPPORTED_PROTOCOL: return "the server has neither TLS 1.2 nor TLS 1.3";
        default: return {};
    }
}

/// A handshake that ended with `cause`, where `verify_result` is OpenSSL's X509_V_… .
[[nodiscard]] inline error tls_failure(std::error_code const& cause, long verify_result,
                                       stage where) {
    if (verify_result != X509_V_OK) {
        errc const code = certificate_errc(verify_result);
        error failure(code, where, X509_verify_cert_error_string(verify_result));
        if (code != errc::certificate_untrusted) return failure;
        return std::move(failure).with_hint(
            "give the server's CA certificate as tls_config::ca_file");
    }
    if (is_shortage(cause)) return error(errc::out_of_memory, where).with_cause(cause);
    return error(errc::tls_handshake_failed, where).with_cause(cause).with_hint(tls_hint(cause));
}

}  // namespace coauth::detail

#endif
