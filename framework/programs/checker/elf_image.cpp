#include "programs/checker/elf_image.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>

namespace sonde::checker {

Result<ElfImage> ElfImage::open(const std::string &path)
{
    elf_version(EV_CURRENT);
    ElfImage image;
    image.file_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!image.file_)
        return Error{"", std::string("cannot be read: ") + std::strerror(errno), ""};
    image.elf_.reset(elf_begin(image.file_.get(), ELF_C_READ, nullptr));
    if (!image.elf_ || elf_kind(image.elf_.get()) != ELF_K_ELF)
        return Error{"", "is not a shared object", ""};
    if (const Result<void> read = image.read(); !read)
        return read.error();
    return image;
}

Result<void> ElfImage::read()
{
    const Error damaged{"", "is damaged or cut off", ""};
    std::size_t segments = 0;
    if (gelf_getehdr(elf_.get(), &header_) == nullptr || elf_getphdrnum(elf_.get(), &segments) != 0)
        return damaged;
    for (std::size_t i = 0; i < segments; ++i) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf_.get(), static_cast<int>(i), &segment) == nullptr)
            return damaged;
        segments_.push_back(segment);
    }
    for (Elf_Scn *section = elf_nextscn(elf_.get(), nullptr); section != nullptr;
         section = elf_nextscn(elf_.get(), section)) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr)
            return damaged;
        if (header.sh_type == SHT_DYNAMIC)
            read_dynamic(section, header);
        else if (header.sh_type == SHT_DYNSYM)
            read_symbols(section, header);
        else if (header.sh_type == SHT_GNU_verneed)
            read_versions(section, header);
    }
    return {};
}

void ElfImage::read_dynamic(Elf_Scn *section, const GElf_Shdr &header)
{
    dynamic_texts_ = header.sh_link;
    Elf_Data *data = elf_getdata(section, nullptr);
    GElf_Dyn entry;
    for (int i = 0; gelf_getdyn(data, i, &entry) != nullptr && entry.d_tag != DT_NULL; ++i)
        dynamic_.push_back(entry);
}

void ElfImage::read_symbols(Elf_Scn *section, const GElf_Shdr &header)
{
    Elf_Data *data = elf_getdata(section, nullptr);
    GElf_Sym symbol;
    for (int i = 1; gelf_getsym(data, i, &symbol) != nullptr; ++i) {
        const int binding = GELF_ST_BIND(symbol.st_info);
        const int visibility = GELF_ST_VISIBILITY(symbol.st_other);
        if (binding != STB_LOCAL && visibility != STV_HIDDEN && visibility != STV_INTERNAL)
            symbols_.push_back(
                {text(header.sh_link, symbol.st_name), symbol.st_shndx != SHN_UNDEF, GELF_ST_TYPE(symbol.st_info)});
    }
}

void ElfImage::read_versions(Elf_Scn *section, const GElf_Shdr &header)
{
    Elf_Data *data = elf_getdata(section, nullptr);
    GElf_Verneed library;
    int at = 0;
    // As many as the section says: a chain may lead back.
    for (GElf_Word left = header.sh_info; left > 0 && gelf_getverneed(data, at, &library) != nullptr; --left) {
        GElf_Vernaux version;
        int inner = at + static_cast<int>(library.vn_aux);
        for (int i = 0; i < library.vn_cnt && gelf_getvernaux(data, inner, &version) != nullptr; ++i) {
            versions_.push_back(text(header.sh_link, version.vna_name));
            inner += static_cast<int>(version.vna_next);
        }
        if (library.vn_next == 0)
            break;
        at += static_cast<int>(library.vn_next);
    }
}

std::string ElfImage::text(std::size_t section, std::size_t offset) const
{
    const char *found = elf_strptr(elf_.get(), section, offset);
    return found == nullptr ? "" : found;
}

bool ElfImage::takes(std::string_view undefined) const
{
    return std::any_of(symbols_.begin(), symbols_.end(),
                       [&](const Symbol &symbol) { return !symbol.defined && symbol.name == undefined; });
}

std::optional<std::uint64_t> ElfImage::dynamic(std::int64_t tag) const
{
    const auto found =
        std::find_if(dynamic_.begin(), dynamic_.end(), [&](const GElf_Dyn &entry) { return entry.d_tag == tag; });
    if (found == dynamic_.end())
        return std::nullopt;
    return found->d_un.d_val;
}

std::vector<std::string> ElfImage::dynamic_texts(std::int64_t tag) const
{
    std::vector<std::string> texts;
    for (const GElf_Dyn &entry : dynamic_)
        if (entry.d_tag == tag)
            texts.push_back(text(dynamic_texts_, entry.d_un.d_val));
    return texts;
}

std::string ElfImage::interpreter() const
{
    for (const GElf_Phdr &segment : segments_) {
        if (segment.p_type != PT_INTERP)
            continue;
        Elf_Data *data =
            elf_getdata_rawchunk(elf_.get(), static_cast<std::int64_t>(segment.p_offset), segment.p_filesz, ELF_T_BYTE);
        if (data != nullptr && data->d_buf != nullptr)
            return {static_cast<const char *>(data->d_buf),
                    ::strnlen(static_cast<const char *>(data->d_buf), data->d_size)};
    }
    return "";
}

} // namespace sonde::checker
