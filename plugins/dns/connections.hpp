#pragma once

#include "attempt.hpp"
#include "connection.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace sonde::dns {

// The connections of a run: which one a query gets, and which one is kept for those to come.
class Connections {
public:
    // `over`: one has ended; called from within it. All outlives this.
    Connections(Connecting &shared, const std::vector<Server> &servers, std::function<void()> over);

    struct Found {
        Connection &connection;
        Reuse is;  // to the query: reused, or cold as far as is known yet
        bool made; // for it
    };
    // That of the queries before where that is asked for and still there, else a new one.
    Found for_query(const Asked &asked);
    // No more queries over the one that was kept for such.
    void give_up(const Asked &asked);

    std::size_t size() const { return connections_.size(); }
    // Ends those that nobody needs any more, the kept ones too if `all_asked`, and destroys what has ended. Not from
    // within a connection.
    void tidy(bool all_asked);
    // Ends all as they stand.
    void abandon();

private:
    Connecting &shared_;
    const std::vector<Server> &servers_;
    std::function<void()> over_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::map<std::pair<std::size_t, Transport>, Connection *> kept_;
};

} // namespace sonde::dns
