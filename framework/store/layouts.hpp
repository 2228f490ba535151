#pragma once

#include "base/result.hpp"
#include "model/report.hpp"
#include "sqlite/connection.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

namespace sonde::store {

// An agent names its tables and columns itself, and each new kind stays for ever: so many may be one agent's, which is
// every version of a plugin over years.
inline constexpr std::int64_t kLayoutsOfAgent = 1000;

// The layouts that one report of an agent needs, within one transaction.
class Layouts {
public:
    explicit Layouts(std::int64_t agent) : agent_(agent) {}

    // Which of them there are.
    Result<void> look_up(sqlite::Connection &db, const model::Report &report);
    // Why the others must not be made, if so.
    const std::optional<Error> &too_many() const { return too_many_; }
    // A layout's id; it is made if it is new, and changes the table's view then.
    Result<std::int64_t> put(sqlite::Connection &db, const std::string &method, const model::Table &table,
                             std::size_t position);

private:
    // method, table, position in the result, columns as JSON
    using Key = std::tuple<std::string, std::string, std::size_t, std::string>;

    std::int64_t agent_;
    std::map<Key, std::int64_t> ids_; // 0: is not there yet
    std::optional<Error> too_many_;
};

} // namespace sonde::store
