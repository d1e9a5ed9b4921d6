// SPDX-License-Identifier: BSL-1.0
//
// What a user may do before a call to an API and after its response. Run on the client's executor.

#ifndef COAUTH_CALL_HOOKS_HPP
#define COAUTH_CALL_HOOKS_HPP

#include <coauth/hooks.hpp>
#include <coauth/request.hpp>
#include <coauth/response.hpp>

#include <functional>

namespace coauth {

/// For calls to the API.
struct call_hooks {
    /// Once per call, before its authorization is decided. An Authorization header set here wins. A
    /// hook that moves the request to another origin (request::absolute_url) leaves the credentials
    /// behind.
    edit_hook<request> before_call = {};
    /// For every send: the final request, credentials redacted. Not to wait in.
    std::function<void(sent_request const&)> before_send = {};
    /// Once per call, before the caller gets the response.
    edit_hook<response> after_response = {};
};

}  // namespace coauth

#endif
