// A group of owners of whom a part is not there (docs/population.md): what the same market would be with less of their
// open interest. Nobody else's random numbers change, and of positions only those of hedgers, who decide nothing.
#pragma once

#include <span>
#include <vector>

#include "plan/plan.hpp"
#include "rules/account.hpp"

namespace margincall::inline agents {

// What a group holds and what was taken from it, longs and shorts added up, USD at the prices of the start.
struct Thinned {
    double group_usd = 0.0;
    double taken_usd = 0.0;
};

// Whether an account (its one position, or all of a portfolio) is of PopulationPlan::thinned at a venue that has a
// thinned share. Leverage and size are those at entry. Hedgers and basis funds are in no group.
[[nodiscard]] bool in_thinned_group(const Plan& plan, std::span<const AccountSeed> account);

// Takes VenuePlan::thinned_share of the group's lots out of every instrument: of an account of its own persons leave, of
// one person or a portfolio the positions shrink, with the margin in proportion. A long's contract ends against that of a
// hedger's short, who leaves with it; a short's is a hedger's from then on. So lots are taken as far as hedgers hold some.
// Rows stay as many and in their order.
Thinned thin_owners(const Plan& plan, std::vector<AccountSeed>& rows);

}  // namespace margincall::inline agents
