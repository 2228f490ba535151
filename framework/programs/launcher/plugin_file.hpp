#pragma once

#include "base/result.hpp"
#include "frames/socket.hpp"

#include <optional>
#include <string>
#include <sys/types.h>

namespace sonde::launcher {

// Opens a plugin's file for reading. Nothing is opened before it is known to be a regular file that may be loaded, so
// that a device or a FIFO put in its place has no effect and blocks nothing. The path's last component is no symbolic
// link, and no link of /proc is followed; other links are, and the folders that the file is really in are judged. The
// error's text says why not, without the path.
// `trusted`: for an agent with less privilege than the launcher, root's and this user's files are opened, and none that
// anybody else may write or replace: every folder from / to the file is theirs and nobody else may write it; a sticky
// one, such as /tmp, may be above the file's own folder. Without it anybody's, but none that everybody may write: for
// an agent that started this launcher, and so has its privilege.
Result<frames::Descriptor> open_plugin(const std::string &path, std::optional<uid_t> trusted);

// A copy in memory that nobody can change any more, whatever becomes of the file; for reading alone. It is gone with
// its last descriptor and mapping. `name` is what debuggers and /proc show. An error says nothing of the plugin.
Result<frames::Descriptor> copy_plugin(int plugin, const std::string &name);

} // namespace sonde::launcher
