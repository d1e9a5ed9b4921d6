// SPDX-License-Identifier: BSL-1.0
//
// One TLS configuration for the life of a program: follows the files that it names. Whoever opens
// or reuses a connection looks at them in passing, at most once a second; nothing runs in between.
// Shared by any number of transports on any threads.

#ifndef COAUTH_HTTP_TLS_CONTEXT_HPP
#define COAUTH_HTTP_TLS_CONTEXT_HPP

#include <coauth/clock.hpp>
#include <coauth/http/tls_config.hpp>
#include <coauth/http/tls_edition.hpp>
#include <coauth/http/watched_files.hpp>
#include <coauth/observer.hpp>
#include <coauth/result.hpp>
#include <coauth/secret.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace coauth::http {

class tls_context {
public:
    static constexpr duration interval = std::chrono::seconds(1);

    /// Reads every file that the configuration names. Errors: empty_trust_store,
    /// invalid_ca_certificate, invalid_client_certificate, secret_unavailable (the password).
    [[nodiscard]] static result<std::shared_ptr<tls_context const>> make(tls_config const& config) {
        // Before the files are read: what changes meanwhile is seen later.
        watched_files files(named_by(config));
        result<std::shared_ptr<tls_edition const>> first = tls_edition::load(config, 1);
        if (!first) return std::move(first).error();
        return std::shared_ptr<tls_context const>(
            new tls_context(config, std::move(files), std::move(*first)));
    }
    tls_context(tls_context const&) = delete;
    tls_context& operator=(tls_context const&) = delete;
    ~tls_context() {
        for (std::string* const text : {&config_.private_key_pem, &config_.certificate_pem}) {
            detail::wipe(text->data(), text->size());
        }
    }

    /// What connections are opened with at this time. Files that have changed are read here, and
    /// `tell` hears of it; where they cannot be used, everything stays as it was.
    [[nodiscard]] std::shared_ptr<tls_edition const> current(time_point now,
                                                             observer const& tell) const {
        look(now, tell);
        std::lock_guard const lock(mutex_);
        return current_;
    }
    /// The number of that edition. No lock, no system call but once a second.
    [[nodiscard]] std::uint64_t edition(time_point now, observer const& tell) const {
        look(now, tell);
        return number_.load(std::memory_order_acquire);  // sync: reload()
    }

    /// That of the first edition: whoever has it may change certificates, and stays who it is.
    [[nodiscard]] std::string const& trust_id() const noexcept { return trust_id_; }
    /// `x5t#S256` of the client certificate of the first edition (RFC 8705 §3.1); empty where there
    /// is none, which never changes.
    [[nodiscard]] std::string const& client_certificate_thumbprint() const noexcept {
        return thumbprint_;
    }
    /// False only after `tls_config::insecure`.
    [[nodiscard]] bool verifies() const noexcept { return verifies_; }

private:
    tls_context(tls_config const& config, watched_files files,
                std::shared_ptr<tls_edition const> first)
        : trust_id_(first->trust_id()),
          thumbprint_(first->client_certificate_thumbprint()),
          verifies_(first->verifies()),
          watches_(!files.empty()),
          config_(watches_ ? config : tls_config()),
          files_(std::move(files)),
          current_(std::move(first)) {}

    [[nodiscard]] static std::vector<std::string> named_by(tls_config const& config) {
        std::vector<std::string> paths;
        for (std::string const* const path :
             {&config.ca_file, &config.certificate_file, &config.private_key_file}) {
            if (!path->empty()) paths.push_back(*path);
        }
        return paths;
    }

    void look(time_point now, observer const& tell) const {
        if (!watches_) return;
        duration::rep const due = next_look_.load(std::memory_order_relaxed);  // sync: a hint
        if (now.time_since_epoch().count() < due) return;
        error failure;
        bool const changed = reload(now, failure);
        if (changed && tell) tell(certificates_changed{failure ? &failure : nullptr});
    }

    /// True when there is something to tell. Whoever finds somebody at it goes on with what is
    /// there.
    [[nodiscard]] bool reload(time_point now, error& failure) const {
        std::unique_lock const lock(mutex_, std::try_to_lock);
        if (!lock) return false;
        next_look_.store(saturating_add(now, interval).time_since_epoch().count(),
                         std::memory_order_relaxed);  // sync: a hint
        bool const changed = files_.changed();
        if (!changed && !failing_) return false;
        result<std::shared_ptr<tls_edition const>> next =
            tls_edition::load(config_, current_->number() + 1);
        failing_ = !next;
        if (next) {
            current_ = std::move(*next);
            number_.store(current_->number(), std::memory_order_release);  // sync: edition()
        } else {
            failure = std::move(next).error();
        }
        return changed || !failing_;
    }

    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
    static_assert(std::atomic<duration::rep>::is_always_lock_free);

    std::string const trust_id_;
    std::string const thumbprint_;
    bool const verifies_;
    bool const watches_;
    tls_config config_;  ///< of use only where there are files
    mutable std::atomic<std::uint64_t> number_{1};
    mutable std::atomic<duration::rep> next_look_{0};
    mutable std::mutex mutex_;
    mutable watched_files files_;
    mutable std::shared_ptr<tls_edition const> current_;
    /// What the files hold now cannot be used: perhaps half of it is still to come.
    mutable bool failing_ = false;
};

}  // namespace coauth::http

#endif
