#pragma once

namespace sonde::http_download {

// The words of a stream's outcome, by status; 0 is "it transferred until the run was over". They only grow.
inline constexpr const char *kOutcomeWords[] = {
    "completed",  "no_such_host", "connect_refused", "connect_failed",  "tls_failed",      "certificate_rejected",
    "http_error", "redirect",     "bad_response",    "connection_lost", "timeout",         "too_many_requests",
    "incomplete", "bad_option",   "no_socket",       "unexpected",      "limit_too_small", "not_begun",
    nullptr};

// By End, from duration on.
inline constexpr const char *kEndWords[] = {"duration", "bytes", "budget", "cancelled", "failed", nullptr};

// By Limit, for a receiver and for a sender.
inline constexpr const char *kDownLimitWords[] = {"receiver_cpu", "receive_window", "sender_or_path", "budget",
                                                  "too_short",    "unknown",        nullptr};
inline constexpr const char *kUpLimitWords[] = {"sender_cpu", "receive_window", "path",        "budget",
                                                "too_short",  "unknown",        "send_buffer", nullptr};

// By State and Kind of a round trip.
inline constexpr const char *kStateWords[] = {"idle", "loaded", nullptr};
inline constexpr const char *kKindWords[] = {"tcp", "tls", "http", "loaded_connection", nullptr};

} // namespace sonde::http_download
