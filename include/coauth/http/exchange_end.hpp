// SPDX-License-Identifier: BSL-1.0
//
// How an exchange ends before its time, and gives back what it has: bodies of exchange.hpp.

#ifndef COAUTH_HTTP_EXCHANGE_END_HPP
#define COAUTH_HTTP_EXCHANGE_END_HPP

#include <coauth/http/exchange.hpp>
#include <coauth/http/tls_failure.hpp>

#include <algorithm>
#include <new>
#include <string>
#include <system_error>
#include <utility>

namespace coauth::http {

inline exchange::~exchange() {
    leave();
    if (workspace_) transport_->workspaces().put_back(std::move(workspace_));
}

inline coauth::error const& exchange::error() const noexcept {
    static coauth::error const none;
    static coauth::error const nameless(errc::out_of_memory);
    if (error_) return *error_;
    return failed_ ? nameless : none;
}

inline void exchange::set_stage_deadline(duration d) {
    time_point at = total_;
    if (d != duration::max()) at = std::min(at, saturating_add(boot_clock::now(), d));
    transport_->deadlines().set(*this, at);
}

inline void exchange::abort(errc why) noexcept {
    if (phase_ == phase::done) return;
    std::shared_ptr<detail::suspension> const parked = std::move(parked_);
    fail(why);
    try {
        if (parked) parked->wake(detail::wake_reason::expired);
    } catch (std::bad_alloc const&) {  // nothing to wake it with
    }
}

inline void exchange::fail(errc code, std::error_code const& cause, char const* message) noexcept {
    stage const at = where();
    // Asio's own category does not compare with std::errc.
    std::error_code const portable = cause.category() == asio::error::get_system_category()
                                         ? std::error_code(cause.value(), std::system_category())
                                         : cause;
    end_failed(at, [&] { return coauth::error(code, at, message).with_cause(portable); });
}

template <class MakeError>
void exchange::end_failed(stage at, MakeError make_error) noexcept {
    bool const maybe_processed = lost_ || (written_ != 0 && phase_ >= phase::writing);
    bool const at_proxy = is_at_proxy();
    bool const behind_proxy = endpoint_->proxy() != nullptr && phase_ >= phase::handshaking;
    std::string const& concerned = at_proxy ? endpoint_->proxy()->origin() : endpoint_->origin();
    failed_at_ = at;
    failed_ = true;
    leave();
    try {
        coauth::error e = make_error();
        std::string hint = e.hint();
        if (behind_proxy && hint.empty() && e.code() == condition::transport) {
            hint = "the way leads through the proxy " + endpoint_->proxy()->origin();
        }
        error_ = std::make_unique<coauth::error>(std::move(e)
                                                     .with_endpoint(concerned)
                                                     .with_hint(std::move(hint))
                                                     .with_maybe_processed(maybe_processed));
    } catch (std::bad_alloc const&) {  // error() has one for that
    }
}

inline void exchange::drop_connection() noexcept {
    if (!connection_) return;
    connection_->close();
    // An operation that is still awaited refers to the socket, closed or not.
    if (!in_io_) connection_.reset();
}

inline void exchange::fail_tls(tls_engine& tls) noexcept {
    long const verdict = endpoint_->tls()->verifies() ? tls.verify_result() : X509_V_OK;
    std::error_code const cause = tls.cause();
    stage const at = where();
    end_failed(at, [&] { return detail::tls_failure(cause, verdict, at); });
}

/// Gives everything back and is done, from wherever it was.
inline void exchange::leave() noexcept {
    if (phase_ == phase::queued) --transport_->waiting_;
    if (phase_ != phase::done) mark(&exchange_attempt::ended);
    phase_ = phase::done;
    unlink();
    cancel_deadline();
    if (connector_) connector_->abort();
    drop_connection();
    if (!has_slot_) return;
    has_slot_ = false;
    endpoint_->release_slot();
}

}  // namespace coauth::http

#endif
