#pragma once

#include "base/result.hpp"
#include "programs/cli/console.hpp"
#include "programs/cli/table.hpp"

#include <rapidjson/document.h>

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace sonde::cli {

// How a verb shows rows.
struct AnswerWords {
    bool json = false;
    bool csv = false;
    std::vector<std::string> columns; // only these, in this order; empty: all
};

void add_answer_words(CLI::App &app, AnswerWords &words);

// How a table for people looks.
struct AnswerLook {
    std::vector<std::string> aside{}; // members that it leaves out
    bool short_ids = false;           // agents and runs by the beginning of their ids, enough to choose them by
    bool (*mend)(rapidjson::Document &row) = nullptr; // of a row however it is shown; whether it did
};

// Shows rows that come as one JSON object a line:
//   --json      as they are; with columns, only those
//   --csv       below one header. Rows that have other members than the first are an error, unless columns are chosen:
//               what a row lacks is then empty
//   for people  a table for each kind of row, with units, fitted to the terminal. Columns for which there is no room,
//               and those put aside, are left out unless chosen; end() says so.
class AnswerPrinter {
public:
    AnswerPrinter(Console &console, const AnswerWords &words, AnswerLook look);

    // False: nobody reads any more. An error says why the line cannot be shown.
    Result<bool> add(std::string_view json);
    // What is still held back, and a word on what was left out. An error: a chosen column that no row has.
    Result<void> end();

    std::size_t rows() const { return count_; }

private:
    struct Field {
        std::string name;
        std::string text;
        bool number = false;
    };

    void find_columns(const rapidjson::Document &row);
    Result<bool> show(std::string_view json, rapidjson::Document &row);
    Result<bool> add_csv(std::vector<Field> row);
    bool add_line(std::vector<Field> row);
    bool flush_table();
    Table begin_table();

    Console &console_;
    AnswerWords words_;
    AnswerLook look_;
    std::vector<std::string> names_; // of the rows held, or of the file
    std::vector<std::vector<Field>> held_;
    std::vector<std::size_t> shown_; // fields, since the table began
    Table table_{{}};
    bool begun_ = false;
    std::vector<std::string> left_out_;
    std::vector<std::string> missing_; // chosen columns that no row has had
    std::vector<std::string> waiting_; // until one has
    std::vector<std::string> known_;   // the first row's members
    std::size_t count_ = 0;
};

// Shows rows that are all there already, and returns how many. An error is the printer's.
Result<std::size_t> print_rows(Console &console, const AnswerWords &words, const std::vector<std::string> &rows);

} // namespace sonde::cli
