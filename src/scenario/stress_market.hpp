// Plan -> the market of an account-book stress: perpetual venues, coins and instruments with price,
// tiers and pools, and the resting depth that the plan's makers and patient orders would show in
// the state of the start.
#pragma once

#include <vector>

#include "desk/market.hpp"
#include "plan/plan.hpp"

namespace margincall::inline scenario {

struct PlanMarket {
    StressMarket market;
    std::vector<InstrumentId> plan_instrument;  // by InstrumentId of the market: row of the plan
};
[[nodiscard]] PlanMarket stress_market(const Plan& plan);

}  // namespace margincall::inline scenario
