#include "programs/cli/shell_words.hpp"

#include <wordexp.h>

namespace sonde::cli {

std::optional<std::vector<std::string>> shell_words(const std::string &text)
{
    wordexp_t expanded{};
    if (wordexp(text.c_str(), &expanded, WRDE_NOCMD | WRDE_UNDEF) != 0)
        return std::nullopt;
    std::vector<std::string> words(expanded.we_wordv, expanded.we_wordv + expanded.we_wordc);
    wordfree(&expanded);
    return words;
}

} // namespace sonde::cli
