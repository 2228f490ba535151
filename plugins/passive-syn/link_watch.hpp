#pragma once

#include "link_info.hpp"

#include <sonde/plugin.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace sonde::passive_syn {

// The observation point: one interface, by its index, and what the kernel tells of it as it changes.
class LinkWatch {
public:
    // Throws Failure{kInterfaceGone, kUnexpected}.
    explicit LinkWatch(std::uint32_t index);

    // Readable when there is news.
    int fd() const { return news_.get(); }

    // What has become of the interface since the last call.
    struct News {
        bool went_down = false; // also if it is up again
        bool changed = false;   // it, or one that stands above or below it
    };
    // Throws Failure{kInterfaceGone} once it is removed or in another namespace.
    News read_news();

    const LinkInfo &link() const { return link_; }
    const std::vector<std::string> &also_seen_at() const { return also_seen_at_; }

private:
    void look();

    int index_;
    sonde::plugin::Fd news_;
    LinkInfo link_;
    std::vector<std::string> also_seen_at_;
};

} // namespace sonde::passive_syn
