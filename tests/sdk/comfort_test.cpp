#include <sonde/keyed_hash.hpp>
#include <sonde/plugin.hpp>

#include "support/catch.hpp"

#include <cerrno>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <fcntl.h>

using namespace sonde::plugin;
using namespace std::chrono_literals;

namespace {

// A host as a plugin sees it, that keeps what it is told.
struct Host : sonde_host {
    struct Told {
        std::uint32_t table;
        std::vector<sonde_cell> cells;
    };
    std::vector<Told> rows;
    std::int32_t failure = 0;
    std::string text;
    bool wants_rows = true;

    Host() : sonde_host{}
    {
        sonde_host::row = [](const sonde_host *self, std::uint32_t table, const sonde_cell *cells,
                             std::uint32_t count) {
            auto *host = const_cast<Host *>(static_cast<const Host *>(self));
            host->rows.push_back({table, {cells, cells + count}});
            return host->wants_rows ? 0 : 1;
        };
        sonde_host::fail = [](const sonde_host *self, std::int32_t code, const char *text, std::uint32_t length) {
            auto *host = const_cast<Host *>(static_cast<const Host *>(self));
            host->failure = code;
            host->text.assign(text, length);
            return code;
        };
    }
};

enum : std::int32_t { kRefused = 7, kUnexpected = 99 };

void fails(const sonde_host &, const sonde_invocation &)
{
    throw Failure{kRefused, "nobody listens"};
}
void breaks(const sonde_host &, const sonde_invocation &)
{
    throw std::runtime_error("a bug");
}
void throws_a_number(const sonde_host &, const sonde_invocation &)
{
    throw 3;
}
void cannot_run_here(const sonde_host &)
{
    throw Failure{kRefused, "not here"};
}
void can_run_here(const sonde_host &) {}
void writes_two_rows(const sonde_host &host, const sonde_invocation &)
{
    row(host, 0, {cell(1)});
    row(host, 0, {cell(2)});
}

enum class Mode { plain, fancy };
constexpr const char *kModes[] = {"plain", "fancy", nullptr};

struct Asked {
    std::string_view name;
    std::uint16_t port;
    std::optional<double> ratio;
    std::vector<std::chrono::nanoseconds> waits;
    Mode mode;
};
constinit const OptionSet kAsked(option<&Asked::name>({.id = "name", .type = SONDE_HOST, .required = true}),
                                 option<&Asked::port>({.id = "port", .default_value = "1"}),
                                 option<&Asked::ratio>({.id = "ratio"}), option<&Asked::waits>({.id = "waits"}),
                                 option<&Asked::mode>({.id = "mode", .default_value = "plain", .words = kModes}));

struct Answer {
    std::int64_t seq;
    std::optional<std::chrono::nanoseconds> rtt;
    std::optional<Mode> mode;
};
constinit const Table kAnswers({.id = "answer", .help = "one a question"}, column<&Answer::seq>({.id = "seq"}),
                               column<&Answer::rtt>({.id = "rtt"}),
                               column<&Answer::mode>({.id = "mode", .words = kModes}));

} // namespace

TEST_CASE("no exception leaves a guarded run: each becomes a status and a sentence")
{
    const sonde_invocation in{};
    Host host;
    CHECK(guarded<fails, kUnexpected>(&host, &in) == kRefused);
    CHECK(host.failure == kRefused);
    CHECK(host.text == "nobody listens");
    CHECK(guarded<breaks, kUnexpected>(&host, &in) == kUnexpected);
    CHECK(host.text == "a bug");
    CHECK(guarded<throws_a_number, kUnexpected>(&host, &in) == kUnexpected);
}

TEST_CASE("no exception leaves a guarded probe either")
{
    Host host;
    CHECK(guarded_probe<can_run_here, kUnexpected>(&host) == 0);
    CHECK(host.failure == 0);
    CHECK(guarded_probe<cannot_run_here, kUnexpected>(&host) == kRefused);
    CHECK(host.text == "not here");
}

TEST_CASE("a run whose rows are no longer wanted ends quietly")
{
    const sonde_invocation in{};
    Host host;
    host.wants_rows = false;
    CHECK(guarded<writes_two_rows, kUnexpected>(&host, &in) == 0);
    CHECK(host.rows.size() == 1);
    CHECK(host.failure == 0);
    CHECK(offer(host, 3, {cell(1)}) != 0);
    CHECK(host.rows.back().table == 3);
}

TEST_CASE("a value becomes the cell of its type, and what is absent becomes null")
{
    CHECK(cell(true).type == SONDE_BOOL);
    CHECK(cell(std::uint16_t{65535}).type == SONDE_INT);
    CHECK(cell(std::uint16_t{65535}).v.i == 65535);
    CHECK(cell(-1).v.i == -1);
    CHECK(cell(0.5).type == SONDE_DOUBLE);
    CHECK(cell(2us).type == SONDE_DURATION);
    CHECK(cell(2us).v.i == 2000);
    CHECK(cell(Timestamp{5}).type == SONDE_TIMESTAMP);
    CHECK(cell("word").size == 4);
    CHECK(cell(std::string_view()).type == SONDE_STRING); // empty, but known
    CHECK(cell(static_cast<const char *>(nullptr)).type == SONDE_NULL);
    CHECK(cell(std::nullopt).type == SONDE_NULL);
    CHECK(cell(std::optional<double>()).type == SONDE_NULL);
    CHECK(cell(std::optional(2us)).v.i == 2000);
    sonde_ip ip{};
    CHECK(cell(ip).type == SONDE_NULL);
    ip.family = 4;
    CHECK(cell(ip).size == 4);
    ip.family = 6;
    CHECK(cell(ip).size == 16);
}

TEST_CASE("options are read by position, a list's items one by one")
{
    const sonde_value items[] = {{0, 0, "a", nullptr, 1, 1}, {0, 0, "bc", nullptr, 2, 1}};
    const sonde_value values[] = {
        {0, 0, nullptr, items, 0, 2},
        {1'500'000, 0, "1.5ms", nullptr, 5, 1},
        {0, 0, nullptr, nullptr, 0, 0},
    };
    sonde_invocation in{};
    in.values = values;
    in.value_count = 3;
    const Options options(in);
    REQUIRE(options.items(0).size() == 2);
    CHECK(Options::text_of(options.items(0)[1]) == "bc");
    CHECK(options.duration(1) == 1500us);
    CHECK(options.text(1) == "1.5ms");
    CHECK_FALSE(options.given(2));
    CHECK(options.text(2).empty());
    CHECK(options.items(2).empty());
}

TEST_CASE("options fill the members that they are declared with, and one that is too much says so")
{
    CHECK(kAsked.data()[0]->type == SONDE_HOST);
    CHECK(kAsked.data()[1]->type == SONDE_INT);
    CHECK(kAsked.data()[3]->type == SONDE_DURATION);
    CHECK(kAsked.data()[3]->list == 1);
    CHECK(kAsked.data()[4]->type == SONDE_ENUM);
    CHECK(kAsked.data()[5] == nullptr);
    const sonde_value waits[] = {{1, 0, "1ns", nullptr, 3, 1}, {2, 0, "2ns", nullptr, 3, 1}};
    sonde_value values[] = {
        {0, 0, "host", nullptr, 4, 1}, {443, 0, "443", nullptr, 3, 1}, {0, 0, "", nullptr, 0, 0},
        {0, 0, "", waits, 0, 2},       {1, 0, "fancy", nullptr, 5, 1},
    };
    sonde_invocation in{};
    in.values = values;
    in.value_count = 5;
    const Asked asked = kAsked.read(in);
    CHECK(asked.name == "host");
    CHECK(asked.port == 443);
    CHECK_FALSE(asked.ratio);
    CHECK(asked.waits == std::vector<std::chrono::nanoseconds>{1ns, 2ns});
    CHECK(asked.mode == Mode::fancy);
    values[1].integer = 65536;
    CHECK_THROWS_AS(kAsked.read(in), std::out_of_range);
}

TEST_CASE("a row is a struct, whose optional members may be null")
{
    CHECK(std::string_view(kAnswers.id) == "answer");
    CHECK(kAnswers.columns[1]->type == SONDE_DURATION);
    CHECK(kAnswers.columns[1]->nullable == 1);
    CHECK(kAnswers.columns[0]->nullable == 0);
    CHECK(kAnswers.columns[3] == nullptr);
    Host host;
    row(host, 2, kAnswers, {.seq = 7, .rtt = 3us, .mode = Mode::fancy});
    row(host, 2, kAnswers, {.seq = 8, .rtt = {}, .mode = {}});
    REQUIRE(host.rows.size() == 2);
    CHECK(host.rows[0].table == 2);
    CHECK(host.rows[0].cells[0].v.i == 7);
    CHECK(host.rows[0].cells[1].v.i == 3000);
    CHECK(std::string_view(static_cast<const char *>(host.rows[0].cells[2].v.p)) == "fancy");
    CHECK(host.rows[1].cells[1].type == SONDE_NULL);
    CHECK(host.rows[1].cells[2].type == SONDE_NULL);
}

TEST_CASE("a descriptor is closed once, by its last owner")
{
    const int raw = open("/dev/null", O_RDONLY | O_CLOEXEC);
    REQUIRE(raw >= 0);
    {
        Fd first(raw);
        Fd second(std::move(first));
        CHECK_FALSE(first);
        CHECK(second.get() == raw);
        Fd third;
        third = std::move(second);
        CHECK(fcntl(raw, F_GETFD) >= 0);
    }
    CHECK(fcntl(raw, F_GETFD) == -1);
    CHECK(errno == EBADF);
}

TEST_CASE("the keyed hash is SipHash-2-4 as its authors computed it")
{
    HashKey key;
    std::vector<std::uint8_t> bytes;
    for (std::uint8_t i = 0; i < 16; ++i)
        key[i] = i;
    CHECK(keyed_hash(key, bytes) == 0x726fdb47dd0e0e31u);
    for (std::uint8_t i = 0; i < 15; ++i)
        bytes.push_back(i);
    CHECK(keyed_hash(key, bytes) == 0xa129ca6149be45e5u);
}
