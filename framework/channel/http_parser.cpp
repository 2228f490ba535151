#include "channel/http_parser.hpp"

#include "channel/status.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>

#include <strings.h>

namespace sonde::channel {

namespace http = boost::beast::http;
using boost::system::error_code;

struct HttpParser::Machine {
    virtual ~Machine() = default;
    virtual std::size_t put(std::string_view bytes, error_code &error) = 0;
    virtual void put_end(error_code &error) = 0;
    virtual bool got_some() const = 0;
    virtual bool header_done() const = 0;
    virtual bool done() const = 0;
    virtual bool keep_alive() const = 0;
    virtual bool chunked() const = 0;

    ParsedHead head;
    std::string body;
    std::string refused; // a reason of our own
    std::size_t header_limit = 0;
    int version = 11;
    bool is_request = false;
};

namespace {

template <bool IsRequest>
class Parser final : public HttpParser::Machine, private http::basic_parser<IsRequest> {
    using Base = http::basic_parser<IsRequest>;
    using StringView = boost::beast::string_view;

public:
    Parser(ParserLimits limits, bool no_body)
    {
        header_limit = limits.header;
        is_request = IsRequest;
        Base::header_limit(static_cast<std::uint32_t>(limits.header));
        Base::body_limit(limits.body);
        Base::skip(no_body);
    }

    std::size_t put(std::string_view bytes, error_code &error) override
    {
        // Not eager: it returns behind the header, so that a refusal may come before the body.
        Base::eager(Base::is_header_done());
        return Base::put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    }
    void put_end(error_code &error) override { Base::put_eof(error); }
    bool got_some() const override { return Base::got_some(); }
    bool header_done() const override { return Base::is_header_done(); }
    bool done() const override { return Base::is_done(); }
    bool keep_alive() const override { return Base::keep_alive(); }
    bool chunked() const override { return Base::chunked(); }

private:
    void on_request_impl(http::verb, StringView name, StringView target, int http_version, error_code &error) override
    {
        error = {};
        head.method = name;
        head.target = target;
        version = http_version;
    }

    void on_response_impl(int code, StringView, int http_version, error_code &error) override
    {
        error = {};
        head.status = code;
        version = http_version;
    }

    void on_field_impl(http::field, StringView name, StringView value, error_code &error) override
    {
        error = {};
        // A trailer must not pass for a header that was already judged.
        if (!Base::is_header_done())
            head.headers.add(std::string(name), std::string(value));
    }

    void on_header_impl(error_code &error) override
    {
        error = {};
        // With any other coding we would not know where the body ends (RFC 9112 section 6.1).
        for (const auto &[name, value] : head.headers)
            if (strcasecmp(name.c_str(), "Transfer-Encoding") == 0 && strcasecmp(value.c_str(), "chunked") != 0)
                refused = "a transfer coding other than chunked";
        if (!refused.empty())
            error = http::error::bad_transfer_encoding;
    }

    void on_body_init_impl(const boost::optional<std::uint64_t> &, error_code &error) override { error = {}; }

    std::size_t on_body_impl(StringView bytes, error_code &error) override
    {
        error = {};
        body.append(bytes.data(), bytes.size());
        return bytes.size();
    }

    void on_chunk_header_impl(std::uint64_t, StringView, error_code &error) override { error = {}; }

    std::size_t on_chunk_body_impl(std::uint64_t, StringView bytes, error_code &error) override
    {
        return on_body_impl(bytes, error);
    }

    void on_finish_impl(error_code &error) override { error = {}; }
};

ParseError explain(const error_code &error, const HttpParser::Machine &machine)
{
    if (!machine.refused.empty())
        return {501, machine.refused};
    if (error == http::error::body_limit)
        return {413, "the body is larger than allowed"};
    if (error == http::error::header_limit)
        return {431, "the header is larger than allowed"};
    if (error == http::error::bad_version)
        return {505, "not HTTP/1.0 or 1.1"};
    if (error == http::error::partial_message)
        return {400, "closed in the middle of a message"};
    return {400, "not HTTP: " + error.message()};
}

} // namespace

HttpParser::HttpParser(std::unique_ptr<Machine> machine) : machine_(std::move(machine)) {}
HttpParser::~HttpParser() = default;
HttpParser::HttpParser(HttpParser &&) noexcept = default;
HttpParser &HttpParser::operator=(HttpParser &&) noexcept = default;

HttpParser HttpParser::request(ParserLimits limits)
{
    return HttpParser(std::make_unique<Parser<true>>(limits, false));
}

HttpParser HttpParser::response(ParserLimits limits, bool no_body)
{
    return HttpParser(std::make_unique<Parser<false>>(limits, no_body));
}

std::size_t HttpParser::put(std::string_view bytes, ParseError &error)
{
    error = {};
    // What remains of a chunked body is never shorter ("0\r\n\r\n"), and with less Beast 1.81 runs into an assertion.
    static constexpr std::size_t kShortestRest = 5;
    if (bytes.empty() || (header_done() && machine_->chunked() && bytes.size() < kShortestRest))
        return 0;
    error_code failed;
    const auto taken = machine_->put(bytes, failed);
    if (failed == http::error::need_more) {
        // Beast bounds the header; chunk extensions and trailers would grow for ever.
        if (taken == 0 && bytes.size() > machine_->header_limit)
            error = {431, "a line or the trailer is larger than allowed"};
    } else if (failed) {
        error = explain(failed, *machine_);
    }
    return taken;
}

void HttpParser::put_end(ParseError &error)
{
    error = {};
    error_code failed = http::error::partial_message;
    if (machine_->got_some())
        machine_->put_end(failed);
    if (failed)
        error = explain(failed, *machine_);
}

bool HttpParser::header_done() const
{
    return machine_->header_done();
}

bool HttpParser::done() const
{
    return machine_->done();
}

bool HttpParser::keep_alive() const
{
    return machine_->keep_alive();
}

bool HttpParser::expects_continue() const
{
    const auto field = machine_->head.headers.get("Expect");
    return machine_->is_request && machine_->version >= 11 && field && field->size() == 12 &&
           strncasecmp(field->data(), "100-continue", 12) == 0;
}

bool HttpParser::http_1_0() const
{
    return machine_->version < 11;
}

ParsedHead &HttpParser::head()
{
    return machine_->head;
}

std::string &HttpParser::body()
{
    return machine_->body;
}

std::string_view status_phrase(int status)
{
    const auto known = http::int_to_status(static_cast<unsigned>(status));
    const auto phrase = http::obsolete_reason(known);
    return known == http::status::unknown ? std::string_view("Unknown Status")
                                          : std::string_view(phrase.data(), phrase.size());
}

} // namespace sonde::channel
