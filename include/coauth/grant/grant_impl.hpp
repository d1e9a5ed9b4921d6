// SPDX-License-Identifier: BSL-1.0
//
// Bodies of grant.hpp.

#ifndef COAUTH_GRANT_GRANT_IMPL_HPP
#define COAUTH_GRANT_GRANT_IMPL_HPP

#include <coauth/error.hpp>
#include <coauth/grant/client_credentials.hpp>
#include <coauth/grant/grant.hpp>

namespace coauth {

COAUTH_INLINE error detail::sign_in_needed() {
    return error(errc::reauthorization_required, stage::token, "a person has to sign in")
        .with_hint("call coauth::sign_in() with this source, then go on");
}

COAUTH_INLINE any_grant::any_grant() : any_grant(client_credentials()) {}

}  // namespace coauth

#endif
