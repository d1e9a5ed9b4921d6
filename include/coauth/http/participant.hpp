// SPDX-License-Identifier: BSL-1.0
//
// What pool, transport and connection know of an exchange, and the list they keep it in. Everything
// on the transport's sequential executor; not synchronised.

#ifndef COAUTH_HTTP_PARTICIPANT_HPP
#define COAUTH_HTTP_PARTICIPANT_HPP

#include <coauth/error.hpp>
#include <coauth/http/deadline_queue.hpp>

#include <memory>

namespace coauth::http {

class connection;

/// A place in a doubly linked ring; leaves it in O(1).
class ring_link {
public:
    ring_link(ring_link const&) = delete;
    ring_link& operator=(ring_link const&) = delete;

    [[nodiscard]] bool linked() const noexcept { return next_ != this; }
    void unlink() noexcept {
        next_->previous_ = previous_;
        previous_->next_ = next_;
        next_ = previous_ = this;
    }

protected:
    ring_link() noexcept = default;
    ~ring_link() { unlink(); }

private:
    friend class participant_list;
    ring_link* next_ = this;
    ring_link* previous_ = this;
};

class participant : public deadline_queue::entry, public ring_link {
public:
    /// A waiter's turn: it owns a slot of the endpoint now, with a connection in it or without. It
    /// has left the queue.
    virtual void granted(std::shared_ptr<connection> idle) noexcept = 0;
    /// Ends it with this error, wherever it is, and its wait soon after; it leaves every list.
    virtual void abort(errc why) noexcept = 0;
    /// The connection can take more bytes, or has failed.
    virtual void writable() noexcept = 0;
};

/// First in, first out; a participant is in one list at most, and may leave at any time.
class participant_list : private ring_link {
public:
    participant_list() noexcept = default;

    [[nodiscard]] bool empty() const noexcept { return !linked(); }
    /// Precondition: !empty().
    [[nodiscard]] participant& front() const noexcept { return *static_cast<participant*>(next_); }
    void push_back(participant& p) noexcept {
        ring_link& entry = p;
        entry.next_ = this;
        entry.previous_ = previous_;
        previous_->next_ = &entry;
        previous_ = &entry;
    }
};

}  // namespace coauth::http

#endif
