#include "programs/checker/manners.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace sonde::checker {

namespace {

std::size_t below(std::mt19937_64 &random, std::size_t limit)
{
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

std::string noise(std::mt19937_64 &random, std::size_t size)
{
    std::string text(size, '\0');
    for (char &c : text)
        c = static_cast<char>(random());
    return text;
}

std::string changed(std::string text, std::mt19937_64 &random)
{
    for (std::size_t i = 0; i < 1 + text.size() / 16 && !text.empty(); ++i)
        text[below(random, text.size())] = static_cast<char>(random());
    return text;
}

bool is_dns_query(const std::string &datagram)
{
    // Twelve bytes of header: a query (QR and opcode 0) with one question.
    return datagram.size() > 16 && (static_cast<unsigned char>(datagram[2]) & 0xf8) == 0 && datagram[4] == 0 &&
           datagram[5] == 1 && datagram[6] == 0 && datagram[7] == 0;
}

// The question again, marked as an answer without records: NOERROR, no data.
std::string dns_answer(const std::string &query)
{
    std::size_t end = 12;
    while (end < query.size() && query[end] != 0)
        end += 1 + static_cast<unsigned char>(query[end]);
    std::string answer = query.substr(0, std::min(query.size(), end + 5));
    answer[2] = static_cast<char>(static_cast<unsigned char>(answer[2]) | 0x80);
    answer[3] = static_cast<char>(0x80); // recursion available
    std::fill(answer.begin() + 6, answer.begin() + 12, '\0');
    return answer;
}

// NTP, RFC 5905 section 7.3: 48 bytes that begin with two bits of leap, a version, and the mode client.
bool is_ntp_request(const std::string &datagram)
{
    if (datagram.size() != 48)
        return false;
    const unsigned first = static_cast<unsigned char>(datagram[0]);
    const unsigned version = first >> 3 & 7;
    return (first & 7) == 3 && version >= 1 && version <= 4;
}

// NTP's time now: seconds since 1900 modulo 2^32 and their fraction, in network order.
std::string ntp_stamp()
{
    using namespace std::chrono;
    const auto since_1970 = duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
    const auto now = static_cast<std::uint64_t>(since_1970);
    const std::uint64_t seconds = now / 1'000'000'000 + 2'208'988'800;
    const std::uint64_t value = seconds << 32 | ((now % 1'000'000'000) << 32) / 1'000'000'000;
    std::string stamp;
    for (int shift = 56; shift >= 0; shift -= 8)
        stamp += static_cast<char>(value >> shift);
    return stamp;
}

// That of a server with a clock of its own: it repeats the request's transmit stamp, and needed no time itself.
std::string ntp_answer(const std::string &request)
{
    const std::string now = ntp_stamp();
    std::string answer(12, '\0');
    answer[0] = static_cast<char>((static_cast<unsigned char>(request[0]) & 0x38) | 4); // leap 0, mode server
    answer[1] = 1;                                                                      // stratum
    answer[2] = request[2];                                                             // poll
    answer[3] = -20;                                                                    // precision, a microsecond
    return answer + "LOCL" + now + request.substr(40) + now + now;
}

std::string good_answer(const std::string &datagram)
{
    if (is_dns_query(datagram))
        return dns_answer(datagram);
    return is_ntp_request(datagram) ? ntp_answer(datagram) : datagram;
}

// A good answer that was damaged on its way. The seconds of an NTP server's receive and transmit stamps stay: a method
// repeats in its rows what time a server claims, and the wall clock's times in rows are held to be near ours.
std::string damaged_answer(const std::string &datagram, std::mt19937_64 &random)
{
    const std::string good = good_answer(datagram);
    std::string damaged = changed(good, random);
    if (!is_dns_query(datagram) && is_ntp_request(datagram))
        for (const std::size_t seconds : {32, 40})
            damaged.replace(seconds, 4, good, seconds, 4);
    return damaged;
}

constexpr std::string_view kMethods[] = {"GET ", "HEAD ", "POST ", "PUT "};

bool is_http(const std::string &request)
{
    return std::any_of(std::begin(kMethods), std::end(kMethods),
                       [&](std::string_view method) { return request.starts_with(method); });
}

Reply good_reply(const std::string &request)
{
    if (!is_http(request))
        return {request, false, false, false};
    return {"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 1099511627776\r\n\r\n", true,
            false, false};
}

Reply garbage_reply(const std::string &request, std::mt19937_64 &random)
{
    std::string text;
    switch (below(random, 4)) {
    case 0:
        text = noise(random, 1 + below(random, 4096));
        break;
    case 1:
        text = changed(good_reply(request).text, random);
        break;
    case 2:
        text = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999999\r\n" + noise(random, 300) + "\r\n\r\n";
        break;
    default:
        text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + noise(random, 1000);
        break;
    }
    return {text, false, false, below(random, 2) == 0};
}

Reply truncated_reply(const std::string &request, std::mt19937_64 &random)
{
    const Reply whole = good_reply(request);
    // Within the head, or behind it.
    std::string text = whole.text + (whole.more ? std::string(2000, '\0') : "");
    text.resize(below(random, text.size() + 1));
    return {text, false, below(random, 3) == 0, true};
}

} // namespace

std::vector<std::string> answer_datagram(Manners manners, const std::string &datagram, std::mt19937_64 &random)
{
    const std::string good = good_answer(datagram);
    std::vector<std::string> answers;
    switch (manners) {
    case Manners::good:
        return {good};
    case Manners::garbage:
        answers = {noise(random, below(random, 1400)), damaged_answer(datagram, random), changed(datagram, random), ""};
        answers.push_back(good + noise(random, 1 + below(random, 60'000)));
        break;
    case Manners::truncated:
        for (int i = 0; i < 4; ++i)
            answers.push_back(good.substr(0, 1 + below(random, std::max<std::size_t>(good.size(), 1))));
        break;
    case Manners::flooding:
        answers.assign(300, good);
        for (std::size_t i = 0; i < answers.size(); i += 2)
            answers[i] = damaged_answer(datagram, random);
        break;
    case Manners::silent:
    case Manners::deaf:
    case Manners::closing:
        break;
    }
    return answers;
}

Reply answer_stream(Manners manners, const std::string &request, std::mt19937_64 &random)
{
    switch (manners) {
    case Manners::good:
        return good_reply(request);
    case Manners::garbage:
        return garbage_reply(request, random);
    case Manners::truncated:
        return truncated_reply(request, random);
    case Manners::flooding:
        return {noise(random, 4096), true, false, false};
    case Manners::closing:
        return {"", false, below(random, 2) == 0, true};
    case Manners::silent:
    case Manners::deaf:
        break;
    }
    return {};
}

} // namespace sonde::checker
