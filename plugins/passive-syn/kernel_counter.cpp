#include "kernel_counter.hpp"

#include "capture_socket.hpp"
#include "failing.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <sys/mman.h>

namespace sonde::passive_syn {

namespace {

std::uint64_t read_shared(std::uint64_t &value)
{
    return std::atomic_ref<std::uint64_t>(value).load(std::memory_order_relaxed);
}

} // namespace

KernelCounter::KernelCounter(const sonde_host &host, const LinkInfo &interface, bool want_in, bool want_out)
    : mark_(mark_of(open_capture(host).get()))
{
    const auto *counter = sonde::plugin::extension<sonde_counter>(host, SONDE_EXTENSION_COUNTER);
    if (counter == nullptr)
        throw sonde::plugin::Failure{kNoCounter, "this host has no sonde.counter/1"};
    const std::vector<sock_filter> program = make_counter_program(link_of(interface.type), want_in, want_out, mark_);
    std::int32_t fds[2] = {-1, -1};
    char text[SONDE_COUNTER_TEXT_BYTES] = {};
    if (const std::int32_t error =
            counter->open(counter, program.data(), static_cast<std::uint32_t>(program.size()), kClasses, fds, text);
        error != 0)
        throw sonde::plugin::Failure{kNoCounter, std::string("the kernel does not count here: ") +
                                                     (text[0] != '\0' ? text : strerror(error))};
    fd_.reset(fds[0]);
    const sonde::plugin::Fd memory(fds[1]);
    memory_ = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
    if (memory_ == MAP_FAILED)
        throw failure(kNoCounter, "mapping the counter's memory");
    try {
        bind_to_all(fd_.get(), interface);
    } catch (...) {
        munmap(memory_, kBytes);
        throw;
    }
}

KernelCounter::~KernelCounter()
{
    munmap(memory_, kBytes);
}

std::uint64_t KernelCounter::counted(std::size_t place) const
{
    return read_shared(reinterpret_cast<std::uint64_t *>(memory() + 1)[place]);
}

void KernelCounter::begin(std::int64_t origin, std::int64_t width, std::uint64_t below)
{
    open(0);
    memory()->origin = origin;
    memory()->width = width;
    for (std::size_t place = 0; place < std::size(before_); ++place)
        before_[place] = counted(place);
    missed();
    open(below);
}

void KernelCounter::open(std::uint64_t below)
{
    const auto number = std::min<std::uint64_t>(below, std::numeric_limits<std::uint32_t>::max());
    std::atomic_ref<std::uint32_t>(memory()->open).store(static_cast<std::uint32_t>(number), std::memory_order_release);
}

ClassCounts KernelCounter::take(std::uint64_t number)
{
    ClassCounts taken;
    std::size_t place = number % SONDE_COUNTER_INTERVALS * kClasses;
    for (auto &family : taken.counts)
        for (auto &direction : family)
            for (std::uint64_t &one : direction) {
                const std::uint64_t now = counted(place);
                one = now - before_[place];
                before_[place++] = now;
            }
    return taken;
}

bool KernelCounter::missed()
{
    const std::uint64_t now = read_shared(memory()->beyond);
    return std::exchange(missed_before_, now) != now;
}

} // namespace sonde::passive_syn
