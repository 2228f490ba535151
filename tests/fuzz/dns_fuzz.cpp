// libFuzzer's target for what the hot path of dns reads: answers, and the packets that come back with transmit stamps.
// Whatever passes as an answer must hold the query's id and, unless it is an error without one, its question.
#include "answer_check.hpp"
#include "looped.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

using namespace sonde::dns;

namespace {

// www.Example.test A IN, id 0x1234
const std::vector<std::uint8_t> kQuery = {0x12, 0x34, 1,   0,   0,   1,   0,   0,   0,   0,   0,   0,
                                          3,    'w',  'w', 'w', 7,   'E', 'x', 'a', 'm', 'p', 'l', 'e',
                                          4,    't',  'e', 's', 't', 0,   0,   1,   0,   1};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const Octets octets(data, size);
    const bool exact = check_answer(kQuery, octets, true) == Match::answer;
    const bool answer = check_answer(kQuery, octets, false) == Match::answer;
    if (exact && !answer)
        std::abort();
    if (answer && (size < 12 || data[0] != 0x12 || data[1] != 0x34 || (data[2] & 0x80) == 0))
        std::abort();
    if (exact && data[5] == 1 && (size < kQuery.size() || !std::equal(kQuery.begin() + 12, kQuery.end(), data + 12)))
        std::abort();
    if (const auto id = looped_id(octets, 0x1234); id && size < 30)
        std::abort();
    return 0;
}
