#pragma once

#include "base/log.hpp"
#include "base/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace sonde::agent {

namespace asio = boost::asio;

// Where the agent answers those who are on its machine: a Unix socket on which each line is one JSON object, a request
// and then its answer. Only root, the agent's own user and, if one is named, the members of a group are answered, by
// what the kernel says of them. A connection that is silent for ten seconds is closed. Belongs to one thread.
class OwnerSocket {
public:
    static constexpr std::size_t kRequestBytesMax = 4096;
    // Of the group's members together, who take nobody else's place; more are told so.
    static constexpr std::size_t kMembersMax = 8;

    // The answer to a request, without its end of line. The request lives until it is there.
    using Answer = std::function<asio::awaitable<std::string>(std::string_view request)>;

    // Binds. An error if another agent is there, or the path cannot be a socket's.
    static Result<OwnerSocket> listen(asio::any_io_executor executor, std::filesystem::path path,
                                      std::optional<gid_t> group, std::shared_ptr<Log> log);
    OwnerSocket(OwnerSocket &&) noexcept = default;
    OwnerSocket &operator=(OwnerSocket &&) = delete;
    ~OwnerSocket();

    // Answers until it is cancelled. `spawn` takes the coroutine of each connection.
    asio::awaitable<void> serve(Answer answer, std::function<void(asio::awaitable<void>)> spawn);

private:
    using Protocol = asio::local::stream_protocol;

    OwnerSocket(Protocol::acceptor acceptor, std::filesystem::path path, std::optional<gid_t> group,
                std::shared_ptr<Log> log);
    enum class Peer { stranger, member, owner };
    Peer judge(Protocol::socket &peer) const;
    // `place` is given up with the connection.
    static asio::awaitable<void> attend(std::shared_ptr<Protocol::socket> peer, Answer answer,
                                        std::shared_ptr<void> place);

    Protocol::acceptor acceptor_;
    std::filesystem::path path_;
    std::optional<gid_t> group_;
    std::shared_ptr<Log> log_;
};

} // namespace sonde::agent
