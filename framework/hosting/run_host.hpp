#pragma once

#include "frames/messages.hpp"
#include "frames/rows.hpp"
#include "hosting/cancel.hpp"

#include <sonde/plugin.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace sonde::hosting {

// The services of <sonde/plugin.h> inside the process of one run or probe. What the plugin gives goes to the agent over
// one socket; a row that breaks the declaration becomes a failure here, with a sentence for its author.
class RunHost : public sonde_host {
public:
    // `agent` is the run's end of its socket. All arguments outlive the host. A probe has no tables,
    // and an Invoke that says nothing.
    RunHost(int agent, const Cancel &cancel, const frames::MethodDescription &method, const frames::Invoke &invoke,
            bool probe);

    // Whether a plugin gets something for this id.
    static bool has_extension(std::string_view id);

    // Sends what is left, the failure if `returned` is none of the declared statuses, and Done.
    void finish(std::int32_t returned);

private:
    // What run() is told to stop with. Returning it says "as you said" and is no failure.
    static constexpr std::int32_t kStop = -1;

    // The host's extension of the same name, which knows whose it is: a host may be handed on by another one.
    struct Listen : sonde_listen {
        RunHost *host;
    };
    struct Counter : sonde_counter {
        RunHost *host;
    };

    static RunHost &self(const sonde_host *host);
    // The host for a callback that only the run's own thread may call; for another thread nullptr, and the run fails.
    static RunHost *called(const sonde_host *host, const char *callback);
    // The same of what a probe may not call either.
    static RunHost *called_in_run(const sonde_host *host, const char *callback);
    void judge_strange_call();

    std::int32_t add_row(std::uint32_t table, std::span<const sonde_cell> cells);
    std::int32_t add_failure(std::int32_t code, std::string_view text);
    void add_log(sonde_log_level level, std::string_view text);
    void set_progress(std::uint64_t done, std::uint64_t total);
    void add_traffic(std::uint64_t sent_bytes, std::uint64_t received_bytes);
    std::int32_t find_addresses(const char *name, sonde_addresses &found);
    std::int32_t sleep(std::int64_t until_ns);
    std::int32_t open_sockets(sonde_socket_kind kind, std::uint32_t family, std::uint32_t count, std::int32_t *fds);
    std::int32_t open_listener(sonde_socket_kind kind, std::uint32_t family, std::uint32_t port, std::int32_t *fd);
    std::int32_t open_counter(std::span<const sock_filter> program, std::uint32_t classes, std::int32_t *fds,
                              char *text);
    // What an error is in words goes to `text`.
    std::int32_t request_sockets(frames::SocketRequest request, std::int32_t *fds, std::string &text);
    std::int32_t await_reply(const frames::SocketRequest &request, std::int32_t *fds, std::string &text);
    const void *find_extension(std::string_view id) const;
    bool declared(std::int32_t code) const;
    void broke_rules(const std::string &text);

    void flush_if_due(std::int64_t now_ns);
    void flush();
    void send(std::span<const std::byte> frame);
    void send(const frames::RunToAgent &message);

    int agent_;
    const Cancel &cancel_;
    const frames::MethodDescription &method_;
    const frames::Invoke &invoke_;
    const bool probe_;
    std::vector<frames::RowFormat> formats_;
    std::vector<frames::RowWriter> writers_; // one a table
    frames::Traffic traffic_;                // not yet sent
    std::optional<frames::Progress> progress_;
    std::optional<std::int32_t> failure_; // the first code
    bool rules_broken_ = false;
    bool agent_gone_ = false;
    bool stop_told_ = false;
    std::int64_t flushed_ns_ = 0;
    std::uint32_t requests_ = 0;
    Listen listen_{};
    Counter counter_{};
    const std::thread::id thread_ = std::this_thread::get_id();
    std::atomic<const char *> strange_call_{nullptr}; // a callback that another thread has called
};

} // namespace sonde::hosting
