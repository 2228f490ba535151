#include "comparison.hpp"

#include <algorithm>

namespace sonde::dns {
namespace {

std::string joined(const std::set<std::string> &contents)
{
    std::string text;
    for (const std::string &content : contents)
        text += (text.empty() ? "" : " | ") + content;
    return text;
}

} // namespace

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
    return opinions;
}

} // namespace sonde::dns
