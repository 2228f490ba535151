#include "frames/rows.hpp"

#include "frames/samples.hpp"
#include "support/catch.hpp"

#include <cmath>
#include <limits>
#include <random>

using namespace sonde;
using namespace sonde::frames;

namespace {

// A column of every type, nullable all but the first.
TableDescription every_type()
{
    TableDescription table{"all", {}, ""};
    for (sonde_type type = SONDE_BOOL; type <= SONDE_ADDRESS; ++type)
        table.columns.push_back({"c" + std::to_string(type),
                                 type,
                                 static_cast<sonde_clock>(type == SONDE_TIMESTAMP ? 1 : 0),
                                 type != SONDE_BOOL,
                                 "",
                                 {},
                                 ""});
    return table;
}

const std::uint8_t kAddress[16] = {1, 2, 3, 4};

std::vector<sonde_cell> row_of_every_type()
{
    return {sonde_bool(1),
            sonde_int(-5),
            sonde_double(0.5),
            sonde_string("caf\xc3\xa9"),
            sonde_bytes("\0\xff", 2),
            sonde_timestamp(123),
            sonde_duration(-7),
            sonde_data(SONDE_ADDRESS, kAddress, 4)};
}

Rows decoded(std::span<const std::byte> frame)
{
    return std::get<Rows>(decode<RunToAgent>(frame).value());
}

std::string refusal(const TableDescription &table, std::span<const sonde_cell> cells)
{
    const RowFormat format(table);
    const Result<void> checked = RowWriter(0, format).check(cells);
    return checked ? "fine" : to_string(checked.error());
}

} // namespace

TEST_CASE("rows of every type come out of their packet as they went in")
{
    const TableDescription table = every_type();
    const RowFormat format(table);
    RowWriter writer(3, format);
    const std::vector<sonde_cell> row = row_of_every_type();
    std::vector<sonde_cell> nulls(row.size(), sonde_null());
    nulls[0] = sonde_bool(0);
    REQUIRE(writer.check(row));
    REQUIRE(writer.check(nulls));
    REQUIRE(writer.add(row));
    REQUIRE(writer.add(nulls));
    const Rows rows = decoded(writer.frame());
    CHECK(rows.table == 3);
    CHECK(rows.row_count == 2);
    RowReader reader(format, rows);
    REQUIRE(reader.next());
    for (std::size_t i = 0; i < row.size(); ++i) {
        CAPTURE(i);
        const sonde_cell &cell = reader.cells()[i];
        CHECK(cell.type == row[i].type);
        CHECK(cell.size == row[i].size);
        if (row[i].size > 0)
            CHECK(std::memcmp(cell.v.p, row[i].v.p, cell.size) == 0);
        else
            CHECK(cell.v.i == row[i].v.i);
    }
    REQUIRE(reader.next());
    CHECK(reader.cells()[7].type == SONDE_NULL);
    CHECK_FALSE(reader.next());
    CHECK_FALSE(reader.error());
}

TEST_CASE("a batch takes rows until it is full, and is empty again when cleared")
{
    const TableDescription table{"t", {{"x", SONDE_BYTES, SONDE_CLOCK_NONE, false, "", {}, ""}}, ""};
    const RowFormat format(table);
    RowWriter writer(0, format);
    const std::string kilobyte(1000, 'x');
    const sonde_cell cell = sonde_bytes(kilobyte.data(), 1000);
    std::uint32_t added = 0;
    while (writer.add(std::span(&cell, 1)))
        ++added;
    CHECK(added == writer.row_count());
    CHECK(added >= 64);
    CHECK(writer.frame().size() <= kBatchBytesMax + 64);
    CHECK(decoded(writer.frame()).row_count == added);
    writer.clear();
    CHECK(writer.row_count() == 0);
    CHECK(writer.add(std::span(&cell, 1)));
    CHECK(decoded(writer.frame()).row_count == 1);
}

TEST_CASE("the longest row that is allowed fits into an empty batch, a longer one is refused")
{
    const TableDescription table{"t", {{"x", SONDE_BYTES, SONDE_CLOCK_NONE, false, "", {}, ""}}, ""};
    const std::string bytes(SONDE_ROW_BYTES_MAX, 'x');
    const sonde_cell longest = sonde_bytes(bytes.data(), SONDE_ROW_BYTES_MAX - 16);
    const sonde_cell longer = sonde_bytes(bytes.data(), SONDE_ROW_BYTES_MAX - 15);
    const RowFormat format(table);
    RowWriter writer(0, format);
    REQUIRE(writer.check(std::span(&longest, 1)));
    CHECK(writer.add(std::span(&longest, 1)));
    CHECK(refusal(table, std::span(&longer, 1)) == "t: a row of 60001 bytes (at most 60000)");
}

TEST_CASE("a row against its declaration is refused with the column and the reason")
{
    const TableDescription table = every_type();
    const auto with = [&](std::size_t column, const sonde_cell &cell) {
        std::vector<sonde_cell> row = row_of_every_type();
        row[column] = cell;
        return refusal(table, row);
    };
    const double infinite = std::numeric_limits<double>::infinity();
    CHECK(with(0, sonde_null()).starts_with("all/c1: a null in a column that is not nullable"));
    CHECK(with(1, sonde_duration(1)) == "all/c2: a cell of duration in a column of int");
    CHECK(with(0, sonde_integer(SONDE_BOOL, 2)) == "all/c1: a bool is 0 or 1");
    CHECK(with(2, sonde_double(infinite)) == "all/c3: a double must be finite");
    CHECK(with(2, sonde_double(std::nan(""))) == "all/c3: a double must be finite");
    CHECK(with(3, sonde_string("\xff")) == "all/c4: a string must be UTF-8");
    CHECK(with(7, sonde_data(SONDE_ADDRESS, kAddress, 5)) == "all/c8: an address has 4 or 16 bytes");
    CHECK(with(4, sonde_cell{SONDE_BYTES, 3, {0}}) == "all/c5: its pointer is NULL");
    CHECK(with(4, sonde_cell{SONDE_BYTES, 0, {0}}) == "fine");
    CHECK(with(1, sonde_cell{0x102, 0, {0}}) == "all/c2: a cell of type 258 in a column of int");
    CHECK(refusal(table, {}) == "all: a row of 0 cells in a table of 8 columns");
    TableDescription words{"w", {{"word", SONDE_STRING, SONDE_CLOCK_NONE, false, "", {"reply", "lost"}, ""}}, ""};
    const sonde_cell lost = sonde_string("lost");
    const sonde_cell other = sonde_string("reply2");
    CHECK(refusal(words, std::span(&lost, 1)) == "fine");
    CHECK(refusal(words, std::span(&other, 1)) == "w/word: 'reply2' is not among the declared words");
}

TEST_CASE("a damaged batch ends with an error and never with a wrong row")
{
    const TableDescription table = every_type();
    const RowFormat format(table);
    RowWriter writer(0, format);
    for (int i = 0; i < 3; ++i)
        REQUIRE(writer.add(row_of_every_type()));
    const Rows good = decoded(writer.frame());
    for (std::size_t size = 0; size < good.cells.size(); ++size) {
        RowReader reader(format, Rows{0, 3, good.cells.first(size)});
        while (reader.next()) {
        }
        CHECK(reader.error());
    }
    RowReader few(format, Rows{0, 2, good.cells});
    while (few.next()) {
    }
    REQUIRE(few.error());
    CHECK(few.error()->what == "bad rows: bytes are left over");

    std::mt19937 random(2);
    for (int round = 0; round < 50'000; ++round) {
        Frame cells(good.cells.begin(), good.cells.end());
        for (std::size_t flips = 1 + random() % 8; flips > 0; --flips)
            cells[random() % cells.size()] = static_cast<std::byte>(random());
        RowReader reader(format, Rows{0, static_cast<std::uint32_t>(random() % 5), cells});
        while (reader.next())
            for (std::size_t i = 0; i < format.columns(); ++i)
                REQUIRE(format.check(i, reader.cells()[i]));
    }
}
