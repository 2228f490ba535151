#include "comparison.hpp"

#include <algorithm>
#include <functional>

namespace sonde::dns {
namespace {

constexpr std::size_t kAnswersMost = 16, kContentMost = 2000; // of a server, bytes
constexpr std::size_t kTextMost = 8000;                       // of all that a server says

std::string joined(const std::set<std::string> &contents)
{
    std::string text;
    for (const std::string &content : contents)
        text += (text.empty() ? "" : " | ") + content;
    return text;
}

// What is kept of one answer: a long one by its beginning and a number that stands for the whole.
std::string kept_of(const std::string &content)
{
    if (content.size() <= kContentMost)
        return content;
    return content.substr(0, kContentMost) + "... #" + std::to_string(std::hash<std::string>()(content));
}

} // namespace

void Comparison::add(std::size_t server, const std::string &content)
{
    auto &said = said_[server];
    std::string kept = kept_of(content);
    if (said.size() < kAnswersMost || said.contains(kept))
        said.insert(std::move(kept));
    else
        said.insert("more"); // a word that no answer begins with
}

std::vector<Opinion> Comparison::opinions() const
{
    std::vector<Opinion> opinions;
    std::vector<std::string> groups; // in the order of their first servers
    std::map<std::string, std::size_t> size;
    for (const auto &[server, contents] : said_) {
        Opinion opinion;
        opinion.server = server;
        opinion.content = joined(contents);
        if (size[opinion.content]++ == 0)
            groups.push_back(opinion.content);
        opinions.push_back(std::move(opinion));
    }
    std::stable_sort(groups.begin(), groups.end(),
                     [&size](const std::string &a, const std::string &b) { return size[a] > size[b]; });
    for (Opinion &opinion : opinions) {
        const auto place = std::find(groups.begin(), groups.end(), opinion.content);
        opinion.group = static_cast<std::size_t>(place - groups.begin()) + 1;
        opinion.agreeing = size[opinion.content];
        opinion.differs = groups.size() > 1;
    }
    for (Opinion &opinion : opinions) {
        if (opinion.content.size() > kTextMost)
            opinion.content = opinion.content.substr(0, kTextMost) + "...";
    }
    return opinions;
}

} // namespace sonde::dns
