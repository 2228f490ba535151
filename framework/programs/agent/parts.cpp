#include "parts.hpp"

#include "model/row_count.hpp"
#include "plugin_host/cells.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace sonde::agent {

namespace {

// Large enough that a commit a part is cheap beside its rows, small enough that a gateway does not notice it.
constexpr std::size_t kPartBytes = 256 * 1024;

bool contains(const std::vector<std::string> &names, const std::string &name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

Result<void> check_tables(const frames::MethodDescription &method, const std::vector<std::string> &names)
{
    std::vector<std::string> known;
    for (const frames::TableDescription &table : method.tables)
        known.push_back(table.id);
    for (const std::string &name : names) {
        if (contains(known, name))
            continue;
        std::string hint = "its tables:";
        for (const std::string &table : known)
            hint += ' ' + table;
        return Error{"report-table", method.id + " has no table '" + name + "'", hint};
    }
    return {};
}

Parts::Parts(spool::Spool &spool, std::shared_ptr<const frames::Description> description, std::size_t method,
             model::ReportedResult frame, std::vector<model::Function> functions,
             const std::vector<std::string> &wanted, std::vector<spool::Destination> destinations,
             std::shared_ptr<Log> log, std::function<void(std::uint64_t)> traffic_seen, plugin_host::RowSink *next)
    : spool_(spool), description_(std::move(description)), method_(description_->methods[method]),
      functions_(std::move(functions)), part_(std::move(frame)), destinations_(std::move(destinations)),
      log_(std::move(log)), traffic_seen_(std::move(traffic_seen)), next_(next)
{
    std::size_t kept = 0;
    for (const frames::TableDescription &table : method_.tables)
        places_.push_back(wanted.empty() || contains(wanted, table.id) ? std::optional(kept++) : std::nullopt);
    begin_part();
}

void Parts::begin_part()
{
    part_.tables.clear();
    for (std::size_t i = 0; i < method_.tables.size(); ++i) {
        if (!places_[i])
            continue;
        const frames::TableDescription &declared = method_.tables[i];
        model::Table &table = part_.tables.emplace_back();
        table.name = declared.id;
        table.functions = functions_;
        for (const frames::ColumnDescription &column : declared.columns)
            table.columns.push_back(plugin_host::reported_column(column));
    }
    part_bytes_ = 0;
}

void Parts::row(std::uint32_t table, std::span<const sonde_cell> cells)
{
    ++rows_;
    if (places_[table])
        keep(method_.tables[table].columns, cells, part_.tables[*places_[table]].rows.emplace_back());
    if (next_ != nullptr)
        next_->row(table, cells);
}

void Parts::keep(const std::vector<frames::ColumnDescription> &columns, std::span<const sonde_cell> cells,
                 std::vector<model::Cell> &row)
{
    row.reserve(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
        row.push_back(plugin_host::reported_cell(columns[i], cells[i]));
        part_bytes_ += row.back() ? row.back()->size() + 3 : 3;
    }
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
