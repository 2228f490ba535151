#pragma once

#include "channel/message.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace sonde::channel {

// About so much of an answer is in memory at a time.
inline constexpr std::size_t kPageBytes = 256 * 1024;

// Fetches the next lines of an answer, one JSON object each with a newline; an empty text is the end.
using NextPage = std::function<asio::awaitable<Result<std::string>>()>;

// An answer of lines (application/x-ndjson) that are fetched page by page, each when the socket has taken the one
// before, so that an answer of any size needs the memory of one page. The first page is fetched at once: its error is
// returned. A later one's cuts the answer (see BodyProducer).
asio::awaitable<Result<Response>> answer_lines(NextPage next);

} // namespace sonde::channel
