#pragma once

#include "frames/codec.hpp"

// Private to frames: what goes over the wire of each struct, in this order.
namespace sonde::frames {

template <class C>
void fields(C &c, Field<C, Ip> &m)
{
    c.number(m.family);
    for (auto &byte : m.bytes)
        c.number(byte);
    c.number(m.interface);
}

template <class C>
void fields(C &c, Field<C, StartRunner> &m)
{
    each(c, m.runner, m.plugin, m.purpose, m.privileges, m.strict, m.libraries);
}

template <class C>
void fields(C &, Field<C, Greet> &)
{
}

template <class C>
void fields(C &c, Field<C, Missing> &m)
{
    each(c, m.what, m.reason);
}

template <class C>
void fields(C &c, Field<C, Greeting> &m)
{
    each(c, m.layers, m.sockets, m.busy);
}

template <class C>
void fields(C &c, Field<C, StopRunner> &m)
{
    each(c, m.runner);
}

template <class C>
void fields(C &c, Field<C, Instruction> &m)
{
    each(c, m.code, m.if_true, m.if_false, m.operand);
}

template <class C>
void fields(C &c, Field<C, Counter> &m)
{
    each(c, m.program, m.classes);
}

template <class C>
void fields(C &c, Field<C, OpenSockets> &m)
{
    each(c, m.request, m.runner, m.kind, m.family, m.count, m.interface, m.source, m.listen_port, m.counter);
}

template <class C>
void fields(C &c, Field<C, RunnerStarted> &m)
{
    each(c, m.runner, m.pid);
}

template <class C>
void fields(C &c, Field<C, PluginRefused> &m)
{
    each(c, m.runner, m.text);
}

template <class C>
void fields(C &c, Field<C, LauncherError> &m)
{
    each(c, m.id, m.error, m.text);
}

template <class C>
void fields(C &c, Field<C, SocketsOpened> &m)
{
    each(c, m.request);
}

template <class C>
void fields(C &c, Field<C, RunnerEnded> &m)
{
    each(c, m.runner, m.wait_status);
}

template <class C>
void fields(C &c, Field<C, RunnerMade> &m)
{
    each(c, m.runner, m.pid, m.uid, m.layers);
}

template <class C>
void fields(C &c, Field<C, Describe> &m)
{
    each(c, m.cold);
}

template <class C>
void fields(C &c, Field<C, Scalar> &m)
{
    each(c, m.integer, m.real, m.text);
}

template <class C>
void fields(C &c, Field<C, OptionValue> &m)
{
    each(c, m.list, m.items);
}

template <class C>
void fields(C &c, Field<C, Parameter> &m)
{
    each(c, m.name, m.value);
}

template <class C>
void fields(C &c, Field<C, KnownName> &m)
{
    each(c, m.name, m.address);
}

template <class C>
void fields(C &c, Field<C, Invoke> &m)
{
    each(c, m.invocation, m.method, m.values, m.deadline, m.family, m.interface, m.interface_index, m.source,
         m.parameters, m.takes_input, m.trace, m.more_items, m.known_names, m.not_before);
}

template <class C>
void fields(C &c, Field<C, Probe> &m)
{
    each(c, m.invocation, m.method);
}

template <class C>
void fields(C &c, Field<C, Signal> &m)
{
    each(c, m.invocation, m.signal);
}

template <class C>
void fields(C &c, Field<C, OptionDescription> &m)
{
    each(c, m.id, m.type, m.list, m.required, m.target, m.unit, m.default_value, m.minimum, m.maximum, m.words, m.help);
}

template <class C>
void fields(C &c, Field<C, ColumnDescription> &m)
{
    each(c, m.id, m.type, m.clock, m.nullable, m.unit, m.words, m.help);
}

template <class C>
void fields(C &c, Field<C, TableDescription> &m)
{
    each(c, m.id, m.columns, m.help);
}

template <class C>
void fields(C &c, Field<C, FunctionDescription> &m)
{
    each(c, m.uri, m.roles, m.fixed_options);
}

template <class C>
void fields(C &c, Field<C, StatusDescription> &m)
{
    each(c, m.code, m.id, m.blame, m.help);
}

template <class C>
void fields(C &c, Field<C, MethodDescription> &m)
{
    each(c, m.flags, m.id, m.version, m.help, m.functions, m.options, m.tables, m.statuses, m.traffic_bound,
         m.privileges, m.has_probe, m.parameters);
}

template <class C>
void fields(C &c, Field<C, LoadedFile> &m)
{
    each(c, m.path, m.device, m.inode, m.bytes, m.modified_ns, m.changed_ns);
}

template <class C>
void fields(C &c, Field<C, Description> &m)
{
    each(c, m.abi_minor, m.name, m.version, m.vendor, m.licence, m.methods, m.required_extensions, m.manual, m.files,
         m.cold);
}

template <class C>
void fields(C &c, Field<C, DescribeFailed> &m)
{
    each(c, m.text, m.died);
}

template <class C>
void fields(C &c, Field<C, Started> &m)
{
    each(c, m.invocation, m.pid);
}

template <class C>
void fields(C &c, Field<C, Exited> &m)
{
    each(c, m.invocation, m.wait_status);
}

template <class C>
void fields(C &c, Field<C, InvokeFailed> &m)
{
    each(c, m.invocation, m.text);
}

template <class C>
void fields(C &c, Field<C, BearsNoFork> &m)
{
    each(c, m.text);
}

// Rows end their packet: what is left of it are the cells.
template <class C>
void fields(C &c, Field<C, Rows> &m)
{
    each(c, m.table, m.row_count);
    if constexpr (C::kReads)
        m.cells = c.raw(c.left());
    else
        c.raw(m.cells);
}

template <class C>
void fields(C &c, Field<C, LogLine> &m)
{
    each(c, m.level, m.text);
}

template <class C>
void fields(C &c, Field<C, Fail> &m)
{
    each(c, m.code, m.text);
}

template <class C>
void fields(C &c, Field<C, Progress> &m)
{
    each(c, m.done, m.total);
}

template <class C>
void fields(C &c, Field<C, Traffic> &m)
{
    each(c, m.sent_bytes, m.received_bytes);
}

template <class C>
void fields(C &c, Field<C, SocketRequest> &m)
{
    each(c, m.request, m.kind, m.family, m.count, m.listen_port, m.counter);
}

template <class C>
void fields(C &c, Field<C, Done> &m)
{
    each(c, m.status);
}

template <class C>
void fields(C &c, Field<C, InputTable> &m)
{
    each(c, m.method, m.table);
}

template <class C>
void fields(C &c, Field<C, Begun> &m)
{
    each(c, m.at);
}

template <class C>
void fields(C &c, Field<C, MoreItems> &m)
{
    each(c, m.option, m.items);
}

template <class C>
void fields(C &, Field<C, InputsEnd> &)
{
}

template <class C>
void fields(C &c, Field<C, SocketReply> &m)
{
    each(c, m.request, m.error, m.text);
}

} // namespace sonde::frames
