// Cross accounts in several coins (portfolios), made of the cross accounts that were drawn with one
// coin each (docs/population.md). A coin that falls alone hurts a portfolio little, all together hurt
// it as they would have hurt its parts.
#pragma once

#include <vector>

#include "plan/plan.hpp"
#include "rules/account.hpp"

namespace margincall::inline agents {

// Joins alike accounts of one venue and side: sorted by wealth (a power of two of the margin a
// person) and leverage, each wants 1 to PopulationPlan::coins_max coins, all as likely, and takes
// the nearest ones in other coins that are still alone and as wealthy: these were the same persons.
// Lots and money stay what they are; the persons are the mean of those joined, so that positions
// keep their sizes, but nobody holds less than a lot of each coin. Hedgers, basis funds and accounts
// that pledge coins stay alone. Those that are joined come after all others, by venue, longs first.
void join_portfolios(const Plan& plan, std::vector<AccountSeed>& seeds);

}  // namespace margincall::inline agents
