#include "store_support.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using namespace sonde;
using namespace sonde::test;

TEST_CASE("a collector killed at any moment has every report that it acknowledged, whole and once [D2]")
{
    const TempDir dir;
    const auto agent = random_uuid();
    std::uint64_t acknowledged = 0;
    for (int round = 0; round < 8; ++round) {
        int pipes[2];
        REQUIRE(pipe(pipes) == 0);
        const pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            auto repository = Repository::open(dir / "c.db");
            // The agent begins again with the first report that it has no acknowledgement for.
            for (auto sequence = acknowledged + 1; repository; ++sequence) {
                auto result = result_of(sequence, {packet_table(20)});
                const auto stored = await(repository->store(agent, report_of({result}), at(0)));
                if (!stored || write(pipes[1], &sequence, sizeof sequence) != sizeof sequence)
                    _exit(1);
            }
            _exit(1);
        }
        close(pipes[1]);
        for (int i = 0; i < 1 + round * 2; ++i)
            REQUIRE(read(pipes[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged);
        kill(child, SIGKILL);
        std::uint64_t sequence = 0;
        while (read(pipes[0], &sequence, sizeof sequence) == sizeof sequence)
            acknowledged = sequence;
        close(pipes[0]);
        int status = 0;
        waitpid(child, &status, 0);
        REQUIRE(WIFSIGNALED(status));

        auto repository = open_repository(dir / "c.db");
        const auto rows = read_all(repository);
        CHECK(rows.size() % 20 == 0);
        const auto reports = rows.size() / 20;
        CHECK(reports >= acknowledged);
        CHECK(reports <= acknowledged + 1);
        for (std::size_t i = 0; i < rows.size(); ++i)
            CHECK(rows[i].result.identity.sequence == i / 20 + 1);
    }
}
