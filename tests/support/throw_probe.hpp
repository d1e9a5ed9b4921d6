// SPDX-License-Identifier: BSL-1.0
//
// What would happen to an exception that is thrown here: the unwinder is asked, nothing is thrown.
// For the Itanium C++ ABI with libstdc++, and programs whose symbols are exported (-rdynamic).

#ifndef COAUTH_TESTS_SUPPORT_THROW_PROBE_HPP
#define COAUTH_TESTS_SUPPORT_THROW_PROBE_HPP

namespace coauth::tests {

/// The way of a std::bad_alloc from here outwards; one thread asks. Names are mangled, and empty
/// where unknown, as those of coroutines are; they belong to the program.
struct throw_route {
    char const* stops_in = "";      ///< The function that catches it, or that must not throw.
    bool terminates = false;        ///< It must not throw, or nobody catches.
    bool through_coauth = false;    ///< A function of the library is on the way, the last included.
    bool through_strand = false;    ///< As is Asio's strand,
    bool through_co_spawn = false;  ///< or the end of a coroutine that Asio has spawned.
};

[[nodiscard]] throw_route route_of_bad_alloc();

}  // namespace coauth::tests

#endif
