// SPDX-License-Identifier: BSL-1.0
//
// Forward declarations of the public types. Free to every layer.

#ifndef COAUTH_FWD_HPP
#define COAUTH_FWD_HPP

namespace coauth {

enum class errc : int;
enum class stage : unsigned char;
class error;
class exception;
template <class T>
class result;

class secret;
class scope;
class url;
class clock;

class request;
class response;
class rest_client;
class token_ref;
class token_source;

class exchange_log;
struct exchange_record;

}  // namespace coauth

#endif
