#pragma once

#include "answer_check.hpp"
#include "settings.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nghttp2/nghttp2.h>

namespace sonde::dns {

/*
 * The client's side of DNS over HTTPS (RFC 8484) on one connection, as bytes in and bytes out: nghttp2 with what a
 * query needs around it.
 */
class Http2 {
public:
    struct Response {
        std::int32_t stream = 0;
        int status = 0;     // 0: none came
        bool whole = false; // else the server gave the stream up, or sent more than is allowed
        std::string type;   // Content-Type
        std::vector<std::uint8_t> body;
    };
    using OnResponse = std::function<void(Response)>;

    // `authority`: the server as the request names it, with its port where that is not HTTPS's own.
    Http2(const Settings &settings, std::string authority, OnResponse on_response);

    // Asks; returns the stream's number, or nothing if this connection takes no more.
    std::optional<std::int32_t> submit(Octets query);
    // Takes in what came; false if it cannot go on.
    bool feed(Octets input);
    // What is to be sent now.
    std::vector<std::uint8_t> output();
    // Nothing more can come, once all output has gone: the server gave up, or did not keep to HTTP/2.
    bool is_over() const;
    // False behind a server's GOAWAY.
    bool takes_queries() const;
    // Why feed was false.
    const std::string &complaint() const { return complaint_; }
    // Says goodbye: no more queries will follow.
    void finish();

private:
    struct Request {
        std::vector<std::uint8_t> query; // its body
        std::size_t sent = 0;
        Response response;
        std::size_t head_bytes = 0; // of interim responses and trailers as well
        bool too_large = false;
    };
    struct SessionDeleter {
        void operator()(nghttp2_session *session) const { nghttp2_session_del(session); }
    };

    static int on_header(nghttp2_session *, const nghttp2_frame *, const std::uint8_t *, std::size_t,
                         const std::uint8_t *, std::size_t, std::uint8_t, void *self);
    static int on_data(nghttp2_session *, std::uint8_t, std::int32_t, const std::uint8_t *, std::size_t, void *self);
    static int on_close(nghttp2_session *, std::int32_t, std::uint32_t, void *self);
    static ssize_t read_body(nghttp2_session *, std::int32_t, std::uint8_t *, std::size_t, std::uint32_t *,
                             nghttp2_data_source *, void *self);

    const Settings &settings_;
    std::string authority_;
    OnResponse on_response_;
    std::unique_ptr<nghttp2_session, SessionDeleter> session_;
    std::map<std::int32_t, Request> requests_;
    std::string complaint_;
};

// RFC 4648 section 5, without padding.
std::string base64url(Octets data);

} // namespace sonde::dns
