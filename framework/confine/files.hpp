#pragma once

#include <string>
#include <vector>

namespace sonde::confine {

struct ReadableFiles {
    // What of the system's own files.
    enum class System {
        libraries,      // and where the loader finds them; /proc
        named_settings, // also its data, /sys, and what the C library and TLS read in /etc
        all,            // also the rest of /etc
    };

    int plugin = -1; // descriptor
    int runner = -1; // descriptor; may be executed
    System system = System::libraries;
    std::vector<std::string> more; // files and folders
};

// By Landlock: this process and what it makes can read these files, and write none but /dev/null; and where the kernel
// can tell, it reaches no abstract Unix socket and signals no process but those that are confined with it. The process
// has no_new_privs; it cannot be undone. False with errno where the kernel has no Landlock.
bool restrict_files(const ReadableFiles &files);

} // namespace sonde::confine
