#include "frames/socket.hpp"

#include "support/catch.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace sonde;
using namespace sonde::frames;

namespace {

std::size_t open_descriptors()
{
    std::size_t count = 0;
    DIR *directory = ::opendir("/proc/self/fd");
    while (::readdir(directory) != nullptr)
        ++count;
    ::closedir(directory);
    return count;
}

Frame frame_of(std::size_t bytes)
{
    return Frame(bytes, std::byte{7});
}

} // namespace

TEST_CASE("a packet arrives whole with its descriptors")
{
    auto [a, b] = socket_pair().value();
    const Frame sent = frame_of(kFrameBytesMax);
    const std::vector<int> fds{0, 1, 2};
    REQUIRE(send(a.get(), sent, fds).value() == Transfer::done);
    Frame buffer(kFrameBytesMax);
    const Result<Received> received = receive(b.get(), buffer, 3);
    REQUIRE(received);
    CHECK(received->transfer == Transfer::done);
    CHECK(received->frame.size() == kFrameBytesMax);
    REQUIRE(received->descriptors.size() == 3);
    for (const Descriptor &descriptor : received->descriptors)
        CHECK(::fcntl(descriptor.get(), F_GETFD) == FD_CLOEXEC);
}

TEST_CASE("more descriptors than expected are an error, and none of them stays open")
{
    auto [a, b] = socket_pair().value();
    Frame buffer(kFrameBytesMax);
    const std::size_t before = open_descriptors();
    const std::vector<int> fds(kSocketsMax, 0);
    for (const std::size_t expected : {std::size_t{0}, std::size_t{2}, kSocketsMax - 1}) {
        REQUIRE(send(a.get(), frame_of(1), fds));
        CHECK_FALSE(receive(b.get(), buffer, expected));
        CHECK(open_descriptors() == before);
    }
    REQUIRE(send(a.get(), frame_of(1), fds));
    CHECK(receive(b.get(), buffer, kSocketsMax));
    CHECK(open_descriptors() == before);
}

TEST_CASE("two hundred descriptors do not get past the control buffer")
{
    auto [a, b] = socket_pair().value();
    const std::size_t before = open_descriptors();
    constexpr std::size_t count = 200;
    alignas(cmsghdr) char control[CMSG_SPACE(count * sizeof(int))] = {};
    char byte = 1;
    iovec data{&byte, 1};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr *part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(count * sizeof(int));
    REQUIRE(::sendmsg(a.get(), &message, 0) == 1);
    Frame buffer(kFrameBytesMax);
    CHECK_FALSE(receive(b.get(), buffer, kSocketsMax));
    CHECK(open_descriptors() == before);
}

TEST_CASE("a packet longer than the buffer is an error")
{
    auto [a, b] = socket_pair().value();
    REQUIRE(send(a.get(), frame_of(100), std::vector<int>{0}));
    const std::size_t before = open_descriptors();
    Frame buffer(99);
    CHECK_FALSE(receive(b.get(), buffer, 1));
    CHECK(open_descriptors() == before);
}

TEST_CASE("an empty socket would block, a closed one is gone")
{
    auto [a, b] = socket_pair().value();
    Frame buffer(kFrameBytesMax);
    CHECK(receive(b.get(), buffer, 0, MSG_DONTWAIT).value().transfer == Transfer::would_block);
    a.reset();
    CHECK(receive(b.get(), buffer, 0).value().transfer == Transfer::gone);
    CHECK(send(b.get(), frame_of(1)).value() == Transfer::gone);
}

TEST_CASE("what was sent before closing arrives, though its sender had not read all")
{
    auto [a, b] = socket_pair().value();
    REQUIRE(send(a.get(), frame_of(1)));
    REQUIRE(send(b.get(), frame_of(2)));
    b.reset();
    Frame buffer(kFrameBytesMax);
    const auto received = receive(a.get(), buffer, 0);
    REQUIRE(received);
    CHECK(received->transfer == Transfer::done);
    CHECK(received->frame.size() == 2);
    CHECK(receive(a.get(), buffer, 0).value().transfer == Transfer::gone);
}

TEST_CASE("a full socket would block")
{
    auto [a, b] = socket_pair().value();
    Transfer transfer = Transfer::done;
    while (transfer == Transfer::done)
        transfer = send(a.get(), frame_of(1000), {}, MSG_DONTWAIT).value();
    CHECK(transfer == Transfer::would_block);
}
