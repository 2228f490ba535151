// What an agent says of its planned runs with each poll.
#include "channel/accounts.hpp"

#include "support/catch.hpp"

using namespace sonde;
using namespace std::chrono_literals;

TEST_CASE("accounts are read as they were written, with or without the triggers")
{
    for (const channel::Accounts &accounts :
         {channel::Accounts{120, 118, 3s, {}}, channel::Accounts{0, 0, 0s, 0}, channel::Accounts{UINT64_MAX, 1, 0s, 7}})
        CHECK(channel::read_accounts(channel::write_accounts(accounts)).value() == accounts);
    CHECK(channel::write_accounts({120, 118, 3s, 121}) == "planned=120, acknowledged=118, waiting=3, triggered=121");
}

TEST_CASE("members in any order and unknown ones are read, and what is no number is an error")
{
    const auto read = [](const char *text) { return channel::read_accounts(text); };
    CHECK(read("new=x, waiting=3,acknowledged=1,  planned=2").value() == channel::Accounts{2, 1, 3s, {}});
    for (const char *wrong : {"", "planned=1", "planned=1, acknowledged=1", "planned=1, acknowledged=1, waiting=-1",
                              "planned=1, acknowledged=x, waiting=1", "planned=1, acknowledged=1, waiting=1s",
                              "planned=1, acknowledged=1, waiting=1, triggered=", "planned=, acknowledged=1, waiting=1",
                              "planned=1, acknowledged=1, waiting=1, triggered=many",
                              "planned=1, acknowledged=1, waiting=99999999999999"}) {
        INFO(wrong);
        REQUIRE_FALSE(read(wrong));
        CHECK(to_string(read(wrong).error()).find("triggered=121") != std::string::npos);
    }
}
