#pragma once

#include "sqlite/connection.hpp"

#include <deque>
#include <string>
#include <vector>

namespace sonde::store {

// The conditions of a query that is put together at run time: SQL from us, values always bound.
class Where {
public:
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

    void add(const std::string &condition, WallTime value) { add(condition, value.time_since_epoch().count()); }

    void add_any(const std::string &column, const std::vector<Uuid> &ids)
    {
        if (ids.empty())
            return;
        std::string marks;
        for (const auto &id : ids) {
            marks += marks.empty() ? "?" : ", ?";
            values_.emplace_back(std::string_view(texts_.emplace_back(to_string(id))));
        }
        add(column + " IN (" + marks + ")");
    }

    const std::string &sql() const { return sql_; }
    const std::vector<sqlite::Value> &values() const { return values_; }

private:
    std::string sql_;
    std::deque<std::string> texts_; // a deque never moves them
    std::vector<sqlite::Value> values_;
};

} // namespace sonde::store
