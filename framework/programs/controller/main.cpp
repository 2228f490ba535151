#include "channel/program.hpp"
#include "controller.hpp"
#include "model/limits.hpp"

#include <algorithm>

using namespace sonde;

namespace {

constexpr const char *kFooter =
    R"(Agents fetch their instruction over TLS with a certificate of the same authority; operators set instructions with
`sonde instruct`.

SIGTERM finishes the requests in flight and exits with 0.

Example:
  sonde ca init ca && sonde ca issue controller --ca ca --out controller --host controller.example
  sonde-controller --identity controller --listen 0.0.0.0:8443 --listen [::]:8443 --database controller.db)";

struct Parts {
    store::ControllerState state;
    controller::Controller controller;

    Parts(store::ControllerState opened, Log &log) : state(std::move(opened)), controller(state, log) {}
};

Result<channel::Service> open_service(const std::filesystem::path &database, Log &log)
{
    auto state = store::ControllerState::open(database);
    if (!state)
        return state.error();
    auto parts = std::make_shared<Parts>(std::move(*state), log);
    controller::Controller &controller = parts->controller;
    channel::Service service;
    service.handler = [&](channel::Request request) { return controller.handle(std::move(request)); };
    service.admit = [&](const channel::Request &request) { return controller.admit(request); };
    service.on_stop = [&] { controller.stop_waiting(); };
    service.body_limit =
        std::max({model::kInstructionBytesMax, model::kCapabilitiesBytesMax, model::kFailuresBytesMax});
    service.owner = std::move(parts);
    return service;
}

} // namespace

int main(int argc, char **argv)
{
    const channel::Program program{.role = channel::Role::controller,
                                   .version = SONDE_VERSION,
                                   .purpose = "The Controller: gives each agent its instruction.",
                                   .footer = kFooter,
                                   .database = "file of the controller's state, created if missing",
                                   .open = open_service};
    return channel::run_program(program, argc, argv);
}
