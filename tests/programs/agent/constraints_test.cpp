#include "programs/agent/constraints/comparison.hpp"
#include "programs/agent/constraints/constraints.hpp"
#include "programs/agent/constraints/line.hpp"
#include "programs/agent/constraints/power.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <fstream>
#include <sstream>

using namespace sonde;
using namespace sonde::agent;
using namespace std::chrono_literals;

namespace {

constexpr const char *kNoRoutes = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";

std::optional<std::string> default_of(const std::string &ipv4, const std::string &ipv6)
{
    std::istringstream first(kNoRoutes + ipv4), second(ipv6);
    return default_interface(first, second);
}

// A folder as /sys/class/power_supply.
struct Supplies {
    sonde::test::TempDir dir;

    void set(const std::string &supply, const std::string &attribute, const std::string &value)
    {
        std::filesystem::create_directory(dir / supply);
        std::ofstream(dir / supply / attribute) << value << '\n';
    }
};

} // namespace

TEST_CASE("the line is the interface of the default route with the least metric [A7]")
{
    const std::string local = "lan0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
    const std::string slow = "wan1\t00000000\t0101A8C0\t0003\t0\t0\t200\t00000000\t0\t0\t0\n";
    const std::string fast = "wan0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n";
    const std::string zeros(32, '0');
    const std::string six = zeros + " 00 " + zeros +
                            " 00 fe800000000000000000000000000001 00000400 00000001 00000000 " + "00000003     wan6\n";
    const std::string unreachable =
        zeros + " 00 " + zeros + " 00 " + zeros + " ffffffff 00000001 00000000 00200200       lo\n";
    CHECK(default_of(local + slow + fast, six) == "wan0");
    CHECK(default_of(local, unreachable + six + unreachable) == "wan6");
    CHECK_FALSE(default_of(local, unreachable));
    CHECK_FALSE(default_of("", ""));
}

TEST_CASE("an interface's bytes are those received and those sent [A7]")
{
    const char *devices = "Inter-|   Receive                                                |  Transmit\n"
                          " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs\n"
                          "    lo:    1000      10    0    0    0     0          0         0     1000      10    0\n"
                          "  wan0:18446744073000000000 1 0 0 0 0 0 0 709551000 1 0 0 0 0 0 0\n"
                          "wan0:1: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n"
                          "broken: 1 0\n";
    const auto of = [&](const std::string &name) {
        std::istringstream in(devices);
        return bytes_of(name, in);
    };
    CHECK(of("lo") == 2000);
    CHECK(of("wan0") == 18446744073709551000ULL);
    CHECK(of("wan0:1") == 3);
    CHECK_FALSE(of("broken"));
    CHECK_FALSE(of("wan"));
    // Without the headers of Ethernet.
    std::istringstream ethernet(devices), unequal(devices);
    CHECK(bytes_of("lo", ethernet, 14) == 2000 - 14 * 20);
    CHECK(bytes_of("wan0:1", unequal, 14) == 3);
    CHECK(bytes_of("lo"));
    CHECK(to_string(bytes_of("none0").error()).starts_with("interface none0: there is none of that name"));
}

TEST_CASE("an interface that does not exist is not up, and that is said [A7]")
{
    CHECK_FALSE(is_up("none0"));
    CHECK_FALSE(is_up(std::string(40, 'a')));
    CHECK(is_up("lo"));
}

TEST_CASE("a machine runs on battery if one discharges and no supply is there [A7]")
{
    Supplies of;
    CHECK_FALSE(on_battery(of.dir / "none"));
    CHECK_FALSE(on_battery(of.dir / "."));
    of.set("BAT0", "type", "Battery");
    of.set("BAT0", "status", "Full");
    CHECK_FALSE(on_battery(of.dir / "."));
    of.set("BAT0", "status", "Discharging");
    CHECK(on_battery(of.dir / "."));
    of.set("AC", "type", "Mains");
    of.set("AC", "online", "0");
    CHECK(on_battery(of.dir / "."));
    of.set("AC", "online", "1");
    CHECK_FALSE(on_battery(of.dir / "."));
    of.set("AC", "online", "0");
    of.set("BAT0", "scope", "Device"); // a mouse's
    CHECK_FALSE(on_battery(of.dir / "."));
}

TEST_CASE("cells are compared as what they are [A7]")
{
    using enum model::Comparison;
    CHECK(holds("int", "9", less, "10") == true);
    CHECK(holds("int", "-3", greater_or_equal, "-3") == true);
    CHECK(holds("double", "0.05", less, "0.1") == true);
    CHECK(holds("double", "1e-7", less, "0.1") == true);
    CHECK(holds("double", "0.1", not_equal, "0.10") == false);
    CHECK(holds("duration", "11000000", less_or_equal, "2000000") == false);
    CHECK(holds("string", "reply", equal, "reply") == true);
    CHECK(holds("bool", "true", not_equal, "false") == true);
    CHECK(holds("timestamp", "2026-11-24T00:00:00.000000000Z", greater, "2025-11-24T00:00:00.000000000Z") == true);
    CHECK(holds("address", "2001:db8::1", equal, "2001:DB8:0:0::0001") == true);
    CHECK(holds("address", "2001:db8::1", not_equal, "2001:db8::2") == true);
    for (const auto &[type, value] :
         {std::pair("string", "9"), std::pair("bool", "true"), std::pair("address", "192.0.2.1")})
        CHECK_FALSE(holds(type, value, greater_or_equal, value));
    CHECK_FALSE(holds("int", "9", less, "ten"));
    CHECK_FALSE(holds("int", "9", less, ""));
    CHECK_FALSE(holds("timestamp", "2026-11-24T00:00:00.000000000Z", greater, "5"));
}

TEST_CASE("rates are told in bits a second, with three digits [A7]")
{
    CHECK(rate_text(0) == "0 b/s");
    CHECK(rate_text(1250) == "10 kb/s");
    CHECK(rate_text(387'500) == "3.1 Mb/s");
    CHECK(rate_text(62'500) == "0.5 Mb/s");
    CHECK(rate_text(125'000'000) == "1 Gb/s");
    CHECK(rate_text(124'999'999) == "1 Gb/s");
}
