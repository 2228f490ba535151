#pragma once

#include "sqlite/connection.hpp"

#include <deque>
#include <string>
#include <vector>

namespace sonde::store {

// The conditions of a query that is put together at run time: SQL from us, values always bound.
class Where {
public:
    Where() = default;
    Where(Where &&) = default; // the values are views of the texts

    void add(const std::string &condition) { sql_ += (sql_.empty() ? " WHERE " : " AND ") + condition; }

    void add(const std::string &condition, std::string value)
    {
        add(condition);
        values_.emplace_back(std::string_view(texts_.emplace_back(std::move(value))));
    }

    void add(const std::string &condition, std::string first, std::string second)
    {
        add(condition, std::move(first));
        values_.emplace_back(std::string_view(texts_.emplace_back(std::move(second))));
    }

    void add(const std::string &condition, std::int64_t value)
    {
        add(condition);
        values_.emplace_back(value);
    }

    void add(const std::string &condition, std::int64_t first, std::int64_t second)
    {
        add(condition, first);
        values_.emplace_back(second);
    }

    void add(const std::string &condition, WallTime value) { add(condition, nanoseconds(value)); }
    void add(const std::string &condition, WallTime first, std::int64_t second)
    {
        add(condition, nanoseconds(first), second);
    }
    void add(const std::string &condition, WallTime first, WallTime second, std::int64_t third)
    {
        add(condition, nanoseconds(first), nanoseconds(second));
        values_.emplace_back(third);
    }

    // `before` (?, ?, ...) `after`
    void add_any(const std::string &before, const std::vector<Uuid> &ids, const std::string &after = "")
    {
        std::string marks;
        for (const auto &id : ids) {
            marks += marks.empty() ? "?" : ", ?";
            values_.emplace_back(std::string_view(texts_.emplace_back(to_string(id))));
        }
        add(before + " (" + marks + ")" + after);
    }

    const std::string &sql() const { return sql_; }
    const std::vector<sqlite::Value> &values() const { return values_; }

private:
    static std::int64_t nanoseconds(WallTime time) { return time.time_since_epoch().count(); }

    std::string sql_;
    std::deque<std::string> texts_; // a deque never moves them
    std::vector<sqlite::Value> values_;
};

// A query whose conditions are put together at run time.
struct Select {
    std::string sql;
    Where where;
};

} // namespace sonde::store
