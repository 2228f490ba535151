#pragma once

#include "frames/description.hpp"
#include "model/report.hpp"
#include "plugin_host/host.hpp"
#include "programs/cli/console.hpp"
#include "programs/cli/table.hpp"

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

// Prints a run's rows as they come.
class RowPrinter : public plugin_host::RowSink {
public:
    // An error if the choice names a table or a column that the method does not have.
    static Result<RowPrinter> make(Console &console, const frames::MethodDescription &method, const RowChoice &choice);

    void row(std::uint32_t table, std::span<const sonde_cell> cells) override;
    boost::asio::awaitable<Result<void>> batch_end() override;
    void log(sonde_log_level level, std::string_view text) override;

private:
    struct Shown {
        const frames::TableDescription *declared;
        std::vector<std::size_t> columns; // indices
        std::vector<model::Column> reported;
        Table lines;
        bool begun = false;
    };

    RowPrinter(Console &console, const frames::MethodDescription &method, RowFormat format);
    Result<void> add_table(const frames::TableDescription &table, const RowChoice &choice);
    void print_json(const Shown &table, std::span<const sonde_cell> cells);
    void print_csv(Shown &table, std::span<const sonde_cell> cells);
    void flush_lines();

    Console *console_;
    const frames::MethodDescription *method_;
    RowFormat format_;
    std::vector<std::optional<Shown>> tables_; // by the method's index; absent: not shown
    std::optional<std::uint32_t> current_;     // the table of `waiting_`
    std::optional<std::uint32_t> printed_;     // the one printed last
    std::vector<std::vector<std::string>> waiting_;
    std::string text_;
};

// A cell for people.
std::string human_cell(const frames::ColumnDescription &column, const sonde_cell &cell);

} // namespace sonde::cli
