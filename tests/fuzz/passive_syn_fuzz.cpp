// libFuzzer's target for what passive-syn reads: captured frames, and what the kernel says of interfaces. The first
// byte chooses.
#include "link_info.hpp"
#include "segment.hpp"

#include <algorithm>
#include <cstdlib>

using namespace sonde::passive_syn;

namespace {

bool within(Bytes frame, const std::uint8_t *at, std::size_t size)
{
    return at >= frame.data() && at + size <= frame.data() + frame.size();
}

void look(Link link, Bytes frame)
{
    const auto found = classify(link, frame);
    if (!found)
        return;
    if (found->family != 4 && found->family != 6)
        std::abort();
    if (found->segment == Segment::unparsed) {
        if (found->addresses != nullptr || found->tcp != nullptr)
            std::abort();
        return;
    }
    if (!within(frame, found->addresses, found->family == 4 ? 8 : 32) || !within(frame, found->tcp, 14))
        std::abort();
    const int flags = found->tcp[13] & 0x16; // ACK, RST, SYN
    if ((found->segment == Segment::syn && flags != 0x02) || (found->segment == Segment::syn_ack && flags != 0x12) ||
        (found->segment == Segment::rst && (flags & 0x14) != 0x14))
        std::abort();
    // Cut behind the flags, as a capture does, it is the same.
    const auto cut = classify(link, frame.first(static_cast<std::size_t>(found->tcp + 14 - frame.data())));
    if (!cut || cut->segment != found->segment || cut->tcp != found->tcp || cut->addresses != found->addresses)
        std::abort();
}

// Messages of at most 255 bytes, each behind its length.
void look_at_links(Bytes bytes)
{
    std::vector<LinkInfo> links;
    while (!bytes.empty() && links.size() < 16) {
        const std::size_t size = std::min<std::size_t>(bytes[0], bytes.size() - 1);
        if (const auto link = read_link(std::as_bytes(bytes.subspan(1, size)))) {
            if (link->name.size() > size || kind_word(*link).empty())
                std::abort();
            links.push_back(*link);
        }
        bytes = bytes.subspan(1 + size);
    }
    for (const LinkInfo &link : links)
        if (also_seen_at(link.index, links).size() >= links.size())
            std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const Bytes bytes(data + 1, size - 1);
    if (data[0] % 3 == 0)
        look(Link::ethernet, bytes);
    else if (data[0] % 3 == 1)
        look(Link::bare, bytes);
    else
        look_at_links(bytes);
    return 0;
}
