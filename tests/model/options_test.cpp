#include "model/options.hpp"
#include "model/report_task.hpp"

#include "support/catch.hpp"

using namespace sonde::model;

namespace {

std::vector<Option> merged_of(std::vector<Option> task, std::vector<Option> action)
{
    return merge_options({"t", {}, {}, std::move(task), {}}, {"a", "t", std::move(action), {}, {}, {}});
}

} // namespace

// "The list of Action-specific options that are appended to the list of Task-specific options."
TEST_CASE("an action's options follow the task's")
{
    const std::vector<Option> merged =
        merged_of({{"1", "target", "a"}, {"2", "count", "3"}}, {{"3", "target", "b"}, {"4", "count", "5"}});
    CHECK(merged ==
          std::vector<Option>{{"1", "target", "a"}, {"2", "count", "3"}, {"3", "target", "b"}, {"4", "count", "5"}});
}

TEST_CASE("merged options have unique ids, even where task and action use the same")
{
    const std::vector<Option> merged =
        merged_of({{"a", "target", "x"}, {"a-2", "size", "1"}}, {{"a", "count", "5"}, {"b", "quiet", {}}});
    CHECK(merged ==
          std::vector<Option>{{"a", "target", "x"}, {"a-2", "size", "1"}, {"a-3", "count", "5"}, {"b", "quiet", {}}});
}

TEST_CASE("a task's interface and family are options that an action may replace")
{
    Task task{"t", {}, {}, {{"1", "count", "3"}}, {}, "eth0", Family::ipv6};
    const Action action{"a", "t", {{"2", "family", "4"}}, {}, {}, {}};
    CHECK(merge_options(task, action) == std::vector<Option>{{"interface", "interface", "eth0"},
                                                             {"family", "family", "6"},
                                                             {"1", "count", "3"},
                                                             {"2", "family", "4"}});
    task.family = Family::ipv4;
    CHECK(merge_options(task, {})[1] == Option{"family", "family", "4"});
}

TEST_CASE("the built-in report is known by its program or, without one, by its URI")
{
    Task task;
    CHECK_FALSE(is_report_task(task));
    task.functions = {{"urn:sonde:method:report", {}}};
    CHECK(is_report_task(task));
    task.program = "ping";
    CHECK_FALSE(is_report_task(task));
    task.program = "report";
    CHECK(is_report_task(task));
}
