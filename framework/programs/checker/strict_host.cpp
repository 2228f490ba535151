#include "programs/checker/strict_host.hpp"

#include "frames/messages.hpp"
#include "frames/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <netdb.h>
#include <unistd.h>

namespace sonde::checker {

namespace {

constexpr std::int32_t kStop = -1;
constexpr std::uint32_t kLaterMinor = 4095;

std::string_view view(const char *text, std::uint32_t length)
{
    return text == nullptr ? std::string_view() : std::string_view(text, length);
}

} // namespace

StrictHost &StrictHost::self(const sonde_host *host)
{
    const auto *bytes = reinterpret_cast<const std::byte *>(host) - offsetof(Handed, host);
    return *reinterpret_cast<const Handed *>(bytes)->self;
}

StrictHost::StrictHost(const sonde_host &inner, const frames::MethodDescription &method, Evidence &evidence, Kind kind)
    : inner_(inner), method_(method), evidence_(evidence), kind_(kind), thread_(::gettid()), handed_{this, inner}
{
    sonde_host &host = handed_.host;
    if (kind.future)
        host.abi_minor = kLaterMinor;
    host.row = [](const sonde_host *host, std::uint32_t table, const sonde_cell *cells, std::uint32_t count) {
        StrictHost &own = self(host);
        if (!own.allowed("row", From::main_thread, When::run_only))
            return kStop;
        const std::int32_t answer = own.inner_.row(&own.inner_, table, cells, count);
        own.told_to_stop_ = own.told_to_stop_ || answer != 0;
        return answer;
    };
    host.fail = [](const sonde_host *host, std::int32_t code, const char *text, std::uint32_t length) {
        StrictHost &own = self(host);
        return own.allowed("fail", From::main_thread, When::run_or_probe) ? own.fail(code, view(text, length)) : code;
    };
    host.log = [](const sonde_host *host, sonde_log_level level, const char *text, std::uint32_t length) {
        StrictHost &own = self(host);
        if (!own.allowed("log", From::main_thread, When::run_or_probe))
            return;
        own.note_text("a log line", view(text, length));
        own.inner_.log(&own.inner_, level, text, length);
    };
    host.socket = [](const sonde_host *host, sonde_socket_kind kind, std::uint32_t family, std::uint32_t count,
                     std::int32_t *fds) -> std::int32_t {
        StrictHost &own = self(host);
        if (!own.allowed("socket", From::main_thread, When::run_or_probe))
            return EPERM;
        own.evidence_.privileges |= frames::privilege_for(static_cast<frames::SocketKind>(kind), false);
        return own.inner_.socket(&own.inner_, kind, family, count, fds);
    };
    host.resolve = [](const sonde_host *host, const char *name, sonde_addresses *found) -> std::int32_t {
        StrictHost &own = self(host);
        if (!own.allowed("resolve", From::main_thread, When::run_or_probe))
            return EAI_FAIL;
        return own.inner_.resolve(&own.inner_, name, found);
    };
    host.now = [](const sonde_host *host, sonde_clock clock) {
        StrictHost &own = self(host);
        own.allowed("now", From::any_thread, When::run_or_probe);
        return own.inner_.now(&own.inner_, clock);
    };
    host.random = [](const sonde_host *host, void *bytes, std::uint32_t length) {
        StrictHost &own = self(host);
        own.allowed("random", From::any_thread, When::run_or_probe);
        own.inner_.random(&own.inner_, bytes, length);
    };
    host.progress = [](const sonde_host *host, std::uint64_t done, std::uint64_t total) {
        StrictHost &own = self(host);
        if (own.allowed("progress", From::main_thread, When::run_only))
            own.inner_.progress(&own.inner_, done, total);
    };
    host.count = [](const sonde_host *host, std::uint64_t sent_bytes, std::uint64_t received_bytes) {
        StrictHost &own = self(host);
        if (own.allowed("count", From::main_thread, When::run_only))
            own.inner_.count(&own.inner_, sent_bytes, received_bytes);
    };
    host.cancelled = [](const sonde_host *host) {
        StrictHost &own = self(host);
        own.allowed("cancelled", From::any_thread, When::run_or_probe);
        return own.inner_.cancelled(&own.inner_);
    };
    host.sleep_until = [](const sonde_host *host, std::int64_t monotonic_ns) -> std::int32_t {
        StrictHost &own = self(host);
        if (!own.allowed("sleep_until", From::main_thread, When::run_or_probe))
            return 1;
        return own.inner_.sleep_until(&own.inner_, monotonic_ns);
    };
    host.extension = [](const sonde_host *host, const char *id) -> const void * {
        StrictHost &own = self(host);
        return own.allowed("extension", From::any_thread, When::run_or_probe) ? own.extension(id) : nullptr;
    };
    listen_.self = this;
    listen_.open = [](const sonde_listen *listen, sonde_socket_kind kind, std::uint32_t family, std::uint32_t port,
                      std::int32_t *fd) -> std::int32_t {
        StrictHost &own = *static_cast<const Listen *>(listen)->self;
        if (!own.allowed(SONDE_EXTENSION_LISTEN, From::main_thread, When::run_or_probe))
            return EPERM;
        own.evidence_.privileges |= SONDE_PRIVILEGE_LISTEN;
        const auto *inner =
            static_cast<const sonde_listen *>(own.inner_.extension(&own.inner_, SONDE_EXTENSION_LISTEN));
        return inner->open(inner, kind, family, port, fd);
    };
    counter_.self = this;
    counter_.open = [](const sonde_counter *counter, const sock_filter *program, std::uint32_t count,
                       std::uint32_t classes, std::int32_t *fds, char *text) -> std::int32_t {
        StrictHost &own = *static_cast<const Counter *>(counter)->self;
        if (!own.allowed(SONDE_EXTENSION_COUNTER, From::main_thread, When::run_or_probe))
            return EPERM;
        own.evidence_.privileges |= SONDE_PRIVILEGE_CAPTURE;
        const auto *inner =
            static_cast<const sonde_counter *>(own.inner_.extension(&own.inner_, SONDE_EXTENSION_COUNTER));
        return inner->open(inner, program, count, classes, fds, text);
    };
}

const sonde_host *StrictHost::get(Arena *arena)
{
    if (arena == nullptr)
        return &handed_.host;
    auto *placed = static_cast<Handed *>(arena->place(&handed_, sizeof handed_, "the host"));
    return &placed->host;
}

std::int32_t StrictHost::leave(std::int32_t returned)
{
    evidence_.returned = returned;
    evidence_.phase = Evidence::after;
    // A negative one says "as you said" after a callback that told it to stop.
    if (returned == 0 || declared(returned) || (returned < 0 && told_to_stop_))
        return returned;
    evidence_.undeclared.write("returned " + std::to_string(returned));
    return 0;
}

bool StrictHost::allowed(const char *callback, From from, When when)
{
    const std::uint32_t phase = evidence_.phase;
    if (phase != Evidence::within) {
        evidence_.untimely.write(callback);
        return false;
    }
    if (from == From::any_thread)
        return true;
    if (::gettid() != thread_) {
        evidence_.stranger.write(callback);
        return false;
    }
    if (kind_.probe && when == When::run_only) {
        evidence_.untimely.write(callback);
        return false;
    }
    return true;
}

bool StrictHost::declared(std::int32_t code) const
{
    return std::any_of(method_.statuses.begin(), method_.statuses.end(),
                       [&](const frames::StatusDescription &status) { return status.code == code; });
}

const void *StrictHost::extension(const char *id)
{
    evidence_.extension.write(id == nullptr ? "(NULL)" : id);
    const std::string_view wanted = id == nullptr || kind_.alone ? "" : id;
    if (wanted == SONDE_EXTENSION_LISTEN)
        return static_cast<const sonde_listen *>(&listen_);
    return wanted == SONDE_EXTENSION_COUNTER ? static_cast<const sonde_counter *>(&counter_) : nullptr;
}

std::int32_t StrictHost::fail(std::int32_t code, std::string_view text)
{
    note_text("a failure's message", text);
    if (text.empty())
        evidence_.silent_failure = true;
    if (!declared(code)) {
        evidence_.undeclared.write("failed with " + std::to_string(code));
        return code;
    }
    return inner_.fail(&inner_, code, text.data(), static_cast<std::uint32_t>(text.size()));
}

void StrictHost::note_text(const char *what, std::string_view text)
{
    const bool control = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 && c != '\t'; });
    if (!frames::is_utf8(text) || control)
        evidence_.bad_text.write(std::string(what) + ": '" + frames::readable(text, 80) + "'");
}

} // namespace sonde::checker
