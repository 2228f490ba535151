#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include <linux/filter.h>

namespace sonde::passive_syn {

// Words of memory: where the packet ends, the kind of the next header, and what has to be out of the way.
enum Word : std::uint32_t { kEnd, kNext, kKept };

// Writes classic BPF with jumps to places that come later. Where the packet is read is in the index.
class Assembler {
public:
    using Label = std::size_t;

    Label label() { return places_.emplace_back(), places_.size() - 1; }
    void here(Label label) { places_[label] = code_.size(); }
    void add(int code, std::uint32_t operand = 0)
    {
        code_.push_back(BPF_STMT(static_cast<std::uint16_t>(code), operand));
    }
    void go(Label label)
    {
        jumps_.emplace_back(code_.size(), label);
        add(BPF_JMP | BPF_JA);
    }
    // With the accumulator to the left; by BPF_X with the index to the right.
    void go_if(int comparison, std::uint32_t operand, Label label)
    {
        code_.push_back(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | comparison), operand, 0, 1));
        go(label);
    }
    // The same where the place is near enough for the comparison itself.
    void go_near_if(int comparison, std::uint32_t operand, Label label)
    {
        near_jumps_.emplace_back(code_.size(), label);
        code_.push_back(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | comparison), operand, 0, 0));
    }
    void go_unless(int comparison, std::uint32_t operand, Label label)
    {
        code_.push_back(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | comparison), operand, 1, 0));
        go(label);
    }
    void skip_one_unless(int comparison, std::uint32_t operand)
    {
        code_.push_back(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | comparison), operand, 0, 1));
    }
    void load_at(int size, std::uint32_t at) { add(BPF_LD | BPF_IND | size, at); }
    void load_word(std::uint32_t word) { add(BPF_LD | BPF_MEM, word); }
    void store_word(std::uint32_t word) { add(BPF_ST, word); }
    // The index goes on; the accumulator is lost.
    void skip(std::uint32_t bytes)
    {
        add(BPF_MISC | BPF_TXA);
        add(BPF_ALU | BPF_ADD | BPF_K, bytes);
        add(BPF_MISC | BPF_TAX);
    }
    // Unless so many bytes are left behind the index, which is not beyond the end.
    void require(std::uint32_t bytes, Label otherwise)
    {
        load_word(kEnd);
        add(BPF_ALU | BPF_SUB | BPF_X);
        go_unless(BPF_JGE, bytes, otherwise);
    }
    // The end is where the accumulator says, if that comes earlier.
    void end_at_most()
    {
        const Label kept = label();
        add(BPF_STX, kKept);
        add(BPF_LDX | BPF_MEM, kEnd);
        go_if(BPF_JGE | BPF_X, 0, kept);
        store_word(kEnd);
        here(kept);
        add(BPF_LDX | BPF_MEM, kKept);
    }
    std::vector<sock_filter> take() &&
    {
        for (const auto &[at, label] : jumps_)
            code_[at].k = static_cast<std::uint32_t>(places_[label] - at - 1);
        for (const auto &[at, label] : near_jumps_) {
            const std::size_t over = places_[label] - at - 1;
            if (over > 0xff)
                throw std::length_error("a place that is not near");
            code_[at].jt = static_cast<std::uint8_t>(over);
        }
        return std::move(code_);
    }

private:
    std::vector<sock_filter> code_;
    std::vector<std::size_t> places_;
    std::vector<std::pair<std::size_t, Label>> jumps_, near_jumps_;
};

} // namespace sonde::passive_syn
