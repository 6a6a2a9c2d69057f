// Attribution: which worlds are run, what "out" does to a plan, and shares of made-up worlds that are known.
#include "lab/attribution.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "lab/attribution_json.hpp"
#include "lab/draws.hpp"
#include "lab/tiny_list.hpp"
#include "lab/worker_pool.hpp"
#include "support/metric_row.hpp"

namespace margincall {
namespace {

using testing::TemporaryFolder;

AttributionRequest request(std::vector<std::string> players, std::int64_t paths = 2) {
    AttributionRequest out;
    out.scenario = testing::tiny_request(paths);
    out.players = std::move(players);
    return out;
}

AttributionPlan planned(std::vector<std::string> players, std::int64_t paths = 2) {
    auto plan = plan_attribution(request(std::move(players), paths));
    EXPECT_TRUE(plan) << plan.error().front().message;
    return std::move(*plan);
}

AttributionPlan planned_november(std::vector<std::string> players, bool draw = true) {
    AttributionRequest out;
    out.scenario.scenario = MC_SOURCE_DIR "/scenarios/2025-11-04.toml";
    out.scenario.overrides = {"world.size=reduced"};
    out.scenario.paths = 2;
    out.players = std::move(players);
    out.draw = draw;
    auto plan = plan_attribution(out);
    EXPECT_TRUE(plan) << plan.error().front().message;
    return std::move(*plan);
}

const EventPlan& event_of(const Plan& plan, std::string_view name) {
    const auto found = std::ranges::find(plan.events, name, &EventPlan::name);
    EXPECT_NE(found, plan.events.end()) << name;
    return *found;
}

TEST(Attribution, EveryCoalitionIsACellAndTheFirstIsTheScenarioItself) {
    const AttributionPlan plan = planned({"leverage", "makers", "behaviour"});
    ASSERT_EQ(plan.cells.players.size(), 3U);
    EXPECT_TRUE(plan.cells.removals.empty()) << "a quiet day declares nothing";
    ASSERT_EQ(plan.list.cells().size(), 8U);
    EXPECT_TRUE(plan.list.cells()[0].set.empty());
    EXPECT_EQ(plan.cells.cell_of(0b111), 0U);
    std::set<std::size_t> cells;
    for (std::uint32_t in = 0; in < 8; ++in) {
        const std::size_t cell = plan.cells.cell_of(in);
        cells.insert(cell);
        const Switches off = plan.list.plan_of(cell).switches;
        EXPECT_EQ(off.forced_orders, (in & 1U) != 0) << in;
        EXPECT_EQ(off.stops, (in & 1U) != 0) << in;
        EXPECT_EQ(off.makers_frozen, (in & 2U) == 0) << in;
        EXPECT_EQ(off.maker_losses, (in & 2U) != 0) << in;
        EXPECT_EQ(off.behaviour, (in & 4U) != 0) << in;
    }
    EXPECT_EQ(cells.size(), 8U);
}

TEST(Attribution, APlayerWithoutAnythingInTheScenarioIsNone) {
    EXPECT_EQ(plan_attribution(request({"macro", "leverage"})).error().front().code, "E732");
    EXPECT_EQ(plan_attribution(request({"leverage", "wale"})).error().front().code, "E731");
}

TEST(Attribution, EventsOfAPlayerThatIsOutKeepTheirRowAndAreNothing) {
    const AttributionPlan plan = planned_november({"holders", "leverage"});
    const Plan all = plan.list.plan_of(plan.list.task(0));
    // Path 0 without holders: their draw does not bring them back.
    const std::size_t cell = plan.cells.cell_of(0b10);
    const Plan without =
        plan.list.plan_of(plan.list.task(cell * static_cast<std::size_t>(plan.list.paths())));
    ASSERT_EQ(all.events.size(), without.events.size());
    for (std::size_t k = 0; k < all.events.size(); ++k) {
        EXPECT_EQ(all.events[k].name, without.events[k].name);
        const double sold = std::abs(without.events[k].sell_usd[0]);
        if (all.events[k].cause == "holders") {
            EXPECT_EQ(sold, 0.0);
            EXPECT_GT(all.events[k].sell_usd[0], 0.0);
        } else {
            EXPECT_EQ(all.events[k].sell_usd, without.events[k].sell_usd);
            EXPECT_EQ(all.events[k].d_equities, without.events[k].d_equities);
        }
    }
}

TEST(Attribution, AssumedEventsAreARemovalOfTheirOwn) {
    const AttributionPlan plan = planned_november({"macro", "holders"});
    // Of the holders one row is assumed, of the macro news one.
    ASSERT_EQ(plan.cells.removals.size(), 2U);
    const auto& macro = plan.cells.removals[0];
    EXPECT_EQ(macro.player->name, "macro");
    const Plan without =
        plan.list.plan_of(plan.list.task(macro.cell * static_cast<std::size_t>(plan.list.paths())));
    EXPECT_EQ(event_of(without, "ETH own news").d_fair_value[1], 0.0);
    EXPECT_LT(event_of(without, "US afternoon, 4 November").d_equities, 0.0);
    EXPECT_EQ(assumed_events(*macro.player, plan.list.base().plan),
              (std::vector<std::string>{"ETH own news"}));
}

TEST(Attribution, SeedsHaveDrawsOfTheirOwnAndCellsHaveTheSame) {
    const AttributionPlan plan = planned_november({"holders", "leverage"});
    const TaskList& list = plan.list;
    const auto firm = [&](std::size_t cell, std::size_t path) {
        return list.plan_of(list.task(cell * static_cast<std::size_t>(list.paths()) + path))
            .maker.learn_min;
    };
    EXPECT_NE(firm(0, 0), firm(0, 1));
    EXPECT_EQ(firm(0, 0), firm(2, 0));
    EXPECT_EQ(firm(0, 1), firm(3, 1));
    EXPECT_NE(list.task(0).key, planned_november({"holders", "leverage"}, false).list.task(0).key);
    // The folder knows its draws.
    const auto again = TaskList::from_json(list.json(), testing::resolved_texts(list));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->hash(), list.hash());
    EXPECT_EQ(again->task(3).key, list.task(3).key);
    const auto cells = cells_of_list(*again);
    ASSERT_TRUE(cells) << cells.error().message;
    EXPECT_EQ(cells->players, plan.cells.players);
    EXPECT_EQ(cells_of_list(testing::tiny_list(2)).error().code, "E715");
}

TEST(Draws, LieInTheirRangesAndHangOnSeedAndKeyOnly) {
    const RangePlan linear{"a", 8.0, 11.0, "", {}, ""};
    const RangePlan logs{"b", 10.0, 7200.0, " s", {}, ""};
    const RangePlan choice{"c", 0.0, 0.0, "", {"1", "3", "6"}, ""};
    EXPECT_EQ(range_value(linear, 0.5), "9.5");
    EXPECT_EQ(range_value(logs, 0.5), "268.328 s");
    EXPECT_EQ(range_value(choice, 0.99), "6");
    EXPECT_EQ(range_value(choice, 0.34), "3");
    EXPECT_EQ(draw_of({linear, logs, choice}, 5)[1], draw_of({logs}, 5)[0]);
    std::set<std::string> seen;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        seen.insert(draw_of({choice}, seed)[0]);
    }
    EXPECT_EQ(seen.size(), 3U);
}

// Every range of the shipped scenarios can be drawn at both ends.
TEST(Draws, BothEndsOfEveryShippedRangeCompile) {
    for (const char* const name : {"2025-10-10", "2025-11-04", "quiet-2025-11"}) {
        TaskRequest base;
        base.scenario = std::string{MC_SOURCE_DIR "/scenarios/"} + name + ".toml";
        base.overrides = {"world.size=reduced"};
        const auto list = TaskList::make(base);
        ASSERT_TRUE(list) << list.error().front().message;
        ASSERT_GE(list->base().plan.ranges.size(), 9U);
        for (const double end : {0.0, 1.0}) {
            Overrides set;
            for (const RangePlan& range : list->base().plan.ranges) {
                set.push_back(range.key + "=" + range_value(range, end));
                EXPECT_FALSE(range.source.empty()) << range.key;
            }
            const auto compiled = compile_text(list->cells()[0].resolved, name, ".", set);
            EXPECT_TRUE(compiled) << name << ": " << compiled.error().front().message;
        }
    }
}

// --- shares ---

// Worlds in which each player's part of the fall is known: 0.01 for each that is in, and 0.02 more when the
// first two are.
std::vector<PathRow> made_up_worlds(const AttributionPlan& plan) {
    std::vector<PathRow> rows;
    for (std::uint64_t index = 0; index < plan.list.size(); ++index) {
        const Task task = plan.list.task(index);
        PathRow row;
        row.key = task.key;
        row.index = index;
        row.seed = task.seed;
        row.summary.wall_s = 36.0;
        row.summary.metrics.resize(metric_names.size());
        const std::size_t out = task.cell;
        double fall = 0.005;  // nobody's
        for (std::size_t i = 0; i < plan.cells.players.size(); ++i) {
            fall += (out >> i & 1U) == 0 ? 0.01 : 0.0;
        }
        fall += (out & 3U) == 0 ? 0.02 : 0.0;
        // A seed's luck moves all of its worlds alike.
        fall += 0.003 * static_cast<double>(task.seed % 3);
        row.summary.metrics[testing::metric_row("btc_fall_open_to_low")].value = -fall;
        row.series.values.resize(path_series_names.size());
        rows.push_back(std::move(row));
    }
    return rows;
}

TEST(Attribution, GivesKnownSharesBack) {
    const AttributionPlan plan = planned({"leverage", "makers", "behaviour"}, 6);
    const Attribution result = attribute(plan, made_up_worlds(plan));
    ASSERT_EQ(result.outcomes.size(), 1U) << "nothing else is known of these worlds";
    const OutcomeAttribution& fall = result.outcomes[0];
    EXPECT_EQ(fall.name, "btc_fall");
    EXPECT_EQ(fall.seeds, 6U);
    EXPECT_NEAR(fall.whole.mean, -0.058, 1e-9);
    EXPECT_NEAR(fall.rest.mean, -0.008, 1e-9);
    EXPECT_NEAR(fall.shares[0].shapley.mean, -0.02, 1e-9);
    EXPECT_NEAR(fall.shares[1].shapley.mean, -0.02, 1e-9);
    EXPECT_NEAR(fall.shares[2].shapley.mean, -0.01, 1e-9);
    EXPECT_NEAR(fall.shares[0].share.p50, 0.4, 1e-6);
    EXPECT_NEAR(fall.shares[0].removed.mean, -0.03, 1e-9);
    EXPECT_TRUE(fall.shares[0].identified);
    EXPECT_NEAR(*fall.shares[0].paired_correlation, 1.0, 1e-9);
    EXPECT_NEAR(fall.interaction[0 * 3 + 1], -0.02, 1e-9);
    EXPECT_NEAR(fall.interaction[0 * 3 + 2], 0.0, 1e-9);
    EXPECT_NEAR(result.core_hours, 0.01 * 48, 1e-9);
}

// A curve of three points in every world: only those with everything in count, and points without data do not.
TEST(Attribution, LevelsAreOfTheWorldsWithEverythingIn) {
    const AttributionPlan plan = planned({"leverage", "makers"}, 3);
    std::vector<PathRow> rows = made_up_worlds(plan);
    const std::size_t btc = 0;
    ASSERT_EQ(path_series_names[btc].name, "btc_price");
    for (PathRow& row : rows) {
        const Task task = plan.list.task(row.index);
        const auto start = task.cell == 0 ? static_cast<float>(100 + task.seed % 3) : 5.0F;
        row.series.values[btc] = {std::nanf(""), start, start - 40.0F, start - 10.0F};
    }
    const Attribution result = attribute(plan, rows);
    ASSERT_EQ(result.levels.size(), 1U) << "no other curve has points";
    const LevelSpread& level = result.levels[0];
    EXPECT_EQ(level.name, "btc_price");
    EXPECT_EQ(level.start.n, 3U);
    EXPECT_DOUBLE_EQ(level.start.mean, 101.0);
    EXPECT_DOUBLE_EQ(level.minimum.mean, 61.0);
    EXPECT_DOUBLE_EQ(level.end.mean, 91.0);
}

TEST(Attribution, ASeedOfWhichAWorldIsMissingIsLeftOutAndNamed) {
    const AttributionPlan plan = planned({"leverage", "makers"}, 3);
    std::vector<PathRow> rows = made_up_worlds(plan);
    std::erase_if(rows, [&](const PathRow& row) {
        return row.seed == plan.list.seed_from() + 1 && plan.list.task(row.index).cell == 2;
    });
    const Attribution result = attribute(plan, rows);
    EXPECT_EQ(result.incomplete, (std::vector<std::uint64_t>{plan.list.seed_from() + 1}));
    EXPECT_EQ(result.outcomes[0].seeds, 2U);
}

TEST(Attribution, AnIntervalThatCoversTenAndFortyPercentIdentifiesNothing) {
    const AttributionPlan plan = planned({"leverage", "makers"}, 4);
    std::vector<PathRow> rows = made_up_worlds(plan);
    const auto metric = testing::metric_row("btc_fall_open_to_low");
    for (PathRow& row : rows) {
        // Leverage is worth nearly nothing on half of the seeds and most on the others.
        const std::size_t out = plan.list.task(row.index).cell;
        const bool in = (out & 1U) == 0;
        const double worth = row.seed % 2 == 0 ? 0.1 : 0.0005;
        row.summary.metrics[metric].value = -((out & 2U) == 0 ? 0.02 : 0.0) - (in ? worth : 0.0);
    }
    const OutcomeAttribution fall = attribute(plan, rows).outcomes[0];
    EXPECT_LE(fall.shares[0].share.p05, 0.10);
    EXPECT_GE(fall.shares[0].share.p95, 0.40);
    EXPECT_FALSE(fall.shares[0].identified);
    EXPECT_EQ(share_state(fall, fall.shares[0], {"met", "", {}}), "not identified");
    EXPECT_EQ(share_state(fall, fall.shares[0], {"missed", "loop", {}}), "void");
    OutcomeAttribution dollars = fall;
    dollars.price = false;
    EXPECT_EQ(share_state(dollars, fall.shares[0], {"missed", "loop", {}}), "not identified")
        << "gates of the price say nothing of dollars";
}

// Three seeds with parts of 12, 18 and 32 % lie between 13 and 31 %, but a fourth lies between -14 and 55 %; with
// three times as many it lies between 3 and 38 %. One seed says nothing of another.
TEST(Attribution, WhatIsIdentifiedIsSaidOfAFurtherWorld) {
    const auto leverage_of = [](std::int64_t seeds) {
        const AttributionPlan plan = planned({"leverage", "makers"}, seeds);
        std::vector<PathRow> rows = made_up_worlds(plan);
        constexpr double parts[] = {0.12, 0.18, 0.32};
        for (PathRow& row : rows) {
            const std::size_t out = plan.list.task(row.index).cell;
            const double part = parts[(row.seed - plan.list.seed_from()) % 3];
            row.summary.metrics[testing::metric_row("btc_fall_open_to_low")].value =
                -((out & 1U) == 0 ? 0.1 * part : 0.0) -
                ((out & 2U) == 0 ? 0.1 * (1.0 - part) : 0.0);
        }
        return attribute(plan, rows).outcomes[0].shares[0];
    };
    const PlayerShare three = leverage_of(3);
    EXPECT_GT(three.share.p05, 0.10);
    EXPECT_LT(three.share.p95, 0.40);
    EXPECT_FALSE(three.identified);
    EXPECT_TRUE(leverage_of(9).identified);
    EXPECT_FALSE(leverage_of(1).identified);
}

// --- worlds that begin alike ---

TEST(Attribution, WorldsThatBeginAlikeAreThoseThatAreRunWhole) {
    AttributionRequest wanted = request({"leverage", "makers", "behaviour"});
    wanted.scenario.overrides.emplace_back("mechanisms.off_after=100 s");
    const auto plan = plan_attribution(wanted);
    ASSERT_TRUE(plan) << plan.error().front().message;
    const TaskList& list = plan->list;
    for (std::size_t cell = 0; cell < list.cells().size(); ++cell) {
        EXPECT_EQ(list.start_of(cell), 0U);
    }
    const TemporaryFolder folder;
    auto store = WorldStore::open(folder.path(), list, {});
    ASSERT_TRUE(store) << store.error().message;
    PoolOptions options;
    options.workers = 2;
    const WorldsResult done =
        run_worlds(list, *store, options, [](const PoolProgress&) { return true; });
    EXPECT_EQ(done.progress.finished, 16U);
    EXPECT_FALSE(done.stopped);
    const auto rows = read_worlds(folder.path());
    ASSERT_TRUE(rows);
    std::set<std::uint64_t> digests;
    for (const PathRow& row : *rows) {
        const Task task = list.task(row.index);
        const Plan whole = list.plan_of(task);
        MemoryRecorder recorder(whole);
        RunTotals totals;
        PathRow expected = world_row(task, whole, recorder, totals, nullptr, "");
        expected.summary.wall_s = row.summary.wall_s;
        expected.summary.peak_rss_mb = row.summary.peak_rss_mb;
        EXPECT_EQ(path_row_json(expected), path_row_json(row)) << "cell " << task.cell;
        digests.insert(row.summary.digest);
    }
    EXPECT_GT(digests.size(), 4U) << "what is off acts in the last eighty seconds";
}

TEST(Attribution, EachSwitchKeyIsOneOfTheSwitches) {
    const TaskList list = testing::tiny_list(1);
    for (const std::string_view key : switch_keys()) {
        const bool on = key == "agents.market_maker.frozen" || key == "agents.arbitrage.unlimited";
        const auto compiled = compile_text(
            list.cells()[0].resolved, "test", ".", Overrides{fmt::format("{}={}", key, on)});
        ASSERT_TRUE(compiled) << key;
        EXPECT_NE(compiled->plan.switches, list.base().plan.switches) << key;
    }
}

}  // namespace
}  // namespace margincall
