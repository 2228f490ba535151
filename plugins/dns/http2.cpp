#include "http2.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>
#include <string_view>

namespace sonde::dns {
namespace {

// Fields of all heads of a response. nghttp2 bounds a single head, and not how many of them there are.
constexpr std::size_t kHeadMost = 32 * 1024;

struct CallbacksDeleter {
    void operator()(nghttp2_session_callbacks *callbacks) const { nghttp2_session_callbacks_del(callbacks); }
};

std::string_view view_of(const std::uint8_t *data, std::size_t size)
{
    return {reinterpret_cast<const char *>(data), size};
}

// nghttp2 copies them before submit returns.
nghttp2_nv header(std::string_view name, std::string_view value)
{
    nghttp2_nv pair = {};
    pair.name = const_cast<std::uint8_t *>(reinterpret_cast<const std::uint8_t *>(name.data()));
    pair.namelen = name.size();
    pair.value = const_cast<std::uint8_t *>(reinterpret_cast<const std::uint8_t *>(value.data()));
    pair.valuelen = value.size();
    return pair;
}

} // namespace

std::string base64url(Octets data)
{
    constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    for (std::size_t i = 0; i < data.size(); i += 3) {
        const std::size_t left = std::min<std::size_t>(data.size() - i, 3);
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = bits << 8 | (k < left ? data[i + k] : 0U);
        for (std::size_t k = 0; k <= left; ++k)
            text += kDigits[bits >> (18 - 6 * k) & 63];
    }
    return text;
}

Http2::Http2(const Settings &settings, std::string authority, OnResponse on_response)
    : settings_(settings), authority_(std::move(authority)), on_response_(std::move(on_response))
{
    nghttp2_session_callbacks *raw = nullptr;
    if (nghttp2_session_callbacks_new(&raw) != 0)
        throw std::bad_alloc();
    const std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> callbacks(raw);
    nghttp2_session_callbacks_set_on_header_callback(raw, &Http2::on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(raw, &Http2::on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(raw, &Http2::on_close);
    nghttp2_session *session = nullptr;
    if (nghttp2_session_client_new(&session, raw, this) != 0)
        throw std::bad_alloc();
    session_.reset(session);
    const nghttp2_settings_entry entries[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, entries, std::size(entries));
}

std::optional<std::int32_t> Http2::submit(Octets query)
{
    const bool post = settings_.http_method == HttpMethod::post;
    const std::string path = post ? settings_.path : settings_.path + "?dns=" + base64url(query);
    const std::string length = std::to_string(query.size());
    std::vector<nghttp2_nv> headers = {header(":method", post ? "POST" : "GET"), header(":scheme", "https"),
                                       header(":authority", authority_), header(":path", path),
                                       header("accept", "application/dns-message")};
    if (post) {
        headers.push_back(header("content-type", "application/dns-message"));
        headers.push_back(header("content-length", length));
    }
    nghttp2_data_provider body = {};
    body.read_callback = &Http2::read_body;
    const std::int32_t stream = nghttp2_submit_request(session_.get(), nullptr, headers.data(), headers.size(),
                                                       post ? &body : nullptr, nullptr);
    if (stream < 0)
        return std::nullopt;
    Request &request = requests_[stream];
    request.query.assign(query.begin(), query.end());
    request.response.stream = stream;
    return stream;
}

bool Http2::feed(Octets input)
{
    const ssize_t taken = nghttp2_session_mem_recv(session_.get(), input.data(), input.size());
    if (taken < 0) {
        complaint_ = nghttp2_strerror(static_cast<int>(taken));
        return false;
    }
    return true;
}

bool Http2::is_over() const
{
    return nghttp2_session_want_read(session_.get()) == 0 && nghttp2_session_want_write(session_.get()) == 0;
}

bool Http2::takes_queries() const
{
    return nghttp2_session_check_request_allowed(session_.get()) != 0;
}

std::vector<std::uint8_t> Http2::output()
{
    std::vector<std::uint8_t> bytes;
    const std::uint8_t *data = nullptr;
    for (ssize_t size; (size = nghttp2_session_mem_send(session_.get(), &data)) > 0;)
        bytes.insert(bytes.end(), data, data + size);
    return bytes;
}

void Http2::finish()
{
    nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR);
}

int Http2::on_header(nghttp2_session *, const nghttp2_frame *frame, const std::uint8_t *name, std::size_t name_size,
                     const std::uint8_t *value, std::size_t value_size, std::uint8_t, void *self)
{
    auto &requests = static_cast<Http2 *>(self)->requests_;
    const auto found = requests.find(frame->hd.stream_id);
    if (found == requests.end())
        return 0;
    found->second.head_bytes += name_size + value_size;
    if (found->second.head_bytes > kHeadMost) {
        found->second.too_large = true;
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; // the stream is reset
    }
    Response &response = found->second.response;
    const std::string_view text = view_of(value, value_size);
    if (view_of(name, name_size) == ":status")
        std::from_chars(text.data(), text.data() + text.size(), response.status);
    else if (view_of(name, name_size) == "content-type")
        response.type = text;
    return 0;
}

int Http2::on_data(nghttp2_session *session, std::uint8_t, std::int32_t stream, const std::uint8_t *data,
                   std::size_t size, void *self)
{
    auto &http = *static_cast<Http2 *>(self);
    const auto found = http.requests_.find(stream);
    if (found == http.requests_.end())
        return 0;
    auto &body = found->second.response.body;
    if (body.size() + size > http.settings_.answer_size) {
        found->second.too_large = true;
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
        return 0;
    }
    body.insert(body.end(), data, data + size);
    return 0;
}

int Http2::on_close(nghttp2_session *, std::int32_t stream, std::uint32_t error, void *self)
{
    auto &http = *static_cast<Http2 *>(self);
    auto node = http.requests_.extract(stream);
    if (node.empty())
        return 0;
    node.mapped().response.whole = error == NGHTTP2_NO_ERROR && !node.mapped().too_large;
    http.on_response_(std::move(node.mapped().response));
    return 0;
}

ssize_t Http2::read_body(nghttp2_session *, std::int32_t stream, std::uint8_t *buffer, std::size_t room,
                         std::uint32_t *flags, nghttp2_data_source *, void *self)
{
    auto &requests = static_cast<Http2 *>(self)->requests_;
    const auto found = requests.find(stream);
    if (found == requests.end())
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    Request &request = found->second;
    const std::size_t size = std::min(room, request.query.size() - request.sent);
    std::memcpy(buffer, request.query.data() + request.sent, size);
    request.sent += size;
    if (request.sent == request.query.size())
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
}

} // namespace sonde::dns
