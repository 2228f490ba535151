#pragma once

#include "frames/socket.hpp"

#include <string>

namespace sonde::processes {

// A pipe whose writer is never kept waiting: what comes is read at once, and what is beyond 256 KiB forgotten.
class Drain {
public:
    Drain();

    int writing() const { return writing_.get(); }
    void close_writing() { writing_.reset(); }
    // To be polled; -1 once the last writer is gone.
    int reading() const { return reading_.get(); }
    // Takes what is there, without waiting.
    void read();
    const std::string &text() const { return text_; }

private:
    frames::Descriptor reading_;
    frames::Descriptor writing_;
    std::string text_;
};

} // namespace sonde::processes
