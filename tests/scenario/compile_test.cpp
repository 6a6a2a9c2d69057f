// Shipped scenarios compile, and the resolved text is a scenario that says the same.
#include "scenario/compile.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <string>
#include <tuple>

#include "agents/population.hpp"

namespace margincall {
namespace {

std::string shipped(const std::string& name) {
    return MC_SOURCE_DIR "/scenarios/" + name + ".toml";
}

std::string all(const Errors& errors) {
    std::string out;
    for (const Error& error : errors) {
        out += error.file + ":" + std::to_string(error.line) + ": " + error.message + "\n";
    }
    return out;
}

class Shipped : public ::testing::TestWithParam<const char*> {};

TEST_P(Shipped, CompilesToACompletePlan) {
    const auto compiled = compile_scenario(shipped(GetParam()));
    ASSERT_TRUE(compiled) << all(compiled.error());
    const Plan& plan = compiled->plan;
    EXPECT_EQ(plan.name, GetParam());
    ASSERT_GE(plan.assets.size(), 7U);
    EXPECT_EQ(plan.assets[0].name, "BTC");
    EXPECT_EQ(plan.venues.size(), 5U);
    EXPECT_GT(plan.length, Duration{});
    for (const auto& prices : plan.history.price) {
        EXPECT_EQ(prices.size(), plan.history.price[0].size());
    }
    for (std::size_t a = 0; a < plan.assets.size(); ++a) {
        EXPECT_DOUBLE_EQ(plan.history.price[a].back(), plan.assets[a].price);
        double volume = 0.0;
        double depth = 0.0;
        for (const InstrumentPlan& instrument : plan.instruments) {
            if (instrument.instrument.base.raw() == a) {
                volume += instrument.volume_share;
                depth += instrument.depth_share;
            }
        }
        EXPECT_NEAR(volume, 1.0, 1e-9) << plan.assets[a].name;
        EXPECT_NEAR(depth, 1.0, 1e-9) << plan.assets[a].name;
    }
    for (std::size_t k = 0; k < plan.instruments.size(); ++k) {
        const InstrumentPlan& row = plan.instruments[k];
        EXPECT_EQ(row.instrument.id.raw(), k);
        EXPECT_EQ(row.tiers.empty(), row.instrument.kind == InstrumentKind::spot) << row.name;
        // One lot at one tick is exactly tick_value.
        EXPECT_NEAR(row.instrument.tick_usd * row.instrument.lot_base * 1e6,
                    static_cast<double>(row.instrument.tick_value.raw()),
                    1e-6);
    }
    for (std::size_t e = 1; e < plan.events.size(); ++e) {
        EXPECT_LE(plan.events[e - 1].at, plan.events[e].at);
    }
}

TEST_P(Shipped, ResolvedTextCompilesToItself) {
    const auto first = compile_scenario(shipped(GetParam()));
    ASSERT_TRUE(first) << all(first.error());
    const auto second = compile_text(first->resolved, "resolved.toml", ".");
    ASSERT_TRUE(second) << all(second.error());
    EXPECT_EQ(first->resolved, second->resolved);
    EXPECT_EQ(first->plan.scenario_hash, second->plan.scenario_hash);
    EXPECT_DOUBLE_EQ(first->plan.population.leverage_state, second->plan.population.leverage_state);
    EXPECT_EQ(first->plan.history.price, second->plan.history.price);
    // What only report and run.db show: a run from the resolved text has the same.
    ASSERT_EQ(first->plan.inputs.size(), second->plan.inputs.size());
    for (std::size_t k = 0; k < first->plan.inputs.size(); ++k) {
        const InputNote& a = first->plan.inputs[k];
        const InputNote& b = second->plan.inputs[k];
        EXPECT_EQ(std::tie(a.key, a.value, a.status, a.source),
                  std::tie(b.key, b.value, b.status, b.source));
    }
    ASSERT_EQ(first->plan.observed.size(), second->plan.observed.size());
    for (std::size_t k = 0; k < first->plan.observed.size(); ++k) {
        const ObservedPlan& a = first->plan.observed[k];
        const ObservedPlan& b = second->plan.observed[k];
        EXPECT_EQ(std::tie(a.metric, a.value, a.tolerance, a.article, a.source, a.note),
                  std::tie(b.metric, b.value, b.tolerance, b.article, b.source, b.note));
    }
    ASSERT_EQ(first->plan.observed_paths.size(), second->plan.observed_paths.size());
    for (std::size_t k = 0; k < first->plan.observed_paths.size(); ++k) {
        EXPECT_EQ(first->plan.observed_paths[k].price, second->plan.observed_paths[k].price);
        EXPECT_EQ(first->plan.observed_paths[k].source, second->plan.observed_paths[k].source);
    }
}

INSTANTIATE_TEST_SUITE_P(All,
                         Shipped,
                         ::testing::Values("2025-11-04",
                                           "2025-10-10",
                                           "2025-09-22",
                                           "quiet-2025-11",
                                           "2025-11-04-unmeasured",
                                           "2025-10-10-informed"),
                         [](const auto& param) {
                             std::string name = param.param;
                             for (char& c : name) {
                                 c = c == '-' ? '_' : c;
                             }
                             return name;
                         });

TEST(Compile, OverridesReplaceValuesAndStarsReachEveryRow) {
    const auto plan = compile_file(shipped("2025-11-04"),
                                   {"random.seed=7",
                                    "agents.market_maker.depth_state=50 %",
                                    "venues.*.insurance_fund=2 bn USD"});
    ASSERT_TRUE(plan) << all(plan.error());
    EXPECT_EQ(plan->seed, 7U);
    EXPECT_DOUBLE_EQ(plan->maker.depth_state, 0.5);
    for (const VenuePlan& venue : plan->venues) {
        EXPECT_EQ(venue.rules.fund.initial, Money::from_raw(2'000'000'000'000'000));
    }
}

TEST(Compile, LikeTakesAnotherVenuesRulesAndScalesItsTiers) {
    const auto plan = compile_file(shipped("2025-11-04"));
    ASSERT_TRUE(plan) << all(plan.error());
    const auto find = [&](const std::string& name) -> const InstrumentPlan& {
        for (const InstrumentPlan& row : plan->instruments) {
            if (row.name == name) {
                return row;
            }
        }
        ADD_FAILURE() << name;
        return plan->instruments.front();
    };
    const InstrumentPlan& a = find("A:BTC-PERP");
    const InstrumentPlan& d = find("D:BTC-PERP");
    ASSERT_EQ(a.tiers.size(), d.tiers.size());
    EXPECT_EQ(a.tiers[0].cap, Money::from_raw(300'000'000'000));
    EXPECT_EQ(d.tiers[0].cap, Money::from_raw(150'000'000'000));
    // Deductions of the exchange's own table, Binance BTCUSDT bracket 12.
    EXPECT_EQ(a.tiers[11].deduction, Money::from_raw(421'482'000'000'000));
    EXPECT_EQ(plan->venues[0].rules.feed, LiquidationFeed::one_per_second);
    EXPECT_EQ(plan->venues[2].rules.feed, LiquidationFeed::all);
    EXPECT_EQ(plan->venues[2].rules.mark.average, seconds(30));
}

// A tick of 1e-7 USD and a lot of 1 are a tenth of a micro-dollar: ten ticks move together. Where
// fewer than 20 such steps are left of the price, the lot is too small.
TEST(Compile, TicksBelowAMicroDollarMoveTogether) {
    const auto plan = compile_file(shipped("2025-11-04"),
                                   {"assets.XRP.perp.tick=0.0000001 USD", "assets.XRP.perp.lot=1"});
    ASSERT_TRUE(plan) << all(plan.error());
    int found = 0;
    for (const InstrumentPlan& row : plan->instruments) {
        if (row.name == "A:XRP-PERP") {
            ++found;
            EXPECT_EQ(row.tick_parts, 10);
            EXPECT_DOUBLE_EQ(row.instrument.tick_usd, 1e-6);
            EXPECT_EQ(row.instrument.tick_value, Money::from_raw(1));
            EXPECT_EQ(row.instrument.lot_base, 1.0);
        } else if (row.name == "A:BTC-PERP") {
            EXPECT_EQ(row.tick_parts, 1);
        }
    }
    EXPECT_EQ(found, 1);
    // XRP costs 2.3 USD: 23 steps of 0.1 USD, 11 of 0.2.
    const auto compiles = [](const char* lot) {
        return compile_file(
                   shipped("2025-11-04"),
                   {"assets.XRP.perp.tick=0.01 USD", std::string{"assets.XRP.perp.lot="} + lot})
            .has_value();
    };
    EXPECT_TRUE(compiles("0.00001"));
    EXPECT_FALSE(compiles("0.000005"));
}

TEST(Compile, LeverageStateIsComputedByTheRule) {
    const auto november = compile_file(shipped("2025-11-04"));
    const auto october = compile_file(shipped("2025-10-10"));
    ASSERT_TRUE(november);
    ASSERT_TRUE(october);
    EXPECT_DOUBLE_EQ(november->population.leverage_state, leverage_state(november->history));
    EXPECT_NEAR(november->population.leverage_state, 0.93, 0.02);
    EXPECT_GT(october->population.leverage_state, november->population.leverage_state);
    // 22 September by hand: 1.016^0.5 * 2.3 / 1.54 * (1 + 0.1 * 0.42) / 1.1, with 21 days of hourly prices.
    const auto september = compile_file(shipped("2025-09-22"));
    ASSERT_TRUE(september);
    EXPECT_NEAR(september->population.leverage_state, 1.426, 0.001);
    EXPECT_EQ(september->history.price[0].size(), 504U);
}

// The tables of a resolved scenario without the depth at the start, which is state.
std::string behaviour_of(const std::string& name, const std::string& table) {
    const auto compiled = compile_scenario(shipped(name));
    EXPECT_TRUE(compiled) << name;
    if (!compiled) {
        return {};
    }
    std::istringstream lines{compiled->resolved};
    std::string text;
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('[')) {
            inside = line == "[" + table + "]";
        } else if (inside && !line.starts_with("depth_state =")) {
            text += line + "\n";
        }
    }
    return text;
}

// One model for all days: what is tuned to one of them moves the others with it.
TEST(Compile, HistoricalDaysDifferInStateAndNewsOnly) {
    for (const std::string table : {"world",
                                    "population",
                                    "agents.market_maker",
                                    "agents.patient",
                                    "agents.noise",
                                    "agents.arbitrage",
                                    "agents.trend",
                                    "agents.panic",
                                    "agents.dip_buyer",
                                    "factors",
                                    "mechanisms",
                                    "venues.H"}) {
        const std::string november = behaviour_of("2025-11-04", table);
        EXPECT_FALSE(november.empty()) << table;
        EXPECT_EQ(behaviour_of("2025-10-10", table), november) << table;
        EXPECT_EQ(behaviour_of("2025-09-22", table), november) << table;
    }
}

// A day to test on: every event of 22 September is a figure that somebody measured or printed (what is sized
// by a price path is "derived", as on 10 October), and the only one before the low of 06:00 is the
// holders' daily selling.
TEST(Compile, TheHeldOutDayDeclaresWhatSourcesSayAndNothingElse) {
    const auto compiled = compile_scenario(shipped("2025-09-22"));
    ASSERT_TRUE(compiled) << all(compiled.error());
    int before_the_low = 0;
    for (const EventPlan& event : compiled->plan.events) {
        EXPECT_TRUE(event.source.starts_with("measured: ") ||
                    event.source.starts_with("reported: "))
            << event.name << ": " << event.source;
        before_the_low += to_seconds(event.at) < 6.0 * 3600.0 ? 1 : 0;
    }
    EXPECT_EQ(compiled->plan.events.size(), 4U);
    EXPECT_EQ(before_the_low, 1);
}

const EventPlan& event_named(const Plan& plan, std::string_view name) {
    const auto found = std::ranges::find(plan.events, name, &EventPlan::name);
    EXPECT_NE(found, plan.events.end()) << name;
    return *found;
}

TEST(Compile, MoreEventsComeBehindThoseOfTheExtendedFile) {
    const auto day = compile_file(shipped("2025-10-10"));
    const auto more = compile_file(shipped("2025-10-10-informed"));
    ASSERT_TRUE(day && more);
    ASSERT_EQ(more->events.size(), day->events.size() + 1);
    const EventPlan& tip = event_named(*more, "Short before the post");
    EXPECT_EQ(tip.type, EventType::information);
    EXPECT_EQ(tip.row, day->events.size()) << "behind all of the day's";
    EXPECT_EQ(tip.about_at, event_named(*more, "Tariff post").at);
    EXPECT_EQ(tip.traders, 2);
    EXPECT_DOUBLE_EQ(tip.sell_usd[0], 750e6);
    // The day itself has nobody who is informed.
    for (const EventPlan& event : day->events) {
        EXPECT_NE(event.type, EventType::information) << event.name;
    }
}

TEST(Compile, WhatIsKnownOfAnEventThatDoesNotHappenIsNothing) {
    const auto without =
        compile_file(shipped("2025-10-10-informed"), {"events.Tariff post.scale=0"});
    ASSERT_TRUE(without);
    const EventPlan& tip = event_named(*without, "Short before the post");
    EXPECT_TRUE(std::ranges::all_of(tip.sell_usd, [](double usd) { return usd == 0.0; }));
}

// In a reduced world venues are one: who traded at one of them trades there.
TEST(Compile, InformedTradersStayWhereTheirVenueIsMerged) {
    const auto reduced =
        compile_file(shipped("2025-10-10-informed"),
                     {"world.size=reduced", "events.Short before the post.venues=[\"B\"]"});
    ASSERT_TRUE(reduced);
    EXPECT_EQ(event_named(*reduced, "Short before the post").venues.size(), 1U);
}

// One word over a section would leave it without keys, and what stood there would be lost.
TEST(Compile, ASectionIsATable) {
    for (const char* const set : {"world=preview",
                                  "world=1",
                                  "agents=preview",
                                  "agents.market_maker=on",
                                  "market=true",
                                  "random=7",
                                  "output=2025-11-03T00:00:00Z",
                                  "defi=0.5"}) {
        const auto compiled = compile_scenario("builtin/blank.toml", {set});
        ASSERT_FALSE(compiled) << set;
        EXPECT_TRUE(std::ranges::any_of(
            compiled.error(),
            [](const Error& e) {
                return e.code == "E201" && e.message.find("should be a table") != std::string::npos;
            }))
            << set << ": " << compiled.error().front().message;
    }
}

}  // namespace
}  // namespace margincall
