#include "programs/cli/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace sonde::cli {

Console::Console(std::FILE *out, std::FILE *err)
    : out_(out), err_(err), out_is_terminal_(isatty(fileno(out)) == 1), moves_(isatty(fileno(err)) == 1)
{
    const char *no_colour = std::getenv("NO_COLOR"), *term = std::getenv("TERM");
    const bool dumb = term == nullptr || std::string_view(term) == "dumb";
    moves_ = moves_ && !dumb;
    colour_ = out_is_terminal_ && !dumb && (no_colour == nullptr || *no_colour == '\0');
}

bool Console::out(std::string_view text)
{
    if (out_is_terminal_ && !text.empty())
        erase_progress();
    if (!failed_ && std::fwrite(text.data(), 1, text.size(), out_) != text.size()) {
        failed_ = true;
        reader_gone_ = errno == EPIPE;
    }
    return !failed_;
}

bool Console::flush()
{
    if (!failed_ && std::fflush(out_) != 0) {
        failed_ = true;
        reader_gone_ = errno == EPIPE;
    }
    return !failed_;
}

void Console::say(std::string_view line)
{
    flush();
    erase_progress();
    std::fwrite(line.data(), 1, line.size(), err_);
    std::fputc('\n', err_);
    std::fflush(err_);
}

void Console::progress(std::string_view line)
{
    if (!moves_)
        return;
    flush();
    erase_progress();
    // One that wraps could not be erased.
    const std::size_t room = err_width() - 1;
    std::fwrite(line.data(), 1, std::min(line.size(), room), err_);
    std::fflush(err_);
    progress_shown_ = true;
}

void Console::erase_progress()
{
    if (!std::exchange(progress_shown_, false))
        return;
    std::fputs("\r\x1b[K", err_);
    std::fflush(err_);
}

std::size_t Console::width_of_terminal(std::FILE *file)
{
    winsize size{};
    const bool known = ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : kUnlimited;
}

std::string Console::bold(std::string_view text) const
{
    return colour_ ? "\x1b[1m" + std::string(text) + "\x1b[0m" : std::string(text);
}

std::string printable(std::string_view text)
{
    std::string shown(text);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const auto c = static_cast<unsigned char>(shown[i]);
        // U+0080 to U+009F are control characters too: 0xc2 and one of 0x80 to 0x9f.
        const bool c1 = c == 0xc2 && i + 1 < shown.size() && static_cast<unsigned char>(shown[i + 1]) < 0xa0;
        if (c < 0x20 || c == 0x7f)
            shown[i] = '?';
        else if (c1)
            shown.replace(i, 2, "?");
    }
    return shown;
}

std::size_t width_of(std::string_view text)
{
    std::size_t width = 0;
    for (char c : text)
        width += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    return width;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent)
{
    std::string lines;
    std::size_t used = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t needed = width_of(word);
        if (used > indent && (needed >= width || used + 1 > width - needed)) {
            lines += '\n' + std::string(indent, ' ');
            used = indent;
        } else if (used > 0 && !lines.ends_with(' ')) {
            lines += ' ';
            ++used;
        }
        lines += word;
        used += needed;
    }
    return lines;
}

std::string hanging(const std::string &beginning, const std::string &text, std::size_t width)
{
    constexpr std::size_t text_min = 30;
    const std::size_t left =
        width == Console::kUnlimited ? width : std::max(width, beginning.size() + text_min) - beginning.size();
    std::string lines = beginning;
    for (const char c : wrapped(printable(text), left, 0)) {
        lines += c;
        if (c == '\n')
            lines.append(beginning.size(), ' ');
    }
    return lines + '\n';
}

} // namespace sonde::cli
