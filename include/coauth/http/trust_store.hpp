// SPDX-License-Identifier: BSL-1.0
//
// The CA certificates of a TLS configuration, parsed once for all contexts that trust the same:
// those of a machine take OpenSSL 3.0 some 20 ms and 1 MB, and a service may have a client for each
// tenant. Immutable; any thread.

#ifndef COAUTH_HTTP_TRUST_STORE_HPP
#define COAUTH_HTTP_TRUST_STORE_HPP

#include <coauth/crypto/digest.hpp>
#include <coauth/crypto/openssl_error.hpp>
#include <coauth/crypto/pem.hpp>
#include <coauth/http/tls_config.hpp>
#include <coauth/http/tls_trust.hpp>
#include <coauth/result.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coauth::http {

class trust_store {
public:
    /// Whom `config` trusts; `ca_text` is what its ca_file holds. May come to nobody. Errors:
    /// invalid_ca_certificate, for what the user has given.
    [[nodiscard]] static result<std::shared_ptr<trust_store const>> load(tls_config const& config,
                                                                         std::string_view ca_text);

    /// Where the certificates of the machine were found, one path per line; empty when there are
    /// none, or none are wanted.
    [[nodiscard]] std::string const& found() const noexcept { return found_; }

    /// OpenSSL counts references in it and adds what it reads from directories, under a lock of its
    /// own: hence not const.
    [[nodiscard]] X509_STORE* native() const noexcept { return store_.get(); }

private:
    /// What a store is made of, read but not parsed.
    struct ingredients {
        tls_config const& given;
        std::string_view ca_text;
        std::string machine_path;
        detail::wiped_buffer machine_file;
        std::vector<detail::certificate_directory> machine_directories;

        [[nodiscard]] sha256_digest digest() const;
    };

    trust_store() : store_(X509_STORE_new()) {}

    [[nodiscard]] static result<std::shared_ptr<trust_store const>> made_of(
        ingredients const& parts);
    [[nodiscard]] static result<std::shared_ptr<trust_store const>> shared(
        ingredients const& parts);
    [[nodiscard]] int add(std::string_view pem) const;

    detail::openssl_ptr<X509_STORE, X509_STORE_free> store_;
    std::string found_;
};

/// Those in use, by the digest of what they were made of.
class trust_stores {
public:
    /// Never destroyed: a context may be made after static objects have gone.
    [[nodiscard]] static trust_stores& instance() {
        static trust_stores* const all = new trust_stores;
        return *all;
    }

    [[nodiscard]] std::shared_ptr<trust_store const> find(sha256_digest const& key) {
        std::lock_guard const lock(mutex_);
        auto const at = stores_.find(key);
        return at == stores_.end() ? nullptr : at->second.lock();
    }

    /// `made`, or what somebody else has made meanwhile.
    [[nodiscard]] std::shared_ptr<trust_store const> keep(sha256_digest const& key,
                                                          std::shared_ptr<trust_store const> made) {
        std::lock_guard const lock(mutex_);
        std::erase_if(stores_, [](auto const& one) { return one.second.expired(); });
        std::shared_ptr<trust_store const> first = stores_[key].lock();
        if (first) return first;
        stores_[key] = made;
        return made;
    }

private:
    trust_stores() = default;

    std::mutex mutex_;
    std::map<sha256_digest, std::weak_ptr<trust_store const>> stores_;
};

inline result<std::shared_ptr<trust_store const>> trust_store::load(tls_config const& config,
                                                                    std::string_view ca_text) {
    ingredients parts{config, ca_text, {}, {}, {}};
    if (!config.system_trust) return shared(parts);

    parts.machine_directories = detail::certificate_directories();
    for (std::string const& path : detail::certificate_files()) {
        std::error_code missing;
        parts.machine_path = path;
        parts.machine_file = detail::read_pem_file(path, missing);
        if (missing) parts.machine_file.clear();
        if (parts.machine_file.view().empty() && parts.machine_directories.empty()) continue;
        result<std::shared_ptr<trust_store const>> next = shared(parts);
        if (!next || !(*next)->found().empty()) return next;
    }
    parts.machine_file.clear();
    return shared(parts);
}

inline sha256_digest trust_store::ingredients::digest() const {
    sha256_hasher all;
    all.add_part(ca_text);
    all.add_part(given.ca_pem);
    all.add_part(machine_path);
    all.add_part(machine_file.view());
    for (detail::certificate_directory const& one : machine_directories) {
        all.add_part(one.path);
        all.add_part(one.listing);
    }
    return all.finish();
}

inline result<std::shared_ptr<trust_store const>> trust_store::shared(ingredients const& parts) {
    trust_stores& all = trust_stores::instance();
    sha256_digest const key = parts.digest();
    if (std::shared_ptr<trust_store const> known = all.find(key)) return known;
    // Not under the lock: others may have other files to parse.
    result<std::shared_ptr<trust_store const>> made = made_of(parts);
    if (!made) return made;
    return all.keep(key, std::move(*made));
}

inline result<std::shared_ptr<trust_store const>> trust_store::made_of(ingredients const& parts) {
    std::shared_ptr<trust_store> const made(new trust_store);
    if (!made->store_) {
        return error(errc::out_of_memory, stage::configuration, "no trust store")
            .with_cause(detail::take_openssl_error());
    }
    if (!parts.given.ca_file.empty() && made->add(parts.ca_text) <= 0) {
        return error(errc::invalid_ca_certificate, stage::configuration,
                     "no CA certificate can be read from '" + parts.given.ca_file + "'");
    }
    if (!parts.given.ca_pem.empty() && made->add(parts.given.ca_pem) <= 0) {
        return error(errc::invalid_ca_certificate, stage::configuration,
                     "ca_pem is not one or more PEM certificates");
    }
    if (!parts.machine_file.view().empty() && made->add(parts.machine_file.view()) > 0) {
        made->found_ += parts.machine_path + "\n";
    }
    for (detail::certificate_directory const& one : parts.machine_directories) {
        if (X509_STORE_load_path(made->native(), one.path.c_str()) == 1)
            made->found_ += one.path + "\n";
    }
    ERR_clear_error();
    return std::shared_ptr<trust_store const>(made);
}

/// Adds every certificate of a PEM text; how many, or -1 when a block is broken.
inline int trust_store::add(std::string_view pem) const {
    detail::bio_ptr const bio = detail::memory_bio(pem);
    int count = 0;
    for (;;) {
        detail::x509_handle const certificate(
            PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
        if (!certificate) break;
        if (X509_STORE_add_cert(native(), certificate.get()) != 1) break;
        ++count;
    }
    // The reader ends with "no start line", also after the last block.
    bool const at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return at_end ? count : -1;
}

}  // namespace coauth::http

#endif
