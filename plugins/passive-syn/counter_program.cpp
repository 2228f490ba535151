#include "counter_program.hpp"

#include "assembler.hpp"

#include <utility>

#include <linux/if_packet.h>

namespace sonde::passive_syn {

namespace {

// As the ring has of what its filter does not judge.
constexpr std::uint32_t kSeenBytes = 512;
// More headers than these in one packet are an attack, not traffic: as in `classify`.
constexpr int kExtensions = 16, kTags = 4;
constexpr std::uint32_t kEthernetBytes = 14, kTagBytes = 4, kPppoeBytes = 8, kIpv4Bytes = 20, kIpv6Bytes = 40,
                        kExtensionMin = 8, kUpToFlags = 14, kFlagsAt = 13;
constexpr std::uint32_t kSynFlag = 0x02, kRstFlag = 0x04, kAckFlag = 0x10;
constexpr std::uint32_t kTcpProtocol = 6, kFragmentHeader = 44, kAuthenticationHeader = 51;
constexpr std::uint32_t kSizedHeaders[] = {0, 43, 60, 135, 139, 140};

class Maker {
public:
    explicit Maker(std::uint32_t own_mark) : own_mark_(own_mark) {}

    std::vector<sock_filter> make(Link link, bool want_in, bool want_out) &&
    {
        begin(want_in, want_out);
        if (link == Link::bare)
            bare();
        else
            ethernet();
        ipv4();
        ipv6();
        a_.here(nothing_);
        a_.add(BPF_RET | BPF_K, 0);
        return std::move(a_).take();
    }

private:
    using Label = Assembler::Label;

    struct Family {
        std::uint32_t number;
        Label packet, tcp, unparsed;
    };
    Family family(std::uint32_t number) { return {number, a_.label(), a_.label(), a_.label()}; }

    void begin(bool want_in, bool want_out)
    {
        const Label whole = a_.label();
        if (want_in != want_out) {
            load_kind();
            if (want_out)
                a_.go_unless(BPF_JEQ, PACKET_OUTGOING, nothing_);
            else
                a_.go_if(BPF_JEQ, PACKET_OUTGOING, nothing_);
        }
        a_.add(BPF_LD | BPF_W | BPF_LEN);
        a_.go_unless(BPF_JGT, kSeenBytes, whole);
        a_.add(BPF_LD | BPF_IMM, kSeenBytes);
        a_.here(whole);
        a_.store_word(kEnd);
        a_.add(BPF_LDX | BPF_IMM, 0);
    }

    void bare()
    {
        a_.require(1, nothing_);
        a_.load_at(BPF_B, 0);
        a_.add(BPF_ALU | BPF_RSH | BPF_K, 4);
        a_.go_if(BPF_JEQ, 4, four_.packet);
        a_.go_if(BPF_JEQ, 6, six_.packet);
        a_.go(nothing_);
    }

    void ethernet()
    {
        const Label untagged = a_.label(), ip = a_.label();
        a_.require(kEthernetBytes, nothing_);
        a_.add(BPF_LDX | BPF_IMM, kEthernetBytes);
        a_.add(BPF_LD | BPF_ABS | BPF_H, 12);
        for (int i = 0; i < kTags; ++i) {
            const Label tagged = a_.label();
            a_.go_if(BPF_JEQ, 0x8100, tagged);
            a_.go_unless(BPF_JEQ, 0x88a8, untagged);
            a_.here(tagged);
            a_.require(kTagBytes, nothing_);
            a_.load_at(BPF_H, 2);
            a_.store_word(kNext);
            a_.skip(kTagBytes);
            a_.load_word(kNext);
        }
        a_.here(untagged);
        a_.go_unless(BPF_JEQ, 0x8864, ip);
        pppoe();
        a_.here(ip);
        a_.go_if(BPF_JEQ, 0x0800, four_.packet);
        a_.go_if(BPF_JEQ, 0x86dd, six_.packet);
        a_.go(nothing_);
    }

    void pppoe()
    {
        const Label four = a_.label();
        a_.require(kPppoeBytes, nothing_);
        a_.load_at(BPF_H, 6);
        a_.go_if(BPF_JEQ, 0x0021, four);
        a_.go_unless(BPF_JEQ, 0x0057, nothing_);
        a_.skip(kPppoeBytes);
        a_.go(six_.packet);
        a_.here(four);
        a_.skip(kPppoeBytes);
        a_.go(four_.packet);
    }

    void ipv4()
    {
        const Label sized = a_.label();
        a_.here(four_.packet);
        a_.require(kIpv4Bytes, four_.unparsed);
        a_.load_at(BPF_B, 9);
        a_.go_unless(BPF_JEQ, kTcpProtocol, nothing_);
        a_.load_at(BPF_H, 6);
        a_.go_if(BPF_JSET, 0x1fff, nothing_);
        // What lies behind the packet's own end is padding; 0: too long for the field, made by our own offload.
        a_.load_at(BPF_H, 2);
        a_.go_if(BPF_JEQ, 0, sized);
        a_.add(BPF_ALU | BPF_ADD | BPF_X);
        a_.end_at_most();
        a_.here(sized);
        a_.load_at(BPF_B, 0);
        a_.add(BPF_ALU | BPF_AND | BPF_K, 0xf);
        a_.add(BPF_ALU | BPF_LSH | BPF_K, 2);
        a_.go_unless(BPF_JGE, kIpv4Bytes, four_.unparsed);
        a_.add(BPF_ALU | BPF_ADD | BPF_X);
        a_.add(BPF_MISC | BPF_TAX);
        tcp(four_);
    }

    void ipv6()
    {
        const Label sized = a_.label();
        a_.here(six_.packet);
        a_.require(kIpv6Bytes, six_.unparsed);
        a_.load_at(BPF_H, 4);
        a_.go_if(BPF_JEQ, 0, sized);
        a_.add(BPF_ALU | BPF_ADD | BPF_X);
        a_.add(BPF_ALU | BPF_ADD | BPF_K, kIpv6Bytes);
        a_.end_at_most();
        a_.here(sized);
        a_.load_at(BPF_B, 6);
        a_.store_word(kNext);
        a_.skip(kIpv6Bytes);
        for (int i = 0; i < kExtensions; ++i)
            extension();
        a_.go(six_.unparsed);
        tcp(six_);
    }

    // From one header to the next one, whose kind is kept.
    void extension()
    {
        const Label known = a_.label(), fragment = a_.label(), authentication = a_.label(), on = a_.label();
        a_.load_word(kNext);
        a_.go_if(BPF_JEQ, kTcpProtocol, six_.tcp);
        a_.go_near_if(BPF_JEQ, kFragmentHeader, known);
        a_.go_near_if(BPF_JEQ, kAuthenticationHeader, known);
        for (const std::uint32_t sized : kSizedHeaders)
            a_.go_near_if(BPF_JEQ, sized, known);
        a_.go(nothing_);
        a_.here(known);
        a_.require(kExtensionMin, six_.unparsed);
        a_.load_word(kNext);
        a_.go_near_if(BPF_JEQ, kFragmentHeader, fragment);
        a_.go_near_if(BPF_JEQ, kAuthenticationHeader, authentication);
        a_.load_at(BPF_B, 1);
        a_.add(BPF_ALU | BPF_ADD | BPF_K, 1);
        a_.add(BPF_ALU | BPF_LSH | BPF_K, 3);
        a_.go(on);
        a_.here(authentication);
        a_.load_at(BPF_B, 1);
        a_.add(BPF_ALU | BPF_ADD | BPF_K, 2);
        a_.add(BPF_ALU | BPF_LSH | BPF_K, 2);
        a_.go(on);
        a_.here(fragment);
        a_.load_at(BPF_H, 2);
        a_.go_if(BPF_JSET, 0xfff8, nothing_); // a later one
        a_.add(BPF_LD | BPF_IMM, kExtensionMin);
        a_.here(on);
        a_.store_word(kKept);
        a_.load_at(BPF_B, 0);
        a_.store_word(kNext);
        a_.load_word(kKept);
        a_.add(BPF_ALU | BPF_ADD | BPF_X);
        a_.add(BPF_MISC | BPF_TAX);
        a_.load_word(kEnd);
        a_.go_unless(BPF_JGE | BPF_X, 0, six_.unparsed);
    }

    // The index is where the segment begins, perhaps beyond the end.
    void tcp(const Family &family)
    {
        const Label rst = a_.label(), syn_ack = a_.label();
        a_.here(family.tcp);
        a_.load_word(kEnd);
        a_.go_unless(BPF_JGE | BPF_X, 0, family.unparsed);
        a_.require(kUpToFlags, family.unparsed);
        a_.load_at(BPF_B, kFlagsAt);
        a_.go_if(BPF_JSET, kRstFlag, rst);
        a_.go_unless(BPF_JSET, kSynFlag, nothing_);
        a_.go_if(BPF_JSET, kAckFlag, syn_ack);
        if (own_mark_ != 0) {
            const Label others = a_.label();
            a_.add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_MARK));
            a_.go_unless(BPF_JEQ, own_mark_, others);
            give(family, Class::own_syn);
            a_.here(others);
        }
        give(family, Class::syn);
        a_.here(rst);
        a_.go_unless(BPF_JSET, kAckFlag, nothing_);
        a_.load_at(BPF_W, 4);
        a_.go_unless(BPF_JEQ, 0, nothing_);
        give(family, Class::rst);
        a_.here(syn_ack);
        give(family, Class::syn_ack);
        a_.here(family.unparsed);
        give(family, Class::unparsed);
    }

    void give(const Family &family, Class what)
    {
        load_kind();
        a_.skip_one_unless(BPF_JEQ, PACKET_OUTGOING);
        a_.add(BPF_RET | BPF_K, class_number(family.number, Direction::out, what));
        a_.add(BPF_RET | BPF_K, class_number(family.number, Direction::in, what));
    }

    void load_kind() { a_.add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)); }

    std::uint32_t own_mark_;
    Assembler a_;
    Label nothing_ = a_.label();
    Family four_ = family(4), six_ = family(6);
};

} // namespace

std::vector<sock_filter> make_counter_program(Link link, bool want_in, bool want_out, std::uint32_t own_mark)
{
    return Maker(own_mark).make(link, want_in, want_out);
}

} // namespace sonde::passive_syn
