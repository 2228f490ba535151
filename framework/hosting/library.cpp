#include "hosting/library.hpp"

#include "frames/messages.hpp"
#include "frames/text.hpp"

#include <dlfcn.h>
#include <link.h>

namespace sonde::hosting {

namespace {

// What the dynamic loader says, without the path that it begins with: the reader knows the file.
std::string loader_text(const std::string &path)
{
    const char *raw = ::dlerror();
    std::string text = raw == nullptr ? "unknown" : raw;
    if (text.starts_with(path + ": "))
        text.erase(0, path.size() + 2);
    return frames::readable(text, frames::kTextBytesMax / 2);
}

} // namespace

Result<Library> Library::load(const std::string &path)
{
    boost::dll::shared_library file;
    std::error_code error;
    ::dlerror();
    // A thread that loading has started would go on in code that is gone.
    constexpr int kStays = RTLD_NODELETE;
    file.load(path, error,
              boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local |
                  static_cast<boost::dll::load_mode::type>(kStays));
    if (error)
        return Error{"", "does not load: " + loader_text(path), ""};
    // dlsym also finds a symbol of a library that the file depends on.
    void *symbol = ::dlsym(file.native(), "sonde_plugin_v1");
    Dl_info info{};
    link_map *owner = nullptr;
    link_map *self = nullptr;
    if (symbol == nullptr || ::dladdr1(symbol, &info, reinterpret_cast<void **>(&owner), RTLD_DL_LINKMAP) == 0 ||
        ::dlinfo(file.native(), RTLD_DI_LINKMAP, &self) != 0 || owner != self)
        return Error{"", "exports no sonde_plugin_v1", ""};
    return Library(std::move(file), static_cast<const sonde_plugin *>(symbol));
}

} // namespace sonde::hosting
