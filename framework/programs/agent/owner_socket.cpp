#include "owner_socket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace sonde::agent {

namespace {

// For a request to come and its answer to be taken.
constexpr std::chrono::seconds kSilenceMax{10};
constexpr std::chrono::seconds kAcceptRetry{1};
// That the kernel holds until they are accepted.
constexpr int kBacklog = 16;
constexpr std::string_view kBusy =
    R"({"error":{"where":"agent","what":"others of the group hold all its connections","hint":"again in a moment"}})"
    "\n";

bool is_member(int socket, gid_t group, gid_t primary)
{
    if (primary == group)
        return true;
    std::vector<gid_t> groups(64);
    socklen_t size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0)
        return false;
    groups.resize(size / sizeof(gid_t));
    return std::find(groups.begin(), groups.end(), group) != groups.end();
}

} // namespace

OwnerSocket::OwnerSocket(Protocol::acceptor acceptor, std::filesystem::path path, std::optional<gid_t> group,
                         std::shared_ptr<Log> log)
    : acceptor_(std::move(acceptor)), path_(std::move(path)), group_(group), log_(std::move(log))
{
}

OwnerSocket::~OwnerSocket()
{
    if (acceptor_.is_open())
        ::unlink(path_.c_str());
}

Result<OwnerSocket> OwnerSocket::listen(asio::any_io_executor executor, std::filesystem::path path,
                                        std::optional<gid_t> group, std::shared_ptr<Log> log)
{
    if (path.string().size() >= sizeof(sockaddr_un::sun_path))
        return Error{path.string(), "is too long for a socket's path", "at most 107 bytes"};
    const Protocol::endpoint endpoint(path.string());
    boost::system::error_code error;
    Protocol::socket other(executor);
    other.connect(endpoint, error);
    if (!error)
        return Error{path.string(), "another agent answers there", ""};
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode))
        ::unlink(path.c_str()); // of one that was killed
    Protocol::acceptor acceptor(executor);
    acceptor.open(endpoint.protocol(), error);
    // Nobody connects before it has its mode.
    const mode_t before = ::umask(0777);
    if (!error)
        acceptor.bind(endpoint, error);
    ::umask(before);
    if (error)
        return Error{path.string(), error.message(), ""};
    if ((group && ::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0) ||
        ::chmod(path.c_str(), group ? 0660 : 0600) != 0)
        error.assign(errno, boost::system::system_category());
    if (!error)
        acceptor.listen(kBacklog, error);
    if (error) {
        ::unlink(path.c_str());
        return Error{path.string(), error.message(), group ? "the agent's user is a member of that group" : ""};
    }
    return OwnerSocket(std::move(acceptor), std::move(path), group, std::move(log));
}

OwnerSocket::Peer OwnerSocket::judge(Protocol::socket &peer) const
{
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(peer.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return Peer::stranger;
    if (credentials.uid == 0 || credentials.uid == ::geteuid())
        return Peer::owner;
    if (group_ && is_member(peer.native_handle(), *group_, credentials.gid))
        return Peer::member;
    log_->warn("owner's socket refuses uid={}", credentials.uid);
    return Peer::stranger;
}

asio::awaitable<void> OwnerSocket::serve(Answer answer, std::function<void(asio::awaitable<void>)> spawn)
{
    // Its owners are the members who are connected, and this.
    const auto members = std::make_shared<char>();
    for (;;) {
        auto peer = std::make_shared<Protocol::socket>(acceptor_.get_executor());
        boost::system::error_code error;
        co_await acceptor_.async_accept(*peer, asio::redirect_error(asio::use_awaitable, error));
        if (error == asio::error::operation_aborted)
            co_return;
        if (error) {
            asio::steady_timer pause(acceptor_.get_executor(), kAcceptRetry);
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        const Peer who = judge(*peer);
        if (who == Peer::owner)
            spawn(attend(std::move(peer), answer, nullptr));
        else if (who == Peer::member && members.use_count() <= static_cast<long>(kMembersMax))
            spawn(attend(std::move(peer), answer, members));
        else if (who == Peer::member)
            (void)::send(peer->native_handle(), kBusy.data(), kBusy.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

// Its last argument is alive as long as it is.
asio::awaitable<void> OwnerSocket::attend(std::shared_ptr<Protocol::socket> peer, Answer answer, std::shared_ptr<void>)
{
    asio::steady_timer limit(peer->get_executor());
    const auto closes = [weak = std::weak_ptr(peer)](const boost::system::error_code &error) {
        const auto silent = weak.lock();
        boost::system::error_code ignored;
        if (!error && silent)
            silent->close(ignored);
    };
    std::string lines;
    for (;;) {
        limit.expires_after(kSilenceMax);
        limit.async_wait(closes);
        boost::system::error_code error;
        auto buffer = asio::dynamic_buffer(lines, kRequestBytesMax);
        const std::size_t size =
            co_await asio::async_read_until(*peer, buffer, '\n', asio::redirect_error(asio::use_awaitable, error));
        if (error)
            co_return;
        const std::string_view request = std::string_view(lines).substr(0, size - 1);
        limit.cancel(); // the time of an answer is not the asker's silence
        std::string said = co_await answer(request);
        limit.expires_after(kSilenceMax);
        limit.async_wait(closes);
        said += '\n';
        lines.erase(0, size);
        co_await asio::async_write(*peer, asio::buffer(said), asio::redirect_error(asio::use_awaitable, error));
        if (error)
            co_return;
    }
}

} // namespace sonde::agent
