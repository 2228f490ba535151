#include "filter.hpp"

#include <utility>

namespace sonde::ping {

namespace {

// Straight-line code: each requirement that is not met drops on the spot, so that no jump is longer than a branch. A
// load beyond the packet's end drops too, so short packets need no test of their own.
class Program {
public:
    void load(std::uint16_t size, std::uint32_t at) { add(BPF_STMT(BPF_LD | BPF_ABS | size, at)); }
    void load_behind_x(std::uint16_t size, std::uint32_t at) { add(BPF_STMT(BPF_LD | BPF_IND | size, at)); }
    void add(sock_filter instruction) { code_.push_back(instruction); }
    void accept() { add(BPF_STMT(BPF_RET | BPF_K, 0xffffffff)); }
    void drop() { add(BPF_STMT(BPF_RET | BPF_K, 0)); }
    void require(std::uint32_t value)
    {
        add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0));
        drop();
    }
    void require_no_bit(std::uint32_t bits)
    {
        add(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
        drop();
    }
    // The block that `write` adds runs only if the accumulator is `value`; it must end by accepting or dropping.
    template <class Write>
    void when(std::uint32_t value, Write write)
    {
        Program block;
        write(block);
        add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, static_cast<std::uint8_t>(block.code_.size())));
        code_.insert(code_.end(), block.code_.begin(), block.code_.end());
    }
    std::vector<sock_filter> code() && { return std::move(code_); }

private:
    std::vector<sock_filter> code_;
};

} // namespace

std::vector<sock_filter> filter_v4(std::uint16_t id)
{
    Program p;
    p.add(BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0)); // X: length of the IPv4 header
    p.load_behind_x(BPF_B, 0);
    p.when(0, [id](Program &reply) {
        reply.load_behind_x(BPF_H, 4);
        reply.require(id);
        reply.accept();
    });
    p.add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 3, 0));  // unreachable
    p.add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 11, 2, 0)); // time exceeded
    p.add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 12, 1, 0)); // parameter problem
    p.drop();
    p.load_behind_x(BPF_B, 8 + 9); // the quoted packet's protocol
    p.require(1);
    p.load_behind_x(BPF_H, 8 + 6); // a later fragment has no ICMP header to quote
    p.require_no_bit(0x1fff);
    p.load_behind_x(BPF_B, 8); // X: length of both IPv4 headers
    p.add(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf));
    p.add(BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2));
    p.add(BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0));
    p.add(BPF_STMT(BPF_MISC | BPF_TAX, 0));
    p.load_behind_x(BPF_B, 8);
    p.require(8); // echo request
    p.load_behind_x(BPF_H, 8 + 4);
    p.require(id);
    p.accept();
    return std::move(p).code();
}

std::vector<sock_filter> filter_v6(std::uint16_t id)
{
    constexpr std::uint32_t kQuote = 8, kNextHeader = kQuote + 6, kBehindHeader = kQuote + 40;
    Program p;
    p.load(BPF_B, 0);
    p.when(129, [id](Program &reply) {
        reply.load(BPF_H, 4);
        reply.require(id);
        reply.accept();
    });
    p.add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0));
    p.add(BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 4, 0, 1)); // errors are 1 to 4
    p.drop();
    p.load(BPF_B, kNextHeader);
    p.when(44, [id](Program &fragment) {
        fragment.load(BPF_B, kBehindHeader);
        fragment.require(58);
        fragment.load(BPF_H, kBehindHeader + 2);
        fragment.require_no_bit(0xfff8);
        fragment.load(BPF_B, kBehindHeader + 8);
        fragment.require(128);
        fragment.load(BPF_H, kBehindHeader + 8 + 4);
        fragment.require(id);
        fragment.accept();
    });
    p.require(58);
    p.load(BPF_B, kBehindHeader);
    p.require(128); // echo request
    p.load(BPF_H, kBehindHeader + 4);
    p.require(id);
    p.accept();
    return std::move(p).code();
}

std::vector<sock_filter> filter_none()
{
    Program p;
    p.drop();
    return std::move(p).code();
}

} // namespace sonde::ping
