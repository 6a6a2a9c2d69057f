// The price of an externality: which worlds are run, and dollars a dollar of made-up worlds that are known.
#include "lab/externality.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agents/population.hpp"
#include "agents/thinned.hpp"
#include "lab/tiny_list.hpp"
#include "support/metric_row.hpp"

namespace margincall {
namespace {

using testing::metric_row;

ExternalityPlan planned_externality(std::vector<std::string> ways,
                                    std::int64_t paths = 3,
                                    double step = 0.1) {
    ExternalityRequest request;
    request.scenario = testing::tiny_request(paths);
    request.ways = std::move(ways);
    request.step = step;
    request.draw = false;
    auto plan = plan_externality(request);
    EXPECT_TRUE(plan) << plan.error().front().message;
    return std::move(*plan);
}

// All ways, made once.
const ExternalityPlan& all_ways() {
    static const ExternalityPlan plan = planned_externality({});
    return plan;
}

TEST(Externality, EveryGroupIsACellAndTheFirstIsEverybody) {
    const ExternalityPlan& plan = all_ways();
    const Plan& base = plan.list.base().plan;
    ASSERT_EQ(plan.list.cells().size(), plan.groups.size() + 1);
    for (const VenuePlan& venue : base.venues) {
        EXPECT_EQ(venue.thinned_share, 0.0);
    }
    std::size_t venues = 0;
    for (std::size_t g = 0; g < plan.groups.size(); ++g) {
        const Plan less = plan.list.plan_of(g + 1);
        std::size_t thinned = 0;
        for (const VenuePlan& venue : less.venues) {
            EXPECT_TRUE(venue.thinned_share == 0.0 || venue.thinned_share == 0.1);
            thinned += venue.thinned_share > 0.0 ? std::size_t{1} : 0;
        }
        EXPECT_GE(thinned, 1U) << plan.groups[g].name;
        EXPECT_EQ(plan.groups[g].way == "venue", thinned == 1) << plan.groups[g].name;
        venues += plan.groups[g].way == "venue" ? std::size_t{1} : 0;
    }
    EXPECT_EQ(plan.groups.size(), 10 + venues);
    EXPECT_GE(venues, 2U);
}

// Of one way every leveraged owner is in exactly one group.
TEST(Externality, GroupsOfOneWayCoverEveryLeveragedOwnerOnce) {
    const ExternalityPlan& plan = all_ways();
    const std::vector<AccountSeed> rows = draw_population(plan.list.base().plan);
    double everybody = 0.0;
    for (const AccountSeed& row : rows) {
        const Instrument& inst = plan.list.base().plan.instruments[row.instrument.raw()].instrument;
        if (row.hedger == 0 && row.basis_fund == 0) {
            everybody += static_cast<double>(row.qty.raw()) * inst.lot_base *
                         plan.list.base().plan.assets[inst.base.raw()].price;
        }
    }
    for (const std::string_view way : group_ways) {
        double held = 0.0;
        for (std::size_t g = 0; g < plan.groups.size(); ++g) {
            if (plan.groups[g].way == way) {
                std::vector<AccountSeed> part = rows;
                held += thin_owners(plan.list.plan_of(g + 1), part).group_usd;
            }
        }
        EXPECT_NEAR(held / everybody, 1.0, 1e-9) << way;
    }
}

TEST(Externality, RefusesWhatItCannotGroup) {
    ExternalityRequest request;
    request.scenario = testing::tiny_request(2);
    request.ways = {"wealth"};
    const auto refused = plan_externality(request);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().front().code, "E751");
    EXPECT_NE(refused.error().front().hint.find("leverage, size"), std::string::npos);
}

// Worlds in which funds lose 0.02 and winners 0.5 dollars for a dollar that longs hold at the start, and shorts cost
// nothing that is the same on every seed.
std::vector<PathRow> made_up_worlds(const ExternalityPlan& plan) {
    std::vector<PathRow> rows;
    const auto seeds = static_cast<std::size_t>(plan.list.paths());
    for (std::uint64_t index = 0; index < plan.list.size(); ++index) {
        const Task task = plan.list.task(index);
        std::vector<AccountSeed> drawn =
            draw_population(plan.list.plan_of(plan.list.task(index % seeds)));
        const double taken = thin_owners(plan.list.plan_of(task), drawn).taken_usd;
        const bool longs = task.cell == 1;
        const double luck = 1e9 + 1e8 * static_cast<double>(task.seed % 4);
        const double noise = task.seed % 2 == 0 ? 1e6 : -1.1e6;
        PathRow row;
        row.key = task.key;
        row.index = index;
        row.seed = task.seed;
        row.summary.metrics.resize(metric_names.size());
        row.summary.metrics[metric_row("bad_debt_usd")].value = 5e6;
        row.summary.metrics[metric_row("adl_usd")].value = luck - (longs            ? 0.5 * taken
                                                                   : task.cell == 2 ? noise
                                                                                    : 0.0);
        row.series.values.resize(path_series_names.size());
        const double draw = luck - (longs ? 0.02 * taken : 0.0);
        row.series.values[path_series_index("fund_usd")] = {
            3e9F, static_cast<float>(3e9 - draw), 2.9e9F};
        rows.push_back(std::move(row));
    }
    return rows;
}

TEST(Externality, GivesKnownDollarsADollarBack) {
    const ExternalityPlan plan = planned_externality({"side"}, 4);
    const Externality result = externality(plan, made_up_worlds(plan));
    ASSERT_EQ(result.groups.size(), 2U);
    const GroupEffect& longs = result.groups[0];
    ASSERT_EQ(externality_figures[0].name, "loss");
    ASSERT_EQ(externality_figures[3].name, "adl");
    EXPECT_NEAR(longs.step_usd.mean / longs.open_interest_usd.mean, 0.1, 1e-3);
    EXPECT_EQ(longs.per_dollar[3].state, EffectState::known);
    EXPECT_NEAR(longs.per_dollar[3].mean, 0.5, 1e-6);
    // Curves are kept in single precision: some hundred dollars of billions.
    EXPECT_EQ(longs.per_dollar[0].state, EffectState::known);
    EXPECT_NEAR(longs.per_dollar[0].mean, 0.02, 1e-5);
    EXPECT_NEAR(longs.contribution[0].mean,
                0.02 * longs.open_interest_usd.mean,
                1e-3 * longs.contribution[0].mean);
    EXPECT_EQ(longs.per_dollar[2].state, EffectState::none) << "the same debt in every world";
    const GroupEffect& shorts = result.groups[1];
    EXPECT_EQ(shorts.per_dollar[1].state, EffectState::none);
    EXPECT_EQ(shorts.per_dollar[3].state, EffectState::not_known) << "its sign goes with the seed";
    EXPECT_LT(shorts.per_dollar[3].low, 0.0);
    EXPECT_GT(shorts.per_dollar[3].high, 0.0);

    const auto json = nlohmann::json::parse(externality_json(plan, result));
    EXPECT_EQ(json["groups"][0]["effects"][3]["per_dollar"]["state"], "known");
    EXPECT_EQ(json["groups"][1]["effects"][3]["per_dollar"]["state"], "not known");
    EXPECT_EQ(json["groups"][0]["name"], "longs");
    const std::string csv = externality_csv(plan, result);
    EXPECT_EQ(std::ranges::count(csv, '\n'), 1 + 2 * 4);
    EXPECT_NE(csv.find("side,shorts,adl,not known,"), std::string::npos) << csv;
}

TEST(Externality, OneSeedKnowsNothing) {
    const ExternalityPlan plan = planned_externality({"side"}, 1);
    const Externality result = externality(plan, made_up_worlds(plan));
    EXPECT_EQ(result.groups[0].per_dollar[3].state, EffectState::unknown);
}

}  // namespace
}  // namespace margincall
