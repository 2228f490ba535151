#include "model/capabilities_json.hpp"
#include "model/instruction_json.hpp"
#include "model/report_json.hpp"
#include "model/state_json.hpp"

#include "random_model.hpp"
#include "support/catch.hpp"

#include <random>

using namespace sonde::model;

namespace {

// A seed in the environment's place of chance: a failure prints the seed that shows it again.
template <class Test>
void for_seeds(int count, Test test)
{
    const std::uint64_t first = std::random_device()();
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        INFO("seed " << seed);
        RandomModel model(seed);
        test(model);
    }
}

template <class T>
void check_same(const Reading<T> &reading, const T &written)
{
    REQUIRE(to_lines(reading.errors) == "");
    REQUIRE(*reading == written);
}

} // namespace

TEST_CASE("an instruction that is written reads back as the same")
{
    for_seeds(500, [](RandomModel &model) {
        const Instruction instruction = model.instruction();
        const std::string text = write_instruction(instruction);
        INFO(text);
        check_same(read_instruction_part(text), instruction);
        REQUIRE(to_lines(read_instruction(text).errors) == "");
    });
}

TEST_CASE("a state that is written reads back as the same")
{
    for_seeds(500, [](RandomModel &model) {
        const AgentState state = model.state();
        const std::string text = write_state(state);
        INFO(text);
        check_same(read_state(text), state);
    });
}

TEST_CASE("a report that is written reads back as the same")
{
    for_seeds(500, [](RandomModel &model) {
        const Report report = model.report();
        const std::string text = write_report(report);
        INFO(text);
        check_same(read_report(text), report);
    });
}

TEST_CASE("results that were encoded one by one make the same report as all at once")
{
    for_seeds(200, [](RandomModel &model) {
        const Report report = model.report();
        std::vector<std::string> encoded;
        for (const ReportedResult &result : report.results) {
            encoded.push_back(write_result(result));
            check_same(read_result(encoded.back()), result);
            CHECK(encoded.back().find('\n') == std::string::npos);
        }
        REQUIRE(write_report(report, encoded) == write_report(report));
    });
}

TEST_CASE("capabilities and failures that are written read back as the same [A10]")
{
    for_seeds(500, [](RandomModel &model) {
        const Capabilities capabilities = model.capabilities();
        check_same(read_capabilities(write_capabilities(capabilities)), capabilities);
        const std::vector<Failure> failures = model.failures();
        check_same(read_failures(write_failures(failures)), failures);
    });
}
