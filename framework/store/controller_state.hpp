#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/capabilities.hpp"
#include "sqlite/database.hpp"
#include "store/marks.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::store {

namespace asio = boost::asio;

// The instruction that an agent is to follow. The ETag is drawn anew whenever the text changes, so that it stays true
// when a controller's state is restored from an old copy.
struct AgentInstruction {
    Uuid agent;
    std::string text;
    std::string etag; // without quotation marks
    WallTime set_at;
    std::string set_by; // the operator's identity

    bool operator==(const AgentInstruction &) const = default;
};

// What an agent has said of its planned runs: how many are over that a collector is to hear of, how many of these a
// collector has acknowledged, how long the oldest one has waited for that, and how many have had their trigger, over or
// not, if it says so.
struct AgentAccounts {
    std::uint64_t planned = 0;
    std::uint64_t acknowledged = 0;
    std::chrono::seconds waiting{0};
    std::optional<std::uint64_t> triggered{};

    bool operator==(const AgentAccounts &) const = default;
};

struct AgentRecord {
    Uuid agent;
    std::optional<std::string> etag;         // of its instruction
    std::optional<std::string> applied_etag; // what it last said to have
    std::optional<WallTime> last_seen;
    std::optional<std::string> capabilities; // JSON as the agent sent it
    std::optional<WallTime> capabilities_at;
    std::uint64_t failures = 0;
    std::optional<AgentAccounts> accounts{};  // when it last polled
    std::optional<WallTime> polled{};         // last
    std::optional<WallTime> polled_since{};   // without a break
    std::vector<AgentMark> marks{};           // of those accounts, since it said that `applied_etag` is in force
    std::optional<std::string> instruction{}; // its text, if there are accounts to hold against it
};

struct StoredFailure {
    std::int64_t id = 0; // later ones have greater ones
    Uuid agent;
    WallTime received;
    model::Failure failure;
};

// What a controller must not forget. Awaitables complete on the caller's executor, which must outlive this.
class ControllerState {
public:
    static Result<ControllerState> open(const std::filesystem::path &file);

    ControllerState(ControllerState &&) noexcept = default;
    ControllerState &operator=(ControllerState &&) noexcept = default;

    // The same text as before keeps its ETag. Returns what is in force now.
    asio::awaitable<Result<AgentInstruction>> set_instruction(Uuid agent, std::string text, std::string by,
                                                              WallTime when);
    asio::awaitable<Result<std::optional<AgentInstruction>>> instruction(Uuid agent);

    asio::awaitable<Result<void>> set_capabilities(Uuid agent, std::string json, WallTime when);
    // The agent has polled. `applied_etag`: what it says it has, if it says so; `accounts` the same.
    asio::awaitable<Result<void>> seen(Uuid agent, std::optional<std::string> applied_etag, WallTime when,
                                       std::optional<AgentAccounts> accounts = {});

    // One that is known by its identity already is not stored again. An agent's newest 1000 are kept.
    asio::awaitable<Result<void>> add_failures(Uuid agent, std::vector<model::Failure> failures, WallTime received);
    // At most `limit` of those that came before `before`, the newest first; fewer than there are, but one at least,
    // where they have more than about `bytes`.
    asio::awaitable<Result<std::vector<StoredFailure>>> failures(std::optional<Uuid> agent, std::int64_t before,
                                                                 std::size_t limit, std::size_t bytes);

    // The agents behind `after` in the order of their ids: about `bytes` of records, but one at least if there is one.
    asio::awaitable<Result<std::vector<AgentRecord>>> agents(std::optional<Uuid> after, std::size_t bytes);

private:
    explicit ControllerState(std::unique_ptr<sqlite::Database> database);

    std::unique_ptr<sqlite::Database> database_;
};

} // namespace sonde::store
