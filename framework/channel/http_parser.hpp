#pragma once

#include "channel/message.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace sonde::channel {

struct ParserLimits {
    std::size_t header;
    std::size_t body;
};

// Why bytes are no message; `status` is what a server answers.
struct ParseError {
    int status = 0; // 0: no error
    std::string reason{};

    explicit operator bool() const { return status != 0; }
};

// The first line and the header fields; `target` is of a request, `status` of a response.
struct ParsedHead {
    std::string method;
    std::string target;
    int status = 0;
    Headers headers;
};

// Parses one HTTP/1.1 message, however its bytes are cut. The only code of ours that sees Boost.Beast.
class HttpParser {
public:
    static HttpParser request(ParserLimits limits);
    // `no_body`: the answer to a HEAD.
    static HttpParser response(ParserLimits limits, bool no_body);
    ~HttpParser();
    HttpParser(HttpParser &&) noexcept;
    HttpParser &operator=(HttpParser &&) noexcept;

    // Returns how many bytes were taken; show the rest again, with more behind it. Stops behind the header, and at the
    // end of the message.
    std::size_t put(std::string_view bytes, ParseError &error);
    // The other side has closed: the end of some responses, an error for all else.
    void put_end(ParseError &error);

    bool header_done() const;
    bool done() const;
    bool keep_alive() const; // once the header is done
    bool expects_continue() const;
    bool http_1_0() const;

    // As far as parsed.
    ParsedHead &head();
    // What came since the caller last took from it.
    std::string &body();

    struct Machine;

private:
    explicit HttpParser(std::unique_ptr<Machine> machine);
    std::unique_ptr<Machine> machine_;
};

} // namespace sonde::channel
