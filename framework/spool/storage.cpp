#include "spool/storage.hpp"

#include "spool/schema.hpp"

namespace sonde::spool {

Result<std::map<std::string, std::map<std::string, std::uint64_t>>> read_storage(sqlite::Connection &db)
{
    const auto page = db.integer("PRAGMA page_size");
    if (!page)
        return page.error();
    constexpr int kBesides = 100; // bytes of a record without its body: two UUIDs' worth of text and some numbers
    constexpr int kNextPage = 4;  // bytes in each page of a long record that name the next one
    std::map<std::string, std::map<std::string, std::uint64_t>> storage;
    // While it runs its intent knows the schedule, afterwards its outcome does.
    auto rows = db.query("SELECT coalesce("
                         "(SELECT i.schedule FROM action a JOIN intent i ON i.id = a.intent "
                         "WHERE a.run = r.run AND a.name = r.action), "
                         "(SELECT o.schedule FROM outcome o WHERE o.run = r.run AND o.action = r.action)) AS owner, "
                         "r.action, sum(CASE WHEN r.bytes + ?2 <= ?3 THEN r.bytes + ?2 "
                         "ELSE (r.bytes + ?2 + ?3 - ?4 - 1) / (?3 - ?4) * ?3 END) "
                         "FROM result r WHERE r.kind = ?1 GROUP BY owner, r.action HAVING owner IS NOT NULL",
                         kMeasured, kBesides, *page, kNextPage);
    while (rows.next())
        storage[rows.string(0)][rows.string(1)] = static_cast<std::uint64_t>(rows.integer(2));
    if (auto end = rows.end(); !end)
        return end.error();
    return storage;
}

} // namespace sonde::spool
