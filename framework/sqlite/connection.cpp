#include "sqlite/connection.hpp"

#include <sqlite3.h>

#include <type_traits>
#include <utility>

namespace sonde::sqlite {

namespace {

// What a person can do about it, where there is something.
std::string hint_for(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "free space on its file system";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "the file is damaged or of another kind; move it away to start afresh, or restore a copy";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another process holds it; is one running already?";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return "check that its directory exists, and the rights of both";
    case SQLITE_IOERR:
        return "check the disk, its free space and the limit of a file's size";
    default:
        return "";
    }
}

Error make_error(sqlite3 *handle, int code, const std::string &where)
{
    std::string what = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    const int extended = handle ? sqlite3_extended_errcode(handle) : code;
    if ((extended & 0xff) == SQLITE_IOERR)
        what += std::string(": ") + sqlite3_errstr(extended) + " " + std::to_string(extended);
    return {where, std::move(what), hint_for(code)};
}

int bind(sqlite3_stmt *statement, const std::vector<Value> &values, sqlite3_destructor_type keep)
{
    if (static_cast<std::size_t>(sqlite3_bind_parameter_count(statement)) != values.size())
        return SQLITE_RANGE;
    int index = 0;
    for (const auto &value : values) {
        ++index;
        const int code = std::visit(
            [&](const auto &v) {
                using T = std::decay_t<decltype(v)>;
                if constexpr (std::is_same_v<T, std::int64_t>)
                    return sqlite3_bind_int64(statement, index, v);
                else if constexpr (std::is_same_v<T, double>)
                    return sqlite3_bind_double(statement, index, v);
                else if constexpr (std::is_same_v<T, std::string_view>)
                    // An empty view may hold no pointer, which SQLite would take for NULL.
                    return sqlite3_bind_text64(statement, index, v.empty() ? "" : v.data(), v.size(), keep,
                                               SQLITE_UTF8);
                else
                    return sqlite3_bind_null(statement, index);
            },
            value);
        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

void finish(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

} // namespace

Rows::Rows(Statement statement, std::string where) : statement_(std::move(statement)), where_(std::move(where)) {}

Rows::Rows(Error error) : error_(std::move(error)) {}

Rows::~Rows()
{
    if (statement_)
        finish(statement_.get());
}

bool Rows::next()
{
    if (!statement_)
        return false;
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        error_ = make_error(sqlite3_db_handle(statement_.get()), code, where_);
    // Stepping on would start the query again.
    finish(statement_.get());
    statement_.reset();
    return false;
}

Result<void> Rows::end() const
{
    if (error_)
        return *error_;
    return {};
}

bool Rows::null(int column) const
{
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Rows::integer(int column) const
{
    return sqlite3_column_int64(statement_.get(), column);
}

double Rows::real(int column) const
{
    return sqlite3_column_double(statement_.get(), column);
}

std::string_view Rows::text(int column) const
{
    const auto *text = sqlite3_column_text(statement_.get(), column);
    if (!text)
        return {};
    return {reinterpret_cast<const char *>(text),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::optional<WallTime> Rows::optional_time(int column) const
{
    return null(column) ? std::nullopt : std::optional(time(column));
}

std::optional<std::chrono::nanoseconds> Rows::optional_duration(int column) const
{
    return null(column) ? std::nullopt : std::optional(std::chrono::nanoseconds(integer(column)));
}

std::optional<std::string> Rows::optional_string(int column) const
{
    return null(column) ? std::nullopt : std::optional(string(column));
}

Uuid Rows::uuid(int column) const
{
    const auto id = parse_uuid(text(column));
    return id ? *id : Uuid{};
}

void Connection::Close::operator()(sqlite3 *handle) const
{
    // The second form waits for statements that outlive the connection.
    sqlite3_close_v2(handle);
}

Connection::Connection(std::unique_ptr<sqlite3, Close> handle, std::string where)
    : handle_(std::move(handle)), where_(std::move(where))
{
}

Connection::Connection(Connection &&) noexcept = default;

Connection &Connection::operator=(Connection &&other) noexcept
{
    statements_ = std::move(other.statements_); // before the handle that they belong to
    handle_ = std::move(other.handle_);
    where_ = std::move(other.where_);
    return *this;
}

Connection::~Connection() = default;

namespace {

// SQLite takes memory for twenty pages of each connection at once, and touches it; one by one, an idle agent needs few.
[[maybe_unused]] const int kPagesOneByOne = sqlite3_config(SQLITE_CONFIG_PAGECACHE, nullptr, 0, 0);

} // namespace

Result<Connection> Connection::open(const std::filesystem::path &file, Mode mode,
                                    std::chrono::milliseconds busy_timeout)
{
    const int flags = mode == Mode::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    sqlite3 *raw = nullptr;
    const int code = sqlite3_open_v2(file.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    std::unique_ptr<sqlite3, Close> handle(raw);
    if (code != SQLITE_OK)
        return make_error(raw, code, file.string());
    sqlite3_busy_timeout(raw, static_cast<int>(busy_timeout.count()));
    // Memory set aside for each connection, all of it touched: an idle agent has two.
    sqlite3_db_config(raw, SQLITE_DBCONFIG_LOOKASIDE, nullptr, 0, 0);
    // Nothing of ours writes to the schema or the shadow tables by hand, so nobody else's SQL may either.
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    return Connection(std::move(handle), file.string());
}

Result<Statement> Connection::prepare(std::string_view sql)
{
    // More texts than any room has mean that somebody builds them at run time: those are not worth keeping.
    constexpr std::size_t kept_statements = 256;
    const auto found = statements_.find(sql);
    // One that is in use belongs to rows that are still being read.
    if (found != statements_.end() && found->second.use_count() == 1)
        return found->second;
    sqlite3_stmt *raw = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK)
        return make_error(handle_.get(), code, where_);
    Statement statement(raw, [](sqlite3_stmt *s) { sqlite3_finalize(s); });
    if (found == statements_.end() && statements_.size() < kept_statements)
        statements_.emplace(sql, statement);
    return statement;
}

void Connection::rest()
{
    statements_.clear();
    sqlite3_db_release_memory(handle_.get());
}

Result<std::int64_t> Connection::run_values(std::string_view sql, const std::vector<Value> &values)
{
    auto statement = prepare(sql);
    if (!statement)
        return statement.error();
    int code = bind(statement->get(), values, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement->get());
    // Some statements, such as PRAGMA, give rows that nobody asked for.
    while (code == SQLITE_ROW)
        code = sqlite3_step(statement->get());
    if (code != SQLITE_DONE) {
        auto error = make_error(handle_.get(), code, where_);
        finish(statement->get());
        return error;
    }
    finish(statement->get());
    return sqlite3_changes64(handle_.get());
}

Rows Connection::query_values(std::string_view sql, const std::vector<Value> &values)
{
    auto statement = prepare(sql);
    if (!statement)
        return Rows(statement.error());
    const int code = bind(statement->get(), values, SQLITE_TRANSIENT);
    if (code != SQLITE_OK) {
        auto error = make_error(handle_.get(), code, where_);
        finish(statement->get());
        return Rows(std::move(error));
    }
    return Rows(std::move(*statement), where_);
}

Result<std::int64_t> Connection::integer_values(std::string_view sql, const std::vector<Value> &values)
{
    auto rows = query_values(sql, values);
    if (rows.next())
        return rows.integer(0);
    if (auto end = rows.end(); !end)
        return end.error();
    return 0;
}

Result<void> Connection::script(const std::string &sql)
{
    const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        return make_error(handle_.get(), code, where_);
    return {};
}

void Connection::end_statements_on(const std::atomic<bool> &stop)
{
    constexpr int instructions_between_looks = 1000;
    // Unlike sqlite3_interrupt it also ends what begins a moment after the flag was set.
    sqlite3_progress_handler(
        handle_.get(), instructions_between_looks,
        [](void *flag) { return static_cast<const std::atomic<bool> *>(flag)->load() ? 1 : 0; },
        const_cast<std::atomic<bool> *>(&stop));
}

std::int64_t Connection::last_insert_id() const
{
    return sqlite3_last_insert_rowid(handle_.get());
}

bool Connection::in_transaction() const
{
    return sqlite3_get_autocommit(handle_.get()) == 0;
}

} // namespace sonde::sqlite
