#include "programs/cli/agent_link.hpp"

#include "frames/socket.hpp"
#include "programs/cli/answer_member.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace sonde::cli {

namespace {

constexpr timeval kPatience{10, 0};
constexpr std::size_t kAnswerBytesMax = 16 * 1024 * 1024;

Failure unreached(const std::filesystem::path &socket, int error)
{
    const bool refused = error == EACCES || error == EPERM;
    return {{socket.string(), std::string("the agent is not reached: ") + std::strerror(error),
             refused ? "root and the agent's user may ask it" : kNoAgentHint},
            refused ? kRefused : kNothingRan};
}

} // namespace

std::variant<rapidjson::Document, Failure> ask_agent(const std::filesystem::path &socket, std::string request)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = socket.string();
    if (path.size() >= sizeof address.sun_path)
        return unreached(socket, ENAMETOOLONG);
    path.copy(address.sun_path, path.size());
    const frames::Descriptor descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!descriptor || ::connect(descriptor.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return unreached(socket, errno);
    ::setsockopt(descriptor.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    ::setsockopt(descriptor.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    request += '\n';
    for (std::string_view rest = request; !rest.empty();) {
        const ssize_t sent = ::send(descriptor.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        // One that does not answer this user has closed the connection by now.
        if (sent <= 0)
            return unreached(socket, errno == EPIPE || errno == ECONNRESET ? EACCES : errno);
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::string answer;
    std::array<char, 16 * 1024> part;
    while (!answer.ends_with('\n') && answer.size() < kAnswerBytesMax) {
        const ssize_t size = ::recv(descriptor.get(), part.data(), part.size(), 0);
        if (size <= 0)
            return unreached(socket, size == 0 || errno == ECONNRESET ? EACCES : errno);
        answer.append(part.data(), static_cast<std::size_t>(size));
    }
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag>(answer.data(), answer.size());
    if (document.HasParseError() || !document.IsObject())
        return Failure{{path, "what answers there is no agent", ""}, kNothingRan};
    if (const auto error = document.FindMember("error"); error != document.MemberEnd() && error->value.IsObject())
        return Failure{
            {text_member(error->value, "where"), text_member(error->value, "what"), text_member(error->value, "hint")},
            kNothingRan};
    return document;
}

} // namespace sonde::cli
