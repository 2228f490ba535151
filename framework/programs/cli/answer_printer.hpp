#pragma once

#include "programs/cli/console.hpp"

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
};

void add_answer_words(CLI::App &app, AnswerWords &words);

// Shows rows that come as one JSON object a line: as they are, as CSV, or as a table for people, in which durations
// have units and `hidden` members are left out. Rows of one kind: the first one's members are the columns.
class AnswerPrinter {
public:
    AnswerPrinter(Console &console, const AnswerWords &words, std::vector<std::string> hidden);

    // False: the reader is gone.
    bool add(std::string_view json);
    // What is still held back.
    void end();

    std::size_t rows() const { return count_; }

private:
    bool add_csv(std::string_view json);
    bool add_cells(std::string_view json);
    bool flush_table();

    Console &console_;
    AnswerWords words_;
    std::vector<std::string> hidden_;
    std::vector<std::string> names_;
    std::vector<std::vector<std::string>> held_;
    bool begun_ = false;
    std::size_t count_ = 0;
};

} // namespace sonde::cli
