#include "spool/inputs.hpp"

#include "spool/results.hpp"
#include "spool/schema.hpp"

namespace sonde::spool {

Result<Batch> read_inputs(sqlite::Connection &db, const Destination &destination, std::uint64_t after,
                          std::size_t max_bytes)
{
    Batch batch;
    std::size_t bytes = 0;
    auto rows = db.query("SELECT sequence, bytes, body FROM delivery JOIN result USING (sequence) "
                         "WHERE destination = ?1 AND sequence > ?2 AND refused IS NULL AND NOT EXISTS ("
                         "SELECT 1 FROM action WHERE action.run = result.run AND name = result.action AND state <> ?3) "
                         "ORDER BY sequence",
                         destination, after, kEnded);
    while (rows.next()) {
        bytes += static_cast<std::size_t>(rows.integer(1));
        batch.more = !batch.entries.empty() && bytes > max_bytes;
        if (batch.more)
            break;
        batch.entries.push_back({static_cast<std::uint64_t>(rows.integer(0)), rows.string(2)});
    }
    if (auto end = rows.end(); !end)
        return end.error();
    return batch;
}

Result<std::size_t> give_up_inputs(sqlite::Connection &db, const Destination &destination, const std::string &reason,
                                   WallTime when)
{
    std::vector<std::uint64_t> sequences;
    {
        auto rows = db.query("SELECT sequence FROM delivery WHERE destination = ? AND refused IS NULL", destination);
        while (rows.next())
            sequences.push_back(static_cast<std::uint64_t>(rows.integer(0)));
        if (auto end = rows.end(); !end)
            return end.error();
    }
    if (sequences.empty())
        return std::size_t{0};
    if (auto aside = set_entries_aside(db, destination, sequences, reason, when); !aside)
        return aside.error();
    return sequences.size();
}

Result<bool> is_input_alone(sqlite::Connection &db, std::uint64_t sequence)
{
    const auto runs = db.integer("SELECT count(*) > 0 AND min(substr(destination, 1, length(?2)) = ?2) FROM delivery "
                                 "WHERE sequence = ?1",
                                 sequence, kInputScheme);
    if (!runs)
        return runs.error();
    return *runs != 0;
}

} // namespace sonde::spool
