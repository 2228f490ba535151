#pragma once

#include <string>
#include <vector>

namespace sonde::launcher {

struct ReadableFiles {
    int plugin = -1;               // descriptor
    int runner = -1;               // descriptor; may be executed
    bool etc = false;              // all of /etc; else only what the C library and TLS read there
    std::vector<std::string> more; // files and folders
};

// By Landlock: this process and what it makes can read these files and the system's libraries, data, /proc and /sys,
// and write none but /dev/null; and where the kernel can tell, it reaches no abstract Unix socket and signals no
// process but those that are confined with it. The process has no_new_privs; it cannot be undone. False with errno
// where the kernel has no Landlock.
bool restrict_files(const ReadableFiles &files);

} // namespace sonde::launcher
