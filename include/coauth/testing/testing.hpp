// SPDX-License-Identifier: BSL-1.0
//
// The whole testing kit, for tests of programs that use the library. docs/testing-your-service.md
// is the way in.

#ifndef COAUTH_TESTING_TESTING_HPP
#define COAUTH_TESTING_TESTING_HPP

#include <coauth/testing/api_server.hpp>
#include <coauth/testing/authorization_server.hpp>
#include <coauth/testing/fail_nth.hpp>
#include <coauth/testing/headless_browser.hpp>
#include <coauth/testing/http_server.hpp>
#include <coauth/testing/manual_clock.hpp>
#include <coauth/testing/memory_network.hpp>
#include <coauth/testing/pki.hpp>
#include <coauth/testing/proxy_server.hpp>
#include <coauth/testing/scripted_server.hpp>
#include <coauth/testing/stepping_executor.hpp>

#endif
