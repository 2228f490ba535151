#pragma once

#include "sqlite/connection.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <string>

namespace sonde::test {

// While it lives, nothing new is written to a table of the spool in this file, as if the disk were full.
class FullDisk {
public:
    FullDisk(std::filesystem::path file, std::string table) : file_(std::move(file)), table_(std::move(table))
    {
        for (const char *act : {"INSERT", "UPDATE"})
            run("CREATE TRIGGER " + name(act) + " BEFORE " + act + " ON " + table_ +
                " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;");
    }
    ~FullDisk()
    {
        for (const char *act : {"INSERT", "UPDATE"})
            run("DROP TRIGGER " + name(act) + ";");
    }
    FullDisk(const FullDisk &) = delete;
    FullDisk &operator=(const FullDisk &) = delete;

private:
    std::string name(const std::string &act) const { return "full_" + table_ + '_' + act; }
    void run(const std::string &sql)
    {
        auto db = sqlite::Connection::open(file_, sqlite::Connection::Mode::create, std::chrono::seconds(30));
        CHECK((db && db->script(sql)));
    }

    std::filesystem::path file_;
    std::string table_;
};

} // namespace sonde::test
