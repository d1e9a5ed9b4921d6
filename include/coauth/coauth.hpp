// SPDX-License-Identifier: BSL-1.0
//
// The whole core. The testing kit and opt-in components have headers of their own.

#ifndef COAUTH_COAUTH_HPP
#define COAUTH_COAUTH_HPP

#include <coauth/client_auth/client_secret_basic.hpp>
#include <coauth/client_auth/client_secret_jwt.hpp>
#include <coauth/client_auth/client_secret_post.hpp>
#include <coauth/client_auth/private_key_jwt.hpp>
#include <coauth/client_auth/tls_client_auth.hpp>
#include <coauth/codec/path_segment.hpp>
#include <coauth/grant/client_credentials.hpp>
#include <coauth/rest_client.hpp>
#include <coauth/sign_in.hpp>
#include <coauth/token_source.hpp>

#endif
