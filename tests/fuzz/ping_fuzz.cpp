// libFuzzer's target for what ping reads of the network: replies, ICMP errors, and the packets that come back with
// transmit stamps. No fuzzer finds a token, so the first byte can have a request of ours laid into the bytes, and the
// checksum put right.
#include "packet.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

using namespace sonde::ping;

namespace {

constexpr std::uint64_t kNumber = 0x1234567;

void check(const std::optional<Arrival> &arrival, std::uint32_t family)
{
    if (!arrival)
        return;
    const bool error = arrival->kind == Arrival::Kind::error;
    if (arrival->authentic && (arrival->number != kNumber || arrival->sequence != (kNumber & 0xffff)))
        std::abort();
    if (arrival->intact && (error || !arrival->authentic))
        std::abort();
    if ((error && arrival->sent_to.family != family) || (!error && !same_address(arrival->sent_to, arrival->from)))
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size < 2)
        return 0;
    const std::uint8_t how = data[0];
    const std::size_t at = data[1];
    std::vector<std::uint8_t> bytes(data + 2, data + size);
    const Format format{{1, 2, 3}, 0x4242, counting_payload(56)};
    if ((how & 1) != 0 && at < bytes.size()) {
        std::vector<std::uint8_t> request(kHeaderBytes + format.payload.size());
        build_request(format, (how & 2) != 0 ? 4 : 6, kNumber, request);
        if ((how & 4) != 0) // an answer
            request[0] = (how & 2) != 0 ? 0 : 129;
        std::copy_n(request.begin(), std::min(request.size(), bytes.size() - at),
                    bytes.begin() + static_cast<std::ptrdiff_t>(at));
    }
    if (const std::size_t header = bytes.empty() ? 0 : (bytes[0] & 15U) * 4;
        (how & 8) != 0 && bytes.size() >= header + 4) {
        bytes[header + 2] = bytes[header + 3] = 0;
        const std::uint16_t sum = checksum(Bytes(bytes).subspan(header));
        bytes[header + 2] = static_cast<std::uint8_t>(sum >> 8);
        bytes[header + 3] = static_cast<std::uint8_t>(sum);
    }
    const bool cut = (how & 16) != 0;
    check(parse_v4(format, bytes, cut), 4);
    Route6 route{};
    route.from.family = 6;
    if ((how & 32) != 0)
        route.to = route.from;
    check(parse_v6(format, bytes, cut, route), 6);
    if (const auto looped = find_request(format, bytes); looped && looped->number != kNumber)
        std::abort();
    return 0;
}
