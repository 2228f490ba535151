// libFuzzer's target for the answers whose content goes into rows: what ldns makes of them, and their EDNS options.
#include "answer.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

using namespace sonde::dns;

namespace {

bool printable(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size > 65535)
        return 0;
    const auto answer = parse_answer({data, size});
    if (!answer)
        return 0;
    if (!printable(answer->rcode) || !printable(answer->extended_error_text) || !printable(answer->nsid.value_or("")) ||
        !printable(answer->content) || !answer->content.starts_with(answer->rcode))
        std::abort();
    if (answer->min_ttl.has_value() != answer->max_ttl.has_value() || answer->min_ttl > answer->max_ttl ||
        answer->nsid.value_or("").size() > 200 || answer->extended_error_text.size() > 500)
        std::abort();
    Query query;
    query.cookie = {1, 2, 3, 4, 5, 6, 7, 8};
    const bool own = answer->cookie.size() >= query.cookie.size() &&
                     std::equal(query.cookie.begin(), query.cookie.end(), answer->cookie.begin());
    if (cookie_fits(query, *answer) && !own && !answer->cookie.empty())
        std::abort();
    return 0;
}
