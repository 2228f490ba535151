#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace sonde::cli {

// The two streams of the command: rows go to `out`, everything else to `say`.
class Console {
public:
    Console(std::FILE *out, std::FILE *err);

    // Rows. False once they cannot be written (a closed pipe, a full disk): stop, and end cleanly.
    bool out(std::string_view text);
    bool flush();
    // Whether that is because the reader has gone, as `| head` does when it has enough: no error.
    bool reader_gone() const { return reader_gone_; }
    // One line for a person.
    void say(std::string_view line);
    // A line on stderr that the next one, or whatever is written next, takes away again. Nothing where stderr is no
    // terminal that can do so.
    void progress(std::string_view line);

    // The columns that a line on the terminal behind stdout or stderr has; kUnlimited where there is none.
    std::size_t out_width() const { return width_of_terminal(out_); }
    std::size_t err_width() const { return width_of_terminal(err_); }
    // Bold where stdout is a terminal and NO_COLOR is not set, else as it is.
    std::string bold(std::string_view text) const;

    static constexpr std::size_t kUnlimited = static_cast<std::size_t>(-1);

private:
    static std::size_t width_of_terminal(std::FILE *file);
    void erase_progress();

    std::FILE *out_;
    std::FILE *err_;
    bool out_is_terminal_;
    bool moves_; // stderr is a terminal that can erase a line
    bool colour_;
    bool failed_ = false;
    bool reader_gone_ = false;
    bool progress_shown_ = false;
};

// Text from outside for a terminal: control characters become '?', so that no row can move the cursor or colour the
// screen.
std::string printable(std::string_view text);

// The number of columns that UTF-8 text takes on a terminal, near enough: one a code point.
std::size_t width_of(std::string_view text);

// Text in lines of at most `width` columns, broken at blanks; every line but the first begins with `indent` blanks.
// Words that are longer stay whole. No newline at the end.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

// Text behind a beginning, all of its lines behind it, within `width` columns where there is room; ends with a newline.
std::string hanging(const std::string &beginning, const std::string &text, std::size_t width);

} // namespace sonde::cli
