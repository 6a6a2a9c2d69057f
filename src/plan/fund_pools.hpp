// Which perps of a venue share a fund, by the scope of its rule. What the funds hold at the start
// is the venue's sum, shared by the open interest of their coins: no venue prints the balances of
// all of its funds (docs/venues.md).
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace margincall::inline plan {

struct FundPool {
    std::string name;  // "A", "A/BTC+ETH", "A/rest"
    Money balance;
    std::vector<InstrumentId> instruments;
};

// At least one; the balances add up to the rule's `initial`.
[[nodiscard]] inline std::vector<FundPool> fund_pools(const Plan& plan, VenueId venue) {
    const VenuePlan& row = plan.venues[venue.raw()];
    const FundScope scope = row.rules.fund.scope;
    std::vector<FundPool> pools;
    std::vector<double> interest;
    const auto pool_of = [&](AssetId coin) -> std::string {
        if (scope == FundScope::venue) {
            return row.name;
        }
        if (scope == FundScope::instrument) {
            return row.name + "/" + plan.assets[coin.raw()].name;
        }
        for (const std::vector<AssetId>& group : row.fund_groups) {
            if (std::find(group.begin(), group.end(), coin) != group.end()) {
                std::string name = row.name + "/";
                for (const AssetId member : group) {
                    name += (member == group.front() ? "" : "+") + plan.assets[member.raw()].name;
                }
                return name;
            }
        }
        return row.fund_groups.empty() ? row.name : row.name + "/rest";
    };
    for (const InstrumentPlan& ip : plan.instruments) {
        const Instrument& inst = ip.instrument;
        if (inst.venue != venue || inst.kind != InstrumentKind::linear_perp) {
            continue;
        }
        const std::string name = pool_of(inst.base);
        auto at = std::find_if(
            pools.begin(), pools.end(), [&](const FundPool& pool) { return pool.name == name; });
        if (at == pools.end()) {
            pools.push_back({.name = name, .balance = {}, .instruments = {}});
            interest.push_back(0.0);
            at = pools.end() - 1;
        }
        at->instruments.push_back(inst.id);
        interest[static_cast<std::size_t>(at - pools.begin())] +=
            plan.assets[inst.base.raw()].open_interest;
    }
    if (pools.empty()) {
        return {{.name = row.name, .balance = row.rules.fund.initial, .instruments = {}}};
    }
    double all = 0.0;
    for (const double coins : interest) {
        all += coins;
    }
    Money left = row.rules.fund.initial;
    for (std::size_t k = pools.size(); k-- > 1;) {
        const double share = all > 0.0 ? interest[k] / all : 0.0;
        pools[k].balance = Money::from_raw(static_cast<std::int64_t>(
            std::floor(static_cast<double>(row.rules.fund.initial.raw()) * share)));
        left = left - pools[k].balance;
    }
    pools.front().balance = left;
    return pools;
}

}  // namespace margincall::inline plan
