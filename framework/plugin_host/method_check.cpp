#include "plugin_host/method_check.hpp"

#include "model/cells.hpp"
#include "model/check/findings.hpp"
#include "model/options.hpp"
#include "model/receivers.hpp"
#include "model/report_task.hpp"
#include "plugin_host/cells.hpp"
#include "plugin_host/options.hpp"

#include <algorithm>
#include <map>

namespace sonde::plugin_host {

namespace {

using frames::MethodDescription;

// The agent's interfaces are not this machine's, which has this one in any case.
constexpr const char *kAnyInterface = "lo";

template <class T>
std::vector<std::string_view> ids_of(const std::vector<T> &all)
{
    std::vector<std::string_view> ids;
    for (const T &one : all)
        ids.push_back(one.id);
    return ids;
}

template <class T>
const T *find_id(const std::vector<T> &all, const std::string &id)
{
    const auto found = std::find_if(all.begin(), all.end(), [&](const T &one) { return one.id == id; });
    return found == all.end() ? nullptr : &*found;
}

class MethodCheck {
public:
    MethodCheck(const model::Instruction &instruction, const FindMethod &find, Interfaces interfaces,
                MethodFindings &findings)
        : instruction_(instruction), interfaces_(interfaces), findings_(findings)
    {
        for (const model::Task &task : instruction.tasks) {
            if (model::is_report_task(task))
                continue;
            const auto found = find(task);
            if (found)
                known_.emplace(task.name, Known{&task, *found});
            else
                findings.unknown.push_back(
                    {model::check::path_of("task", task.name), found.error().what, found.error().hint});
        }
    }

    void run()
    {
        for (const model::Schedule &schedule : instruction_.schedules) {
            const std::string path = model::check::path_of("schedule", schedule.name);
            for (std::size_t i = 0; i < schedule.actions.size(); ++i) {
                const std::string at = model::check::path_of(path, schedule.actions[i]);
                check(schedule.actions[i], at);
                for (const std::string &destination : schedule.actions[i].destinations)
                    check_receivers(destination, at + "/destination");
                if (schedule.execution_mode == model::ExecutionMode::pipelined && i + 1 < schedule.actions.size())
                    check_hand_over(schedule.actions[i], schedule.actions[i + 1], at);
            }
            for (const model::Constraint &constraint : schedule.constraints)
                if (const auto *result = std::get_if<model::MethodResult>(&constraint.type))
                    check(*result, path + "/sonde-lmap:constraint" + model::json::predicate("name", constraint.name) +
                                       "/method-result");
        }
    }

private:
    struct Known {
        const model::Task *task;
        const MethodDescription *method;
    };

    const Known *find(const std::string &task) const
    {
        const auto found = known_.find(task);
        return found == known_.end() ? nullptr : &found->second;
    }

    void error(const std::string &path, std::string what, std::string hint)
    {
        findings_.errors.push_back({path, std::move(what), std::move(hint)});
    }

    void check_options(const Known &known, std::vector<model::Option> options, const std::string &path)
    {
        for (model::Option &option : options)
            if (interfaces_ == Interfaces::of_others && option.name == "interface" && option.value)
                option.value = kAnyInterface;
        for (Error &found : read_options(*known.method, options, known.task->functions).errors)
            error(path, found.where.empty() ? found.what : "option " + found.where + ": " + found.what, found.hint);
    }

    const frames::TableDescription *table_of(const MethodDescription &method, const std::string &id,
                                             const std::string &path)
    {
        const auto *table = find_id(method.tables, id);
        if (table == nullptr)
            error(path, method.id + " has no table '" + model::json::shown(id) + "'",
                  model::json::name_hint(id, "tables", ids_of(method.tables)));
        return table;
    }

    void check(const model::Action &action, const std::string &path)
    {
        const Known *known = find(action.task);
        if (known == nullptr)
            return;
        check_options(*known, model::merge_options(*known->task, action), path);
        for (const std::string &table : action.report_tables)
            table_of(*known->method, table, path + "/sonde-lmap:report-table");
    }

    // What an action of a pipeline gives to the next one is lost if that one does not take it.
    void check_hand_over(const model::Action &action, const model::Action &next, const std::string &path)
    {
        const Known *known = find(next.task);
        if (!action.destinations.empty() || find(action.task) == nullptr || known == nullptr ||
            (known->method->flags & SONDE_TAKES_INPUT) != 0)
            return;
        findings_.warnings.push_back({path,
                                      "loses its results: " + known->method->id + ", the method of action '" +
                                          model::json::shown(next.name) + "', takes no input",
                                      "name a destination, a schedule that reports"});
    }

    void check_receivers(const std::string &destination, const std::string &path)
    {
        const auto to = std::find_if(instruction_.schedules.begin(), instruction_.schedules.end(),
                                     [&](const model::Schedule &one) { return one.name == destination; });
        if (to == instruction_.schedules.end())
            return;
        for (const model::Action &action : model::receivers(*to)) {
            const Known *known = find(action.task);
            if (known != nullptr && (known->method->flags & SONDE_TAKES_INPUT) == 0)
                error(path,
                      known->method->id + ", the method of action '" + model::json::shown(action.name) +
                          "' of schedule '" + model::json::shown(destination) + "', takes no input",
                      "name a schedule that reports, or whose method takes input");
        }
    }

    void check(const model::MethodResult &result, const std::string &path)
    {
        const Known *known = find(result.task);
        if (known == nullptr)
            return;
        check_options(*known, model::merge_options(*known->task, {}), path);
        const auto *table = table_of(*known->method, result.table, path + "/table");
        if (table == nullptr)
            return;
        const auto *column = find_id(table->columns, result.column);
        if (column == nullptr)
            return error(path + "/column",
                         "table " + table->id + " has no column '" + model::json::shown(result.column) + "'",
                         model::json::name_hint(result.column, "columns", ids_of(table->columns)));
        check_value(reported_column(*column), result, path);
    }

    void check_value(const model::Column &column, const model::MethodResult &result, const std::string &path)
    {
        const bool number = column.type == "int" || column.type == "double" || column.type == "duration";
        const bool equality =
            result.comparison == model::Comparison::equal || result.comparison == model::Comparison::not_equal;
        // Any number may be compared with one of a column, whose own text is one of several.
        const bool fits = model::is_cell_text(column.type, result.value) ||
                          (column.type == "double" && model::is_cell_text("int", result.value)) ||
                          (!equality && number && model::is_cell_text("double", result.value));
        if (!fits)
            error(path + "/value", "'" + model::json::shown(result.value) + "' is no " + column.type,
                  "as column " + column.name + " is");
        else if (!equality && !number && column.type != "timestamp")
            error(path + "/comparison", "a " + column.type + " is neither less nor greater than others",
                  "equal or not-equal");
        else if (!column.words.empty() &&
                 std::find(column.words.begin(), column.words.end(), result.value) == column.words.end())
            error(path + "/value", "column " + column.name + " never has '" + model::json::shown(result.value) + "'",
                  model::json::name_hint(result.value, "words",
                                         std::vector<std::string_view>(column.words.begin(), column.words.end())));
    }

    const model::Instruction &instruction_;
    Interfaces interfaces_;
    MethodFindings &findings_;
    std::map<std::string, Known> known_;
};

} // namespace

FindMethod finder(const Catalogue &catalogue)
{
    return [&catalogue](const model::Task &task) -> Result<const frames::MethodDescription *> {
        const auto found = catalogue.find_method(task);
        if (!found)
            return found.error();
        return &found->description->methods[found->index]; // which the catalogue keeps
    };
}

MethodFindings check_methods(const model::Instruction &instruction, const FindMethod &find, Interfaces interfaces)
{
    MethodFindings findings;
    MethodCheck(instruction, find, interfaces, findings).run();
    return findings;
}

} // namespace sonde::plugin_host
