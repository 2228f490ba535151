#pragma once

#include "programs/checker/order.hpp"
#include "programs/checker/stage.hpp"

#include <cstddef>

namespace sonde::checker {

// Runs that were forked from one process draw numbers of their own: their ports, what they send first, and the ids in
// it. Wants a network in which nobody else sends.
Complaint judge_siblings(const Stage &stage, std::size_t method, const Order &order);

} // namespace sonde::checker
