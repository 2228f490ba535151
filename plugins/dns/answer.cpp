#include "answer.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <set>
#include <string_view>

#include <ldns/ldns.h>

namespace sonde::dns {
namespace {

constexpr std::uint16_t kNsidOption = 3, kCookieOption = 10, kExtendedErrorOption = 15;
constexpr std::size_t kTextMax = 200;

struct AnswerDeleter {
    void operator()(ldns_pkt *packet) const { ldns_pkt_free(packet); }
};
struct TextDeleter {
    void operator()(char *text) const { std::free(text); }
};

std::string rcode_word(int rcode)
{
    if (rcode == 23)
        return "BADCOOKIE"; // RFC 7873, missing from ldns
    const ldns_lookup_table *known = ldns_lookup_by_id(ldns_rcodes, rcode);
    return known == nullptr ? "RCODE" + std::to_string(rcode) : known->name;
}

bool is_printable(std::uint8_t c)
{
    return c >= 0x20 && c < 0x7f;
}

std::string text_of(Octets data)
{
    std::string text(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(std::min(data.size(), kTextMax)));
    std::replace_if(
        text.begin(), text.end(), [](char c) { return !is_printable(static_cast<std::uint8_t>(c)); }, '?');
    return text;
}

std::string text_or_hex(Octets data)
{
    if (std::all_of(data.begin(), data.end(), is_printable))
        return text_of(data);
    std::string hex;
    for (const std::uint8_t byte : data.first(std::min(data.size(), kTextMax / 2))) {
        hex += "0123456789abcdef"[byte >> 4];
        hex += "0123456789abcdef"[byte & 15];
    }
    return hex;
}

std::size_t number_at(Octets data, std::size_t at)
{
    return static_cast<std::size_t>(data[at] << 8 | data[at + 1]);
}

// ldns has the options in one piece; one that goes beyond the end is left out with all behind it.
void read_options(Octets data, Answer &answer)
{
    while (data.size() >= 4) {
        const std::size_t code = number_at(data, 0), size = number_at(data, 2);
        data = data.subspan(4);
        if (size > data.size())
            return;
        const Octets value = data.first(size);
        if (code == kNsidOption) {
            answer.nsid = text_or_hex(value);
        } else if (code == kCookieOption) {
            answer.cookie.assign(value.begin(), value.end());
        } else if (code == kExtendedErrorOption && size >= 2 && !answer.extended_error) {
            answer.extended_error = static_cast<std::uint16_t>(number_at(value, 0));
            answer.extended_error_text = text_of(value.subspan(2));
        } else if (code == kExtendedErrorOption && size >= 2 && answer.extended_error_text.size() < kTextMax) {
            answer.extended_error_text +=
                "; also " + std::to_string(number_at(value, 0)) + " " + text_of(value.subspan(2));
        }
        data = data.subspan(size);
    }
}

// As master files have it (RFC 1035 section 5.1), where ldns leaves a character as it is: a tab, for one.
void append_escaped(std::string &text, std::string_view part)
{
    for (const char each : part) {
        const auto c = static_cast<std::uint8_t>(each);
        if (is_printable(c)) {
            text += each;
            continue;
        }
        text += '\\';
        for (const int unit : {100, 10, 1})
            text += static_cast<char>('0' + c / unit % 10);
    }
}

// "A 192.0.2.1"
std::string record_text(const ldns_rr *record)
{
    std::string text;
    const std::unique_ptr<char, TextDeleter> type(ldns_rr_type2str(ldns_rr_get_type(record)));
    text = type ? type.get() : "?";
    for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
        const std::unique_ptr<char, TextDeleter> part(ldns_rdf2str(ldns_rr_rdf(record, i)));
        text += ' ';
        append_escaped(text, part ? part.get() : "?");
    }
    return text;
}

std::string content_of(const std::string &rcode, const ldns_rr_list *records)
{
    std::set<std::string> texts;
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
        const ldns_rr *record = ldns_rr_list_rr(records, i);
        if (ldns_rr_get_type(record) != LDNS_RR_TYPE_RRSIG)
            texts.insert(record_text(record));
    }
    std::string content = rcode;
    for (const std::string &text : texts) {
        content += "; ";
        content += text;
    }
    return content;
}

} // namespace

std::optional<Answer> parse_answer(Octets received)
{
    ldns_pkt *raw = nullptr;
    if (ldns_wire2pkt(&raw, received.data(), received.size()) != LDNS_STATUS_OK)
        return std::nullopt;
    const std::unique_ptr<ldns_pkt, AnswerDeleter> packet(raw);
    Answer answer;
    answer.rcode = rcode_word(ldns_pkt_edns_extended_rcode(raw) << 4 | ldns_pkt_get_rcode(raw));
    answer.aa = ldns_pkt_aa(raw);
    answer.tc = ldns_pkt_tc(raw);
    answer.rd = ldns_pkt_rd(raw);
    answer.ra = ldns_pkt_ra(raw);
    answer.ad = ldns_pkt_ad(raw);
    answer.cd = ldns_pkt_cd(raw);
    answer.answers = ldns_pkt_ancount(raw);
    answer.authorities = ldns_pkt_nscount(raw);
    answer.additionals = ldns_pkt_arcount(raw);
    const ldns_rr_list *records = ldns_pkt_answer(raw);
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
        const std::uint32_t ttl = ldns_rr_ttl(ldns_rr_list_rr(records, i));
        answer.min_ttl = std::min(answer.min_ttl.value_or(ttl), ttl);
        answer.max_ttl = std::max(answer.max_ttl.value_or(ttl), ttl);
    }
    if (const ldns_rdf *options = ldns_pkt_edns_data(raw))
        read_options({ldns_rdf_data(options), ldns_rdf_size(options)}, answer);
    answer.content = content_of(answer.rcode, records);
    return answer;
}

bool cookie_fits(const Query &query, const Answer &answer)
{
    if (answer.cookie.empty() || query.cookie.empty())
        return true;
    const std::size_t size = answer.cookie.size();
    return (size == kClientCookieBytes || (size >= 2 * kClientCookieBytes && size <= 5 * kClientCookieBytes)) &&
           std::equal(query.cookie.begin(), query.cookie.begin() + kClientCookieBytes, answer.cookie.begin());
}

} // namespace sonde::dns
