#include "plugin_host/signature.hpp"

#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

using namespace sonde;
using namespace sonde::plugin_host;
namespace fs = std::filesystem;

namespace {

// RFC 8032, 7.1, TEST 1 as PKCS #8 (RFC 8410): its public key is known.
constexpr const char *kKey = "-----BEGIN PRIVATE KEY-----\n"
                             "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                             "-----END PRIVATE KEY-----\n";
constexpr const char *kPublicKey = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
constexpr const char *kOtherKey = "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=";

struct Folder {
    Folder()
    {
        std::string name = fs::temp_directory_path() / "sonde-signature-XXXXXX";
        path = mkdtemp(name.data());
        std::ofstream(path / "key.pem") << kKey;
    }
    ~Folder() { fs::remove_all(path); }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;

    fs::path plugin() const { return path / "ping.so"; }
    void put_signature(const std::string &text) const { std::ofstream(signature_file(plugin())) << text; }

    fs::path path;
};

const std::string kHash(64, 'a');

} // namespace

TEST_CASE("a signature holds for the hash that was signed, and for the key that signed it")
{
    const Folder folder;
    const auto signature = sign(kHash, folder.path / "key.pem");
    REQUIRE(signature);
    CHECK(signature->signer == kPublicKey);
    folder.put_signature(signature->text + "\n");
    CHECK(check_signature(folder.plugin(), kHash, {kPublicKey}));
    CHECK(check_signature(folder.plugin(), kHash, {kOtherKey, kPublicKey}));
    CHECK_FALSE(check_signature(folder.plugin(), std::string(64, 'b'), {kPublicKey}));
    CHECK_FALSE(check_signature(folder.plugin(), kHash, {kOtherKey}));
    CHECK_FALSE(check_signature(folder.plugin(), kHash, {}));
}

TEST_CASE("what is no signature is refused with a word")
{
    const Folder folder;
    const auto reason = [&] { return check_signature(folder.plugin(), kHash, {kPublicKey}).error().what; };
    CHECK(reason() == "is not signed: there is no ping.so.sig");
    const std::string good = sign(kHash, folder.path / "key.pem")->text;
    for (const std::string &bad :
         {std::string(), good.substr(1), good + good, std::string(88, '='), std::string(88, '*')}) {
        folder.put_signature(bad);
        CHECK(reason() == "ping.so.sig is no signature");
    }
    std::string changed = good;
    changed[3] = changed[3] == 'A' ? 'B' : 'A';
    folder.put_signature(changed);
    CHECK(reason().find("of another file") != std::string::npos);
}

TEST_CASE("only a private key of Ed25519 signs")
{
    const Folder folder;
    CHECK_FALSE(sign(kHash, folder.path / "none.pem"));
    std::ofstream(folder.path / "bad.pem") << "no key\n";
    const auto refused = sign(kHash, folder.path / "bad.pem");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what == "holds no private key of Ed25519");
    CHECK(refused.error().hint.find("openssl genpkey") != std::string::npos);
}
