#include "sockets/classic_bpf.hpp"

#include <cstddef>
#include <optional>
#include <string>

#include <linux/bpf.h>
#include <linux/filter.h>

namespace sonde::sockets {

namespace {

using frames::Instruction;
using Place = EbpfCode::Place;

// Where what classic BPF works with lies, as when the kernel translates a filter: the accumulator is where loads put
// their result, and the packet is where they look for it.
constexpr Register kA = r0, kX = r7, kScratch = r2, kPacket = r6;

static_assert(kClassicMemoryBytes == 4 * BPF_MEMWORDS);
constexpr int word_at(std::uint32_t number)
{
    return -4 * (static_cast<int>(number) + 1);
}

constexpr std::int32_t as_signed(std::uint32_t value)
{
    return static_cast<std::int32_t>(value);
}

// The comparison that holds where this one does not; 0: there is none.
constexpr int opposite(int comparison)
{
    return comparison == BPF_JEQ ? BPF_JNE : comparison == BPF_JGT ? BPF_JLE : comparison == BPF_JGE ? BPF_JLT : 0;
}

class Translation {
public:
    Translation(const std::vector<Instruction> &program, std::uint32_t most_returned, EbpfCode &code, Place counting,
                Place nothing)
        : program_(program), most_returned_(most_returned), code_(code), counting_(counting), nothing_(nothing)
    {
        for (std::size_t i = 0; i < program_.size(); ++i)
            starts_.push_back(code_.new_place());
        reached_.resize(program_.size());
    }

    Result<void> make()
    {
        begin();
        reached_[0] = true;
        // Jumps lead ahead alone, so what leads to an instruction is known by then; the kernel takes none that is never
        // reached.
        for (at_ = 0; at_ < program_.size(); ++at_) {
            if (!reached_[at_])
                continue;
            code_.here(starts_[at_]);
            if (const char *wrong = translate(program_[at_]))
                return Error{"instruction " + std::to_string(at_), wrong, ""};
        }
        return {};
    }

private:
    using Fault = const char *; // what is wrong, or nullptr

    void begin()
    {
        code_.copy(kPacket, r1);
        code_.set(kA, 0);
        code_.set(kX, 0);
        for (std::uint32_t word = 1; word < BPF_MEMWORDS; word += 2)
            code_.add(BPF_ST | BPF_DW | BPF_MEM, frame, 0, word_at(word), 0);
    }

    Fault translate(const Instruction &one)
    {
        switch (BPF_CLASS(one.code)) {
        case BPF_LD:
            return go_on(load(one));
        case BPF_LDX:
            return go_on(load_index(one));
        case BPF_ST:
        case BPF_STX:
            if (one.operand >= BPF_MEMWORDS || (one.code & ~0x07) != 0)
                return "a store to nowhere";
            code_.store(BPF_W, frame, word_at(one.operand), BPF_CLASS(one.code) == BPF_ST ? kA : kX);
            return go_on(nullptr);
        case BPF_ALU:
            return go_on(calculate(one));
        case BPF_JMP:
            return jump(one);
        case BPF_RET:
            return give(one);
        default:
            return go_on(exchange(one));
        }
    }

    // To the next instruction.
    Fault go_on(Fault fault)
    {
        if (fault != nullptr)
            return fault;
        if (at_ + 1 >= program_.size())
            return "the program ends without returning";
        reached_[at_ + 1] = true;
        return nullptr;
    }

    Fault load(const Instruction &one)
    {
        switch (one.code) {
        case BPF_LD | BPF_IMM:
            code_.set(kA, as_signed(one.operand));
            return nullptr;
        case BPF_LD | BPF_W | BPF_LEN:
            code_.load(BPF_W, kA, kPacket, offsetof(__sk_buff, len));
            return nullptr;
        case BPF_LD | BPF_MEM:
            return load_word(kA, one.operand);
        case BPF_LD | BPF_W | BPF_ABS:
        case BPF_LD | BPF_H | BPF_ABS:
        case BPF_LD | BPF_B | BPF_ABS:
            return load_fixed(one);
        case BPF_LD | BPF_W | BPF_IND:
        case BPF_LD | BPF_H | BPF_IND:
        case BPF_LD | BPF_B | BPF_IND:
            code_.add(one.code, 0, kX, 0, as_signed(one.operand));
            return nullptr;
        default:
            return "a load that does not exist";
        }
    }

    Fault load_fixed(const Instruction &one)
    {
        if (one.operand == static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE))
            code_.load(BPF_W, kA, kPacket, offsetof(__sk_buff, pkt_type));
        else if (one.operand == static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_MARK))
            code_.load(BPF_W, kA, kPacket, offsetof(__sk_buff, mark));
        else if (as_signed(one.operand) < 0)
            return "an ancillary load other than SKF_AD_PKTTYPE and SKF_AD_MARK";
        else
            code_.add(one.code, 0, 0, 0, as_signed(one.operand));
        return nullptr;
    }

    Fault load_word(Register into, std::uint32_t number)
    {
        if (number >= BPF_MEMWORDS)
            return "a load from nowhere";
        code_.load(BPF_W, into, frame, word_at(number));
        return nullptr;
    }

    Fault load_index(const Instruction &one)
    {
        switch (one.code) {
        case BPF_LDX | BPF_IMM:
            code_.set(kX, as_signed(one.operand));
            return nullptr;
        case BPF_LDX | BPF_W | BPF_LEN:
            code_.load(BPF_W, kX, kPacket, offsetof(__sk_buff, len));
            return nullptr;
        case BPF_LDX | BPF_MEM:
            return load_word(kX, one.operand);
        case BPF_LDX | BPF_B | BPF_MSH:
            if (as_signed(one.operand) < 0)
                return "a load from nowhere";
            code_.copy(kX, kA);
            code_.add(BPF_LD | BPF_B | BPF_ABS, 0, 0, 0, as_signed(one.operand));
            code_.calculate(BPF_AND, kA, 0xf);
            code_.calculate(BPF_LSH, kA, 2);
            code_.copy(kScratch, kX);
            code_.copy(kX, kA);
            code_.copy(kA, kScratch);
            return nullptr;
        default:
            return "a load that does not exist";
        }
    }

    Fault calculate(const Instruction &one)
    {
        const int operation = BPF_OP(one.code);
        const bool by_index = BPF_SRC(one.code) == BPF_X;
        if (operation > BPF_XOR || one.code > 0xff)
            return "a calculation that does not exist";
        const bool divides = operation == BPF_DIV || operation == BPF_MOD;
        if (!by_index && divides && one.operand == 0)
            return "a division by zero";
        if (!by_index && (operation == BPF_LSH || operation == BPF_RSH) && one.operand > 31)
            return "a shift by more bits than there are";
        if (operation == BPF_NEG) {
            code_.add(BPF_ALU | BPF_NEG, kA, 0, 0, 0);
            return nullptr;
        }
        // As classic BPF has it: no class.
        if (by_index && divides)
            code_.jump_if(BPF_JMP32, BPF_JEQ, kX, 0, nothing_);
        code_.add(BPF_ALU | operation | (by_index ? BPF_X : BPF_K), kA, by_index ? kX : 0, 0,
                  by_index ? 0 : as_signed(one.operand));
        return nullptr;
    }

    // The place of an instruction that lies so many behind the next one.
    std::optional<Place> ahead(std::uint32_t by)
    {
        if (by >= program_.size() - at_ - 1)
            return std::nullopt;
        reached_[at_ + 1 + by] = true;
        return starts_[at_ + 1 + by];
    }

    Fault jump(const Instruction &one)
    {
        constexpr Fault kOutside = "a jump beyond the program's end";
        if (one.code == (BPF_JMP | BPF_JA)) {
            const auto place = ahead(one.operand);
            if (place)
                code_.jump(*place);
            return place ? nullptr : kOutside;
        }
        const int comparison = BPF_OP(one.code);
        if (one.code > 0xff || comparison == BPF_JA || comparison > BPF_JSET)
            return "a comparison that does not exist";
        const auto if_true = ahead(one.if_true), if_false = ahead(one.if_false);
        if (!if_true || !if_false)
            return kOutside;
        if (one.if_true == 0 && opposite(comparison) != 0) {
            compare(one, opposite(comparison), *if_false);
            return nullptr;
        }
        compare(one, comparison, *if_true);
        if (one.if_false != 0)
            code_.jump(*if_false);
        return nullptr;
    }

    void compare(const Instruction &one, int comparison, Place place)
    {
        if (BPF_SRC(one.code) == BPF_X)
            code_.jump_if(BPF_JMP32, comparison, kA, kX, place);
        else
            code_.jump_if(BPF_JMP32, comparison, kA, as_signed(one.operand), place);
    }

    Fault give(const Instruction &one)
    {
        if (one.code == (BPF_RET | BPF_A)) {
            code_.jump(counting_);
            return nullptr;
        }
        if (one.code != (BPF_RET | BPF_K))
            return "a return that does not exist";
        if (one.operand > most_returned_)
            return "a class beyond the last one";
        code_.set(kA, as_signed(one.operand));
        code_.jump(counting_);
        return nullptr;
    }

    Fault exchange(const Instruction &one)
    {
        if (one.code == (BPF_MISC | BPF_TAX))
            code_.copy(kX, kA);
        else if (one.code == (BPF_MISC | BPF_TXA))
            code_.copy(kA, kX);
        else
            return "an instruction that does not exist";
        return nullptr;
    }

    const std::vector<Instruction> &program_;
    std::uint32_t most_returned_;
    EbpfCode &code_;
    Place counting_, nothing_;
    std::vector<Place> starts_; // of each instruction
    std::vector<bool> reached_;
    std::size_t at_ = 0;
};

} // namespace

Result<void> translate_classic(const std::vector<frames::Instruction> &program, std::uint32_t most_returned,
                               EbpfCode &code, EbpfCode::Place counting, EbpfCode::Place nothing)
{
    return Translation(program, most_returned, code, counting, nothing).make();
}

} // namespace sonde::sockets
