#include "channel/program.hpp"
#include "collector.hpp"
#include "model/limits.hpp"

using namespace sonde;

namespace {

constexpr const char *kFooter =
    R"(Agents report over TLS with a certificate of the same authority; operators ask with `sonde results` and
`sonde outcomes`, or with SQL: the database has a view for each method and table.

SIGTERM takes the reports in flight, ends the queries and exits with 0.

Example:
  sonde ca init ca && sonde ca issue collector --ca ca --out collector --host collector.example
  sonde-collector --identity collector --listen 0.0.0.0:8443 --listen [::]:8443 --database collector.db)";

struct Parts {
    store::Repository repository;
    collector::Collector collector;

    Parts(store::Repository opened, Log &log) : repository(std::move(opened)), collector(repository, log) {}
};

Result<channel::Service> open_service(const std::filesystem::path &database, Log &log)
{
    auto repository = store::Repository::open(database);
    if (!repository)
        return repository.error();
    auto parts = std::make_shared<Parts>(std::move(*repository), log);
    collector::Collector &collector = parts->collector;
    channel::Service service;
    service.handler = [&](channel::Request request) { return collector.handle(std::move(request)); };
    service.admit = [&](const channel::Request &request) { return collector.admit(request); };
    service.on_stop = [&] { collector.stop_queries(); };
    service.body_limit = model::kReportBytesMax;
    service.owner = std::move(parts);
    return service;
}

} // namespace

int main(int argc, char **argv)
{
    const channel::Program program{.role = channel::Role::collector,
                                   .version = SONDE_VERSION,
                                   .purpose = "The Collector: takes reports from agents and keeps their results.",
                                   .footer = kFooter,
                                   .database = "SQLite file of the results, created if missing",
                                   .open = open_service};
    return channel::run_program(program, argc, argv);
}
