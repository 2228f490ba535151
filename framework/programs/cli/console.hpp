#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace sonde::cli {

// The two streams of the command: rows go to `out`, everything else to `say`.
class Console {
public:
    Console(std::FILE *out, std::FILE *err);

    // Rows. False once the reader is gone (a closed pipe, a full disk): stop, and end cleanly.
    bool out(std::string_view text);
    bool flush();
    // One line for a person.
    void say(std::string_view line);

    bool out_is_terminal() const { return out_is_terminal_; }
    bool err_is_terminal() const { return err_is_terminal_; }
    // Bold where stdout is a terminal and NO_COLOR is not set, else as it is.
    std::string bold(std::string_view text) const;

private:
    std::FILE *out_;
    std::FILE *err_;
    bool out_is_terminal_;
    bool err_is_terminal_;
    bool colour_;
    bool failed_ = false;
};

// Text from outside for a terminal: control characters become '?', so that no row can move the cursor or colour the
// screen.
std::string printable(std::string_view text);

// The number of columns that UTF-8 text takes on a terminal, near enough: one a code point.
std::size_t width_of(std::string_view text);

} // namespace sonde::cli
