#pragma once

#include "files.hpp"

#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

// The referee: a YANG validator that knows nothing of our reader.

inline std::filesystem::path yang_dir()
{
    const char *given = std::getenv("SONDE_YANG_DIR");
    return given != nullptr ? std::filesystem::path(given) : source_dir().parent_path() / "shared" / "yang";
}

inline std::filesystem::path our_module()
{
    return source_dir() / "framework" / "model" / "yang" / "sonde-lmap@2026-11-26.yang";
}

// The validator wants an operation's name where RESTCONF wants `input` (RFC 8040 section 3.6.1).
inline std::string as_rpc(const std::string &document, const std::string &module, const std::string &rpc)
{
    const std::string input = module + ":input";
    return document.find(input) == std::string::npos ? document : replaced(document, input, module + ":" + rpc);
}

// Asks one process about many documents, since starting it takes longer than a document does.
class Yanglint {
public:
    Yanglint()
    {
        std::string name = std::filesystem::temp_directory_path() / "sonde-yang-XXXXXX";
        dir_ = mkdtemp(name.data());
        // It makes itself a folder in the user's home, whatever $HOME says.
        const passwd *user = getpwuid(getuid());
        home_ = user == nullptr ? "" : std::filesystem::path(user->pw_dir) / ".yanglint";
        had_home_ = user == nullptr || std::filesystem::exists(home_);
    }
    ~Yanglint()
    {
        std::filesystem::remove_all(dir_);
        if (!had_home_)
            std::filesystem::remove_all(home_);
    }
    Yanglint(const Yanglint &) = delete;
    Yanglint &operator=(const Yanglint &) = delete;

    // `type` as its option -t has it: config, data, rpc.
    void add(const std::string &type, const std::string &document, const std::string &ending = "json")
    {
        const std::filesystem::path file = dir_ / (std::to_string(commands_.size()) + "." + ending);
        std::ofstream(file, std::ios::binary) << document;
        commands_.push_back("data -t " + type + ' ' + file.string());
    }

    // What it says of each document: nothing if it accepts it. Some it refuses by a crash (2.1.30 does, of an operation
    // without a mandatory node); another process then goes on with the next.
    std::vector<std::string> verdicts() const
    {
        std::vector<std::string> all;
        while (all.size() < commands_.size()) {
            const std::string rest = ask_from(all.size(), all);
            if (all.size() < commands_.size())
                all.push_back(rest);
            // Else the rest is of no document: 2.1.30 names memory that it has not freed after some refusals.
        }
        return all;
    }

private:
    // A file that is not there is told of, and so parts what it says of one document from what it says of the next.
    static constexpr const char *kMark = "Unable to use input filepath (/nowhere)";

    // Appends what it says of the documents from that one on; returns what it said after the last.
    std::string ask_from(std::size_t first, std::vector<std::string> &all) const
    {
        std::ofstream commands(dir_ / "commands");
        commands << "searchpath " << yang_dir().string() << "\nadd " << our_module().string() << '\n';
        for (std::size_t i = first; i < commands_.size(); ++i)
            commands << commands_[i] << "\ndata /nowhere\n";
        commands.close();
        const std::string in_dir = "'" + dir_.string() + "/";
        // The shell's own word of a crash is not wanted.
        const std::string command = "{ yanglint <" + in_dir + "commands' >" + in_dir + "said' 2>&1; } 2>/dev/null";
        const int status = std::system(command.c_str());
        std::istringstream lines(read_file(dir_ / "said"));
        std::string said;
        for (std::string line; std::getline(lines, line);) {
            if (line.find(kMark) != std::string::npos) {
                all.push_back(said);
                said.clear();
            } else if (line.rfind("YANGLINT[W]", 0) != 0) {
                said += line + '\n';
            }
        }
        constexpr int kCrashed = 128;
        if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) < kCrashed))
            throw std::runtime_error("yanglint failed: " + said);
        return said;
    }

    std::filesystem::path dir_;
    std::filesystem::path home_;
    bool had_home_ = true;
    std::vector<std::string> commands_;
};
