// Rows of six cells a second from a method's run() to the agent, and on into its spool, beside what carries and what
// stores the same number of bytes without us: a bare socket pair, and a file with fdatasync.
#include "figures.hpp"
#include "live_host.hpp"
#include "programs/agent/parts.hpp"
#include "support/temp_dir.hpp"

#include "frames/socket.hpp"

#include <fstream>
#include <string_view>

#include <fcntl.h>
#include <sys/wait.h>

using namespace sonde;
using namespace sonde::bench;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::uint64_t kRows = 300'000;
constexpr std::size_t kPacketBytes = 64 * 1024; // of a batch of rows, and of a write

struct Counter : plugin_host::RowSink {
    void row(std::uint32_t, std::span<const sonde_cell> cells) override
    {
        ++rows;
        for (const sonde_cell &cell : cells)
            text_bytes += cell.size;
    }
    std::uint64_t rows = 0;
    std::uint64_t text_bytes = 0;
};

// Seconds for `bytes` through a socket pair from another process, in packets as the rows have them; negative: failed.
double carry(std::uint64_t bytes)
{
    auto ends = frames::socket_pair();
    if (!ends)
        return -1;
    std::vector<std::byte> packet(kPacketBytes);
    const std::uint64_t packets = bytes / kPacketBytes + 1;
    const auto begin = Clock::now();
    const pid_t child = ::fork();
    if (child == 0) {
        for (std::uint64_t i = 0; i < packets; ++i)
            if (!frames::send(ends->second.get(), packet))
                ::_exit(1);
        ::_exit(0);
    }
    ends->second.reset();
    std::uint64_t received = 0;
    while (received < packets) {
        const auto one = frames::receive(ends->first.get(), packet, 0);
        if (!one || one->transfer != frames::Transfer::done)
            break;
        ++received;
    }
    const double taken = seconds_since(begin);
    int status = 0;
    ::waitpid(child, &status, 0);
    return received == packets && status == 0 ? taken : -1;
}

// Seconds to write so many bytes into a new file, synchronised after each of the spool's parts; negative: failed.
double store(const std::filesystem::path &file, std::uint64_t bytes, std::uint64_t part_bytes)
{
    const std::string part(part_bytes, 'x');
    const auto begin = Clock::now();
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = fd >= 0;
    for (std::uint64_t written = 0; good && written < bytes; written += part_bytes)
        good = ::write(fd, part.data(), part.size()) == static_cast<ssize_t>(part.size()) && ::fdatasync(fd) == 0;
    const double taken = seconds_since(begin);
    ::close(fd);
    return good ? taken : -1;
}

// Bytes; 5 in clear_refs forgets the peak so far.
std::uint64_t memory(std::string_view field)
{
    std::ifstream file("/proc/self/status");
    for (std::string word; file >> word;)
        if (word == field) {
            std::uint64_t kib = 0;
            file >> kib;
            return kib * 1024;
        }
    return 0;
}

struct Stored {
    double seconds = -1;
    std::uint64_t bytes = 0; // of the reports' JSON
    double peak_mb = 0;      // of resident memory on top of what was there
};

// A run whose rows go into a new spool as the agent's do.
Stored spool_run(LiveHost &live, const plugin_host::RunRequest &request, const std::filesystem::path &file)
{
    Stored stored;
    auto spool = spool::Spool::open({file, 512 * 1024 * 1024});
    if (!spool)
        return stored;
    const model::Intent intent{random_uuid(), "s", {"a"}, now().wall, std::chrono::nanoseconds(0), std::nullopt};
    spool::Change change;
    change.plan = {intent};
    if (!live.wait(spool->record(change)) || !live.wait(spool->start(intent.id, 0, intent.id, "t", intent.event)))
        return stored;
    model::ReportedResult frame;
    frame.run = intent.id;
    frame.method = "six-cells";
    frame.schedule = "s";
    frame.action = "a";
    frame.task = "t";
    frame.event = intent.event;
    frame.start = intent.event;
    std::ofstream("/proc/self/clear_refs") << 5;
    const std::uint64_t before = memory("VmRSS:");
    const auto begin = Clock::now();
    agent::Parts parts(
        *spool, request.description, 0, frame, {}, {}, {"report"}, live.log, [](std::uint64_t) {}, nullptr);
    const plugin_host::RunResult result = live.wait(live.host.run(request, parts));
    model::Outcome outcome;
    outcome.run = intent.id;
    outcome.schedule = frame.schedule;
    outcome.action = frame.action;
    outcome.task = frame.task;
    outcome.first_event = outcome.last_event = now().wall;
    outcome.rows = result.rows;
    std::vector<spool::Ended> ended{{intent.id, 0, outcome, {"report"}, parts.last_part(), {"report"}}};
    const bool good = live.wait(spool->end(std::move(ended))).has_value() && result.rows == kRows;
    const double taken = seconds_since(begin);
    stored.peak_mb = static_cast<double>(memory("VmHWM:") - before) / 1e6;
    const auto status = live.wait(spool->status());
    if (good && status) {
        stored.seconds = taken;
        for (const spool::Pending &pending : status->pending)
            stored.bytes += pending.bytes;
    }
    return stored;
}

void print(const char *what, std::uint64_t rows, const std::vector<double> &ours, const std::vector<double> &peer,
           const char *peer_name, double bytes_a_row)
{
    std::vector<double> ratios;
    for (std::size_t i = 0; i < ours.size(); ++i)
        ratios.push_back(peer[i] / ours[i]);
    const double count = static_cast<double>(rows);
    std::printf("%s\n  ours    %9.0f rows/s (slowest round %.0f)\n", what, count / median(ours),
                count / quantile(ours, 1));
    std::printf("  control %9.0f rows/s (slowest round %.0f), %s of %.0f bytes a row\n  ours at %.4f of the control\n",
                count / median(peer), count / quantile(peer, 1), peer_name, bytes_a_row, median(ratios));
}

} // namespace

int main()
{
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    const std::string place = pin(1);
    const StealTime steal;
    LiveHost live;
    const test::TempDir folder;
    const plugin_host::RunRequest request = live.request(FIXTURE, std::to_string(kRows));
    std::vector<double> carried, bare, stored, written, peaks;
    double carried_bytes = 0;
    double stored_bytes = 0;
    for (int round = 0; round < kRounds; ++round) {
        Counter counter;
        const auto begin = Clock::now();
        const plugin_host::RunResult result = live.wait(live.host.run(request, counter));
        carried.push_back(seconds_since(begin));
        // Texts, and 8 bytes for each of the four numbers: the least that the rows' packets can be.
        carried_bytes = static_cast<double>(counter.text_bytes + counter.rows * 4 * sizeof(std::int64_t));
        bare.push_back(carry(static_cast<std::uint64_t>(carried_bytes)));
        const Stored one = spool_run(live, request, folder / ("spool" + std::to_string(round)));
        stored.push_back(one.seconds);
        peaks.push_back(one.peak_mb);
        stored_bytes = static_cast<double>(one.bytes);
        written.push_back(store(folder / "file", one.bytes, 512 * 1024));
        if (counter.rows != kRows || result.status != 0 || bare.back() < 0 || one.seconds < 0 || written.back() < 0) {
            std::printf("round %d failed: %s\n", round, result.message.c_str());
            return 1;
        }
    }
    std::printf("rows of 6 cells, %s; %d rounds in turn, median of the rounds' ratios\n", place.c_str(), kRounds);
    print("from run() to the agent", kRows, carried, bare, "a bare socket pair", carried_bytes / kRows);
    demand_at_least("to the agent", kRows / median(carried), 1e6, " rows/s");
    print("from run() into the spool", kRows, stored, written, "a file with fdatasync", stored_bytes / kRows);
    demand_at_least("into the spool", kRows / median(stored), 1e5, " rows/s");
    std::printf("  memory for it at the most: %.1f MB over what was resident before (median %.1f)\n",
                quantile(peaks, 1), median(peaks));
}
