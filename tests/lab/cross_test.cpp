// Trigger or state: what goes with the events and what stays, and effects of made-up worlds that are known.
#include "lab/cross.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/resolved_keys.hpp"
#include "lab/world_run.hpp"
#include "sim/metrics.hpp"
#include "support/metric_row.hpp"

namespace margincall {
namespace {

constexpr const char* october_file = MC_SOURCE_DIR "/scenarios/2025-10-10.toml";
constexpr const char* november_file = MC_SOURCE_DIR "/scenarios/2025-11-04.toml";

Compiled compiled(const char* file, Overrides set = {"world.size=reduced"}) {
    auto out = compile_scenario(file, set);
    EXPECT_TRUE(out) << out.error().front().message;
    return std::move(*out);
}
Plan crossed(const Compiled& state, const Compiled& events) {
    auto out = compile_text(crossed_text(state, events), "crossed", ".");
    EXPECT_TRUE(out) << out.error().front().message << "\n" << crossed_text(state, events);
    return std::move(out->plan);
}

TEST(Cross, TheEventsOfTheOneComeAsLongAfterTheStartOfTheOther) {
    const Compiled oct = compiled(october_file);
    const Compiled nov = compiled(november_file);
    const Plan plan = crossed(oct, nov);
    // The state of 10 October ...
    EXPECT_EQ(plan.start_unix_s, oct.plan.start_unix_s);
    EXPECT_EQ(plan.assets[0].price, oct.plan.assets[0].price);
    EXPECT_EQ(plan.assets[0].open_interest, oct.plan.assets[0].open_interest);
    EXPECT_EQ(plan.population.leverage_state, oct.plan.population.leverage_state);
    EXPECT_EQ(plan.maker.depth_state, oct.plan.maker.depth_state);
    EXPECT_EQ(plan.season_by_hour, oct.plan.season_by_hour);
    EXPECT_EQ(plan.uncertainty, oct.plan.uncertainty);
    EXPECT_EQ(plan.history.price, oct.plan.history.price);
    EXPECT_EQ(plan.venues[0].overload_queue, oct.plan.venues[0].overload_queue);
    EXPECT_EQ(plan.defi.usde.first_venue, oct.plan.defi.usde.first_venue);
    // ... and what happened on 3-4 November, with its window.
    EXPECT_EQ(plan.length, nov.plan.length);
    EXPECT_EQ(plan.day_from, nov.plan.day_from);
    EXPECT_EQ(plan.day_to, nov.plan.day_to);
    EXPECT_EQ(plan.defi.balancer.pools, nov.plan.defi.balancer.pools);
    EXPECT_EQ(plan.defi.share_market.price, nov.plan.defi.share_market.price);
    ASSERT_EQ(plan.events.size(), nov.plan.events.size());
    for (std::size_t k = 0; k < plan.events.size(); ++k) {
        EXPECT_EQ(plan.events[k].name, nov.plan.events[k].name);
        EXPECT_EQ(plan.events[k].at, nov.plan.events[k].at);
        EXPECT_EQ(plan.events[k].until, nov.plan.events[k].until);
        EXPECT_EQ(plan.events[k].d_equities, nov.plan.events[k].d_equities);
    }
    EXPECT_TRUE(plan.observed.empty()) << "nothing was measured of it";
    // Ranges of events go with them, the others with the state.
    const auto has = [&](const char* key) {
        return std::ranges::find(plan.ranges, key, &RangePlan::key) != plan.ranges.end();
    };
    EXPECT_TRUE(has("events.ETH own news.scale"));
    EXPECT_FALSE(has("events.First sellers.scale"));
    EXPECT_TRUE(has("agents.patient.to"));
}

// Every key of the composition is one of the two texts', by the list that is printed.
TEST(Cross, EveryKeyComesFromTheOneOrTheOther) {
    const Compiled oct = compiled(october_file);
    const Compiled nov = compiled(november_file);
    const auto all = resolved_keys(crossed_text(nov, oct));
    const auto state = resolved_keys(nov.resolved);
    const auto events = resolved_keys(oct.resolved);
    std::size_t from_events = 0;
    for (const auto& line : all) {
        const auto& [key, value] = line;
        if (key.starts_with("meta.")) {
            continue;
        }
        const bool theirs =
            std::ranges::any_of(event_keys,
                                [&](std::string_view begin) { return key.starts_with(begin); }) ||
            key.starts_with("ranges.\"events.");
        from_events += theirs ? 1 : 0;
        const bool time = key.ends_with(".at") || key.ends_with(".until");
        const auto& of = theirs ? events : state;
        EXPECT_TRUE(time || std::ranges::find(of, line) != of.end()) << key << " = " << value;
    }
    EXPECT_GT(from_events, 50U);
    EXPECT_GT(all.size(), 2 * from_events);
}

TEST(Cross, ADayWithItsOwnEventsIsThatDayEventForEvent) {
    const Overrides small = {"world.size=preview",
                             "population.accounts=2000",
                             "assets.T.copies=2",
                             "clock.length=12 min",
                             "clock.day_from=0 s",
                             "clock.day_to=12 min"};
    const Compiled flash = compiled(MC_SOURCE_DIR "/scenarios/flash.toml",
                                    {"world.size=preview",
                                     "population.accounts=2000",
                                     "assets.T.copies=2",
                                     "events.0.at=2025-11-03T00:02:00Z",
                                     "events.0.until=2025-11-03T00:08:00Z",
                                     "clock.length=12 min",
                                     "clock.day_from=0 s",
                                     "clock.day_to=12 min"});
    const Compiled quiet = compiled(MC_SOURCE_DIR "/scenarios/quiet-2025-11.toml", small);
    const auto digest = [](const Plan& plan) {
        return run_world(plan, nullptr, nullptr, "cross_test").digest;
    };
    EXPECT_EQ(digest(crossed(flash, flash)), digest(flash.plan));
    EXPECT_NE(digest(crossed(flash, quiet)), digest(flash.plan)) << "nobody sells";
    EXPECT_EQ(crossed(flash, quiet).events.size(), 0U);
    const Plan moved = crossed(quiet, flash);
    ASSERT_EQ(moved.events.size(), 1U);
    EXPECT_EQ(moved.events[0].at, flash.plan.events[0].at) << "two minutes after the start";
}

CrossPlan planned_cross(std::int64_t paths) {
    CrossRequest request;
    request.days = {october_file, november_file};
    request.overrides = {"world.size=reduced"};
    request.paths = paths;
    request.seed_from = 5;
    request.draw = false;
    auto plan = plan_cross(request);
    EXPECT_TRUE(plan) << plan.error().front().message;
    return std::move(*plan);
}

TEST(Cross, OneDayTwiceIsRefused) {
    CrossRequest request;
    request.days = {october_file, october_file};
    const auto refused = plan_cross(request);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().front().code, "E753");
}

// accounts = 100 with nothing, 30 more by the second day's events, 8 more by its state, 4 more by both together.
TEST(Cross, GivesKnownEffectsBack) {
    const CrossPlan plan = planned_cross(4);
    EXPECT_EQ(cross_name(plan, cross_cell(0, 1)), "2025-10-10_with_2025-11-04");
    std::vector<std::vector<PathRow>> rows(4);
    for (std::size_t cell = 0; cell < 4; ++cell) {
        for (std::uint64_t index = 0; index < plan.lists[cell].size(); ++index) {
            const Task task = plan.lists[cell].task(index);
            PathRow row;
            row.index = index;
            row.seed = task.seed;
            row.summary.metrics.resize(metric_names.size());
            row.series.values.resize(path_series_names.size());
            const bool state = cell / 2 == 1;
            const bool events = cell % 2 == 1;
            row.summary.metrics[testing::metric_row("accounts_true")].value =
                100.0 + static_cast<double>(task.seed) + (events ? 30.0 : 0.0) +
                (state ? 8.0 : 0.0) + (state && events ? 4.0 : 0.0);
            // Of ADL the events do as much up as down.
            row.summary.metrics[testing::metric_row("adl_usd")].value =
                1000.0 + (events ? (task.seed % 2 == 0 ? 50.0 : -50.0) : 0.0);
            rows[cell].push_back(std::move(row));
        }
    }
    rows[3].pop_back();  // a seed of which a world is missing is in no effect
    const CrossResult result = cross_result(plan, rows);
    const auto figure = [&](const char* name) {
        return *std::ranges::find(result.figures, name, &CrossFigure::name);
    };
    const CrossFigure accounts = figure("accounts");
    EXPECT_EQ(accounts.events.n, 3U);
    EXPECT_EQ(accounts.events.state, EffectState::known);
    EXPECT_DOUBLE_EQ(accounts.events.mean, 32.0);
    EXPECT_DOUBLE_EQ(accounts.state.mean, 10.0);
    EXPECT_DOUBLE_EQ(accounts.interaction.mean, 4.0);
    EXPECT_EQ(accounts.cells[cross_cell(0, 0)].n, 4U);
    EXPECT_EQ(accounts.cells[cross_cell(1, 1)].n, 3U);
    EXPECT_EQ(figure("adl").events.state, EffectState::not_known);
    EXPECT_EQ(figure("adl").state.state, EffectState::none);
    EXPECT_EQ(figure("btc_fall").events.state, EffectState::unknown) << "no world knows it";
    const auto json = nlohmann::json::parse(cross_json(plan, result, {"met", "", {}}));
    EXPECT_EQ(json["cells"][1]["events"], "2025-11-04");
    EXPECT_EQ(json["events_have"][0], "events.");
    EXPECT_NE(cross_csv(plan, result).find("accounts,accounts,interaction,known,4,"),
              std::string::npos)
        << cross_csv(plan, result);
}

}  // namespace
}  // namespace margincall
