#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <linux/bpf.h>

// Private to sockets: writes eBPF.
namespace sonde::sockets {

enum Register : std::uint8_t {
    r0, // a call's result
    r1,
    r2,
    r6 = 6, // from here on kept over calls
    r7,
    r8,
    r9,
    frame = 10,
};

// Instructions with jumps to places that come later. What is at hand is written: nothing here judges it.
class EbpfCode {
public:
    using Place = std::size_t;

    Place new_place() { return places_.emplace_back(), places_.size() - 1; }
    void here(Place place) { places_[place] = code_.size(); }

    void add(int code, std::uint8_t target, std::uint8_t source, int offset, std::int32_t immediate)
    {
        bpf_insn one{};
        one.code = static_cast<std::uint8_t>(code);
        one.dst_reg = target & 0xf;
        one.src_reg = source & 0xf;
        one.off = static_cast<std::int16_t>(offset);
        one.imm = immediate;
        code_.push_back(one);
    }
    void set(Register target, std::int32_t value) { add(BPF_ALU | BPF_MOV | BPF_K, target, 0, 0, value); }
    void copy(Register target, Register source) { add(BPF_ALU64 | BPF_MOV | BPF_X, target, source, 0, 0); }
    void calculate(int operation, Register target, std::int32_t value)
    {
        add(BPF_ALU64 | operation | BPF_K, target, 0, 0, value);
    }
    void calculate(int operation, Register target, Register source)
    {
        add(BPF_ALU64 | operation | BPF_X, target, source, 0, 0);
    }
    void load(int size, Register target, Register base, int offset)
    {
        add(BPF_LDX | size | BPF_MEM, target, base, offset, 0);
    }
    void store(int size, Register base, int offset, Register source)
    {
        add(BPF_STX | size | BPF_MEM, base, source, offset, 0);
    }
    void call(std::int32_t function) { add(BPF_JMP | BPF_CALL, 0, 0, 0, function); }
    void leave() { add(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }
    // `kind` is BPF_JMP or BPF_JMP32.
    void jump_if(int kind, int comparison, Register left, std::int32_t right, Place place)
    {
        jumps_.emplace_back(code_.size(), place);
        add(kind | comparison | BPF_K, left, 0, 0, right);
    }
    void jump_if(int kind, int comparison, Register left, Register right, Place place)
    {
        jumps_.emplace_back(code_.size(), place);
        add(kind | comparison | BPF_X, left, right, 0, 0);
    }
    void jump(Place place)
    {
        jumps_.emplace_back(code_.size(), place);
        add(BPF_JMP | BPF_JA, 0, 0, 0, 0);
    }

    // All places must be known by now.
    std::vector<bpf_insn> take() &&
    {
        for (const auto &[at, place] : jumps_)
            code_[at].off = static_cast<std::int16_t>(places_[place] - at - 1);
        return std::move(code_);
    }

private:
    std::vector<bpf_insn> code_;
    std::vector<std::size_t> places_;
    std::vector<std::pair<std::size_t, Place>> jumps_; // which instruction, whereto
};

} // namespace sonde::sockets
