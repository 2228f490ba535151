#pragma once

#include "base/result.hpp"
#include "frames/socket.hpp"

#include <gelf.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::checker {

// What the dynamic loader finds in a shared object's file, read by libelf; nothing is mapped or run.
class ElfImage {
public:
    struct Symbol {
        std::string name;
        bool defined; // in this file
        int type;     // STT_OBJECT, ...
    };

    static Result<ElfImage> open(const std::string &path);

    const GElf_Ehdr &header() const { return header_; }
    const std::vector<GElf_Phdr> &segments() const { return segments_; }
    // The dynamic symbols that others see or that others have to define.
    const std::vector<Symbol> &symbols() const { return symbols_; }
    bool takes(std::string_view undefined) const;
    // The first entry of the dynamic section with this tag.
    std::optional<std::uint64_t> dynamic(std::int64_t tag) const;
    // The texts of all entries with this tag, DT_NEEDED for instance.
    std::vector<std::string> dynamic_texts(std::int64_t tag) const;
    // The versions of libraries that the file asks for: "GLIBC_2.34".
    const std::vector<std::string> &versions() const { return versions_; }
    // The dynamic loader that a program names; empty if there is none.
    std::string interpreter() const;

private:
    struct End {
        void operator()(Elf *elf) const { elf_end(elf); }
    };

    Result<void> read();
    void read_dynamic(Elf_Scn *section, const GElf_Shdr &header);
    void read_symbols(Elf_Scn *section, const GElf_Shdr &header);
    void read_versions(Elf_Scn *section, const GElf_Shdr &header);
    std::string text(std::size_t section, std::size_t offset) const;

    frames::Descriptor file_;
    std::unique_ptr<Elf, End> elf_;
    GElf_Ehdr header_{};
    std::vector<GElf_Phdr> segments_;
    std::vector<GElf_Dyn> dynamic_;
    std::size_t dynamic_texts_ = 0; // section of its strings
    std::vector<Symbol> symbols_;
    std::vector<std::string> versions_;
};

} // namespace sonde::checker
