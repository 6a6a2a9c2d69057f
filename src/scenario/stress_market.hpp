// Plan -> the market of an account-book stress: perpetual venues, coins and instruments with price,
// tiers and pools, and the resting depth that the plan's makers and patient orders would show in
// the state of the start.
#pragma once

#include <cstdint>
#include <vector>

#include "desk/market.hpp"
#include "plan/plan.hpp"

namespace margincall::inline scenario {

struct PlanMarket {
    StressMarket market;
    std::vector<InstrumentId> plan_instrument;  // by InstrumentId of the market: row of the plan
};
// `finest`: a row that stands for several venues takes the sizes of each of them, whose lots are not all
// known: tenths of the plan's lot, down to a thousandth, while a tick is worth whole micro-dollars. For a
// book whose lots go into a world of the plan: `of_plan`.
enum class LotGrid : std::uint8_t { of_plan, finest };
[[nodiscard]] PlanMarket stress_market(const Plan& plan, LotGrid lots = LotGrid::of_plan);

}  // namespace margincall::inline scenario
