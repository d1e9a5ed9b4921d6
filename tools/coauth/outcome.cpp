// SPDX-License-Identifier: BSL-1.0

#include "outcome.hpp"

namespace coauth_tool {
namespace {

[[nodiscard]] std::string configuration_step(coauth::error const& why) {
    using coauth::errc;
    if (why.is(errc::undecided)) return "answer with the options that `coauth api --help` lists";
    if (why.is(errc::unknown_operation)) return "`coauth api list SPEC` has the operations";
    if (why.is(errc::invalid_argument))
        return "`coauth api show SPEC OPERATION` has the parameters";
    if (why.is(errc::invalid_description) || why.is(errc::unsupported_description) ||
        why.is(errc::description_limit)) {
        return "docs/openapi.md says what can be read";
    }
    if (why.is(errc::empty_trust_store)) return "name the CA certificates with --cacert FILE";
    if (why.is(errc::secret_unavailable)) return "set the variable or file that is named above";
    return "mend what is named above; docs/configuration.md has every key";
}

[[nodiscard]] std::string network_step(coauth::error const& why) {
    using coauth::errc;
    if (why.code() == coauth::condition::proxy) return "check `proxy` of the configuration";
    if (why.is(errc::resolve_failed)) return "check the host name in the URL";
    if (why.is(errc::connect_failed)) return "check host and port, and that the server runs";
    if (why.is(errc::certificate_untrusted)) {
        return "if the server's CA is your own, name it with --cacert FILE";
    }
    if (why.is(errc::deadline_exceeded)) return "try again, or wait longer with --max-time SECONDS";
    return "try again; --inspect shows how far it came";
}

}  // namespace

exit_code code_of(coauth::error const& why) {
    using coauth::errc;
    int const number = why.code().value();
    if (why.code().category() != coauth::error_category()) return exit_code::other;
    if (why.is(errc::cancelled)) return exit_code::interrupted;
    if (why.is(errc::unknown_operation) || why.is(errc::invalid_argument)) return exit_code::usage;
    if (why.code() == coauth::condition::configuration) return exit_code::configuration;
    if (number >= 300 && number < 400) return exit_code::authorization_refused;
    if (why.code() == coauth::condition::transport) return exit_code::network;
    if (why.is(errc::deadline_exceeded)) return exit_code::network;
    return exit_code::other;
}

failure failure_of(coauth::error const& why) {
    exit_code const code = code_of(why);
    // Their hints are for programs.
    bool const here =
        why.is(coauth::errc::certificate_untrusted) || why.is(coauth::errc::empty_trust_store);
    if (here && !why.hint().empty()) return failure_of(coauth::error(why).with_hint({}));
    std::string next;
    // what() has the hint where there is one, and that is the next step.
    if (why.hint().empty()) {
        switch (code) {
            case exit_code::usage:
            case exit_code::configuration: next = configuration_step(why); break;
            case exit_code::authorization_refused:
                next = "--inspect shows what was said; `coauth discover ISSUER` what it accepts";
                break;
            case exit_code::network: next = network_step(why); break;
            default: break;
        }
    }
    return {code, why.what(), std::move(next)};
}

}  // namespace coauth_tool
