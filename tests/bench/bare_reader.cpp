// The least that a download can cost: one connection, one GET, and a loop that throws away what comes, until the other
// side ends it. For the http benchmark to stand beside. Usage: bare_reader HOST PORT PATH SECONDS [tls]
// Prints: bytes, seconds, seconds of processor time.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

namespace {

using Clock = std::chrono::steady_clock;

double seconds(const timeval &time)
{
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

int connect_to(const char *host, const char *port)
{
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo *found = nullptr;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    const int fd = socket(found->ai_family, SOCK_STREAM, 0);
    const int failed = connect(fd, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return failed != 0 ? -1 : fd;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    const int fd = connect_to(argv[1], argv[2]);
    if (fd < 0)
        return 1;
    const std::string request = std::string("GET ") + argv[3] + " HTTP/1.1\r\nHost: bare\r\nConnection: close\r\n\r\n";
    const auto limit = std::chrono::duration<double>(std::atof(argv[4]));
    SSL *tls = nullptr;
    if (argc > 5) {
        SSL_CTX *context = SSL_CTX_new(TLS_client_method());
        tls = SSL_new(context);
        SSL_set_fd(tls, fd);
        if (SSL_connect(tls) != 1 || SSL_write(tls, request.data(), static_cast<int>(request.size())) <= 0)
            return 1;
    } else if (send(fd, request.data(), request.size(), 0) < 0) {
        return 1;
    }
    std::vector<char> buffer(16 * 1024);
    unsigned long long bytes = 0;
    Clock::time_point begin;
    Clock::time_point now;
    for (;;) {
        const ssize_t got = tls != nullptr ? SSL_read(tls, buffer.data(), static_cast<int>(buffer.size()))
                                           : recv(fd, nullptr, 256 * 1024, MSG_TRUNC);
        now = Clock::now();
        if (got <= 0)
            break;
        if (bytes == 0)
            begin = now;
        bytes += static_cast<unsigned long long>(got);
        if (now - begin > limit)
            break;
    }
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("%llu %.6f %.6f\n", bytes, std::chrono::duration<double>(now - begin).count(),
                seconds(usage.ru_utime) + seconds(usage.ru_stime));
    return 0;
}
