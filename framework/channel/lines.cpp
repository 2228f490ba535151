#include "channel/lines.hpp"

#include <memory>

namespace sonde::channel {

namespace {

constexpr std::string_view kJsonLines = "application/x-ndjson";

class Pages {
public:
    Pages(NextPage next, std::string first) : next_(std::move(next)), page_(std::move(first)) {}

    asio::awaitable<Result<std::string_view>> next()
    {
        if (!std::exchange(given_, true) || page_.empty())
            co_return std::string_view(page_);
        page_ = std::string(); // not kept beside the next one
        auto page = co_await next_();
        if (!page)
            co_return page.error();
        page_ = std::move(*page);
        co_return std::string_view(page_);
    }

private:
    NextPage next_;
    std::string page_;
    bool given_ = false; // page_ was
};

} // namespace

asio::awaitable<Result<Response>> answer_lines(NextPage next)
{
    auto first = co_await next();
    if (!first)
        co_return first.error();
    const auto pages = std::make_shared<Pages>(std::move(next), std::move(*first));
    Response response;
    response.content_type = kJsonLines;
    response.producer = [pages] { return pages->next(); };
    co_return response;
}

} // namespace sonde::channel
