// SPDX-License-Identifier: BSL-1.0
//
// The two things that threads meet at, under names of our own: a build that explores interleavings
// (tests/model/explorer.hpp) puts types in their place that stop at each access, and makes small
// what would only be walked over.

#ifndef COAUTH_DETAIL_ATOMIC_HPP
#define COAUTH_DETAIL_ATOMIC_HPP

#include <atomic>
#include <mutex>
#include <thread>

#ifndef COAUTH_TEST_ATOMIC
#define COAUTH_TEST_ATOMIC ::std::atomic
#define COAUTH_TEST_MUTEX ::std::mutex
#define COAUTH_TEST_HAZARD_SLOTS 32
/// In a loop that waits for another thread, after the load that found it not there yet.
#define COAUTH_TEST_PAUSE() ::std::this_thread::yield()
#endif

namespace coauth::detail {

template <class T>
using atomic = COAUTH_TEST_ATOMIC<T>;

using mutex = COAUTH_TEST_MUTEX;

}  // namespace coauth::detail

#endif
