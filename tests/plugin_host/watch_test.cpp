#include "plugin_host/watch.hpp"

#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <fstream>
#include <functional>

#include <unistd.h>

using namespace sonde;
using namespace sonde::plugin_host;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// A watch over ROOT/plugins, which exists, and ROOT/later, which does not.
struct Watched {
    Watched()
    {
        std::string name = fs::temp_directory_path() / "sonde-watch-XXXXXX";
        root = mkdtemp(name.data());
        fs::create_directory(root / "plugins");
    }
    ~Watched() { fs::remove_all(root); }
    Watched(const Watched &) = delete;
    Watched &operator=(const Watched &) = delete;

    void put(const std::string &name) const { std::ofstream(root / name) << "contents\n"; }

    // Whether `change`, made while it is watched, is noticed.
    template <class Change>
    bool notices(Change change, std::chrono::milliseconds patience = 20s)
    {
        boost::asio::io_context loop(1);
        Watch watch(loop.get_executor(), {root / "plugins", root / "later"}, make_log("test", "error").value());
        watch.follow();
        change();
        auto noticed = boost::asio::co_spawn(loop, watch.wait(std::chrono::steady_clock::now() + patience),
                                             boost::asio::use_future);
        loop.run();
        return noticed.get();
    }

    fs::path root;
};

} // namespace

TEST_CASE("a watch notices plugins that come, change and go")
{
    Watched folder;
    CHECK(folder.notices([&] { folder.put("plugins/a.so"); }));
    CHECK(folder.notices([&] { folder.put("plugins/a.so"); }));
    CHECK(folder.notices([&] { fs::permissions(folder.root / "plugins/a.so", fs::perms::owner_read); }));
    CHECK(folder.notices([&] { fs::rename(folder.root / "plugins/a.so", folder.root / "plugins/b.so"); }));
    CHECK(folder.notices([&] { fs::remove(folder.root / "plugins/b.so"); }));
}

TEST_CASE("a watch does not wake for what is no plugin")
{
    Watched folder;
    CHECK_FALSE(folder.notices([] {}, 300ms));
    CHECK_FALSE(folder.notices(
        [&] {
            folder.put("plugins/.a.so.swp");
            folder.put("plugins/.hidden.so");
            folder.put("plugins/README");
            folder.put("beside.so");
        },
        300ms));
}

TEST_CASE("a watch notices directories that are replaced, go, or come later")
{
    Watched folder;
    CHECK(folder.notices([&] {
        fs::create_directory(folder.root / "new");
        fs::rename(folder.root / "plugins", folder.root / "old");
        fs::rename(folder.root / "new", folder.root / "plugins");
    }));
    CHECK(folder.notices([&] { fs::remove_all(folder.root / "plugins"); }));
    CHECK(folder.notices([&] { fs::create_directory(folder.root / "plugins"); }));
    CHECK(folder.notices([&] { fs::create_directory(folder.root / "later"); }));
    CHECK(folder.notices([&] { folder.put("later/a.so"); }));
}

TEST_CASE("a watch follows links, of directories and of files")
{
    Watched folder;
    fs::create_directories(folder.root / "versions/1");
    fs::create_directories(folder.root / "versions/2");
    fs::remove(folder.root / "plugins");
    CHECK(folder.notices([&] { fs::create_directory_symlink("versions/1", folder.root / "plugins"); }));
    CHECK(folder.notices([&] { folder.put("versions/1/a.so"); }));
    CHECK(folder.notices([&] {
        fs::create_directory_symlink("versions/2", folder.root / "next");
        fs::rename(folder.root / "next", folder.root / "plugins");
    }));
    folder.put("versions/real");
    CHECK(folder.notices([&] { fs::create_symlink(folder.root / "link", folder.root / "plugins/b.so"); }));
    CHECK(folder.notices([&] { fs::create_symlink("versions/real", folder.root / "link"); }));
    CHECK(folder.notices([&] { folder.put("versions/real"); }));
}

TEST_CASE("a watch waits for quiet, but not for ever, and ends when told")
{
    Watched folder;
    boost::asio::io_context loop(1);
    Watch watch(loop.get_executor(), {folder.root / "plugins"}, make_log("test", "error").value());
    watch.follow();
    boost::asio::steady_timer copying(loop);
    std::function<void()> copy = [&] {
        folder.put("plugins/long.so");
        copying.expires_after(20ms);
        copying.async_wait([&](const boost::system::error_code &error) {
            if (!error)
                copy();
        });
    };
    copy();
    const auto begun = std::chrono::steady_clock::now();
    std::chrono::steady_clock::duration took{};
    bool noticed = false;
    boost::asio::co_spawn(loop, watch.wait(begun + 60s), [&](const std::exception_ptr &, bool changed) {
        noticed = changed;
        took = std::chrono::steady_clock::now() - begun;
        copying.cancel();
    });
    loop.run();
    CHECK(noticed);
    CHECK(took > Watch::kQuiet);
    CHECK(took < 60s);

    loop.restart();
    auto cancelled =
        boost::asio::co_spawn(loop, watch.wait(std::chrono::steady_clock::time_point::max()), boost::asio::use_future);
    boost::asio::post(loop, [&] { watch.cancel(); });
    loop.run();
    CHECK_FALSE(cancelled.get());
}
