#pragma once

#include "head.hpp"

namespace sonde::http_download {

/*
 * Follows a response's body to its end (RFC 9112 section 6) and counts its bytes without keeping one. It knows how many
 * bytes ahead are certainly payload, so that the caller may let the kernel throw them away unseen.
 */
class Body {
public:
    Body() = default;
    explicit Body(const Head &head);

    // How many of the bytes to come are payload whatever they hold; 0: they must be shown to `feed`.
    std::uint64_t discardable() const;
    // `bytes` of them, at most discardable(), were thrown away.
    void discarded(std::uint64_t bytes);

    // Takes bytes and says how many belonged to this body, framing included.
    Progress feed(std::string_view data, std::size_t &used);

    // The connection ended. True if that is where the body ends, false if something is missing.
    bool ends_with_connection();

    Progress progress() const { return progress_; }
    std::uint64_t payload_bytes() const { return payload_bytes_; }
    const std::string &complaint() const { return complaint_; }

private:
    enum class Part { sized, until_close, chunk_size, chunk_extension, chunk_data, chunk_end, trailer };

    Progress bad(std::string text);
    void take_payload(std::uint64_t bytes);
    void take_framing(char c);
    void take_size_digit(char c);
    void finish_size_line();

    Part part_ = Part::sized;
    Progress progress_ = Progress::done;
    std::uint64_t left_ = 0; // of the sized body or the chunk
    std::uint64_t payload_bytes_ = 0;
    std::string complaint_;
    std::size_t framing_bytes_ = 0; // of this size line, or of all trailers
    int digits_ = 0;
    bool line_is_empty_ = true;
};

} // namespace sonde::http_download
