// Part of a group of owners that is not there: who gives, who takes, and that nothing else changes.
#include "agents/thinned.hpp"

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "agents/population.hpp"
#include "population_market.hpp"

namespace margincall {
namespace {

using namespace population_test;

Plan market(std::int64_t coins_max = 1) {
    Plan plan = make_market();
    add_history(plan);
    plan.population.rows = 20'000;
    plan.population.coins_max = coins_max;
    return plan;
}
void thin_everywhere(Plan& plan, double share) {
    for (VenuePlan& venue : plan.venues) {
        venue.thinned_share = share;
    }
}

using Lots2 = std::map<std::uint32_t, std::pair<std::int64_t, std::int64_t>>;  // longs, shorts
Lots2 lots_of(const std::vector<AccountSeed>& rows) {
    Lots2 out;
    for (const AccountSeed& r : rows) {
        auto& [longs, shorts] = out[r.instrument.raw()];
        (r.side == Side::buy ? longs : shorts) += r.qty.raw();
    }
    return out;
}

TEST(Thinned, NothingIsTakenWithoutAShare) {
    Plan plan = market();
    const auto before = draw_population(plan);
    auto after = before;
    const Thinned none = thin_owners(plan, after);
    EXPECT_EQ(none.taken_usd, 0.0);
    plan.population.thinned.leverage_from = 7.0;  // who is meant does not matter then
    after = draw_population(plan);
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t k = 0; k < before.size(); ++k) {
        ASSERT_EQ(after[k].qty, before[k].qty);
        ASSERT_EQ(after[k].margin, before[k].margin);
        ASSERT_EQ(after[k].weight, before[k].weight);
    }
}

// Longs of 7x and more at the first venue: a tenth of their lots ends, as many of its hedgers' shorts with them.
TEST(Thinned, ALongsContractEndsAgainstAHedgersShort) {
    Plan plan = market();
    const auto before = draw_population(plan);
    plan.venues[0].thinned_share = 0.1;
    plan.population.thinned = {.side = GroupSide::longs, .leverage_from = 7.0};
    const auto after = draw_population(plan);
    ASSERT_EQ(after.size(), before.size()) << "rows keep their places, and so their random numbers";
    std::map<std::uint32_t, std::int64_t> group, taken, hedgers;
    double group_usd = 0.0;
    double taken_usd = 0.0;
    for (std::size_t k = 0; k < before.size(); ++k) {
        const AccountSeed& was = before[k];
        const AccountSeed& is = after[k];
        const Instrument& inst = plan.instruments[was.instrument.raw()].instrument;
        const bool meant = inst.venue.raw() == 0 && was.side == Side::buy && was.hedger == 0 &&
                           to_usd(notional(inst, was.entry, was.qty)) >= 7.0 * to_usd(was.margin);
        const double coin = inst.lot_base * plan.assets[inst.base.raw()].price;
        if (meant) {
            group[inst.id.raw()] += was.qty.raw();
            taken[inst.id.raw()] += was.qty.raw() - is.qty.raw();
            group_usd += static_cast<double>(was.qty.raw()) * coin;
            taken_usd += static_cast<double>(was.qty.raw() - is.qty.raw()) * coin;
            EXPECT_LE(is.weight, was.weight);
        } else if (was.hedger != 0 && was.basis_fund == 0) {
            hedgers[inst.id.raw()] += was.qty.raw() - is.qty.raw();
            EXPECT_TRUE(inst.venue.raw() == 0 || is.qty == was.qty);
        } else {
            ASSERT_EQ(is.qty, was.qty);
            ASSERT_EQ(is.margin, was.margin);
            ASSERT_EQ(is.weight, was.weight);
        }
        ASSERT_EQ(is.entry, was.entry);
        ASSERT_EQ(is.stop, was.stop);
        ASSERT_EQ(is.leverage_e2, was.leverage_e2);
        // Money in proportion, rounded up: never more leverage than before.
        ASSERT_LE(i128{is.qty.raw()} * was.margin.raw(), i128{was.qty.raw()} * is.margin.raw());
        ASSERT_GE(is.qty.raw(), std::int64_t{is.weight});
    }
    ASSERT_GE(group.size(), 3u);
    for (const auto& [i, lots] : group) {
        EXPECT_EQ(taken[i], lots / 10) << "rounded down";
        EXPECT_EQ(hedgers[i], taken[i]);
    }
    for (const auto& [i, lots] : lots_of(after)) {
        EXPECT_EQ(lots.first, lots.second) << "long and short lots stay equal";
    }
    auto again = before;
    const Thinned totals = thin_owners(plan, again);
    EXPECT_NEAR(totals.group_usd, group_usd, 1e-6 * group_usd);
    EXPECT_NEAR(totals.taken_usd, taken_usd, 1e-6 * group_usd);
    EXPECT_NEAR(totals.taken_usd / totals.group_usd, 0.1, 1e-3);
}

TEST(Thinned, AShortsContractIsAHedgersFromThenOn) {
    Plan plan = market();
    const auto before = draw_population(plan);
    thin_everywhere(plan, 0.2);
    plan.population.thinned = {.kind = GroupKind::isolated, .side = GroupSide::shorts};
    const auto after = draw_population(plan);
    EXPECT_EQ(lots_of(after), lots_of(before)) << "open interest stays";
    std::int64_t isolated = 0;
    std::int64_t hedgers = 0;
    for (std::size_t k = 0; k < before.size(); ++k) {
        const std::int64_t gained = after[k].qty.raw() - before[k].qty.raw();
        if (before[k].mode == MarginMode::isolated && before[k].side == Side::sell) {
            EXPECT_LE(gained, 0);
            isolated -= gained;
        } else if (before[k].hedger != 0 && before[k].basis_fund == 0) {
            EXPECT_GE(gained, 0);
            hedgers += gained;
        } else {
            EXPECT_EQ(gained, 0);
        }
    }
    EXPECT_GT(isolated, 0);
    EXPECT_EQ(hedgers, isolated);
}

TEST(Thinned, IsLimitedByTheHedgersThatAreThere) {
    Plan plan = market();
    plan.arbitrage.fund_share = 1.0;  // all hedged shorts are the funds'
    const auto before = draw_population(plan);
    thin_everywhere(plan, 0.2);
    for (const GroupSide side : {GroupSide::longs, GroupSide::shorts}) {
        plan.population.thinned.side = side;
        auto rows = before;
        EXPECT_EQ(thin_owners(plan, rows).taken_usd, 0.0);
    }
    // Longs and shorts of the group may end against each other.
    plan.population.thinned.side = GroupSide::both;
    auto rows = before;
    const Thinned both = thin_owners(plan, rows);
    EXPECT_GT(both.taken_usd, 0.1 * both.group_usd);
    for (const auto& [i, lots] : lots_of(rows)) {
        EXPECT_EQ(lots.first, lots.second);
    }
}

TEST(Thinned, PortfoliosShrinkInAllTheirCoinsAndKeepTheirPersons) {
    Plan plan = market(4);
    const auto before = draw_population(plan);
    thin_everywhere(plan, 0.1);
    plan.population.thinned = {.kind = GroupKind::cross, .size_from = 50'000.0};
    const auto after = draw_population(plan);
    std::size_t shrunk = 0;
    for (std::size_t k = 0; k < before.size();) {
        std::size_t end = k + 1;
        double worth = 0.0;
        while (end < before.size() && before[k].portfolio != 0 &&
               before[end].portfolio == before[k].portfolio) {
            ++end;
        }
        for (std::size_t j = k; j < end; ++j) {
            worth += to_usd(notional(plan.instruments[before[j].instrument.raw()].instrument,
                                     before[j].entry,
                                     before[j].qty));
        }
        if (before[k].portfolio != 0) {
            const bool large = worth / before[k].weight >= 50'000.0;
            for (std::size_t j = k; j < end; ++j) {
                ASSERT_EQ(after[j].weight, before[j].weight);
                ASSERT_TRUE(large || after[j].qty == before[j].qty);
                shrunk += after[j].qty < before[j].qty ? std::size_t{1} : 0;
            }
        }
        k = end;
    }
    EXPECT_GT(shrunk, 100u);
}

}  // namespace
}  // namespace margincall
