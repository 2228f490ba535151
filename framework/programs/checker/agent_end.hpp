#pragma once

#include "frames/messages.hpp"
#include "frames/packet_buffer.hpp"
#include "frames/rows.hpp"
#include "frames/socket.hpp"
#include "programs/checker/order.hpp"
#include "programs/checker/outcome.hpp"

#include <span>
#include <utility>
#include <vector>

namespace sonde::checker {

// The agent's end of a run's socket: notes in the outcome what the run says, and opens the sockets that it may have.
class AgentEnd {
public:
    // What is handed in outlives it.
    AgentEnd(const frames::MethodDescription &method, const Order &order, Outcome &outcome);

    void open(frames::Descriptor socket) { socket_ = std::move(socket); }
    // -1 once the run has closed its own.
    int fd() const { return socket_.get(); }
    // run() or probe() has returned.
    bool returned() const { return returned_; }

    // Takes one packet if there is one.
    void receive();
    // Takes all that has arrived.
    void receive_all();

private:
    void handle(const frames::Rows &rows);
    void handle(const frames::Fail &fail);
    void handle(const frames::Traffic &traffic);
    void handle(const frames::SocketRequest &request);
    void handle(const frames::Done &done);
    void handle(const frames::LogLine &) {}
    void handle(const frames::Progress &) {}
    void handle(const frames::Begun &) {}
    void judge_row(const frames::TableDescription &table, std::span<const sonde_cell> cells);

    const frames::MethodDescription &method_;
    const Order &order_;
    Outcome &outcome_;
    frames::Descriptor socket_;
    frames::PacketBuffer buffer_;
    std::vector<frames::RowFormat> formats_;
    bool returned_ = false;
};

} // namespace sonde::checker
