// SPDX-License-Identifier: BSL-1.0
//
// The calls of the benchmark with libcurl: one multi handle driven by epoll and
// curl_multi_socket_action, one easy handle per connection, used again for each request.

#include "measure.hpp"

#include <cstddef>
#include <curl/curl.h>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/epoll.h>
#include <unistd.h>
#include <vector>

namespace {

struct easy {
    CURL* handle = curl_easy_init();
    std::string body;
    long left = 0;
    bench::measurement::time_point began;

    easy() = default;
    easy(easy const&) = delete;
    easy& operator=(easy const&) = delete;
    ~easy() { curl_easy_cleanup(handle); }
};

std::size_t append(char* data, std::size_t size, std::size_t count, void* to) {
    static_cast<easy*>(to)->body.append(data, size * count);
    return size * count;
}

class multi {
public:
    explicit multi(bench::options const& o) : measurement_(o) {
        headers_ = curl_slist_append(headers_, ("Authorization: Bearer " + o.token).c_str());
        headers_ = curl_slist_append(headers_, "Accept-Encoding: identity");
        curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &multi::watch);
        curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
        curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &multi::set_timer);
        curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
        for (int i = 0; i < o.connections; ++i) add(o);
    }
    multi(multi const&) = delete;
    multi& operator=(multi const&) = delete;
    ~multi() {
        easies_.clear();
        curl_multi_cleanup(multi_);
        curl_slist_free_all(headers_);
        ::close(epoll_);
    }

    [[nodiscard]] bench::measurement& measured() { return measurement_; }

    /// So many requests of each handle.
    void run(long count) {
        if (count <= 0) return;
        for (auto& e : easies_) {
            e->left = count;
            begin(*e);
        }
        running_ = easies_.size();
        while (running_ != 0) wait();
    }

private:
    void add(bench::options const& o) {
        auto& e = *easies_.emplace_back(std::make_unique<easy>());
        std::string const url = o.origin() + std::string(bench::target);
        curl_easy_setopt(e.handle, CURLOPT_URL, url.c_str());
        curl_easy_setopt(e.handle, CURLOPT_HTTPHEADER, headers_);
        curl_easy_setopt(e.handle, CURLOPT_WRITEFUNCTION, append);
        curl_easy_setopt(e.handle, CURLOPT_WRITEDATA, &e);
        curl_easy_setopt(e.handle, CURLOPT_PRIVATE, &e);
        curl_easy_setopt(e.handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(e.handle, CURLOPT_NOPROXY, "*");
        curl_easy_setopt(e.handle, CURLOPT_TIMEOUT_MS,
                         static_cast<long>(std::chrono::milliseconds(bench::deadline).count()));
        if (o.tls) curl_easy_setopt(e.handle, CURLOPT_CAINFO, o.ca_file.c_str());
    }

    void begin(easy& e) {
        e.body.clear();
        e.began = measurement_.request_begins();
        curl_multi_add_handle(multi_, e.handle);
    }

    void wait() {
        epoll_event events[64];
        int const n = ::epoll_wait(epoll_, events, 64, timeout_ < 0 ? 1000 : timeout_);
        int still = 0;
        if (n == 0) {
            timeout_ = -1;
            curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &still);
        }
        for (int i = 0; i < n; ++i) {
            int const ready =
                ((events[i].events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                ((events[i].events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                ((events[i].events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(multi_, events[i].data.fd, ready, &still);
        }
        collect();
    }

    void collect() {
        int left = 0;
        while (CURLMsg const* const message = curl_multi_info_read(multi_, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            CURL* const handle = message->easy_handle;
            bool const sent = message->data.result == CURLE_OK;
            easy* e = nullptr;
            curl_easy_getinfo(handle, CURLINFO_PRIVATE, &e);
            long status = 0;
            curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
            curl_multi_remove_handle(multi_, handle);
            measurement_.request_ended(e->began,
                                       sent && status == 200 && e->body.size() == bench::body_size);
            if (--e->left == 0)
                --running_;
            else
                begin(*e);
        }
    }

    static int watch(CURL*, curl_socket_t fd, int what, void* self, void* known) {
        auto* const m = static_cast<multi*>(self);
        epoll_event event{};
        event.data.fd = fd;
        if (what == CURL_POLL_REMOVE) {
            ::epoll_ctl(m->epoll_, EPOLL_CTL_DEL, fd, nullptr);
            curl_multi_assign(m->multi_, fd, nullptr);
            return 0;
        }
        if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
        if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
        ::epoll_ctl(m->epoll_, known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
        curl_multi_assign(m->multi_, fd, m);
        return 0;
    }
    static int set_timer(CURLM*, long milliseconds, void* self) {
        static_cast<multi*>(self)->timeout_ = static_cast<int>(milliseconds);
        return 0;
    }

    bench::measurement measurement_;
    CURLM* multi_ = curl_multi_init();
    curl_slist* headers_ = nullptr;
    int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    int timeout_ = -1;
    std::size_t running_ = 0;
    std::vector<std::unique_ptr<easy>> easies_;
};

}  // namespace

int main(int argc, char** argv) try {
    bench::options const o = bench::parse(argc, argv);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi m(o);
    m.run(bench::options::warm_up());
    m.measured().start();
    m.run(o.per_connection());
    m.measured().print();
} catch (std::exception const& e) {
    std::cerr << "call_libcurl: " << e.what() << '\n';
    return 1;
}
