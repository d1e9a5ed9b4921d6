// SPDX-License-Identifier: BSL-1.0
//
// The names that the values of an enumeration have in a configuration. Pure functions.

#ifndef COAUTH_DETAIL_CONFIG_CHOICES_HPP
#define COAUTH_DETAIL_CONFIG_CHOICES_HPP

#include <coauth/detail/config_draft.hpp>

#include <string_view>

namespace coauth::detail {

template <class Enumeration>
struct config_choice {
    std::string_view name;
    Enumeration value;
};

template <class Enumeration>
inline constexpr bool config_choices = false;

template <>
inline constexpr config_choice<config_auth_method> config_choices<config_auth_method>[] = {
    {"client_secret_basic", config_auth_method::client_secret_basic},
    {"client_secret_post", config_auth_method::client_secret_post},
    {"client_secret_jwt", config_auth_method::client_secret_jwt},
    {"private_key_jwt", config_auth_method::private_key_jwt},
    {"tls_client_auth", config_auth_method::tls_client_auth},
    {"self_signed_tls_client_auth", config_auth_method::self_signed_tls_client_auth},
    {"none", config_auth_method::none}};

template <>
inline constexpr config_choice<jws_algorithm> config_choices<jws_algorithm>[] = {
    {"RS256", jws_algorithm::rs256},
    {"PS256", jws_algorithm::ps256},
    {"ES256", jws_algorithm::es256},
    {"EdDSA", jws_algorithm::eddsa}};

template <>
inline constexpr config_choice<coauth::basic_credentials>
    config_choices<coauth::basic_credentials>[] = {{"rfc6749", coauth::basic_credentials::rfc6749},
                                                   {"raw", coauth::basic_credentials::raw}};

template <>
inline constexpr config_choice<tls_version> config_choices<tls_version>[] = {
    {"1.2", tls_version::tls_1_2}, {"1.3", tls_version::tls_1_3}};

}  // namespace coauth::detail

#endif
