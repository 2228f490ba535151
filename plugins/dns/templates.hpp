#pragma once

#include "answer.hpp"
#include "plan.hpp"
#include "question.hpp"
#include "settings.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace sonde::dns {

// What queries are made from: one of each question for each server, with the cookie that goes to it (RFC 7873).
class Templates {
public:
    // Throws plugin::Failure if a name is none. All outlives it.
    Templates(const Settings &settings, const Plan &plan, std::size_t servers, const Random &random);

    // A query with all drawn that has to be new in it.
    Query fresh(std::size_t server, std::size_t question);
    // Takes the server's cookie from its answer to `query`, for those to come.
    void learn(std::size_t server, const Query &query, const Answer &answer);

private:
    const Query &template_of(std::size_t server, std::size_t question);

    const Settings &settings_;
    const Plan &plan_;
    const Random &random_;
    std::vector<std::vector<std::uint8_t>> cookies_; // by server
    std::map<std::pair<std::size_t, std::size_t>, Query> templates_;
};

} // namespace sonde::dns
