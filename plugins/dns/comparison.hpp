#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sonde::dns {

// What one server says to one question, held against what the others say.
struct Opinion {
    std::size_t server = 0;
    std::string content;      // all that it has said, different answers separated by " | "; cut where it is long
    std::size_t group = 0;    // of those that say the same, from 1; 1 is the largest
    std::size_t agreeing = 0; // servers in it
    bool differs = false;     // the servers do not all say the same
};

// The answers of one question, by server.
class Comparison {
public:
    // Beyond the sixteenth that a server gives, different ones count as the same.
    void add(std::size_t server, const std::string &content);

    // In the order of the servers. Servers that said nothing are left out.
    std::vector<Opinion> opinions() const;

private:
    std::map<std::size_t, std::set<std::string>> said_;
};

} // namespace sonde::dns
