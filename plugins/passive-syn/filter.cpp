#include "filter.hpp"

#include <utility>

#include <linux/if_packet.h>

namespace sonde::passive_syn {

namespace {

// Bytes handed over: Ethernet, the longest IPv4 header and TCP's fixed part; or room for tags and extension headers.
constexpr std::uint32_t kUsualBytes = 14 + 60 + 20, kOddBytes = 512;
constexpr std::uint32_t kSynOrRst = 0x06;

class Program {
public:
    void add(sock_filter instruction) { code_.push_back(instruction); }
    void load(std::uint16_t size, std::uint32_t at) { add(BPF_STMT(BPF_LD | BPF_ABS | size, at)); }
    void give(std::uint32_t bytes) { add(BPF_STMT(BPF_RET | BPF_K, bytes)); }
    // Returns `bytes` unless the comparison `op` of the accumulator with `value` holds.
    void require(std::uint16_t op, std::uint32_t value, std::uint32_t bytes)
    {
        add(BPF_JUMP(BPF_JMP | op | BPF_K, value, 1, 0));
        give(bytes);
    }
    // Returns `bytes` if the comparison holds.
    void give_if(std::uint16_t op, std::uint32_t value, std::uint32_t bytes)
    {
        add(BPF_JUMP(BPF_JMP | op | BPF_K, value, 0, 1));
        give(bytes);
    }
    // The block, which must end by giving, runs only if the accumulator is `value`.
    void when(std::uint32_t value, Program block)
    {
        add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, static_cast<std::uint8_t>(block.code_.size())));
        code_.insert(code_.end(), block.code_.begin(), block.code_.end());
    }
    std::vector<sock_filter> code() && { return std::move(code_); }

private:
    std::vector<sock_filter> code_;
};

Program ipv4(std::uint32_t base)
{
    Program p;
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
    p.add(BPF_STMT(BPF_LD | BPF_IND | BPF_B, base + 13));
    p.give_if(BPF_JSET, kSynOrRst, kUsualBytes);
    p.give(0);
    return p;
}

Program ipv6(std::uint32_t base)
{
    Program tcp;
    tcp.load(BPF_H, base + 4); // a payload too short for the flags; 0: too long for the field
    tcp.give_if(BPF_JEQ, 0, kOddBytes);
    tcp.require(BPF_JGE, 14, kOddBytes);
    tcp.load(BPF_B, base + 40 + 13);
    tcp.give_if(BPF_JSET, kSynOrRst, kUsualBytes);
    tcp.give(0);

    Program p;
    p.load(BPF_B, base + 6);
    p.when(6, std::move(tcp));
    p.give_if(BPF_JEQ, 17, 0); // UDP and ICMPv6, the bulk of the rest
    p.give_if(BPF_JEQ, 58, 0);
    p.give(kOddBytes);
    return p;
}

} // namespace

std::vector<sock_filter> make_filter(Link link, bool want_in, bool want_out)
{
    Program p;
    if (want_in != want_out) {
        p.load(BPF_W, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE));
        if (want_out)
            p.require(BPF_JEQ, PACKET_OUTGOING, 0);
        else
            p.give_if(BPF_JEQ, PACKET_OUTGOING, 0);
    }
    if (link == Link::bare) {
        p.load(BPF_B, 0);
        p.add(BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4));
        p.when(4, ipv4(0));
        p.when(6, ipv6(0));
        p.give(0);
        return std::move(p).code();
    }
    // The frame's own EtherType: the kernel's note of the protocol is, on the way out, whatever the sender claimed.
    p.load(BPF_H, 12);
    p.when(0x0800, ipv4(14));
    p.when(0x86dd, ipv6(14));
    for (const std::uint32_t tag : {0x8100u, 0x88a8u, 0x8864u})
        p.give_if(BPF_JEQ, tag, kOddBytes);
    p.give(0);
    return std::move(p).code();
}

} // namespace sonde::passive_syn
