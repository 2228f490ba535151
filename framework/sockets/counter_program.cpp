#include "sockets/counter_program.hpp"

#include "sockets/classic_bpf.hpp"
#include "sockets/ebpf_code.hpp"

#include <utility>

namespace sonde::sockets {

namespace {

using Place = EbpfCode::Place;

// Where a value's number lies for its look-up, and the numbers of the first ones.
constexpr int kNumberAt = -kClassicMemoryBytes - 8;
constexpr std::int32_t kOriginAt = 0, kWidthAt = 1, kOpenAt = 2, kBeyondAt = 3;

// What follows on the plugin's part.
class Counting {
public:
    Counting(EbpfCode &code, std::uint32_t classes, int map)
        : code_(code), classes_(static_cast<std::int32_t>(classes)), map_(map)
    {
    }

    // Of the class in r0, in the interval of now; `nothing` is the end.
    void count(Place nothing)
    {
        const Place beyond = code_.new_place();
        nothing_ = nothing;
        code_.jump_if(BPF_JMP32, BPF_JEQ, r0, 0, nothing_);
        code_.jump_if(BPF_JMP32, BPF_JGT, r0, classes_, nothing_);
        code_.copy(r7, r0);
        code_.call(BPF_FUNC_ktime_get_ns);
        code_.copy(r9, r0);
        look_up(kOriginAt);
        code_.load(BPF_DW, r1, r0, 0);
        code_.jump_if(BPF_JMP, BPF_JLT, r9, r1, nothing_);
        code_.calculate(BPF_SUB, r9, r1);
        look_up(kWidthAt);
        code_.load(BPF_DW, r1, r0, 0);
        code_.jump_if(BPF_JMP, BPF_JEQ, r1, 0, nothing_);
        code_.calculate(BPF_DIV, r9, r1);
        look_up(kOpenAt);
        code_.load(BPF_W, r1, r0, 0);
        code_.jump_if(BPF_JMP, BPF_JGE, r9, r1, beyond);
        code_.calculate(BPF_AND, r9, SONDE_COUNTER_INTERVALS - 1);
        code_.calculate(BPF_MUL, r9, classes_);
        code_.calculate(BPF_ADD, r9, r7);
        code_.calculate(BPF_ADD, r9, kCounterHeadValues - 1);
        code_.store(BPF_W, frame, kNumberAt, r9);
        look_up();
        add_one();
        code_.jump(nothing_);
        code_.here(beyond);
        look_up(kBeyondAt);
        add_one();
        code_.here(nothing_);
        code_.set(r0, 0);
        code_.leave();
    }

private:
    // r0 points to the value whose number lies at kNumberAt.
    void look_up()
    {
        code_.copy(r2, frame);
        code_.calculate(BPF_ADD, r2, kNumberAt);
        code_.add(BPF_LD | BPF_DW | BPF_IMM, r1, BPF_PSEUDO_MAP_FD, 0, map_);
        code_.add(0, 0, 0, 0, 0);
        code_.call(BPF_FUNC_map_lookup_elem);
        code_.jump_if(BPF_JMP, BPF_JEQ, r0, 0, nothing_);
    }

    void look_up(std::int32_t number)
    {
        code_.add(BPF_ST | BPF_W | BPF_MEM, frame, 0, kNumberAt, number);
        look_up();
    }

    void add_one()
    {
        code_.set(r1, 1);
        code_.add(BPF_STX | BPF_DW | BPF_ATOMIC, r0, r1, 0, BPF_ADD);
    }

    EbpfCode &code_;
    std::int32_t classes_;
    int map_;
    Place nothing_ = 0;
};

} // namespace

Result<std::vector<bpf_insn>> translate_counter(const frames::Counter &counter, int map)
{
    EbpfCode code;
    const Place counting = code.new_place(), nothing = code.new_place();
    if (const Result<void> done = translate_classic(counter.program, counter.classes, code, counting, nothing); !done)
        return done.error();
    code.here(counting);
    Counting(code, counter.classes, map).count(nothing);
    return std::move(code).take();
}

} // namespace sonde::sockets
