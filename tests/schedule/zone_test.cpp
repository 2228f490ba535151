#include "schedule/zone.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <cstdlib>
#include <ctime>

using namespace sonde;
using namespace sonde::schedule;
using namespace std::chrono_literals;

namespace {

// TZ as given, and the C library's view of it.
class As {
public:
    explicit As(const std::string &tz)
    {
        setenv("TZ", tz.c_str(), 1);
        tzset();
    }
    ~As()
    {
        unsetenv("TZ");
        tzset();
    }
    As(const As &) = delete;
    As &operator=(const As &) = delete;

    std::chrono::seconds offset(std::chrono::sys_seconds time) const
    {
        const std::time_t seconds = time.time_since_epoch().count();
        std::tm local{};
        localtime_r(&seconds, &local);
        return std::chrono::seconds(local.tm_gmtoff);
    }
};

constexpr std::chrono::sys_seconds kFar = std::chrono::sys_days{std::chrono::year{2100} / 7 / 1};

} // namespace

TEST_CASE("daylight saving goes on after the last change that the tz data lists [A5]")
{
    for (const char *zone : {"Europe/London", "America/New_York", "Australia/Sydney", "Asia/Kolkata",
                             "Africa/Casablanca", "Asia/Gaza", "America/Nuuk"}) {
        INFO(zone);
        const auto named = Zone::named(zone);
        REQUIRE(named);
        const As as(zone);
        std::chrono::sys_seconds time = std::chrono::sys_days{std::chrono::year{2035} / 1 / 1};
        while (time < kFar) {
            const ZoneStretch stretch = named->at(time);
            REQUIRE(stretch.begin <= time);
            REQUIRE(time < stretch.end);
            REQUIRE(stretch.offset == as.offset(time));
            REQUIRE(stretch.offset == as.offset(stretch.begin));
            REQUIRE(stretch.offset == as.offset(std::min(kFar, stretch.end) - 1s));
            time = stretch.end;
        }
    }
}

TEST_CASE("a rule whose changes are before midnight is read as the C library reads it [A5]")
{
    for (const char *rule : {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "<-02>2<-01>1,M3.5.0/-1,M10.5.0/-2:30",
                             "AAA-3BBB-4:30,J60/-26,300/-0:30:15", "AAA-3BBB,M9.5.0/-1,M4.1.0"}) {
        INFO(rule);
        const auto zone = Zone::named(rule);
        REQUIRE(zone);
        const As as(rule);
        int stretches = 0;
        for (std::chrono::sys_seconds time = std::chrono::sys_days{std::chrono::year{2035} / 1 / 1}; time < kFar;) {
            const ZoneStretch stretch = zone->at(time);
            REQUIRE(time < stretch.end);
            REQUIRE(stretch.offset == as.offset(time));
            REQUIRE(stretch.offset == as.offset(stretch.begin));
            REQUIRE(stretch.offset == as.offset(std::min(kFar, stretch.end) - 1s));
            time = stretch.end;
            ++stretches;
        }
        CHECK(stretches > 100);
    }
}

TEST_CASE("the local zone is what TZ names, be it a path or a rule, as the C library has it [A5]")
{
    sonde::test::TempDir dir;
    std::filesystem::create_symlink("/usr/share/zoneinfo/Asia/Kolkata", dir / "local");
    const auto local = [](const std::string &tz) {
        const As as(tz);
        return Zone::local();
    };
    for (const std::string tz : {"Asia/Kolkata", ":Asia/Kolkata", "/usr/share/zoneinfo/Asia/Kolkata"})
        CHECK(local(tz)->name() == "Asia/Kolkata");
    CHECK(local(":" + (dir / "local").string())->name() == "Asia/Kolkata");
    CHECK(local("IST-5:30")->at(kFar).offset == 5h + 30min);
    CHECK(local("EST5EDT,M3.2.0,M11.1.0")->at(kFar).offset == -4h);
    // No name is UTC, which is not what no TZ at all is.
    CHECK(local("")->name() == "UTC");
    CHECK(local(":")->name() == "UTC");
    for (const std::string tz :
         {"Nowhere", "Europe/Nowhere", "/usr/share/zoneinfo/Nowhere", "/etc/passwd", "EST5EDT,M"})
        CHECK_FALSE(local(tz));
    // Both are the same file, if the system has it.
    const auto unset = Zone::local();
    CHECK(local(":/etc/localtime").has_value() == unset.has_value());
    if (unset)
        CHECK(local(":/etc/localtime")->name() == unset->name());
}
