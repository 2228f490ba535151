#include "programs/cli/sentence.hpp"

#include "programs/cli/human.hpp"
#include "programs/cli/human_cell.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

namespace sonde::cli {

namespace {

using frames::ColumnDescription;

bool is_text(const ColumnDescription &column)
{
    return column.type == SONDE_STRING || column.type == SONDE_ADDRESS || column.type == SONDE_BYTES;
}

bool is_count(const ColumnDescription &column)
{
    return column.type == SONDE_INT && !column.unit.empty() && !carries_unit(column) && column.unit.size() > 1;
}

std::string first_word(const std::string &id)
{
    return id.substr(0, id.find('_'));
}

// What two ids begin with, in whole words.
std::string shared_words(const std::string &a, const std::string &b)
{
    std::size_t end = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
    const bool at_word = (end == a.size() || a[end] == '_') && (end == b.size() || b[end] == '_');
    if (!at_word)
        end = a.rfind('_', end);
    return a.substr(0, end);
}

// "reply" for "replies", where there is one of them; ids that name no plural stay.
std::string counted_words(std::string words, bool one)
{
    if (!one || !words.ends_with('s') || words.ends_with("ss") || words.ends_with("us"))
        return words;
    if (words.ends_with("ies"))
        return words.replace(words.size() - 3, 3, "y");
    const bool sibilant = words.ends_with("sses") || words.ends_with("xes") || words.ends_with("ches");
    words.resize(words.size() - (sibilant ? 2 : 1));
    return words;
}

// Without the word that a percent sign says.
std::string name_of(const ColumnDescription &column)
{
    const bool share = column.type == SONDE_DOUBLE && carries_unit(column) && column.id.ends_with("_ratio");
    return words_of(share ? column.id.substr(0, column.id.size() - 6) : column.id);
}

class Sentence {
public:
    Sentence(const frames::TableDescription &table, std::span<const sonde_cell> cells)
        : columns_(table.columns), cells_(cells)
    {
    }

    std::string text()
    {
        std::size_t i = subject();
        while (i < columns_.size())
            i = take(i);
        return text_;
    }

private:
    std::size_t subject()
    {
        std::size_t i = 0;
        std::string last;
        for (; i < columns_.size() && is_text(columns_[i]) && columns_[i].words.empty(); ++i) {
            const std::string value = human_cell(columns_[i], cells_[i]);
            if (cells_[i].type != SONDE_NULL && value != last)
                text_ += (text_.empty() ? "" : " ") + value;
            last = value;
        }
        if (!text_.empty())
            text_ += ": ";
        return i;
    }

    // Adds what column `i` says, and those behind it that belong to it; the next one.
    std::size_t take(std::size_t i)
    {
        const ColumnDescription &column = columns_[i];
        const bool null = cells_[i].type == SONDE_NULL;
        const std::string value = human_cell(column, cells_[i]);
        if (column.type == SONDE_TIMESTAMP || (null && (is_text(column) || column.type == SONDE_BOOL)))
            return i + 1;
        if (is_count(column)) {
            if (!null && (cells_[i].v.i != 0 || !figures_))
                add(value + " " + counted_words(words_of(column.id), cells_[i].v.i == 1), ", ");
            return i + 1;
        }
        if (column.type == SONDE_BOOL) {
            add((cells_[i].v.i != 0 ? "" : "not ") + words_of(column.id), "; ");
            return i + 1;
        }
        if (column.type == SONDE_DURATION)
            return durations(i);
        const bool share = carries_unit(column) && value.ends_with('%');
        figures_ = true;
        const std::string unit = carries_unit(column) || column.unit.empty() ? "" : " " + column.unit;
        add(name_of(column) + " " + (null ? "undefined" : value + unit), share ? ", " : "; ");
        return i + 1;
    }

    // The durations from `begin` on with the same first word.
    std::size_t durations(std::size_t begin)
    {
        std::size_t end = begin + 1;
        std::string shared = columns_[begin].id;
        while (end < columns_.size() && columns_[end].type == SONDE_DURATION &&
               first_word(columns_[end].id) == first_word(shared))
            shared = shared_words(shared, columns_[end++].id);
        figures_ = true;
        std::optional<std::int64_t> longest;
        for (std::size_t i = begin; i < end; ++i)
            if (cells_[i].type != SONDE_NULL)
                longest = std::max(longest.value_or(0), std::abs(cells_[i].v.i));
        std::string text = words_of(shared);
        for (std::size_t i = begin; longest && i < end; ++i) {
            if (columns_[i].id.size() > shared.size())
                text += " " + words_of(columns_[i].id.substr(shared.size() + 1));
            text += " " + (cells_[i].type == SONDE_NULL ? "undefined" : human_duration_in(cells_[i].v.i, *longest));
        }
        add(text + " " + (longest ? human_duration_unit(*longest) : "undefined"), "; ");
        return end;
    }

    void add(const std::string &part, const char *separator)
    {
        const bool first = text_.empty() || text_.ends_with(": ");
        text_ += (first ? "" : separator) + part;
    }

    const std::vector<ColumnDescription> &columns_;
    std::span<const sonde_cell> cells_;
    std::string text_;
    bool figures_ = false; // one has come
};

} // namespace

bool reads_as_sentence(const frames::TableDescription &table)
{
    return table.id == "summary";
}

std::string row_sentence(const frames::TableDescription &table, std::span<const sonde_cell> cells)
{
    return Sentence(table, cells).text();
}

} // namespace sonde::cli
