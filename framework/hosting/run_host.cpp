#include "hosting/run_host.hpp"

#include "frames/packet_buffer.hpp"
#include "frames/socket.hpp"
#include "frames/text.hpp"
#include "hosting/resolve.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <linux/filter.h>
#include <netdb.h>
#include <sys/random.h>
#include <sys/socket.h>

namespace sonde::hosting {

namespace {

using namespace sonde::frames;

// A row waits this long at most while others follow it; a slow method's rows do not wait at all.
constexpr std::int64_t kFlushEveryNs = 10'000'000;

std::string_view view(const char *text, std::uint32_t length)
{
    return text == nullptr ? std::string_view() : std::string_view(text, length);
}

std::int64_t read_clock(sonde_clock clock)
{
    timespec time{};
    ::clock_gettime(clock == SONDE_CLOCK_WALL ? CLOCK_REALTIME : CLOCK_MONOTONIC, &time);
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

void fill_random(void *bytes, std::size_t length)
{
    auto *at = static_cast<char *>(bytes);
    while (length > 0) {
        const ssize_t got = ::getrandom(at, length, 0);
        if (got <= 0)
            continue;
        at += got;
        length -= static_cast<std::size_t>(got);
    }
}

} // namespace

RunHost &RunHost::self(const sonde_host *host)
{
    return const_cast<RunHost &>(static_cast<const RunHost &>(*host));
}

RunHost::RunHost(int agent, const Cancel &cancel, const MethodDescription &method, const Invoke &invoke, bool probe)
    : sonde_host{}, agent_(agent), cancel_(cancel), method_(method), invoke_(invoke), probe_(probe)
{
    if (!probe) {
        formats_.reserve(method.tables.size());
        for (const TableDescription &table : method.tables)
            formats_.emplace_back(table);
        for (std::uint32_t i = 0; i < formats_.size(); ++i)
            writers_.emplace_back(i, formats_[i]);
    }
    abi_minor = SONDE_ABI_MINOR;
    cancel_fd = cancel.fd();
    sonde_host::row = [](const sonde_host *host, std::uint32_t table, const sonde_cell *cells, std::uint32_t count) {
        RunHost *own = called_in_run(host, "row");
        return own ? own->add_row(table, std::span(cells, count)) : kStop;
    };
    sonde_host::fail = [](const sonde_host *host, std::int32_t code, const char *text, std::uint32_t length) {
        RunHost *own = called(host, "fail");
        return own ? own->add_failure(code, view(text, length)) : code;
    };
    sonde_host::log = [](const sonde_host *host, sonde_log_level level, const char *text, std::uint32_t length) {
        if (RunHost *own = called(host, "log"))
            own->add_log(level, view(text, length));
    };
    sonde_host::socket = [](const sonde_host *host, sonde_socket_kind kind, std::uint32_t family, std::uint32_t count,
                            std::int32_t *fds) {
        RunHost *own = called(host, "socket");
        return own ? own->open_sockets(kind, family, count, fds) : EPERM;
    };
    sonde_host::resolve = [](const sonde_host *host, const char *name, sonde_addresses *found) {
        RunHost *own = called(host, "resolve");
        return own ? own->find_addresses(name, *found) : EAI_FAIL;
    };
    sonde_host::now = [](const sonde_host *, sonde_clock clock) { return read_clock(clock); };
    sonde_host::random = [](const sonde_host *, void *bytes, std::uint32_t length) { fill_random(bytes, length); };
    sonde_host::progress = [](const sonde_host *host, std::uint64_t done, std::uint64_t total) {
        if (RunHost *own = called_in_run(host, "progress"))
            own->set_progress(done, total);
    };
    sonde_host::count = [](const sonde_host *host, std::uint64_t sent_bytes, std::uint64_t received_bytes) {
        if (RunHost *own = called_in_run(host, "count"))
            own->add_traffic(sent_bytes, received_bytes);
    };
    sonde_host::cancelled = [](const sonde_host *host) {
        return static_cast<std::int32_t>(self(host).cancel_.cancelled(monotonic_ns()));
    };
    sonde_host::sleep_until = [](const sonde_host *host, std::int64_t monotonic_ns) {
        RunHost *own = called(host, "sleep_until");
        return own ? own->sleep(monotonic_ns) : 1;
    };
    sonde_host::extension = [](const sonde_host *host, const char *id) -> const void * {
        return id != nullptr ? self(host).find_extension(id) : nullptr;
    };
    listen_.host = this;
    listen_.open = [](const sonde_listen *listen, sonde_socket_kind kind, std::uint32_t family, std::uint32_t port,
                      std::int32_t *fd) {
        RunHost *own = called(static_cast<const Listen *>(listen)->host, SONDE_EXTENSION_LISTEN);
        return own ? own->open_listener(kind, family, port, fd) : EPERM;
    };
    counter_.host = this;
    counter_.open = [](const sonde_counter *counter, const sock_filter *program, std::uint32_t count,
                       std::uint32_t classes, std::int32_t *fds, char *text) {
        RunHost *own = called(static_cast<const Counter *>(counter)->host, SONDE_EXTENSION_COUNTER);
        const std::size_t readable = program == nullptr ? 0 : count;
        return own ? own->open_counter(std::span(program, readable), classes, fds, text) : EPERM;
    };
}

bool RunHost::has_extension(std::string_view id)
{
    return id == SONDE_EXTENSION_LISTEN || id == SONDE_EXTENSION_COUNTER;
}

const void *RunHost::find_extension(std::string_view id) const
{
    if (id == SONDE_EXTENSION_LISTEN)
        return static_cast<const sonde_listen *>(&listen_);
    return id == SONDE_EXTENSION_COUNTER ? static_cast<const sonde_counter *>(&counter_) : nullptr;
}

RunHost *RunHost::called(const sonde_host *host, const char *callback)
{
    RunHost &own = self(host);
    if (std::this_thread::get_id() == own.thread_)
        return &own;
    // Only noted: what there is to send with belongs to the other thread.
    const char *none = nullptr;
    own.strange_call_.compare_exchange_strong(none, callback);
    return nullptr;
}

RunHost *RunHost::called_in_run(const sonde_host *host, const char *callback)
{
    RunHost *own = called(host, callback);
    if (own == nullptr || !own->probe_)
        return own;
    own->broke_rules(std::string("called ") + callback +
                     " in probe, which only says by its status whether a run would work");
    return nullptr;
}

void RunHost::judge_strange_call()
{
    if (const char *callback = strange_call_.exchange(nullptr))
        broke_rules(std::string("called ") + callback +
                    " of the host from a thread of its own; only the one that entered run may");
}

std::int32_t RunHost::add_row(std::uint32_t table, std::span<const sonde_cell> cells)
{
    judge_strange_call();
    if (rules_broken_)
        return kStop;
    if (table >= writers_.size()) {
        broke_rules("a row for table " + std::to_string(table) + ", of " + std::to_string(writers_.size()));
        return kStop;
    }
    RowWriter &writer = writers_[table];
    if (const Result<void> checked = writer.check(cells); !checked) {
        broke_rules(to_string(checked.error()));
        return kStop;
    }
    if (!writer.add(cells)) {
        send(writer.frame());
        writer.clear();
        writer.add(cells);
    }
    const std::int64_t now_ns = monotonic_ns();
    flush_if_due(now_ns);
    // A cancelled run may still say what it has: its rows are taken, and each tells it to stop.
    if (!agent_gone_ && !cancel_.cancelled(now_ns))
        return 0;
    stop_told_ = true;
    return kStop;
}

bool RunHost::declared(std::int32_t code) const
{
    return std::any_of(method_.statuses.begin(), method_.statuses.end(),
                       [&](const StatusDescription &status) { return status.code == code; });
}

void RunHost::broke_rules(const std::string &text)
{
    rules_broken_ = true;
    if (failure_)
        return;
    failure_ = kStatusBrokeRules;
    flush();
    send(Fail{kStatusBrokeRules, readable(text, kTextBytesMax)});
}

std::int32_t RunHost::add_failure(std::int32_t code, std::string_view text)
{
    judge_strange_call();
    if (failure_)
        return code;
    if (!declared(code)) {
        broke_rules("failed with status " + std::to_string(code) + ", which is not declared: " + std::string(text));
        return code;
    }
    failure_ = code;
    // Sent now: whatever becomes of the process, its reason is known.
    flush();
    send(Fail{code, readable(text, kTextBytesMax)});
    return code;
}

void RunHost::add_log(sonde_log_level level, std::string_view text)
{
    const auto known = std::clamp<sonde_log_level>(level, SONDE_LOG_ERROR, SONDE_LOG_DEBUG);
    send(LogLine{static_cast<std::uint8_t>(known), readable(text, kTextBytesMax)});
}

void RunHost::set_progress(std::uint64_t done, std::uint64_t total)
{
    progress_ = Progress{done, total};
    flush_if_due(monotonic_ns());
}

void RunHost::add_traffic(std::uint64_t sent_bytes, std::uint64_t received_bytes)
{
    // A method that counts nonsense is found out by who reads it, not by what is left of a sum that went round.
    const auto add = [](std::uint64_t &sum, std::uint64_t more) {
        sum = more > UINT64_MAX - sum ? UINT64_MAX : sum + more;
    };
    add(traffic_.sent_bytes, sent_bytes);
    add(traffic_.received_bytes, received_bytes);
    flush_if_due(monotonic_ns());
}

std::int32_t RunHost::find_addresses(const char *name, sonde_addresses &found)
{
    flush();
    hops::Traffic traffic;
    const std::int32_t error = hosting::resolve(name, invoke_, cancel_, found, traffic);
    if (traffic.sent_bytes > 0)
        add_traffic(traffic.sent_bytes, traffic.received_bytes);
    return error;
}

std::int32_t RunHost::sleep(std::int64_t until_ns)
{
    flush();
    return static_cast<std::int32_t>(cancel_.wait_until(until_ns));
}

std::int32_t RunHost::open_sockets(sonde_socket_kind kind, std::uint32_t family, std::uint32_t count, std::int32_t *fds)
{
    const bool kind_known = kind >= SONDE_SOCKET_UDP && kind <= SONDE_SOCKET_CAPTURE;
    const bool family_fits = kind == SONDE_SOCKET_CAPTURE ? family == 0 : family == 4 || family == 6;
    if (!kind_known || !family_fits || count < 1 || count > kSocketsMax || fds == nullptr)
        return EINVAL;
    std::string text;
    return request_sockets({0, static_cast<SocketKind>(kind), static_cast<std::uint8_t>(family), count, {}}, fds, text);
}

std::int32_t RunHost::open_listener(sonde_socket_kind kind, std::uint32_t family, std::uint32_t port, std::int32_t *fd)
{
    const bool kind_known = kind == SONDE_SOCKET_UDP || kind == SONDE_SOCKET_TCP;
    if (!kind_known || (family != 4 && family != 6) || port > UINT16_MAX || fd == nullptr)
        return EINVAL;
    std::string text;
    return request_sockets(
        {0, static_cast<SocketKind>(kind), static_cast<std::uint8_t>(family), 1, static_cast<std::uint16_t>(port)}, fd,
        text);
}

std::int32_t RunHost::open_counter(std::span<const sock_filter> program, std::uint32_t classes, std::int32_t *fds,
                                   char *text)
{
    std::string words;
    std::int32_t error = EINVAL;
    if (program.empty() || program.size() > SONDE_COUNTER_INSTRUCTIONS_MAX) {
        words = "a program of 1 to " + std::to_string(SONDE_COUNTER_INSTRUCTIONS_MAX) + " instructions is needed";
    } else if (classes < 1 || classes > SONDE_COUNTER_CLASSES_MAX) {
        words = "1 to " + std::to_string(SONDE_COUNTER_CLASSES_MAX) + " classes are needed";
    } else if (fds != nullptr) {
        SocketRequest request{0, SocketKind::capture, 0, 1, {}};
        request.counter.emplace().classes = classes;
        for (const auto &[code, if_true, if_false, operand] : program)
            request.counter->program.push_back({code, if_true, if_false, operand});
        error = request_sockets(std::move(request), fds, words);
    }
    if (text != nullptr && error != 0)
        text[words.copy(text, SONDE_COUNTER_TEXT_BYTES - 1)] = '\0';
    return error;
}

std::int32_t RunHost::request_sockets(SocketRequest request, std::int32_t *fds, std::string &text)
{
    flush();
    request.request = ++requests_;
    send(request);
    return await_reply(request, fds, text);
}

std::int32_t RunHost::await_reply(const SocketRequest &request, std::int32_t *fds, std::string &text)
{
    const PacketBuffer buffer;
    while (!agent_gone_) {
        if (cancel_.wait_until(INT64_MAX, agent_))
            return ECANCELED;
        Result<Received> received = receive(agent_, buffer, kSocketsMax, MSG_DONTWAIT);
        if (!received || received->transfer == Transfer::gone)
            break;
        if (received->transfer == Transfer::would_block)
            continue;
        const Result<AgentToRun> message = decode<AgentToRun>(received->frame);
        if (!message)
            break;
        const auto *reply = std::get_if<SocketReply>(&*message);
        if (reply == nullptr)
            break;
        // An answer to a request that was given up; its sockets close here.
        if (reply->request != request.request)
            continue;
        if (reply->error != 0) {
            text = reply->text.empty() ? std::strerror(reply->error) : reply->text;
            return reply->error;
        }
        if (received->descriptors.size() != descriptors_for(request.count, request.counter))
            break;
        for (std::size_t i = 0; i < received->descriptors.size(); ++i)
            fds[i] = received->descriptors[i].release();
        return 0;
    }
    agent_gone_ = true;
    return EPIPE;
}

void RunHost::flush_if_due(std::int64_t now_ns)
{
    if (now_ns - flushed_ns_ < kFlushEveryNs)
        return;
    flush();
    flushed_ns_ = now_ns;
}

void RunHost::flush()
{
    for (RowWriter &writer : writers_) {
        if (writer.row_count() == 0)
            continue;
        send(writer.frame());
        writer.clear();
    }
    if (traffic_ != Traffic{})
        send(std::exchange(traffic_, {}));
    if (progress_) {
        send(*progress_);
        progress_.reset();
    }
}

void RunHost::send(std::span<const std::byte> frame)
{
    if (agent_gone_)
        return;
    const Result<Transfer> sent = frames::send(agent_, frame);
    agent_gone_ = !sent || *sent == Transfer::gone;
}

void RunHost::send(const RunToAgent &message)
{
    if (const Result<Frame> frame = encode(message))
        send(*frame);
}

void RunHost::finish(std::int32_t returned)
{
    judge_strange_call();
    const bool stopped_as_told = returned == kStop && stop_told_;
    if (!failure_ && returned != 0 && !stopped_as_told) {
        if (declared(returned))
            failure_ = returned;
        else
            broke_rules("returned " + std::to_string(returned) + ", which is not a declared status");
    }
    flush();
    send(Done{failure_.value_or(0)});
}

} // namespace sonde::hosting
