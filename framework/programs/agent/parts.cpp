#include "parts.hpp"

#include "model/row_count.hpp"
#include "plugin_host/cells.hpp"

#include <utility>
#include <vector>

namespace sonde::agent {

namespace {

// Large enough that a commit a part is cheap beside its rows, small enough that a gateway does not notice it.
constexpr std::size_t kPartBytes = 256 * 1024;

} // namespace

Parts::Parts(spool::Spool &spool, std::shared_ptr<const frames::Description> description, std::size_t method,
             model::ReportedResult frame, std::vector<spool::Destination> destinations, std::shared_ptr<Log> log,
             std::function<void(std::uint64_t)> traffic_seen, plugin_host::RowSink *next)
    : spool_(spool), description_(std::move(description)), method_(description_->methods[method]),
      part_(std::move(frame)), destinations_(std::move(destinations)), log_(std::move(log)),
      traffic_seen_(std::move(traffic_seen)), next_(next)
{
    begin_part();
}

void Parts::begin_part()
{
    part_.tables.clear();
    for (const frames::TableDescription &declared : method_.tables) {
        model::Table &table = part_.tables.emplace_back();
        table.name = declared.id;
        for (const frames::FunctionDescription &function : method_.functions)
            table.functions.push_back({function.uri, function.roles});
        for (const frames::ColumnDescription &column : declared.columns)
            table.columns.push_back(plugin_host::reported_column(column));
    }
    part_bytes_ = 0;
}

void Parts::row(std::uint32_t table, std::span<const sonde_cell> cells)
{
    const std::vector<frames::ColumnDescription> &columns = method_.tables[table].columns;
    std::vector<model::Cell> &row = part_.tables[table].rows.emplace_back();
    row.reserve(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
        row.push_back(plugin_host::reported_cell(columns[i], cells[i]));
        part_bytes_ += row.back() ? row.back()->size() + 3 : 3;
    }
    if (next_ != nullptr)
        next_->row(table, cells);
}

asio::awaitable<Result<void>> Parts::batch_end()
{
    if (part_bytes_ < kPartBytes)
        co_return Result<void>();
    // Nobody gets them: a run without destination keeps its outcome alone.
    if (destinations_.empty()) {
        begin_part();
        co_return Result<void>();
    }
    // The rows are moved and only the rest is copied: they are most of what an agent has in memory.
    std::vector<model::Table> tables = std::exchange(part_.tables, {});
    model::ReportedResult full = part_;
    full.tables = std::move(tables);
    begin_part();
    const std::uint64_t rows = model::row_count(full);
    auto appended = co_await spool_.append(std::move(full), destinations_);
    if (!appended)
        rows_dropped_ += rows;
    co_return appended;
}

void Parts::log(sonde_log_level level, std::string_view text)
{
    static constexpr spdlog::level::level_enum levels[] = {
        spdlog::level::debug, spdlog::level::err, spdlog::level::warn, spdlog::level::info, spdlog::level::debug};
    log_->log(levels[level <= SONDE_LOG_DEBUG ? level : 0], "method says method={} schedule={} text={}", method_.id,
              quoted(part_.schedule), quoted(text));
}

void Parts::traffic(std::uint64_t sent_bytes, std::uint64_t received_bytes)
{
    traffic_seen_(sent_bytes + received_bytes);
}

model::ReportedResult Parts::last_part()
{
    return std::move(part_);
}

} // namespace sonde::agent
