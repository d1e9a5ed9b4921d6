// SPDX-License-Identifier: BSL-1.0
//
// All bodies, for programs that define COAUTH_SEPARATE_COMPILATION: include this in exactly one
// unit, compiled with the same options as the others. See config.hpp.

#ifndef COAUTH_SRC_HPP
#define COAUTH_SRC_HPP

#include <coauth/config.hpp>

#ifndef COAUTH_SEPARATE_COMPILATION
#error "coauth/src.hpp is for separate compilation: define COAUTH_SEPARATE_COMPILATION in all units"
#endif

#include <coauth/authorization_impl.hpp>
#include <coauth/cache/token_cache_impl.hpp>
#include <coauth/cache/token_ref_impl.hpp>
#include <coauth/client_auth/assertion_client_impl.hpp>
#include <coauth/client_auth/client_assertion_impl.hpp>
#include <coauth/client_auth/client_secret_basic_impl.hpp>
#include <coauth/client_auth/client_secret_post_impl.hpp>
#include <coauth/client_auth/secret_source_impl.hpp>
#include <coauth/client_auth/signing_key_source_impl.hpp>
#include <coauth/client_auth/tls_client_auth_impl.hpp>
#include <coauth/codec/challenge_impl.hpp>
#include <coauth/codec/http_fields_impl.hpp>
#include <coauth/codec/path_segment_impl.hpp>
#include <coauth/crypto/digest_impl.hpp>
#include <coauth/detail/hazard_domain_impl.hpp>
#include <coauth/detail/store_directory_impl.hpp>
#include <coauth/error_impl.hpp>
#include <coauth/exchange_log_impl.hpp>
#include <coauth/exchange_record_impl.hpp>
#include <coauth/grant/authorization_code_impl.hpp>
#include <coauth/grant/device_code_impl.hpp>
#include <coauth/grant/grant_impl.hpp>
#include <coauth/grant/requested_access_impl.hpp>
#include <coauth/http/dialer_impl.hpp>
#include <coauth/http/proxy_config_env.hpp>
#include <coauth/http/proxy_config_impl.hpp>
#include <coauth/jose/jwt_impl.hpp>
#include <coauth/jose/signing_key_impl.hpp>
#include <coauth/json_body_impl.hpp>
#include <coauth/protocol/token_request_impl.hpp>
#include <coauth/request_impl.hpp>
#include <coauth/response_impl.hpp>
#include <coauth/rest_client_impl.hpp>
#include <coauth/scope_impl.hpp>
#include <coauth/secret_impl.hpp>
#include <coauth/sign_in_impl.hpp>
#include <coauth/store/file_store_impl.hpp>
#include <coauth/store/memory_store_impl.hpp>
#include <coauth/store/sealed_impl.hpp>
#include <coauth/store/sealing_key_impl.hpp>
#include <coauth/store/store_key_impl.hpp>
#include <coauth/store/stored_token_impl.hpp>
#include <coauth/store/token_records_impl.hpp>
#include <coauth/store/token_store_impl.hpp>
#include <coauth/token_source_impl.hpp>
#include <coauth/url_impl.hpp>

#endif
