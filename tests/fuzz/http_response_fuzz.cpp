// libFuzzer's target for what the http methods read of a server: a response's head and its body. The first byte chooses
// in what pieces the bytes arrive; what is read must be the same however they are cut.
#include "body.hpp"
#include "head.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sonde::http_download;

struct Answer {
    Progress head = Progress::more;
    Progress body = Progress::more;
    Head seen;
    std::uint64_t payload_bytes = 0;
    std::size_t used = 0;
};

// As a stream does it, the bytes arriving `step` at a time.
Answer read(std::string_view bytes, std::size_t step)
{
    Answer answer;
    HeadReader reader;
    std::size_t used = 0;
    while (answer.used < bytes.size() && answer.head == Progress::more) {
        answer.head = reader.feed(bytes.substr(answer.used, step), used);
        if (used > std::min(step, bytes.size() - answer.used))
            std::abort();
        answer.used += used;
    }
    if ((answer.head == Progress::bad) != !reader.complaint().empty())
        std::abort();
    if (answer.head != Progress::done)
        return answer;
    answer.seen = reader.head();
    Body body(answer.seen);
    answer.body = body.progress();
    while (answer.used < bytes.size() && answer.body == Progress::more) {
        answer.body = body.feed(bytes.substr(answer.used, step), used);
        answer.used += used;
    }
    answer.payload_bytes = body.payload_bytes();
    if (answer.payload_bytes > answer.used || (answer.body == Progress::bad) != !body.complaint().empty())
        std::abort();
    return answer;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view bytes(reinterpret_cast<const char *>(data) + 1, size - 1);
    const Answer whole = read(bytes, bytes.size() + 1);
    const Answer cut = read(bytes, 1 + data[0] % 64);
    if (whole.head != cut.head)
        std::abort();
    if (whole.head == Progress::done &&
        (whole.seen.status != cut.seen.status || whole.seen.content_length != cut.seen.content_length ||
         whole.seen.chunked != cut.seen.chunked || whole.seen.keep_alive != cut.seen.keep_alive ||
         whole.seen.location != cut.seen.location || whole.seen.intermediary != cut.seen.intermediary ||
         whole.body != cut.body || whole.payload_bytes != cut.payload_bytes))
        std::abort();
    return 0;
}
