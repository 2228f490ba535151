#include "hosting/elf.hpp"

#include "frames/socket.hpp"

#include <sonde/plugin.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace sonde::hosting {

namespace {

constexpr std::size_t kTableBytesMax = 256u << 20; // of a symbol table; nobody's is longer
constexpr std::string_view kSymbolStem = "sonde_plugin_v";

// The first fields of sonde_plugin: no relocation touches them, so they stand in the file as they will in memory.
struct Prefix {
    std::uint32_t magic;
    std::uint32_t abi_minor;
    std::uint32_t size;
    std::uint32_t flags;
};

Error refused(const std::string &what, const std::string &hint = "")
{
    return {"", what, hint};
}

Error wrong_abi(const std::string &version)
{
    return refused("built for ABI " + version + ", this host speaks 1." + std::to_string(SONDE_ABI_MINOR));
}

// A file of the machine's own ELF class. Every read is bounded by the file's size: a damaged one gives errors, while
// mapping it would raise SIGBUS.
class ElfFile {
public:
    explicit ElfFile(const std::string &path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}

    Result<void> read_header();
    // Nothing of what is to be mapped lies beyond the end of the file.
    Result<void> check_segments();
    Result<void> read_symbols();
    // The defined dynamic symbols named sonde_plugin_v..., by what follows the stem.
    std::optional<ElfW(Sym)> find(std::string_view version) const;
    std::string other_version() const;
    Result<Prefix> read_prefix(const ElfW(Sym) & symbol) const;

private:
    template <class T>
    bool read(std::uint64_t offset, std::vector<T> &items, std::uint64_t count) const
    {
        if (count > kTableBytesMax / sizeof(T) || offset > size_ || count * sizeof(T) > size_ - offset)
            return false;
        items.resize(count);
        const auto bytes = static_cast<ssize_t>(count * sizeof(T));
        return ::pread(fd_.get(), items.data(), count * sizeof(T), static_cast<off_t>(offset)) == bytes;
    }
    std::string_view version_of(const ElfW(Sym) & symbol) const;

    frames::Descriptor fd_;
    std::uint64_t size_ = 0;
    ElfW(Ehdr) header_{};
    std::vector<ElfW(Phdr)> segments_;
    std::vector<ElfW(Sym)> symbols_;
    std::vector<char> names_;
};

// What this very program is built for.
ElfW(Half) own_machine()
{
    ElfW(Ehdr) header{};
    const frames::Descriptor self(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    return ::read(self.get(), &header, sizeof header) == sizeof header ? header.e_machine : ElfW(Half){EM_NONE};
}

Result<void> ElfFile::read_header()
{
    struct stat status {};
    if (!fd_ || ::fstat(fd_.get(), &status) != 0)
        return refused(std::string("cannot be read: ") + std::strerror(errno));
    if (!S_ISREG(status.st_mode))
        return refused("not a file");
    size_ = static_cast<std::uint64_t>(status.st_size);
    std::vector<ElfW(Ehdr)> header;
    if (!read(0, header, 1) || std::memcmp(header[0].e_ident, ELFMAG, SELFMAG) != 0)
        return refused("not a shared object");
    header_ = header[0];
    const int own_class = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    if (header_.e_ident[EI_CLASS] != own_class || header_.e_ident[EI_DATA] != ELFDATA2LSB ||
        header_.e_machine != own_machine())
        return refused("built for another kind of machine");
    if (header_.e_type != ET_DYN)
        return refused("not a shared object", "link it with -shared");
    return {};
}

Result<void> ElfFile::check_segments()
{
    const Error damaged = refused("a damaged shared object: it is cut off or its tables point beyond its end");
    if (header_.e_phentsize != sizeof(ElfW(Phdr)) || !read(header_.e_phoff, segments_, header_.e_phnum))
        return damaged;
    for (const ElfW(Phdr) & segment : segments_)
        if (segment.p_type == PT_LOAD && (segment.p_offset > size_ || segment.p_filesz > size_ - segment.p_offset))
            return damaged;
    return {};
}

Result<void> ElfFile::read_symbols()
{
    std::vector<ElfW(Shdr)> sections;
    if (header_.e_shentsize != sizeof(ElfW(Shdr)) || !read(header_.e_shoff, sections, header_.e_shnum))
        return refused("a damaged shared object: its section headers cannot be read");
    for (const ElfW(Shdr) & section : sections) {
        if (section.sh_type != SHT_DYNSYM)
            continue;
        if (section.sh_link >= sections.size() || section.sh_entsize != sizeof(ElfW(Sym)) ||
            !read(section.sh_offset, symbols_, section.sh_size / sizeof(ElfW(Sym))) ||
            !read(sections[section.sh_link].sh_offset, names_, sections[section.sh_link].sh_size))
            return refused("a damaged shared object: its symbol table cannot be read");
    }
    if (!names_.empty() && names_.back() != '\0')
        return refused("a damaged shared object: its symbol names have no end");
    return {};
}

std::string_view ElfFile::version_of(const ElfW(Sym) & symbol) const
{
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= names_.size())
        return {};
    std::string_view name = names_.data() + symbol.st_name;
    if (!name.starts_with(kSymbolStem))
        return {};
    return name.substr(kSymbolStem.size());
}

std::optional<ElfW(Sym)> ElfFile::find(std::string_view version) const
{
    for (const ElfW(Sym) & symbol : symbols_)
        if (version_of(symbol) == version)
            return symbol;
    return std::nullopt;
}

std::string ElfFile::other_version() const
{
    for (const ElfW(Sym) & symbol : symbols_) {
        const std::string_view version = version_of(symbol);
        if (!version.empty() && version.size() < 4 && version.find_first_not_of("0123456789") == version.npos)
            return std::string(version);
    }
    return "";
}

Result<Prefix> ElfFile::read_prefix(const ElfW(Sym) & symbol) const
{
    std::vector<Prefix> prefix;
    for (const ElfW(Phdr) & segment : segments_) {
        if (segment.p_type != PT_LOAD || symbol.st_value < segment.p_vaddr ||
            symbol.st_value - segment.p_vaddr >= segment.p_filesz)
            continue;
        if (read(segment.p_offset + (symbol.st_value - segment.p_vaddr), prefix, 1))
            return prefix[0];
    }
    return refused("its sonde_plugin_v1 is not constant data", "initialise it: SONDE_PREFIX, .name = ...");
}

Result<void> check_prefix(const Prefix &prefix)
{
    if (prefix.magic == SONDE_MAGIC) {
        if (prefix.size < sizeof(sonde_plugin))
            return refused("its sonde_plugin_v1 says it has " + std::to_string(prefix.size) + " bytes",
                           "begin it with SONDE_PREFIX");
        return {};
    }
    const auto digit = static_cast<char>(prefix.magic >> 24);
    if ((prefix.magic & 0xffffffu) == (SONDE_MAGIC & 0xffffffu) && digit >= '0' && digit <= '9')
        return wrong_abi(std::string(1, digit));
    return refused("its sonde_plugin_v1 does not begin with SONDE_MAGIC", "begin it with SONDE_PREFIX");
}

} // namespace

Result<void> check_plugin_file(const std::string &path)
{
    ElfFile file(path);
    if (Result<void> read = file.read_header(); !read)
        return read;
    if (Result<void> read = file.check_segments(); !read)
        return read;
    if (Result<void> read = file.read_symbols(); !read)
        return read;
    const std::optional<ElfW(Sym)> symbol = file.find("1");
    if (!symbol) {
        const std::string other = file.other_version();
        return other.empty() ? refused("exports no sonde_plugin_v1") : wrong_abi(other);
    }
    const Result<Prefix> prefix = file.read_prefix(*symbol);
    if (!prefix)
        return prefix.error();
    return check_prefix(*prefix);
}

} // namespace sonde::hosting
