#pragma once

namespace sonde::http_download {

// The words of a stream's outcome, by status; 0 is "it transferred until the run was over". They only grow.
inline constexpr const char *kOutcomeWords[] = {
    "completed",  "no_such_host", "connect_refused", "connect_failed",  "tls_failed",      "certificate_rejected",
    "http_error", "redirect",     "bad_response",    "connection_lost", "timeout",         "too_many_requests",
    "incomplete", "bad_option",   "no_socket",       "unexpected",      "limit_too_small", nullptr};

// By End, from duration on.
inline constexpr const char *kEndWords[] = {"duration", "bytes", "budget", "cancelled", "failed", nullptr};

// By Limit.
inline constexpr const char *kLimitWords[] = {"receiver_cpu", "receive_window", "sender_or_path",
                                              "budget",       "too_short",      nullptr};

} // namespace sonde::http_download
