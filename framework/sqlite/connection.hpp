#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"

#include <atomic>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace sonde::sqlite {

// What is bound to a `?`. Text is bound by reference where the call that binds also runs, else copied.
using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string_view>;

inline Value to_value(std::integral auto number)
{
    return static_cast<std::int64_t>(number);
}
inline Value to_value(double number)
{
    return number;
}
inline Value to_value(std::string_view text)
{
    return text;
}
inline Value to_value(WallTime time)
{
    return static_cast<std::int64_t>(time.time_since_epoch().count());
}
inline Value to_value(std::chrono::nanoseconds duration)
{
    return static_cast<std::int64_t>(duration.count());
}
template <class T>
Value to_value(const std::optional<T> &value)
{
    return value ? to_value(*value) : Value(nullptr);
}

// A prepared statement, finalised with its last owner.
using Statement = std::shared_ptr<sqlite3_stmt>;

// The rows of a query, forwards once. An error shows as the end of the rows, and then in `end()`.
class Rows {
public:
    Rows(Statement statement, std::string where);
    explicit Rows(Error error);
    Rows(const Rows &) = delete;
    Rows &operator=(const Rows &) = delete;
    ~Rows();

    bool next();
    Result<void> end() const;

    bool null(int column) const;
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string_view text(int column) const; // until next()
    std::string string(int column) const { return std::string(text(column)); }
    WallTime time(int column) const { return WallTime(std::chrono::nanoseconds(integer(column))); }
    std::optional<WallTime> optional_time(int column) const;
    std::optional<std::chrono::nanoseconds> optional_duration(int column) const;
    std::optional<std::string> optional_string(int column) const;
    // A nil UUID if the column holds none.
    Uuid uuid(int column) const;

private:
    Statement statement_;
    std::string where_;
    std::optional<Error> error_;
};

// A connection to a database file. Used by one thread at a time; whoever wants more threads wants a Database.
class Connection {
public:
    enum class Mode { create, read_only };

    // `busy_timeout` is how long a statement waits for another process's lock.
    static Result<Connection> open(const std::filesystem::path &file, Mode mode,
                                   std::chrono::milliseconds busy_timeout);

    Connection(Connection &&) noexcept;
    Connection &operator=(Connection &&) noexcept;
    ~Connection();

    // Runs one statement that gives no rows, and says how many rows it changed. Prepared statements are kept by their
    // text, so `sql` should be constant text with `?` for what varies.
    template <class... T>
    Result<std::int64_t> run(std::string_view sql, const T &...values)
    {
        return run_values(sql, {to_value(values)...});
    }

    // The same, where nobody asks how many rows.
    template <class... T>
    Result<void> change(std::string_view sql, const T &...values)
    {
        const auto changed = run(sql, values...);
        return changed ? Result<void>() : changed.error();
    }

    // The rows of a query; an error is in `end()`.
    template <class... T>
    Rows query(std::string_view sql, const T &...values)
    {
        return query_values(sql, {to_value(values)...});
    }

    // For queries whose conditions are put together at run time.
    Rows query_values(std::string_view sql, const std::vector<Value> &values);

    // The first column of the first row; 0 where there is no row.
    template <class... T>
    Result<std::int64_t> integer(std::string_view sql, const T &...values)
    {
        return integer_values(sql, {to_value(values)...});
    }

    // Several statements without parameters, for schemas.
    Result<void> script(const std::string &sql);

    // From when `stop` is set, which another thread may do, a statement that runs ends as an error within milliseconds.
    // `stop` outlives the connection.
    void end_statements_on(const std::atomic<bool> &stop);

    // Gives back the memory of pages and prepared statements, which only make the next ones faster.
    void rest();

    std::int64_t last_insert_id() const;
    bool in_transaction() const;

private:
    struct Close {
        void operator()(sqlite3 *handle) const;
    };

    Connection(std::unique_ptr<sqlite3, Close> handle, std::string where);
    Result<Statement> prepare(std::string_view sql);
    Result<std::int64_t> run_values(std::string_view sql, const std::vector<Value> &values);
    Result<std::int64_t> integer_values(std::string_view sql, const std::vector<Value> &values);

    std::unique_ptr<sqlite3, Close> handle_;
    std::string where_;
    std::map<std::string, Statement, std::less<>> statements_;
};

} // namespace sonde::sqlite
