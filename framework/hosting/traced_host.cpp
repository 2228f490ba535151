#include "hosting/traced_host.hpp"

#include "frames/text.hpp"
#include "hosting/cancel.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdio>
#include <cstring>
#include <netdb.h>
#include <string_view>
#include <unistd.h>

namespace sonde::hosting {

namespace {

// So much of a text, and so many cells of a row, are shown.
constexpr std::size_t kShownBytes = 40, kShownCells = 20;

std::string quoted(const char *text, std::size_t length)
{
    if (text == nullptr)
        return "NULL";
    const std::string shown = frames::readable(std::string_view(text, std::min(length, kShownBytes)), kShownBytes);
    return '"' + shown + (length > kShownBytes ? "\"..." : "\"");
}

std::string address_text(const void *bytes, int family)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(family, bytes, text.data(), text.size());
    return text.data();
}

std::string cell_text(const sonde_cell &cell)
{
    switch (cell.type) {
    case SONDE_NULL:
        return "null";
    case SONDE_DOUBLE: {
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), "%g", cell.v.d);
        return text.data();
    }
    case SONDE_STRING:
        return quoted(static_cast<const char *>(cell.v.p), cell.size);
    case SONDE_BYTES:
        return std::to_string(cell.size) + " bytes";
    case SONDE_ADDRESS:
        return address_text(cell.v.p, cell.size == 4 ? AF_INET : AF_INET6);
    case SONDE_DURATION:
    case SONDE_TIMESTAMP:
        return std::to_string(cell.v.i) + " ns";
    default:
        return std::to_string(cell.v.i);
    }
}

std::string kind_text(sonde_socket_kind kind)
{
    static constexpr const char *names[] = {"0", "UDP", "TCP", "ICMP", "CAPTURE"};
    return kind < std::size(names) ? names[kind] : std::to_string(kind);
}

std::string result_text(std::int32_t result)
{
    return " = " + std::to_string(result);
}

std::string result_text(std::int64_t result)
{
    return " = " + std::to_string(result);
}

std::string result_text(const void *result)
{
    return result == nullptr ? " = NULL" : " = an extension";
}

// What came of a call, behind its result.
std::string addresses_text(const sonde_addresses &found)
{
    std::string text = ":";
    for (std::uint32_t i = 0; i < found.count; ++i)
        text +=
            (i == 0 ? " " : ", ") + address_text(found.items[i].bytes, found.items[i].family == 4 ? AF_INET : AF_INET6);
    return text;
}

std::string descriptors_text(const std::int32_t *fds, std::uint32_t count)
{
    std::string text = count == 1 ? ": descriptor" : ": descriptors";
    for (std::uint32_t i = 0; i < std::min<std::size_t>(count, kShownCells); ++i)
        text += (i == 0 ? " " : ", ") + std::to_string(fds[i]);
    return text + (count > kShownCells ? ", ..." : "");
}

std::string error_text(int error)
{
    const char *name = ::strerrorname_np(error);
    return name == nullptr ? std::string() : std::string(": ") + name;
}

std::string resolver_text(int error)
{
    return std::string(": ") + ::gai_strerror(error);
}

} // namespace

const TracedHost &TracedHost::self(const sonde_host *host)
{
    return static_cast<const TracedHost &>(*host);
}

void TracedHost::say(const std::string &text) const
{
    std::array<char, 32> at{};
    std::snprintf(at.data(), at.size(), "%+.6f s  ", static_cast<double>(monotonic_ns() - begun_ns_) / 1e9);
    const std::string line = at.data() + text + '\n';
    // One write a line, so that those of several threads do not mix.
    (void)!::write(STDERR_FILENO, line.data(), line.size());
}

template <class Call, class Tell>
auto TracedHost::call(const std::string &text, Call call, Tell tell) const
{
    const std::int64_t begun = monotonic_ns();
    const auto took = [&] {
        std::array<char, 32> time{};
        std::snprintf(time.data(), time.size(), "  (%.1f us)", static_cast<double>(monotonic_ns() - begun) / 1e3);
        return std::string(time.data());
    };
    if constexpr (std::is_void_v<decltype(call())>) {
        call();
        say(text + took());
    } else {
        const auto result = call();
        const std::string time = took();
        say(text + result_text(result) + tell(result) + time);
        return result;
    }
}

template <class Call>
auto TracedHost::call(const std::string &text, Call call) const
{
    return this->call(text, call, [](auto &&) { return std::string(); });
}

std::string TracedHost::row_text(std::uint32_t table, const sonde_cell *cells, std::uint32_t count) const
{
    std::string text = "row(" + (table < method_.tables.size() ? method_.tables[table].id : std::to_string(table));
    for (std::uint32_t i = 0; cells != nullptr && i < std::min<std::size_t>(count, kShownCells); ++i)
        text += (i == 0 ? ": " : ", ") + cell_text(cells[i]);
    return text + (count > kShownCells ? ", ...)" : ")");
}

TracedHost::TracedHost(const sonde_host &traced, const frames::MethodDescription &method)
    : sonde_host(traced), traced_(traced), method_(method), begun_ns_(monotonic_ns())
{
    sonde_host::row = [](const sonde_host *host, std::uint32_t table, const sonde_cell *cells, std::uint32_t count) {
        const sonde_host &to = self(host).traced_;
        return self(host).call(self(host).row_text(table, cells, count),
                               [&] { return to.row(&to, table, cells, count); });
    };
    sonde_host::fail = [](const sonde_host *host, std::int32_t code, const char *text, std::uint32_t length) {
        const sonde_host &to = self(host).traced_;
        return self(host).call("fail(" + std::to_string(code) + ", " + quoted(text, length) + ")",
                               [&] { return to.fail(&to, code, text, length); });
    };
    sonde_host::log = [](const sonde_host *host, sonde_log_level level, const char *text, std::uint32_t length) {
        const sonde_host &to = self(host).traced_;
        self(host).call("log(" + std::to_string(level) + ", " + quoted(text, length) + ")",
                        [&] { to.log(&to, level, text, length); });
    };
    sonde_host::socket = [](const sonde_host *host, sonde_socket_kind kind, std::uint32_t family, std::uint32_t count,
                            std::int32_t *fds) {
        const sonde_host &to = self(host).traced_;
        const std::string text =
            "socket(" + kind_text(kind) + ", family " + std::to_string(family) + ", " + std::to_string(count) + ")";
        return self(host).call(
            text, [&] { return to.socket(&to, kind, family, count, fds); },
            [&](std::int32_t error) { return error != 0 ? error_text(error) : descriptors_text(fds, count); });
    };
    sonde_host::resolve = [](const sonde_host *host, const char *name, sonde_addresses *found) {
        const sonde_host &to = self(host).traced_;
        const std::size_t length = name == nullptr ? 0 : std::string_view(name).size();
        return self(host).call(
            "resolve(" + quoted(name, length) + ")", [&] { return to.resolve(&to, name, found); },
            [&](std::int32_t error) { return error != 0 ? resolver_text(error) : addresses_text(*found); });
    };
    sonde_host::now = [](const sonde_host *host, sonde_clock clock) {
        const sonde_host &to = self(host).traced_;
        return self(host).call(clock == SONDE_CLOCK_WALL ? "now(WALL)" : "now(MONOTONIC)",
                               [&] { return to.now(&to, clock); });
    };
    sonde_host::random = [](const sonde_host *host, void *bytes, std::uint32_t length) {
        const sonde_host &to = self(host).traced_;
        self(host).call("random(" + std::to_string(length) + " bytes)", [&] { to.random(&to, bytes, length); });
    };
    sonde_host::progress = [](const sonde_host *host, std::uint64_t done, std::uint64_t total) {
        const sonde_host &to = self(host).traced_;
        self(host).call("progress(" + std::to_string(done) + ", " + std::to_string(total) + ")",
                        [&] { to.progress(&to, done, total); });
    };
    sonde_host::count = [](const sonde_host *host, std::uint64_t sent_bytes, std::uint64_t received_bytes) {
        const sonde_host &to = self(host).traced_;
        self(host).call("count(" + std::to_string(sent_bytes) + ", " + std::to_string(received_bytes) + ")",
                        [&] { to.count(&to, sent_bytes, received_bytes); });
    };
    sonde_host::cancelled = [](const sonde_host *host) {
        const sonde_host &to = self(host).traced_;
        return self(host).call("cancelled()", [&] { return to.cancelled(&to); });
    };
    sonde_host::sleep_until = [](const sonde_host *host, std::int64_t monotonic_ns) {
        const sonde_host &to = self(host).traced_;
        return self(host).call("sleep_until(" + std::to_string(monotonic_ns) + ")",
                               [&] { return to.sleep_until(&to, monotonic_ns); });
    };
    sonde_host::extension = [](const sonde_host *host, const char *id) -> const void * {
        const sonde_host &to = self(host).traced_;
        const std::size_t length = id == nullptr ? 0 : std::string_view(id).size();
        const void *found =
            self(host).call("extension(" + quoted(id, length) + ")", [&] { return to.extension(&to, id); });
        const Listen &listen = self(host).listen_;
        const Counter &counter = self(host).counter_;
        if (found != nullptr && found == listen.traced)
            return static_cast<const sonde_listen *>(&listen);
        return found != nullptr && found == counter.traced ? static_cast<const sonde_counter *>(&counter) : found;
    };
    listen_.host = this;
    listen_.traced = static_cast<const sonde_listen *>(traced.extension(&traced, SONDE_EXTENSION_LISTEN));
    listen_.open = [](const sonde_listen *listen, sonde_socket_kind kind, std::uint32_t family, std::uint32_t port,
                      std::int32_t *fd) {
        const auto &own = static_cast<const Listen &>(*listen);
        const std::string text =
            "listen(" + kind_text(kind) + ", family " + std::to_string(family) + ", port " + std::to_string(port) + ")";
        return own.host->call(
            text, [&] { return own.traced->open(own.traced, kind, family, port, fd); },
            [&](std::int32_t error) { return error != 0 ? error_text(error) : descriptors_text(fd, 1); });
    };
    counter_.host = this;
    counter_.traced = static_cast<const sonde_counter *>(traced.extension(&traced, SONDE_EXTENSION_COUNTER));
    counter_.open = [](const sonde_counter *counter, const sock_filter *program, std::uint32_t count,
                       std::uint32_t classes, std::int32_t *fds, char *text) {
        const auto &own = static_cast<const Counter &>(*counter);
        return own.host->call(
            "counter(" + std::to_string(count) + " instructions, " + std::to_string(classes) + " classes)",
            [&] { return own.traced->open(own.traced, program, count, classes, fds, text); },
            [&](std::int32_t error) { return error != 0 ? error_text(error) : descriptors_text(fds, 2); });
    };
}

} // namespace sonde::hosting
