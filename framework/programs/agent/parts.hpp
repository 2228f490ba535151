#pragma once

#include "frames/description.hpp"
#include "model/report.hpp"
#include "plugin_host/host.hpp"
#include "spool/spool.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::agent {

namespace asio = boost::asio;

// Whether the method has all of these tables.
Result<void> check_tables(const frames::MethodDescription &method, const std::vector<std::string> &names);

// Takes the rows of a run and hands them to the spool in parts, so that a run of any size needs the memory of one.
class Parts : public plugin_host::RowSink {
public:
    // `frame` is the result without tables: what all parts have in common. `functions`: what its tables are of.
    // `wanted` names the tables whose rows are kept; empty: all. `traffic_seen` is told the bytes that the run has put
    // on the line so far. `next`, if there is one, is handed all rows too. It and `spool` outlive this.
    Parts(spool::Spool &spool, std::shared_ptr<const frames::Description> description, std::size_t method,
          model::ReportedResult frame, std::vector<model::Function> functions, const std::vector<std::string> &wanted,
          std::vector<spool::Destination> destinations, std::shared_ptr<Log> log,
          std::function<void(std::uint64_t)> traffic_seen, plugin_host::RowSink *next);

    void row(std::uint32_t table, std::span<const sonde_cell> cells) override;
    asio::awaitable<Result<void>> batch_end() override;
    void log(sonde_log_level level, std::string_view text) override;
    void traffic(std::uint64_t sent_bytes, std::uint64_t received_bytes) override;

    // What has not been handed over, for the end of the run: the last part.
    model::ReportedResult last_part();

    // All that the run has given so far.
    std::uint64_t rows() const { return rows_; }
    // Of the parts that the spool could not take.
    std::uint64_t rows_dropped() const { return rows_dropped_; }

private:
    void begin_part();
    void keep(const std::vector<frames::ColumnDescription> &columns, std::span<const sonde_cell> cells,
              std::vector<model::Cell> &row);

    spool::Spool &spool_;
    std::shared_ptr<const frames::Description> description_;
    const frames::MethodDescription &method_;
    const std::vector<model::Function> functions_;
    std::vector<std::optional<std::size_t>> places_; // in the part, of each table of the method; nowhere: not kept
    model::ReportedResult part_;
    std::vector<spool::Destination> destinations_;
    std::shared_ptr<Log> log_;
    std::function<void(std::uint64_t)> traffic_seen_;
    plugin_host::RowSink *next_;
    std::size_t part_bytes_ = 0;
    std::uint64_t rows_ = 0;
    std::uint64_t rows_dropped_ = 0;
};

} // namespace sonde::agent
