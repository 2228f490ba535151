#include "base/file.hpp"
#include "plugin_host/hash.hpp"
#include "plugin_host/signature.hpp"
#include "programs/cli/verb.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <fstream>
#include <memory>
#include <string_view>

namespace sonde::cli {

namespace {

constexpr std::size_t kPluginBytesMax = 256u << 20; // nobody's is longer

struct SignWords {
    std::vector<std::string> plugins;
    std::string key;
};

constexpr std::string_view kElf = "\177ELF", kSymbolStem = "sonde_plugin_v";

// What is signed may be for another machine or another ABI than this one's, so no more is asked than what all plugins
// have: an ELF file that names the symbol.
Result<void> check_plugin(const std::string &file)
{
    const Result<std::string> bytes = read_file(file, kPluginBytesMax);
    if (!bytes)
        return bytes.error();
    if (!bytes->starts_with(kElf))
        return Error{file, bytes->empty() ? "is empty" : "not a shared object", "sonde sign FILE.so --key KEY.pem"};
    if (bytes->find(kSymbolStem) == bytes->npos)
        return Error{file, "no plugin: it names no sonde_plugin_v1", "`sonde check` judges plugins"};
    return {};
}

// Beside the file and then in its place, so that no agent reads a half of it.
Result<void> write_signature(const std::filesystem::path &place, const std::string &text)
{
    const std::filesystem::path coming = place.parent_path() / ("." + place.filename().string() + ".new");
    std::ofstream stream(coming, std::ios::binary | std::ios::trunc);
    stream << text << '\n';
    stream.close();
    std::error_code error;
    if (stream)
        std::filesystem::rename(coming, place, error);
    if (!stream || error)
        return Error{place.string(), error ? error.message() : "cannot be written", ""};
    return {};
}

int sign_plugins(Console &console, const SignWords &words)
{
    std::string signer;
    for (const std::string &plugin : words.plugins) {
        if (const Result<void> checked = check_plugin(plugin); !checked)
            return fail(console, checked.error(), input_status(checked.error()));
        const Result<std::string> hash = plugin_host::hash_file(plugin);
        if (!hash)
            return fail(console, hash.error(), input_status(hash.error()));
        const Result<plugin_host::Signature> signature = plugin_host::sign(*hash, words.key);
        if (!signature)
            return fail(console, signature.error(), input_status(signature.error()));
        const std::filesystem::path place = plugin_host::signature_file(plugin);
        if (const Result<void> written = write_signature(place, signature->text); !written)
            return fail(console, written.error(), input_status(written.error()));
        console.say("signature written to " + printable(place.string()));
        signer = signature->signer;
    }
    // The one thing that a policy wants to know of it.
    console.out(signer + "\n");
    return kDone;
}

} // namespace

Verb add_sign(CLI::App &sonde)
{
    const auto words = std::make_shared<SignWords>();
    CLI::App *app = sonde.add_subcommand("sign", "Sign plugins, and print the key that an agent's policy trusts then");
    app->add_option("FILE.so", words->plugins, "the plugins; each one's signature goes to FILE.so.sig")->required();
    app->add_option("--key", words->key,
                    "a private key of Ed25519 in PEM: openssl genpkey -algorithm ed25519 makes one")
        ->required();
    app->footer(
        examples({"openssl genpkey -algorithm ed25519 -out vendor-key.pem",
                  "sonde sign build/my-method.so --key vendor-key.pem"}) +
        "\n\nThe key goes into \"trusted-keys\" of an agent's policy, where \"require-signature\" asks for it.");
    return {app, [words](Console &console) { return sign_plugins(console, *words); }};
}

} // namespace sonde::cli
