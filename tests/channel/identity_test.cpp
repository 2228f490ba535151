#include "fixture.hpp"

#include <sys/stat.h>

#include <fstream>

using namespace sonde;
using namespace sonde::channel;
using namespace sonde::channel::test;
namespace fs = std::filesystem;

namespace {

std::string content(const fs::path &file)
{
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

mode_t mode_of(const fs::path &file)
{
    struct stat info {};
    REQUIRE(stat(file.c_str(), &info) == 0);
    return info.st_mode & 0777;
}

} // namespace

TEST_CASE("an issued identity is read back with its id, role and host")
{
    TempDir dir;
    REQUIRE(create_authority(dir.path() / "ca"));
    const Uuid id = random_uuid();
    Issue issue;
    issue.role = Role::controller;
    issue.id = id;
    issue.hosts = {"controller.example", "192.0.2.1", "2001:db8::1"};
    const auto issued = issue_identity(dir.path() / "ca", dir.path() / "out", issue);
    REQUIRE(issued);
    CHECK(*issued == id);
    const auto identity = load_identity(dir.path() / "out");
    REQUIRE(identity);
    CHECK((*identity)->self.id == id);
    CHECK((*identity)->self.role == Role::controller);
    CHECK((*identity)->self.fingerprint.size() == 64);
    CHECK_FALSE((*identity)->self.serial.empty());
    CHECK((*identity)->not_after > now().wall + std::chrono::days{824});
}

TEST_CASE("only the owner can read a key")
{
    TempDir dir;
    REQUIRE(create_authority(dir.path() / "ca"));
    REQUIRE(issue_identity(dir.path() / "ca", dir.path() / "out", {.role = Role::agent}));
    CHECK(mode_of(dir.path() / "ca" / "ca-key.pem") == 0600);
    CHECK(mode_of(dir.path() / "out" / "key.pem") == 0600);
    CHECK(mode_of(dir.path() / "out" / "cert.pem") == 0644);
}

TEST_CASE("neither an authority nor an identity is ever overwritten, and a failed issue leaves nothing behind")
{
    TempDir dir;
    REQUIRE(create_authority(dir.path() / "ca"));
    const auto before = content(dir.path() / "ca" / "ca-key.pem");
    const auto again = create_authority(dir.path() / "ca");
    REQUIRE_FALSE(again);
    CHECK(again.error().where == (dir.path() / "ca" / "ca-key.pem").string());
    CHECK(again.error().hint == "nothing is ever overwritten");
    CHECK(content(dir.path() / "ca" / "ca-key.pem") == before);

    fs::create_directories(dir.path() / "out");
    std::ofstream(dir.path() / "out" / "ca.pem") << "mine";
    CHECK_FALSE(issue_identity(dir.path() / "ca", dir.path() / "out", {.role = Role::agent}));
    CHECK(content(dir.path() / "out" / "ca.pem") == "mine");
    CHECK_FALSE(fs::exists(dir.path() / "out" / "key.pem"));
    CHECK_FALSE(fs::exists(dir.path() / "out" / "cert.pem"));
}

TEST_CASE("issuing needs an authority and hosts that are names or addresses")
{
    TempDir dir;
    const auto none = issue_identity(dir.path() / "ca", dir.path() / "out", {.role = Role::agent});
    REQUIRE_FALSE(none);
    CHECK(none.error().where == (dir.path() / "ca" / "ca.pem").string());
    CHECK(none.error().hint == "make an authority with 'sonde ca init'");
    REQUIRE(create_authority(dir.path() / "ca"));
    for (const char *host : {"", "a b", "x,URI:urn:sonde:role:operator", "http://x", ".x"}) {
        INFO(host);
        Issue issue;
        issue.role = Role::controller;
        issue.hosts = {host};
        CHECK_FALSE(issue_identity(dir.path() / "ca", dir.path() / "out", issue));
    }
    CHECK_FALSE(fs::exists(dir.path() / "out"));
}

TEST_CASE("each fault of an identity is named with its file")
{
    TempDir dir;
    auto &certificates = Certificates::instance();
    certificates.agent();
    const auto from = certificates.dir.path() / "agent";
    const auto fault = [&](const char *file) {
        const auto identity = load_identity(dir.path());
        REQUIRE_FALSE(identity);
        CHECK(identity.error().where == (dir.path() / file).string());
        return identity.error().what;
    };
    const auto put = [&](const char *file, const fs::path &source) {
        fs::copy_file(source, dir.path() / file, fs::copy_options::overwrite_existing);
    };
    CHECK(fault("ca.pem") == "No such file or directory");
    put("ca.pem", from / "ca.pem");
    CHECK(fault("cert.pem") == "No such file or directory");
    put("cert.pem", from / "cert.pem");
    CHECK(fault("key.pem") == "No such file or directory");
    put("key.pem", from / "key.pem");
    REQUIRE(load_identity(dir.path()));

    put("key.pem", certificates.dir.path() / "ca" / "ca-key.pem");
    CHECK(fault("key.pem") == "not the key of cert.pem beside it");
    std::ofstream(dir.path() / "key.pem") << "nonsense";
    CHECK(fault("key.pem").starts_with("not a PEM private key"));
    put("key.pem", from / "key.pem");
    put("ca.pem", certificates.dir.path() / "other-ca" / "ca.pem");
    CHECK(fault("cert.pem") == "not issued by the authority in ca.pem beside it");
    put("ca.pem", from / "ca.pem");
    auto cut = content(from / "cert.pem");
    std::ofstream(dir.path() / "cert.pem") << cut.substr(0, cut.size() / 2);
    CHECK(fault("cert.pem").starts_with("not a PEM certificate"));
    std::ofstream(dir.path() / "cert.pem") << std::string(300'000, 'x');
    CHECK(fault("cert.pem") == "larger than 256 KiB");
    // The authority's own certificate has neither id nor role.
    put("cert.pem", certificates.dir.path() / "ca" / "ca.pem");
    put("key.pem", certificates.dir.path() / "ca" / "ca-key.pem");
    CHECK(fault("cert.pem").starts_with("it must carry one id and one role"));
}

TEST_CASE("an identity of another role than is wanted is refused with both, and with how to make the right one")
{
    auto &certificates = Certificates::instance();
    certificates.controller();
    const auto folder = certificates.dir.path() / "controller";
    CHECK(load_identity(folder, Role::controller));
    const auto collector = load_identity(folder, Role::collector);
    REQUIRE_FALSE(collector);
    CHECK(collector.error().where == (folder / "cert.pem").string());
    CHECK(collector.error().what == "its role is controller, and collector is wanted");
    CHECK(collector.error().hint == "make one with 'sonde ca issue collector --ca FOLDER --out FOLDER --host NAME'");
    const auto agent = load_identity(folder, Role::agent);
    REQUIRE_FALSE(agent);
    CHECK(agent.error().hint == "make one with 'sonde ca issue agent --ca FOLDER --out FOLDER'");
}

TEST_CASE("an expired identity is refused")
{
    auto &certificates = Certificates::instance();
    TempDir dir;
    Issue issue;
    issue.role = Role::agent;
    issue.not_after = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - 1h;
    REQUIRE(issue_identity(certificates.dir.path() / "ca", dir.path() / "out", issue));
    const auto identity = load_identity(dir.path() / "out");
    REQUIRE_FALSE(identity);
    CHECK(identity.error().what == "expired");
}

TEST_CASE("a role is one of five words")
{
    for (const char *name : {"agent", "controller", "collector", "operator", "peer"})
        CHECK(to_string(*parse_role(name)) == name);
    CHECK_FALSE(parse_role("root"));
}
