#include "programs/checker/arena.hpp"

#include <csignal>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace sonde::checker {

namespace {

// A signal handler has no other way to know them.
const Arena *guarded = nullptr;
Evidence *witness = nullptr;

void on_fault(int signal, siginfo_t *info, void *)
{
    if (const char *fault = guarded->fault_at(info->si_addr)) {
        witness->fault.write(fault);
        ::_exit(1);
    }
    // Not ours: it happens again, and ends the process as it would have without us.
    ::signal(signal, SIG_DFL);
}

} // namespace

Arena::~Arena()
{
    for (const Piece &piece : pieces_)
        ::munmap(piece.pages, piece.size + static_cast<std::size_t>(::getpagesize()));
}

void *Arena::place(const void *data, std::size_t size, const std::string &name)
{
    const auto page = static_cast<std::size_t>(::getpagesize());
    const std::size_t pages = (size + page - 1) / page * page;
    void *memory = ::mmap(nullptr, pages + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        ::_exit(2);
    auto *begin = static_cast<std::byte *>(memory);
    std::byte *at = begin + pages - size;
    if (size > 0)
        std::memcpy(at, data, size);
    pieces_.push_back({begin, pages, "wrote to " + name, "went beyond the end of " + name});
    return at;
}

const char *Arena::place_text(const char *text, std::size_t length, const std::string &name)
{
    if (text == nullptr)
        return nullptr;
    std::string whole(text, length); // and the NUL behind it
    return static_cast<const char *>(place(whole.c_str(), length + 1, name));
}

void Arena::guard(bool read_only, Evidence &evidence)
{
    guarded = this;
    witness = &evidence;
    for (const Piece &piece : pieces_) {
        if (!read_only)
            ::mprotect(piece.pages + piece.size, static_cast<std::size_t>(::getpagesize()), PROT_NONE);
        else if (piece.size > 0)
            ::mprotect(piece.pages, piece.size, PROT_READ);
    }
    struct sigaction action {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGSEGV, &action, nullptr);
}

const char *Arena::fault_at(const void *address) const
{
    const auto *at = static_cast<const std::byte *>(address);
    for (const Piece &piece : pieces_) {
        if (at >= piece.pages && at < piece.pages + piece.size)
            return piece.wrote.c_str();
        if (at >= piece.pages + piece.size && at < piece.pages + piece.size + ::getpagesize())
            return piece.beyond.c_str();
    }
    return nullptr;
}

namespace {

template <class T>
T *place_array(Arena &arena, const std::vector<T> &items, const std::string &name)
{
    return static_cast<T *>(arena.place(items.data(), items.size() * sizeof(T), name));
}

sonde_value placed(Arena &arena, sonde_value value, const std::string &option)
{
    value.text = arena.place_text(value.text, value.length, "the text of '" + option + "'");
    if (value.items == nullptr)
        return value;
    std::vector<sonde_value> items(value.items, value.items + value.count);
    for (sonde_value &item : items)
        item = placed(arena, item, option);
    value.items = place_array(arena, items, "the items of '" + option + "'");
    return value;
}

const char *placed(Arena &arena, const char *text, const std::string &name)
{
    return text == nullptr ? nullptr : arena.place_text(text, std::strlen(text), name);
}

sonde_input placed(Arena &arena, sonde_input input)
{
    std::vector<const char *> columns(input.columns, input.columns + input.column_count);
    for (const char *&column : columns)
        column = placed(arena, column, "an input column's name");
    std::vector<sonde_cell> cells(input.cells, input.cells + input.row_count * input.column_count);
    for (sonde_cell &cell : cells) {
        if (cell.type == SONDE_STRING)
            cell.v.p = arena.place_text(static_cast<const char *>(cell.v.p), cell.size, "an input cell's text");
        else if (cell.type == SONDE_BYTES || cell.type == SONDE_ADDRESS)
            cell.v.p = arena.place(cell.v.p, cell.size, "an input cell's bytes");
    }
    input.method = placed(arena, input.method, "an input's method");
    input.table = placed(arena, input.table, "an input's table");
    input.columns = place_array(arena, columns, "an input's columns");
    input.cells = place_array(arena, cells, "an input's cells");
    return input;
}

} // namespace

const sonde_invocation *place(Arena &arena, const sonde_invocation &given, const sonde_method &method)
{
    sonde_invocation invocation = given;
    std::vector<sonde_value> values(given.values, given.values + given.value_count);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = placed(arena, values[i], method.options[i]->id);
    std::vector<sonde_input> inputs;
    for (std::uint32_t i = 0; i < given.input_count; ++i)
        inputs.push_back(placed(arena, given.inputs[i]));
    std::vector<sonde_parameter> parameters(given.parameters, given.parameters + given.parameter_count);
    for (sonde_parameter &parameter : parameters) {
        parameter.name = placed(arena, parameter.name, "a parameter's name");
        parameter.value = placed(arena, parameter.value, "a parameter's value");
    }
    invocation.values = place_array(arena, values, "the values");
    invocation.inputs = place_array(arena, inputs, "the inputs");
    invocation.parameters = place_array(arena, parameters, "the parameters");
    invocation.interface_name = placed(arena, given.interface_name, "the interface's name");
    if (given.source != nullptr)
        invocation.source =
            static_cast<const sonde_ip *>(arena.place(given.source, sizeof *given.source, "the source"));
    return static_cast<const sonde_invocation *>(arena.place(&invocation, sizeof invocation, "the invocation"));
}

} // namespace sonde::checker
