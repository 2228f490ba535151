#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sonde::passive_syn {

// Remembers the SYNs of the last minute by their fingerprints, and so tells a first one from a retransmission. In two
// generations, each of kReach: a SYN is remembered for at least that long after it was last seen. Times are those of
// the run's axis, CLOCK_MONOTONIC ns.
class SynMemory {
public:
    // The longest gap between two transmissions of a SYN is 32 s by Linux's default of six retries.
    static constexpr std::int64_t kReach = 64'000'000'000;

    enum class Told : std::uint8_t {
        first,
        repeated,
        unknown, // more SYNs than can be remembered
    };

    // At most `limit` SYNs a generation; each takes 32 to 64 bytes in all. 0: remembers nothing, tells nothing apart.
    SynMemory(std::size_t limit, std::int64_t begin) : limit_(limit), known_since_(begin), generation_since_(begin) {}

    // Beyond the limit nothing is told apart, and nothing looked up, until `resume`; then all is forgotten and begins
    // anew.
    Told see(std::uint64_t fingerprint, std::int64_t time, std::int64_t resume);
    bool contains(std::uint64_t fingerprint) const;
    bool empty() const { return now_.empty() && before_.empty(); }
    // Whether a SYN of that time would be told apart or only counted.
    bool remembers(std::int64_t time) const { return limit_ != 0 && time >= off_until_; }

    // How far back before `time` retransmissions are known for what they are, at most kReach.
    std::int64_t reach(std::int64_t time) const;

private:
    // Open addressing; 0 is an empty place. Grows with what there is: most lines see some hundred SYNs a minute.
    class Generation {
    public:
        bool contains(std::uint64_t fingerprint) const;
        enum class Added : std::uint8_t {
            yes,
            was_there,
            full,
        };
        Added add(std::uint64_t fingerprint, std::size_t limit);
        void clear();
        bool empty() const { return size_ == 0; }

    private:
        static constexpr std::size_t kPlacesMin = 1024;

        void grow();
        // Where the fingerprint is, or would be.
        std::size_t place(std::uint64_t fingerprint) const;

        std::vector<std::uint64_t> places_;
        std::size_t size_ = 0;
    };

    void turn(std::int64_t time);

    std::size_t limit_;
    std::int64_t known_since_, generation_since_;
    std::int64_t off_until_ = 0; // 0: remembers
    Generation now_, before_;
};

} // namespace sonde::passive_syn
