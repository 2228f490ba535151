#include "sockets/counter.hpp"

#include "sockets/counter_program.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <linux/bpf.h>
#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sonde::sockets {

namespace {

using frames::Descriptor;

// While it lives this thread has no capability in force but CAP_BPF, if it has that: with more of them the kernel would
// let a program read what it must not see, and leave out what holds against speculation.
class BpfAlone {
public:
    BpfAlone()
    {
        if (::syscall(SYS_capget, &header_, before_) != 0)
            return;
        __user_cap_data_struct only[kWords] = {before_[0], before_[1]};
        only[0].effective = 0;
        only[1].effective &= CAP_TO_MASK(CAP_BPF);
        alone_ = ::syscall(SYS_capset, &header_, only) == 0;
    }
    ~BpfAlone()
    {
        const int error = errno;
        if (alone_)
            ::syscall(SYS_capset, &header_, before_);
        errno = error;
    }
    BpfAlone(const BpfAlone &) = delete;
    BpfAlone &operator=(const BpfAlone &) = delete;

    bool alone() const { return alone_; }

private:
    static constexpr std::size_t kWords = _LINUX_CAPABILITY_U32S_3;
    static_assert(CAP_TO_INDEX(CAP_BPF) == 1);

    __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct before_[kWords] = {};
    bool alone_ = false;
};

Descriptor bpf(int command, bpf_attr &attributes)
{
    return Descriptor(static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes)));
}

Descriptor make_memory(std::uint32_t classes)
{
    bpf_attr attributes{};
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = sizeof(std::uint32_t);
    attributes.value_size = kCounterValueBytes;
    attributes.max_entries = counter_values(classes);
    attributes.map_flags = BPF_F_MMAPABLE;
    return bpf(BPF_MAP_CREATE, attributes);
}

Descriptor load(const std::vector<bpf_insn> &program)
{
    // None of the helpers that it calls wants a licence.
    static constexpr char kLicence[] = "";
    bpf_attr attributes{};
    attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
    attributes.insn_cnt = static_cast<std::uint32_t>(program.size());
    attributes.insns = reinterpret_cast<std::uintptr_t>(program.data());
    attributes.license = reinterpret_cast<std::uintptr_t>(kLicence);
    return bpf(BPF_PROG_LOAD, attributes);
}

NoCounter failed(const char *step)
{
    return {errno, std::string(step) + ": " + std::strerror(errno)};
}

} // namespace

std::variant<Descriptor, NoCounter> attach_counter(int socket, const frames::Counter &counter)
{
    Descriptor memory, program;
    {
        const BpfAlone privilege;
        if (!privilege.alone())
            return failed("capset");
        memory = make_memory(counter.classes);
        if (!memory)
            return failed("memory for a counter");
        const auto code = translate_counter(counter, memory.get());
        if (!code)
            return NoCounter{EINVAL, "a counter's " + to_string(code.error())};
        program = load(*code);
        if (!program)
            return failed("loading a counter");
    }
    const int descriptor = program.get();
    if (::setsockopt(socket, SOL_SOCKET, SO_ATTACH_BPF, &descriptor, sizeof descriptor) != 0)
        return failed("SO_ATTACH_BPF");
    return memory;
}

bool Counters::have_room()
{
    if (sockets_.size() < kMax)
        return true;
    std::ifstream all("/proc/net/packet");
    std::string line;
    if (!std::getline(all, line))
        return false; // not even its head: who cannot be counted is there
    std::set<std::uint64_t> alive;
    while (std::getline(all, line)) {
        std::istringstream words(line);
        std::string last;
        while (words >> last) {
        }
        alive.insert(std::strtoull(last.c_str(), nullptr, 10));
    }
    if (all.bad())
        return false;
    std::erase_if(sockets_, [&](std::uint64_t inode) { return !alive.contains(inode); });
    return sockets_.size() < kMax;
}

void Counters::add(int socket)
{
    struct stat status {};
    if (::fstat(socket, &status) == 0)
        sockets_.insert(status.st_ino);
}

} // namespace sonde::sockets
