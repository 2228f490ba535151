#include "stream.hpp"

namespace sonde::http_download {

void Stream::note_link(const Link &link)
{
    if (!report_.connect) {
        report_.connect = link.connect_time();
        report_.handshake_rtt = link.handshake_rtt();
        report_.tls = link.tls_time();
        report_.interface = link.interface();
    }
    report_.address = link.address();
    report_.local = link.local();
    report_.congestion_control = link.congestion_control();
    if (link.tls_version() != nullptr)
        report_.tls_version = link.tls_version();
    ++report_.connections;
}

StreamEnd Stream::verdict(const Meter &meter) const
{
    if (report_.begin)
        return {};
    const End why = meter.end();
    if (why == End::cancelled)
        return {kNotBegun, "the run was ended before this stream moved a byte"};
    if (meter.begun() && why != End::duration)
        return {kNotBegun, "the other streams were enough before this one moved a byte"};
    if (why == End::budget)
        return {kLimitTooSmall, "the limit leaves no room for what may be under way before anyone can stop it"};
    return {kTimeout, "the run was over before this stream moved a byte"};
}

StreamEnd refusal_of(const Head &head)
{
    // The policy of the line judged this target; where a redirect leads, it has not judged.
    if (head.status >= 300 && head.status < 400)
        return {kRedirect, "redirected (" + std::to_string(head.status) + ") to '" + printable(head.location) +
                               "'; name that URL if it is the one to measure"};
    if (head.status >= 400)
        return {kHttpError, "the server answered " + std::to_string(head.status)};
    return {};
}

} // namespace sonde::http_download
