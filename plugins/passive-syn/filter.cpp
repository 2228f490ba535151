#include "filter.hpp"

#include <stdexcept>
#include <utility>

#include <linux/if_packet.h>

namespace sonde::passive_syn {

namespace {

// Bytes handed over: Ethernet, the longest IPv4 header and TCP's fixed part; or room for tags and extension headers.
// Both are even.
constexpr std::uint32_t kUsualBytes = 14 + 60 + 20, kOddBytes = 512;
constexpr std::uint32_t kSynOrRst = 0x06;

class Program {
public:
    // Of packets that bear the mark, or of others.
    explicit Program(bool own) : own_(own) {}
    void add(sock_filter instruction) { code_.push_back(instruction); }
    // Leaves frames of less than so many bytes to be judged: a load beyond its end would drop a frame.
    void require_length(std::uint32_t bytes)
    {
        add(BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0));
        require(BPF_JGE, bytes, kOddBytes);
    }
    void load(std::uint16_t size, std::uint32_t at) { add(BPF_STMT(BPF_LD | BPF_ABS | size, at)); }
    void drop() { add(BPF_STMT(BPF_RET | BPF_K, 0)); }
    void give(std::uint32_t bytes)
    {
        if (bytes == 0 || !own_) {
            add(BPF_STMT(BPF_RET | BPF_K, bytes));
            return;
        }
        add(BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0));
        add(BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, bytes, 0, 1));
        add(BPF_STMT(BPF_LD | BPF_IMM, bytes));
        add(BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 2));
        add(BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 1));
        add(BPF_STMT(BPF_RET | BPF_A, 0));
    }
    // Returns `bytes` unless the comparison `op` of the accumulator with `value` holds.
    void require(std::uint16_t op, std::uint32_t value, std::uint32_t bytes) { unless(op, value, outcome(bytes)); }
    // Returns `bytes` if the comparison holds.
    void give_if(std::uint16_t op, std::uint32_t value, std::uint32_t bytes)
    {
        const Program block = outcome(bytes);
        add(BPF_JUMP(BPF_JMP | op | BPF_K, value, 0, block.size()));
        append(block);
    }
    // The block, which must end by giving, runs only if the accumulator is `value`.
    void when(std::uint32_t value, const Program &block)
    {
        add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, block.size()));
        append(block);
    }
    void append(const Program &block) { code_.insert(code_.end(), block.code_.begin(), block.code_.end()); }
    // For the jump over it, which reaches no farther than a byte counts.
    std::uint8_t size() const
    {
        if (code_.size() > 0xff)
            throw std::length_error("a block of the filter is too long to jump over");
        return static_cast<std::uint8_t>(code_.size());
    }
    std::vector<sock_filter> code() && { return std::move(code_); }

private:
    Program outcome(std::uint32_t bytes) const
    {
        Program block(own_);
        block.give(bytes);
        return block;
    }
    void unless(std::uint16_t op, std::uint32_t value, const Program &block)
    {
        add(BPF_JUMP(BPF_JMP | op | BPF_K, value, block.size(), 0));
        append(block);
    }

    bool own_;
    std::vector<sock_filter> code_;
};

Program ipv4(std::uint32_t base, bool own)
{
    Program p(own);
    p.require_length(base + 20);
    p.load(BPF_B, base + 9);
    p.require(BPF_JEQ, 6, 0);
    p.load(BPF_H, base + 6); // a later fragment has no TCP header
    p.give_if(BPF_JSET, 0x1fff, 0);
    p.load(BPF_B, base);
    p.add(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf));
    p.require(BPF_JGE, 5, kOddBytes);
    p.add(BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, base));
    p.load(BPF_H, base + 2); // a packet too short for the flags
    p.give_if(BPF_JEQ, 0, kOddBytes);
    p.add(BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0));
    p.require(BPF_JGE, 14, kOddBytes);
    p.give_if(BPF_JGT, 0xffff, kOddBytes); // the difference was negative
    p.add(BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0));
    p.add(BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0));
    p.require(BPF_JGE, base + 14, kOddBytes);
    p.give_if(BPF_JGT, 0x7fffffff, kOddBytes);
    p.add(BPF_STMT(BPF_LD | BPF_IND | BPF_B, base + 13));
    p.give_if(BPF_JSET, kSynOrRst, kUsualBytes);
    p.give(0);
    return p;
}

Program ipv6(std::uint32_t base, bool own)
{
    Program tcp(own);
    tcp.load(BPF_H, base + 4); // a payload too short for the flags; 0: too long for the field
    tcp.give_if(BPF_JEQ, 0, kOddBytes);
    tcp.require(BPF_JGE, 14, kOddBytes);
    tcp.require_length(base + 40 + 14);
    tcp.load(BPF_B, base + 40 + 13);
    tcp.give_if(BPF_JSET, kSynOrRst, kUsualBytes);
    tcp.give(0);

    Program p(own);
    p.require_length(base + 40);
    p.load(BPF_B, base + 6);
    p.when(6, tcp);
    p.give_if(BPF_JEQ, 17, 0); // UDP and ICMPv6, the bulk of the rest
    p.give_if(BPF_JEQ, 58, 0);
    p.give(kOddBytes);
    return p;
}

Program packets(Link link, bool own)
{
    Program p(own);
    if (link == Link::bare) {
        p.load(BPF_B, 0);
        p.add(BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4));
        p.when(4, ipv4(0, own));
        p.when(6, ipv6(0, own));
        p.drop();
        return p;
    }
    // The frame's own EtherType: the kernel's note of the protocol is, on the way out, whatever the sender claimed.
    p.load(BPF_H, 12);
    p.when(0x0800, ipv4(14, own));
    p.when(0x86dd, ipv6(14, own));
    for (const std::uint32_t tag : {0x8100u, 0x88a8u, 0x8864u})
        p.give_if(BPF_JEQ, tag, kOddBytes);
    p.drop();
    return p;
}

} // namespace

std::vector<sock_filter> make_filter(Link link, bool want_in, bool want_out, std::uint32_t own_mark)
{
    Program p(false);
    if (want_in != want_out) {
        p.load(BPF_W, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE));
        if (want_out)
            p.require(BPF_JEQ, PACKET_OUTGOING, 0);
        else
            p.give_if(BPF_JEQ, PACKET_OUTGOING, 0);
    }
    const Program others = packets(link, false);
    p.load(BPF_W, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_MARK));
    p.add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own_mark, others.size(), 0));
    p.append(others);
    p.append(packets(link, true));
    return std::move(p).code();
}

} // namespace sonde::passive_syn
