#pragma once

#include "frames/description.hpp"
#include "model/report.hpp"
#include "plugin_host/host.hpp"
#include "programs/cli/console.hpp"
#include "programs/cli/table_view.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sonde::cli {

enum class RowFormat { table, json, csv };

struct RowChoice {
    RowFormat format = RowFormat::table;
    std::string table;                // only this one; empty: every one (csv: the method's first)
    std::vector<std::string> columns; // only these, in this order; empty: all
};

// Prints a run's rows as they come: as JSON, as CSV, or for a person as tables and sentences.
class RowPrinter : public plugin_host::RowSink {
public:
    // An error if the choice names a table or a column that the method does not have. `settled` are the options whose
    // one value the person knows.
    static Result<RowPrinter> make(Console &console, const frames::MethodDescription &method, const RowChoice &choice,
                                   const std::vector<std::string> &settled);

    // Rows from here on are of this round, which JSON and CSV then have as `round`.
    void begin_round(unsigned round);

    void row(std::uint32_t table, std::span<const sonde_cell> cells) override;
    boost::asio::awaitable<Result<void>> batch_end() override;
    void log(sonde_log_level level, std::string_view text) override;
    void progress(std::uint64_t done, std::uint64_t total) override;

    // CSV has its header without any row, too. Says how many rows were not shown though nobody asked for that: CSV is
    // one table.
    void end();

private:
    struct Shown {
        const frames::TableDescription *declared;
        std::vector<std::size_t> columns; // indices
        std::vector<model::Column> reported;
        bool sentences; // for a person: a sentence a row
        TableView view;
        bool begun = false;
    };

    RowPrinter(Console &console, const frames::MethodDescription &method, RowFormat format);
    bool shows_any() const;
    Result<void> add_table(const frames::TableDescription &table, const RowChoice &choice,
                           const std::vector<std::string> &settled);
    void print_json(const Shown &table, std::span<const sonde_cell> cells);
    void print_csv(Shown &table, std::span<const sonde_cell> cells);
    void begin_csv(Shown &table);
    void print_for_people(std::uint32_t index, std::span<const sonde_cell> cells);
    void flush_lines();

    Console *console_;
    const frames::MethodDescription *method_;
    RowFormat format_;
    std::vector<std::optional<Shown>> tables_; // by the method's index; absent: not shown
    std::vector<std::uint64_t> left_out_;      // rows by table
    std::optional<std::uint32_t> waiting_;     // the table whose view holds rows back
    std::optional<std::uint32_t> printed_;     // the one printed last
    std::string text_;
    unsigned round_ = 0; // 0: there is but one
    MonotonicTime progress_due_;
    MonotonicTime begun_;
};

} // namespace sonde::cli
