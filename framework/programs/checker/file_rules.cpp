#include "programs/checker/elf_image.hpp"
#include "programs/checker/loader_trace.hpp"
#include "programs/checker/rule.hpp"
#include "programs/checker/words.hpp"

#include "hosting/elf.hpp"

#include <algorithm>
#include <gnu/libc-version.h>
#include <string_view>
#include <sys/stat.h>

// What a plugin's file says before anything of it is loaded.
namespace sonde::checker {

namespace {

constexpr const char *kSymbol = "sonde_plugin_v1";

// Judges an image; what cannot be read is the affair of file-whole.
template <class Judge>
Verdict with_image(const Subject &subject, Judge judge)
{
    const Result<ElfImage> image = ElfImage::open(subject.plugin);
    return image ? judge(*image) : skipped(to_string(image.error()));
}

template <class Judge>
Verdict with_trace(const Subject &subject, Judge judge)
{
    const Result<LoaderTrace> trace = trace_loader(subject.plugin);
    return trace ? judge(*trace) : skipped(to_string(trace.error()));
}

Verdict whole(const Subject &subject)
{
    const Result<ElfImage> image = ElfImage::open(subject.plugin);
    if (!image)
        return fail(to_string(image.error()));
    const Result<ElfImage> self = ElfImage::open("/proc/self/exe");
    const GElf_Ehdr &header = image->header();
    if (self &&
        (header.e_machine != self->header().e_machine || header.e_ident[EI_CLASS] != self->header().e_ident[EI_CLASS]))
        return fail("is built for another kind of machine");
    if (header.e_type != ET_DYN)
        return fail("is no shared object");
    struct stat status {};
    ::stat(subject.plugin.c_str(), &status);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    for (const GElf_Phdr &segment : image->segments())
        if (segment.p_type == PT_LOAD && (segment.p_offset > size || segment.p_filesz > size - segment.p_offset))
            return fail("is cut off: parts of it lie behind its end");
    if (!image->dynamic(DT_SYMTAB))
        return fail("has no dynamic symbols");
    return pass("a whole shared object for this machine");
}

Verdict symbol_own(const Subject &subject)
{
    return with_image(subject, [](const ElfImage &image) {
        for (const ElfImage::Symbol &symbol : image.symbols())
            if (symbol.defined && symbol.name == kSymbol)
                return symbol.type == STT_OBJECT ? pass("sonde_plugin_v1 is an object of this very file")
                                                 : fail("its sonde_plugin_v1 is no object");
        for (const ElfImage::Symbol &symbol : image.symbols())
            if (symbol.defined && symbol.name.starts_with("sonde_plugin_v"))
                return fail("exports " + symbol.name + " and no sonde_plugin_v1: it is built for another ABI");
        return fail(image.takes(kSymbol) ? "takes sonde_plugin_v1 from a library" : "exports no sonde_plugin_v1");
    });
}

Verdict symbol_one(const Subject &subject)
{
    return with_image(subject, [](const ElfImage &image) {
        std::vector<std::string> plugins; // one for each ABI that it serves
        std::vector<std::string> others;
        for (const ElfImage::Symbol &symbol : image.symbols())
            if (symbol.defined)
                (symbol.name.starts_with("sonde_plugin_v") ? plugins : others).push_back(symbol.name);
        if (!others.empty())
            return fail("also exports " + list(others));
        return pass(plugins.empty() ? "exports nothing" : "exports " + list(plugins) + " and nothing else");
    });
}

Verdict symbol_none_of_ours(const Subject &subject)
{
    return with_image(subject, [](const ElfImage &image) {
        std::vector<std::string> ours;
        for (const ElfImage::Symbol &symbol : image.symbols())
            if (!symbol.defined && symbol.name.starts_with("sonde_"))
                ours.push_back(symbol.name);
        return ours.empty() ? pass("takes no symbol from the host") : fail("takes " + list(ours) + " from the host");
    });
}

Verdict abi(const Subject &subject)
{
    const Result<void> checked = hosting::check_plugin_file(subject.plugin);
    return checked ? pass("begins with the prefix of ABI 1") : fail(to_string(checked.error()));
}

// What a sanitizer has in every library that it was linked into.
bool is_of_sanitizer(const std::string &library)
{
    for (const char *name : {"libasan.", "libtsan.", "liblsan.", "libhwasan."})
        if (library.starts_with(name))
            return true;
    return false;
}

Verdict libraries_found(const Subject &subject)
{
    if (const Result<ElfImage> image = ElfImage::open(subject.plugin))
        for (const std::string &library : image->dynamic_texts(DT_NEEDED))
            if (is_of_sanitizer(library))
                return fail("needs " + library +
                            ", the runtime of a sanitizer, which no program has that loads it later");
    return with_trace(subject, [](const LoaderTrace &trace) {
        if (!trace.missing_libraries.empty())
            return fail("no " + list(trace.missing_libraries) + " on this machine");
        return trace.missing_versions.empty() ? pass("every library that it needs is here")
                                              : fail(trace.missing_versions.front());
    });
}

Verdict symbols_defined(const Subject &subject)
{
    return with_trace(subject, [](const LoaderTrace &trace) {
        return trace.undefined_symbols.empty() ? pass("its own libraries define every symbol that it takes")
                                               : fail("none of its libraries defines " + list(trace.undefined_symbols));
    });
}

Verdict libraries_by_name(const Subject &subject)
{
    return with_image(subject, [](const ElfImage &image) {
        const std::vector<std::string> libraries = image.dynamic_texts(DT_NEEDED);
        for (const std::string &library : libraries)
            if (library.find('/') != library.npos)
                return fail("needs a library by its path: " + library);
        return pass("needs " + (libraries.empty() ? "no library" : list(libraries)));
    });
}

Verdict no_run_path(const Subject &subject)
{
    return with_image(subject, [](const ElfImage &image) {
        for (const auto tag : {DT_RUNPATH, DT_RPATH})
            if (const auto paths = image.dynamic_texts(tag); !paths.empty())
                return fail("has the run path " + paths.front());
        return pass("finds its libraries as any program does");
    });
}

Verdict no_text_relocations(const Subject &subject)
{
    return with_image(subject, [](const ElfImage &image) {
        const bool has = image.dynamic(DT_TEXTREL) || (image.dynamic(DT_FLAGS).value_or(0) & DF_TEXTREL) != 0;
        return has ? fail("relocates its code (TEXTREL)") : pass("its code is the same in every process");
    });
}

Verdict no_static_tls(const Subject &subject)
{
    return with_image(subject, [](const ElfImage &image) {
        const bool has = (image.dynamic(DT_FLAGS).value_or(0) & DF_STATIC_TLS) != 0;
        return has ? fail("wants static thread-local storage (STATIC_TLS)") : pass("no static thread-local storage");
    });
}

Verdict stack_not_executable(const Subject &subject)
{
    return with_image(subject, [](const ElfImage &image) {
        for (const GElf_Phdr &segment : image.segments())
            if (segment.p_type == PT_GNU_STACK)
                return (segment.p_flags & PF_X) != 0 ? fail("asks for an executable stack")
                                                     : pass("no executable stack");
        return fail("does not say that its stack need not be executable (no GNU_STACK)");
    });
}

Verdict code_not_writable(const Subject &subject)
{
    return with_image(subject, [](const ElfImage &image) {
        for (const GElf_Phdr &segment : image.segments())
            if (segment.p_type == PT_LOAD && (segment.p_flags & PF_W) != 0 && (segment.p_flags & PF_X) != 0)
                return fail("has memory that is both writable and executable");
        return pass("no memory is both writable and executable");
    });
}

// "2.34" of "GLIBC_2.34"; empty for others.
std::string_view number_of(std::string_view version, std::string_view library)
{
    return version.starts_with(library) ? version.substr(library.size()) : std::string_view();
}

std::string newest(const ElfImage &image, std::string_view library)
{
    std::string found;
    for (const std::string &version : image.versions())
        if (const std::string number(number_of(version, library)); !number.empty() && number[0] <= '9')
            if (::strverscmp(number.c_str(), found.c_str()) > 0)
                found = number;
    return found;
}

Verdict glibc(const Subject &subject)
{
    return with_image(subject, [](const ElfImage &image) {
        const auto &versions = image.versions();
        if (std::find(versions.begin(), versions.end(), "GLIBC_PRIVATE") != versions.end())
            return fail("takes what glibc keeps to itself (GLIBC_PRIVATE)");
        const std::string needed = newest(image, "GLIBC_");
        if (needed.empty())
            return pass("asks for no version of glibc");
        const std::string cxx = newest(image, "GLIBCXX_");
        return pass("runs with glibc " + needed + (cxx.empty() ? "" : " and libstdc++ of GLIBCXX_" + cxx) +
                    " or newer; here is glibc " + gnu_get_libc_version());
    });
}

// Those of `unwanted` that the file takes.
std::vector<std::string> taken(const ElfImage &image, std::initializer_list<const char *> unwanted)
{
    std::vector<std::string> found;
    std::copy_if(unwanted.begin(), unwanted.end(), std::back_inserter(found),
                 [&](const char *name) { return image.takes(name); });
    return found;
}

Verdict no_libc_random(const Subject &subject)
{
    return with_image(subject, [](const ElfImage &image) {
        const auto found = taken(image, {"rand", "rand_r", "srand", "random", "random_r", "srandom", "drand48",
                                         "erand48", "lrand48", "nrand48", "mrand48", "jrand48", "srand48"});
        return found.empty() ? pass("does not draw from libc's generators")
                             : fail("takes " + list(found) + " from libc");
    });
}

Verdict no_processes(const Subject &subject)
{
    return with_image(subject, [](const ElfImage &image) {
        const auto found = taken(image, {"fork", "vfork", "_Fork", "daemon", "system", "popen", "posix_spawn",
                                         "posix_spawnp", "execv", "execve", "execvp", "execl", "execlp", "execle"});
        return found.empty() ? pass("takes nothing that makes processes") : fail("takes " + list(found) + " from libc");
    });
}

constexpr const char *kLinkScript = "link with the version script sonde.map";

constexpr Rule kFileRules[] = {
    {"file-whole", "", "no whole shared object for this machine", "an agent refuses anything else unread",
     "link with -shared for the machine that the agent runs on, and copy all of it", whole},
    {"symbol-own", "file-whole", "exports no sonde_plugin_v1",
     "a host takes sonde_plugin_v1 only from the very file that it was told to load",
     "define sonde_plugin_v1 with SONDE_EXPORT in this shared object", symbol_own},
    {"symbol-one", "file-whole", "",
     "a symbol of yours, but for sonde_plugin_v1 and that of another ABI, could take the place of one in another "
     "library of the same process",
     kLinkScript, symbol_one},
    {"symbol-none-of-ours", "file-whole", "",
     "the host exports nothing: everything reaches a plugin through the arguments of run()",
     "use the callbacks of struct sonde_host", symbol_none_of_ours},
    {"file-abi", "symbol-own", "not of ABI 1", "a host reads the prefix from the file, before it loads anything",
     "begin sonde_plugin_v1 with SONDE_PREFIX and initialise it by constants", abi},
    {"file-libraries", "file-abi", "needs libraries that are not here",
     "a library that is missing keeps the plugin from loading",
     "link it statically, or name the package that brings it in your own package's dependencies; build without a "
     "sanitizer",
     libraries_found},
    {"file-symbols", "file-libraries", "needs symbols that nobody defines",
     "it would load only where the program happens to have loaded that library already",
     "link with the library that defines them; -Wl,-z,defs finds them at build time", symbols_defined},
    {"file-names", "file-whole", "", "a path is the path of your machine, not of the agent's",
     "give the library a soname, and link by -l", libraries_by_name},
    {"file-run-path", "file-whole", "",
     "an agent loads a copy of the file from another place, so a run path finds other libraries, or somebody else's",
     "link without -rpath; install with your build system's option that removes it", no_run_path},
    {"file-text-relocations", "file-whole", "", "every process gets a copy of its own, and hardened systems refuse it",
     "compile everything with -fPIC, static libraries as well", no_text_relocations},
    {"file-static-tls", "file-whole", "", "the room for it is small and shared: loading fails once it is used up",
     "do not compile with -ftls-model=initial-exec", no_static_tls},
    {"file-stack", "file-whole", "", "one such file makes the stack of the whole process executable",
     "add a .note.GNU-stack section to assembler files; no nested functions whose address is taken",
     stack_not_executable},
    {"file-code", "file-whole", "", "whoever can write there can run anything",
     "use no linker script of your own for it", code_not_writable},
    {"file-glibc", "file-whole", "",
     "it does not load with an older C library than it was linked with, and what glibc keeps to itself changes with "
     "each",
     "build on the oldest distribution that you want to serve, and take only what its headers declare", glibc},
    {"symbol-random", "file-whole", "",
     "runs are forked from one process, so libc's generators give the same numbers to all of them", "use host->random",
     no_libc_random, Status::warning},
    {"symbol-processes", "file-whole", "", "a run may make threads but no processes, and a confined one cannot",
     "do it in the process of the run", no_processes, Status::warning},
};

} // namespace

std::span<const Rule> file_rules()
{
    return kFileRules;
}

} // namespace sonde::checker
