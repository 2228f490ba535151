#include "programs/checker/agent_end.hpp"

#include "base/clock.hpp"
#include "frames/messages.hpp"
#include "frames/socket.hpp"
#include "sockets/create_sockets.hpp"
#include "sockets/prepare_sockets.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <utility>
#include <variant>

namespace sonde::checker {

namespace {

using frames::Descriptor;

constexpr std::int64_t kNsPerHour = 3'600'000'000'000;
constexpr std::int64_t kNsPerYear = 366 * 24 * kNsPerHour;

} // namespace

AgentEnd::AgentEnd(const frames::MethodDescription &method, const Order &order, Outcome &outcome)
    : method_(method), order_(order), outcome_(outcome)
{
    formats_.reserve(method_.tables.size());
    for (const frames::TableDescription &table : method_.tables)
        formats_.emplace_back(table);
    outcome_.rows.resize(method_.tables.size());
}

void AgentEnd::receive()
{
    auto received = frames::receive(socket_.get(), buffer_, 0, MSG_DONTWAIT);
    if (received && received->transfer == frames::Transfer::would_block)
        return;
    if (!received || received->transfer == frames::Transfer::gone) {
        socket_.reset();
        return;
    }
    const auto message = frames::decode<frames::RunToAgent>(received->frame);
    if (message)
        std::visit([&](const auto &m) { handle(m); }, *message);
}

void AgentEnd::receive_all()
{
    pollfd wait{socket_.get(), POLLIN, 0};
    while (socket_ && ::poll(&wait, 1, 0) > 0)
        receive();
}

void AgentEnd::handle(const frames::Rows &rows)
{
    if (rows.table >= formats_.size())
        return;
    outcome_.rows[rows.table] += rows.row_count;
    frames::RowReader reader(formats_[rows.table], rows);
    while (reader.next())
        judge_row(method_.tables[rows.table], reader.cells());
    if (reader.error() && outcome_.odd_row.empty())
        outcome_.odd_row = to_string(*reader.error());
}

void AgentEnd::judge_row(const frames::TableDescription &table, std::span<const sonde_cell> cells)
{
    for (std::size_t i = 0; i < cells.size() && outcome_.odd_row.empty(); ++i) {
        if (cells[i].type != SONDE_TIMESTAMP)
            continue;
        const bool wall = table.columns[i].clock == SONDE_CLOCK_WALL;
        const Now now = sonde::now();
        const std::int64_t off =
            cells[i].v.i - (wall ? now.wall.time_since_epoch() : now.monotonic.time_since_epoch()).count();
        // Seconds for nanoseconds, or one clock for the other. The wall clock's are far from its epoch.
        const std::int64_t off_max = wall ? kNsPerYear : kNsPerHour;
        if (off < -off_max || off > off_max)
            outcome_.odd_row = table.id + "/" + table.columns[i].id + ": " + std::to_string(cells[i].v.i) +
                               " is more than " + (wall ? "a year" : "an hour") + " from now, in nanoseconds of the " +
                               (wall ? "wall clock" : "monotonic clock");
    }
}

void AgentEnd::handle(const frames::Fail &fail)
{
    if (outcome_.status != 0)
        return;
    outcome_.status = fail.code;
    outcome_.message = fail.text;
    if (fail.code == frames::kStatusBrokeRules && outcome_.odd_row.empty())
        outcome_.odd_row = fail.text;
}

void AgentEnd::handle(const frames::Traffic &traffic)
{
    outcome_.sent_bytes += traffic.sent_bytes;
    outcome_.received_bytes += traffic.received_bytes;
}

void AgentEnd::handle(const frames::SocketRequest &request)
{
    std::vector<Descriptor> opened;
    std::int32_t error = EPERM;
    std::string text;
    const std::uint32_t privilege = frames::privilege_for(request.kind, request.listen_port.has_value());
    if ((order_.privileges & privilege) == privilege) {
        const frames::OpenSockets asked{1,
                                        1,
                                        request.kind,
                                        request.family,
                                        request.count,
                                        order_.invoke.interface,
                                        order_.invoke.source,
                                        request.listen_port,
                                        request.counter};
        auto outcome = sockets::create_sockets(asked);
        std::optional<frames::LauncherError> refused;
        if (auto *created = std::get_if<std::vector<Descriptor>>(&outcome)) {
            opened = std::move(*created);
            refused = sockets::prepare_sockets(opened, asked);
        } else {
            refused = std::get<frames::LauncherError>(outcome);
        }
        error = refused ? refused->error : 0;
        if (refused) {
            text = refused->text;
            opened.clear();
        }
    }
    std::vector<int> descriptors;
    for (const Descriptor &socket : opened)
        descriptors.push_back(socket.get());
    if (const auto frame = frames::encode(frames::AgentToRun(frames::SocketReply{request.request, error, text})))
        (void)frames::send(socket_.get(), *frame, descriptors);
}

void AgentEnd::handle(const frames::Done &done)
{
    returned_ = true;
    if (outcome_.status == 0)
        outcome_.status = done.status;
}

} // namespace sonde::checker
