#include "frames/messages.hpp"

#include "frames/fields.hpp"
#include "frames/text.hpp"

#include <utility>

namespace sonde::frames {

namespace {

struct Conversation {
    std::uint8_t code;
    const char *name;
};

template <class Direction>
constexpr Conversation kConversation{};
template <>
constexpr Conversation kConversation<AgentToLauncher>{1, "agent to launcher"};
template <>
constexpr Conversation kConversation<LauncherToAgent>{2, "launcher to agent"};
template <>
constexpr Conversation kConversation<AgentToRunner>{3, "agent to runner"};
template <>
constexpr Conversation kConversation<RunnerToAgent>{4, "runner to agent"};
template <>
constexpr Conversation kConversation<RunToAgent>{5, "run to agent"};
template <>
constexpr Conversation kConversation<AgentToRun>{6, "agent to run"};
template <>
constexpr Conversation kConversation<FrontToMonitor>{7, "front to monitor"};
template <>
constexpr Conversation kConversation<MonitorToFront>{8, "monitor to front"};

// What is wrong with a message whose fields were all there, or nullptr.
template <class Message>
const char *fault(const Message &)
{
    return nullptr;
}

bool is_family(std::uint8_t family)
{
    return family == 0 || family == 4 || family == 6;
}

bool is_interface(const std::string &name)
{
    return name.size() < 16 && name.find('/') == name.npos && is_utf8(name);
}

bool is_readable(const std::string &text)
{
    return text.size() <= kTextBytesMax && is_utf8(text);
}

const char *socket_fault(SocketKind kind, std::uint8_t family, std::uint32_t count)
{
    if (kind < SocketKind::udp || kind > SocketKind::capture)
        return "a kind of socket that does not exist";
    if (kind == SocketKind::capture ? family != 0 : family != 4 && family != 6)
        return "a family that does not fit the kind of socket";
    return count >= 1 && count <= kSocketsMax ? nullptr : "a number of sockets out of range";
}

// One socket of a kind that can.
const char *listen_fault(const std::optional<std::uint16_t> &port, SocketKind kind, std::uint32_t count)
{
    const bool can = (kind == SocketKind::udp || kind == SocketKind::tcp) && count == 1;
    return !port || can ? nullptr : "a listening socket that cannot be";
}

// Of one socket for capture. What the program says is the launcher's to judge.
const char *counter_fault(const std::optional<Counter> &counter, SocketKind kind, std::uint32_t count)
{
    if (!counter)
        return nullptr;
    if (kind != SocketKind::capture || count != 1)
        return "a counter of no socket for capture";
    const std::size_t instructions = counter->program.size();
    if (instructions < 1 || instructions > SONDE_COUNTER_INSTRUCTIONS_MAX)
        return "a counter's program of a length out of range";
    return counter->classes >= 1 && counter->classes <= SONDE_COUNTER_CLASSES_MAX
               ? nullptr
               : "a counter's number of classes out of range";
}

const char *fault(const StartRunner &m)
{
    if (m.purpose != Purpose::run && m.purpose != Purpose::describe)
        return "a purpose that does not exist";
    for (const std::string &place : m.libraries)
        if (!place.starts_with('/'))
            return "a place of libraries that is not absolute";
    return m.plugin.starts_with('/') ? nullptr : "a plugin's path that is not absolute";
}

const char *missing_fault(const std::vector<Missing> &list)
{
    for (const Missing &missing : list)
        if (missing.what.empty() || !is_readable(missing.what) || !is_readable(missing.reason))
            return "a text that cannot be";
    return nullptr;
}

const char *fault(const Greeting &m)
{
    const char *what = missing_fault(m.layers);
    return what != nullptr ? what : missing_fault(m.sockets);
}

const char *fault(const RunnerMade &m)
{
    return m.pid > 0 ? missing_fault(m.layers) : "a process id out of range";
}

const char *fault(const OpenSockets &m)
{
    if (const char *what = socket_fault(m.kind, m.family, m.count))
        return what;
    if (const char *what = listen_fault(m.listen_port, m.kind, m.count))
        return what;
    if (const char *what = counter_fault(m.counter, m.kind, m.count))
        return what;
    if (!is_family(m.source.family) || (m.source.family != 0 && m.source.family != m.family))
        return "a source address of another family";
    return is_interface(m.interface) ? nullptr : "an interface name that cannot be";
}

const char *fault(const RunnerStarted &m)
{
    return m.pid > 0 ? nullptr : "a process id out of range";
}

const char *fault(const PluginRefused &m)
{
    return is_readable(m.text) ? nullptr : "a text that cannot be";
}

const char *fault(const LauncherError &m)
{
    return m.error > 0 && is_readable(m.text) ? nullptr : "an errno or a text that cannot be";
}

const char *fault(const Invoke &m)
{
    if (!is_family(m.family) || !is_family(m.source.family))
        return "an address family that does not exist";
    if (!is_interface(m.interface))
        return "an interface name that cannot be";
    for (const OptionValue &value : m.values)
        if (!value.list && value.items.size() > 1)
            return "a scalar option of several values";
    for (const KnownName &known : m.known_names)
        if (known.address.family == 0 || !is_family(known.address.family))
            return "a known name without an address";
    return nullptr;
}

const char *fault(const Signal &m)
{
    return m.signal >= 1 && m.signal <= 64 ? nullptr : "a signal out of range";
}

const char *fault(const DescribeFailed &m)
{
    return is_readable(m.text) ? nullptr : "a text that cannot be";
}

const char *fault(const Started &m)
{
    return m.pid > 0 ? nullptr : "a process id out of range";
}

const char *fault(const InvokeFailed &m)
{
    return is_readable(m.text) ? nullptr : "a text that cannot be";
}

const char *fault(const BearsNoFork &m)
{
    return is_readable(m.text) ? nullptr : "a text that cannot be";
}

const char *fault(const LogLine &m)
{
    return m.level >= SONDE_LOG_ERROR && m.level <= SONDE_LOG_DEBUG && is_readable(m.text)
               ? nullptr
               : "a log level or a text that cannot be";
}

const char *fault(const Fail &m)
{
    return ((m.code >= 1 && m.code <= 99) || m.code == kStatusBrokeRules) && is_readable(m.text)
               ? nullptr
               : "a status or a text that cannot be";
}

const char *fault(const SocketRequest &m)
{
    if (const char *what = socket_fault(m.kind, m.family, m.count))
        return what;
    if (const char *what = listen_fault(m.listen_port, m.kind, m.count))
        return what;
    return counter_fault(m.counter, m.kind, m.count);
}

const char *fault(const SocketReply &m)
{
    return m.error >= 0 && is_readable(m.text) ? nullptr : "an errno or a text out of range";
}

Error undecodable(const char *direction, const std::string &what)
{
    return {direction, "bad frame: " + what, ""};
}

template <class Direction, class Message>
Result<Direction> decode_message(Reader &reader)
{
    Message message;
    field(reader, message);
    if (reader.ok() && reader.left() > 0)
        reader.fail("bytes are left over");
    if (reader.ok()) {
        if (const char *what = fault(message))
            reader.fail(what);
    }
    if (!reader.ok())
        return undecodable(kConversation<Direction>.name, reader.what());
    if constexpr (std::same_as<Message, Description>) {
        if (const Result<void> checked = check(message); !checked)
            return checked.error();
    }
    return Direction(std::move(message));
}

template <class Direction, std::size_t... Index>
Result<Direction> decode_tag(Reader &reader, std::uint8_t tag, std::index_sequence<Index...>)
{
    using Decode = Result<Direction> (*)(Reader &);
    static constexpr Decode decoders[] = {&decode_message<Direction, std::variant_alternative_t<Index, Direction>>...};
    if (tag >= std::size(decoders))
        return undecodable(kConversation<Direction>.name, "message " + std::to_string(tag) + " does not exist");
    return decoders[tag](reader);
}

} // namespace

std::uint32_t privilege_for(SocketKind kind, bool listens)
{
    if (listens)
        return SONDE_PRIVILEGE_LISTEN;
    if (kind == SocketKind::icmp)
        return SONDE_PRIVILEGE_ICMP;
    return kind == SocketKind::capture ? SONDE_PRIVILEGE_CAPTURE : 0;
}

template <class Direction>
Result<Frame> encode(const Direction &message)
{
    static_assert(kConversation<Direction>.code != 0, "each direction has a number");
    Frame frame;
    Writer writer(frame);
    const std::uint8_t header[kHeaderBytes] = {kFrameVersion, kConversation<Direction>.code,
                                               static_cast<std::uint8_t>(message.index()), 0};
    writer.raw(std::as_bytes(std::span(header)));
    std::size_t bytes_max = kFrameBytesMax;
    std::visit(
        [&]<class Message>(const Message &m) {
            field(writer, m);
            if constexpr (std::same_as<Message, Description>)
                bytes_max = kDescriptionBytesMax;
        },
        message);
    if (frame.size() > bytes_max)
        return Error{kConversation<Direction>.name,
                     "a message of " + std::to_string(frame.size()) + " bytes is too long",
                     "at most " + std::to_string(bytes_max)};
    return frame;
}

template <class Direction>
Result<Direction> decode(std::span<const std::byte> frame)
{
    if (frame.size() < kHeaderBytes || frame.size() > kFrameBytesMax)
        return undecodable(kConversation<Direction>.name, std::to_string(frame.size()) + " bytes");
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(frame[i]); };
    if (byte(0) != kFrameVersion)
        return undecodable(kConversation<Direction>.name,
                           "version " + std::to_string(byte(0)) + ", this is version " + std::to_string(kFrameVersion));
    if (byte(1) != kConversation<Direction>.code || byte(3) != 0)
        return undecodable(kConversation<Direction>.name, "it belongs to another conversation");
    Reader reader(frame.subspan(kHeaderBytes));
    return decode_tag<Direction>(reader, byte(2), std::make_index_sequence<std::variant_size_v<Direction>>());
}

template Result<Frame> encode(const AgentToLauncher &);
template Result<Frame> encode(const LauncherToAgent &);
template Result<Frame> encode(const AgentToRunner &);
template Result<Frame> encode(const RunnerToAgent &);
template Result<Frame> encode(const RunToAgent &);
template Result<Frame> encode(const AgentToRun &);
template Result<Frame> encode(const FrontToMonitor &);
template Result<Frame> encode(const MonitorToFront &);
template Result<AgentToLauncher> decode(std::span<const std::byte>);
template Result<LauncherToAgent> decode(std::span<const std::byte>);
template Result<AgentToRunner> decode(std::span<const std::byte>);
template Result<RunnerToAgent> decode(std::span<const std::byte>);
template Result<RunToAgent> decode(std::span<const std::byte>);
template Result<AgentToRun> decode(std::span<const std::byte>);
template Result<FrontToMonitor> decode(std::span<const std::byte>);
template Result<MonitorToFront> decode(std::span<const std::byte>);

} // namespace sonde::frames
