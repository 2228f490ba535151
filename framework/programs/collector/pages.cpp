#include "pages.hpp"

#include "lines.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace sonde::collector {

namespace {

namespace asio = boost::asio;

constexpr std::size_t kPageRows = 1000;

class ResultPages {
public:
    ResultPages(store::Repository &repository, ResultsRequest wanted)
        : repository_(repository), wanted_(std::move(wanted))
    {
    }

    asio::awaitable<Result<std::string>> next()
    {
        // Shared with the reader's thread, which fills it.
        const auto lines = std::make_shared<std::string>();
        while (lines->empty() && !done_ && wanted_.limit > 0) {
            wanted_.query.limit = std::min<std::uint64_t>(kPageRows, wanted_.limit);
            std::function<bool(const store::ResultRow &)> take = [lines](const store::ResultRow &row) {
                append_result(*lines, row);
                return lines->size() < channel::kPageBytes;
            };
            auto page = co_await repository_.results(wanted_.query, std::move(take));
            if (!page)
                co_return page.error();
            wanted_.limit -= std::min<std::uint64_t>(page->rows, wanted_.limit);
            wanted_.query.after = page->next;
            done_ = !page->next;
        }
        co_return std::move(*lines);
    }

private:
    store::Repository &repository_;
    ResultsRequest wanted_;
    bool done_ = false;
};

class OutcomePages {
public:
    OutcomePages(store::Repository &repository, OutcomesRequest wanted)
        : repository_(repository), wanted_(std::move(wanted))
    {
    }

    asio::awaitable<Result<std::string>> next()
    {
        std::string lines;
        if (wanted_.limit == 0)
            co_return lines;
        wanted_.query.limit = std::min<std::uint64_t>(kPageRows, wanted_.limit);
        auto page = co_await repository_.outcomes(wanted_.query, channel::kPageBytes);
        if (!page)
            co_return page.error();
        for (const store::StoredOutcome &outcome : *page)
            append_outcome(lines, outcome);
        wanted_.limit -= page->size();
        if (!page->empty())
            wanted_.query.after = page->back().place();
        co_return lines;
    }

private:
    store::Repository &repository_;
    OutcomesRequest wanted_;
};

class SumPages {
public:
    SumPages(store::Repository &repository, store::OutcomeQuery query)
        : repository_(repository), query_(std::move(query))
    {
        query_.limit = kPageRows;
    }

    asio::awaitable<Result<std::string>> next()
    {
        auto page = co_await repository_.outcome_sums(query_, after_);
        if (!page)
            co_return page.error();
        std::string lines;
        for (const store::OutcomeSum &sum : *page)
            append_sum(lines, sum);
        if (!page->empty())
            after_ = store::SumPlace{page->back().agent, page->back().schedule};
        co_return lines;
    }

private:
    store::Repository &repository_;
    store::OutcomeQuery query_;
    std::optional<store::SumPlace> after_;
};

constexpr std::size_t kTracedMax = 20;

// One page: more runs than are worth looking at have a beginning that is too short.
class TracePage {
public:
    TracePage(store::Repository &repository, std::string run) : repository_(repository), run_(std::move(run)) {}

    asio::awaitable<Result<std::string>> next()
    {
        std::string lines;
        if (run_.empty())
            co_return lines;
        auto runs = co_await repository_.trace(std::exchange(run_, {}), kTracedMax);
        if (!runs)
            co_return runs.error();
        for (const store::TracedRun &run : *runs)
            append_traced(lines, run);
        co_return lines;
    }

private:
    store::Repository &repository_;
    std::string run_;
};

class AgentPages {
public:
    explicit AgentPages(store::Repository &repository) : repository_(repository) {}

    asio::awaitable<Result<std::string>> next()
    {
        auto page = co_await repository_.agents(after_, kPageRows);
        if (!page)
            co_return page.error();
        std::string lines;
        for (const store::SeenAgent &agent : *page)
            append_agent(lines, agent);
        if (!page->empty())
            after_ = page->back().agent;
        co_return lines;
    }

private:
    store::Repository &repository_;
    std::optional<Uuid> after_;
};

template <class Pages, class... Parts>
channel::NextPage pages_of(Parts &&...parts)
{
    return [pages = std::make_shared<Pages>(std::forward<Parts>(parts)...)] { return pages->next(); };
}

} // namespace

channel::NextPage result_pages(store::Repository &repository, ResultsRequest wanted)
{
    return pages_of<ResultPages>(repository, std::move(wanted));
}

channel::NextPage outcome_pages(store::Repository &repository, OutcomesRequest wanted)
{
    return pages_of<OutcomePages>(repository, std::move(wanted));
}

channel::NextPage sum_pages(store::Repository &repository, store::OutcomeQuery query)
{
    return pages_of<SumPages>(repository, std::move(query));
}

channel::NextPage trace_page(store::Repository &repository, std::string run)
{
    return pages_of<TracePage>(repository, std::move(run));
}

channel::NextPage agent_pages(store::Repository &repository)
{
    return pages_of<AgentPages>(repository);
}

} // namespace sonde::collector
