#include "offload.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

namespace sonde::passive_syn {

namespace {

// Commands of ethtool are a structure with an array behind it, which begins with the command's number.
bool ask(int fd, const std::string &interface, std::vector<std::uint32_t> &command)
{
    ifreq request{};
    interface.copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_data = reinterpret_cast<char *>(command.data());
    return ioctl(fd, SIOCETHTOOL, &request) == 0;
}

constexpr std::size_t kWord = sizeof(std::uint32_t);

// The place of a feature's bit by its name; -1 if the kernel has none of that name.
int bit_of(int fd, const std::string &interface, std::string_view feature)
{
    std::vector<std::uint32_t> info(sizeof(ethtool_sset_info) / kWord + 1);
    info[0] = ETHTOOL_GSSET_INFO;
    const std::uint64_t mask = 1ull << ETH_SS_FEATURES;
    std::memcpy(&info[offsetof(ethtool_sset_info, sset_mask) / kWord], &mask, sizeof mask);
    if (!ask(fd, interface, info))
        return -1;
    const std::uint32_t count = info[offsetof(ethtool_sset_info, data) / kWord];
    std::vector<std::uint32_t> names((sizeof(ethtool_gstrings) + std::size_t{count} * ETH_GSTRING_LEN) / kWord);
    names[0] = ETHTOOL_GSTRINGS;
    names[1] = ETH_SS_FEATURES;
    names[2] = count;
    if (!ask(fd, interface, names))
        return -1;
    const char *text = reinterpret_cast<const char *>(names.data()) + sizeof(ethtool_gstrings);
    for (std::uint32_t i = 0; i < count && i < names[2]; ++i, text += ETH_GSTRING_LEN)
        if (std::string_view(text, strnlen(text, ETH_GSTRING_LEN)) == feature)
            return static_cast<int>(i);
    return -1;
}

} // namespace

bool may_offload_flows(int fd, const std::string &interface)
{
    const int bit = bit_of(fd, interface, "hw-tc-offload");
    if (bit < 0)
        return false;
    constexpr std::size_t kBlock = sizeof(ethtool_get_features_block) / kWord;
    const std::size_t block = static_cast<std::size_t>(bit) / 32;
    std::vector<std::uint32_t> features(sizeof(ethtool_gfeatures) / kWord + (block + 1) * kBlock);
    features[0] = ETHTOOL_GFEATURES;
    features[1] = static_cast<std::uint32_t>(block + 1);
    if (!ask(fd, interface, features))
        return false;
    const std::size_t at =
        sizeof(ethtool_gfeatures) / kWord + block * kBlock + offsetof(ethtool_get_features_block, active) / kWord;
    return (features[at] >> (bit % 32) & 1) != 0;
}

} // namespace sonde::passive_syn
