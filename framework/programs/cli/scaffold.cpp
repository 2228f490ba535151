#include "programs/cli/scaffold.hpp"

#include "base/file.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <regex>

namespace sonde::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kNameMax = 64, kFileMax = 1 << 20;
// Methods that every agent has built in.
constexpr std::string_view kBuiltIn[] = {"outcomes", "report"};

void replace_all(std::string &text, std::string_view from, const std::string &to)
{
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
}

std::string this_year()
{
    const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    return std::to_string(static_cast<int>(std::chrono::year_month_day(today).year()));
}

class Maker {
public:
    explicit Maker(const Scaffold &scaffold) : scaffold_(scaffold) {}

    Result<void> copy_folder(const fs::path &from)
    {
        std::error_code error;
        std::vector<fs::path> files;
        for (fs::directory_iterator each(from, error), end; !error && each != end; each.increment(error))
            files.push_back(each->path());
        if (error || files.empty())
            return Error{from.string(), error ? error.message() : "is empty", "the SDK's template is damaged"};
        for (const fs::path &file : files)
            if (auto copied = copy_file(file, file.filename().string()); !copied)
                return copied;
        return {};
    }

    Result<void> copy_file(const fs::path &from, std::string name)
    {
        Result<std::string> text = read_file(from, kFileMax);
        if (!text)
            return text.error();
        replace_all(name, "METHOD", scaffold_.method);
        replace_all(*text, "@METHOD@", scaffold_.method);
        replace_all(*text, "@VENDOR@", scaffold_.vendor);
        replace_all(*text, "@LICENCE@", scaffold_.licence);
        replace_all(*text, "@YEAR@", this_year());
        const fs::path to = scaffold_.folder / name;
        std::ofstream file(to, std::ios::binary);
        if (!file.write(text->data(), static_cast<std::streamsize>(text->size())).flush())
            return Error{to.string(), "cannot be written", ""};
        made_.push_back(name);
        return {};
    }

    std::vector<std::string> made() &&
    {
        std::sort(made_.begin(), made_.end());
        return std::move(made_);
    }

private:
    const Scaffold &scaffold_;
    std::vector<std::string> made_;
};

Result<void> fill(Maker &maker, const Scaffold &scaffold, const fs::path &sdk)
{
    const fs::path place = sdk / "template";
    for (const fs::path &folder : {place / scaffold.language, place / "common"})
        if (auto copied = maker.copy_folder(folder); !copied)
            return copied;
    if (auto copied = maker.copy_file(sdk / "sonde.map", "sonde.map"); !copied)
        return copied;
    const fs::path licence = place / "licence" / scaffold.licence;
    return fs::exists(licence) ? maker.copy_file(licence, "LICENSE") : Result<void>();
}

// A word that stands in quotation marks in C and in meson.
bool is_plain(const std::string &text)
{
    return std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return c >= 0x20 && c != 0x7f && c != '"' && c != '\\' && c != '\'' && c != '/';
    });
}

// Whether it has the form of an SPDX expression: identifiers joined by AND, OR and WITH, and parentheses.
bool is_licence(const std::string &text)
{
    static const std::regex form(R"([()]|[A-Za-z0-9][A-Za-z0-9.+-]*|( +)|([\s\S]))");
    int open = 0;
    bool joined = true; // an identifier comes next, or what is in parentheses
    for (std::sregex_iterator each(text.begin(), text.end(), form), end; each != end; ++each) {
        const std::string word = each->str();
        if ((*each)[1].matched)
            continue;
        const bool joins = word == "AND" || word == "OR" || word == "WITH";
        if ((*each)[2].matched || joined == (joins || word == ")"))
            return false;
        open += word == "(" ? 1 : word == ")" ? -1 : 0;
        if (open < 0)
            return false;
        joined = joins || word == "(";
    }
    return open == 0 && !joined;
}

} // namespace

Result<void> check_method_name(const std::string &name)
{
    const bool good = !name.empty() && name[0] >= 'a' && name[0] <= 'z' &&
                      std::all_of(name.begin(), name.end(),
                                  [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    if (!good)
        return Error{"", "'" + name.substr(0, kNameMax) + "' is no method's name",
                     "lower-case letters, digits and hyphens, a letter first: tcp-connect"};
    if (name.size() > kNameMax)
        return Error{"", "the name is longer than " + std::to_string(kNameMax) + " characters", ""};
    if (std::find(std::begin(kBuiltIn), std::end(kBuiltIn), name) != std::end(kBuiltIn))
        return Error{"", "'" + name + "' is built into every agent", "another name"};
    return {};
}

Result<std::vector<std::string>> make_scaffold(const Scaffold &scaffold, const fs::path &sdk)
{
    if (!is_plain(scaffold.vendor) || scaffold.vendor.empty())
        return Error{"--vendor", "'" + scaffold.vendor + "' cannot stand in source code",
                     "no quotation marks, no slashes"};
    if (!is_licence(scaffold.licence))
        return Error{"--licence", "'" + scaffold.licence + "' is no SPDX expression",
                     "MIT, GPL-2.0-or-later, Apache-2.0 OR MIT; LicenseRef-NAME for one of your own"};
    std::error_code error;
    if (!fs::create_directory(scaffold.folder, error))
        return Error{scaffold.folder.string(), error ? error.message() : "exists already",
                     error ? "" : "nothing is ever overwritten"};
    Maker maker(scaffold);
    if (const auto filled = fill(maker, scaffold, sdk); !filled) {
        fs::remove_all(scaffold.folder, error);
        return filled.error();
    }
    return std::move(maker).made();
}

} // namespace sonde::cli
