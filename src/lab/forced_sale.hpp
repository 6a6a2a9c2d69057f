// A sale that nobody declared, put into one copy of a world: what experiments on forks have in common
// (docs/reproduction.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "lab/hand_world.hpp"
#include "plan/plan.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline lab {

// Market orders in the perpetuals of a coin, at all venues by volume, in equal parts each second.
struct ForcedSale {
    std::string coin = "BTC";
    double usd = 0.0;
    Duration over = minutes(1);
};

// The row of [[events]] that such a sale is, from `at` on (whole seconds, rounded up).
[[nodiscard]] std::string forced_sale_row(const Plan& plan, SimTime at, const ForcedSale& sale);

// The scenario with another seed.
[[nodiscard]] std::shared_ptr<const Compiled> with_seed(const Compiled& scenario,
                                                        std::uint64_t seed);

// USD closed by force (true notional, both sides) after `from` up to `to`, of what was recorded.
[[nodiscard]] double forced_usd(const MemoryRecorder& recorder, SimTime from, SimTime to);

}  // namespace margincall::inline lab
