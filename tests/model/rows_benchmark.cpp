// How fast rows of six cells become a result's JSON, and a report is read and checked: the median of the rounds.
#include "model/cells.hpp"
#include "model/report_json.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

using namespace sonde;
using namespace sonde::model;

namespace {

constexpr int kRounds = 7;
constexpr int kRows = 50'000;

ReportedResult many_rows()
{
    ReportedResult result;
    result.method = "ping";
    Table &table = result.tables.emplace_back();
    table.name = "packet";
    table.columns = {{"target", "string", "", {}},  {"seq", "int", "", {}},        {"sent", "timestamp", "", {}},
                     {"rtt", "duration", "ns", {}}, {"outcome", "string", "", {}}, {"ttl", "int", "", {}}};
    for (int i = 0; i < kRows; ++i)
        table.rows.push_back({"192.0.2.1", int_text(i),
                              wall_text(WallTime(std::chrono::milliseconds(1'795'493'106'000 + i))),
                              i % 10 == 0 ? Cell() : Cell(int_text(11'204'000 + i)), "reply", "57"});
    return result;
}

template <class Act>
double median_seconds(Act act)
{
    std::array<double, kRounds> seconds;
    for (double &round : seconds) {
        const auto begin = std::chrono::steady_clock::now();
        act();
        round = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    }
    std::sort(seconds.begin(), seconds.end());
    return seconds[kRounds / 2];
}

} // namespace

int main()
{
    const ReportedResult result = many_rows();
    std::string text;
    const double writing = median_seconds([&] { text = write_result(result); });
    const std::string report = write_report(Report{}, std::array{text});
    bool good = true;
    const double reading = median_seconds([&] { good = good && read_report(report); });
    std::printf("rows of 6 cells, %.0f bytes each, one core\n", static_cast<double>(text.size()) / kRows);
    std::printf("  written into a result   %9.0f rows/s\n", kRows / writing);
    std::printf("  read from a report      %9.0f rows/s\n", kRows / reading);
    return good ? 0 : 1;
}
