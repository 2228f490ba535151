#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

inline std::string read_file(const std::filesystem::path &path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::filesystem::path source_dir()
{
    return SONDE_SOURCE_DIR;
}

inline std::string example(const std::string &name)
{
    return read_file(source_dir() / "examples" / name);
}

inline std::vector<std::string> example_instructions()
{
    std::vector<std::string> names{"ping.json", "four-methods.json", "own-line.json"};
    for (const auto &entry : std::filesystem::directory_iterator(source_dir() / "examples" / "scenarios"))
        names.push_back("scenarios/" + entry.path().filename().string());
    return names;
}

// `text` with the first `from` replaced; a test whose `from` is not there is wrong.
inline std::string replaced(std::string text, const std::string &from, const std::string &to)
{
    const std::size_t at = text.find(from);
    if (at == std::string::npos)
        throw std::logic_error("not in the text: " + from);
    return text.replace(at, from.size(), to);
}

// An instruction with these members at its top.
inline std::string lmap(const std::string &members)
{
    return "{\"ietf-lmap-control:lmap\": {" + members + "}}";
}
