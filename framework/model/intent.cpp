#include "model/intent.hpp"

#include <array>

namespace sonde::model {

namespace {

constexpr std::array kOutcomeWords{"completed", "failed",  "suppressed",  "overlapped",
                                   "not_met",   "refused", "interrupted", "missed"};
constexpr std::array kBlameWords{"unknown", "target", "path", "resolver", "peer", "agent", "platform", "policy"};

template <class T, std::size_t N>
std::optional<T> find_word(const std::array<const char *, N> &words, std::string_view word)
{
    for (std::size_t i = 0; i < N; ++i)
        if (word == words[i])
            return static_cast<T>(i);
    return std::nullopt;
}

} // namespace

const char *to_string(OutcomeWord word)
{
    return kOutcomeWords.at(static_cast<std::size_t>(word));
}

const char *to_string(Blame blame)
{
    return kBlameWords.at(static_cast<std::size_t>(blame));
}

std::optional<OutcomeWord> parse_outcome_word(std::string_view word)
{
    return find_word<OutcomeWord>(kOutcomeWords, word);
}

std::optional<Blame> parse_blame(std::string_view word)
{
    return find_word<Blame>(kBlameWords, word);
}

} // namespace sonde::model
