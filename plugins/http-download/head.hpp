#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sonde::http_download {

// What a download needs to know of a response's head.
struct Head {
    int status = 0;
    bool keep_alive = true;
    bool chunked = false;
    std::optional<std::uint64_t> content_length; // never together with chunked
    std::string location;
    std::string intermediary; // "Via: 1.1 proxy; Age: 5": what it says of caches and proxies; at most 200 bytes
    std::optional<std::uint64_t> received_bytes; // Sonde-Received-Bytes: what a sink of ours got
};

// Where a reader of something incremental stands.
enum class Progress { more, done, bad };

/*
 * Reads the head of an HTTP/1.x response (RFC 9112) as it arrives, interim responses (1xx) skipped. It accepts only
 * what leaves the body's framing beyond doubt, and bounds what it keeps: an endless head, line or row of interim
 * responses is bad, and so is garbage, at its first bytes.
 */
class HeadReader {
public:
    static constexpr std::size_t kBytesMax = 32 * 1024;
    static constexpr int kInterimMax = 8;

    // Takes bytes, says in `used` how many belong to the head; what follows is the body's.
    Progress feed(std::string_view data, std::size_t &used);

    // Valid after done.
    const Head &head() const { return head_; }
    // Valid after bad: a sentence for a person.
    const std::string &complaint() const { return complaint_; }

private:
    Progress bad(std::string text);
    Progress take_line(std::string_view line);
    Progress take_status_line(std::string_view line);
    Progress take_field(std::string_view line);
    Progress finish();

    Head head_;
    std::string line_;
    std::string complaint_;
    std::size_t seen_bytes_ = 0;
    int interim_ = 0;
    int minor_ = 1;
    bool in_fields_ = false;
    bool said_close_ = false;
    bool said_keep_alive_ = false;
};

} // namespace sonde::http_download
