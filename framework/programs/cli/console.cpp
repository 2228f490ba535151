#include "programs/cli/console.hpp"

#include <unistd.h>

#include <cstdlib>

namespace sonde::cli {

Console::Console(std::FILE *out, std::FILE *err)
    : out_(out), err_(err), out_is_terminal_(isatty(fileno(out)) == 1), err_is_terminal_(isatty(fileno(err)) == 1)
{
    const char *no_colour = std::getenv("NO_COLOR"), *term = std::getenv("TERM");
    colour_ = out_is_terminal_ && (no_colour == nullptr || *no_colour == '\0') && term != nullptr &&
              std::string_view(term) != "dumb";
}

bool Console::out(std::string_view text)
{
    failed_ = failed_ || std::fwrite(text.data(), 1, text.size(), out_) != text.size();
    return !failed_;
}

bool Console::flush()
{
    failed_ = failed_ || std::fflush(out_) != 0;
    return !failed_;
}

void Console::say(std::string_view line)
{
    std::fflush(out_);
    std::fwrite(line.data(), 1, line.size(), err_);
    std::fputc('\n', err_);
    std::fflush(err_);
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

} // namespace sonde::cli
