// world.size: what it implies, what wins over it, and that a resolved text of any size is a scenario
// that says the same.
#include "plan/world_size.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <tuple>

#include "scenario/compile.hpp"
#include "scenario/compiler.hpp"
#include "scenario/document.hpp"
#include "support/source_file.hpp"

namespace margincall {
namespace {

std::string with_codes(const Errors& errors) {
    std::string out;
    for (const Error& error : errors) {
        out += error.file + ":" + std::to_string(error.line) + ": " + error.code + " " +
               error.message + "\n";
    }
    return out;
}

Compiled compile(const std::string& name, const Overrides& overrides = {}) {
    auto compiled = compile_scenario(source_file(name), overrides);
    EXPECT_TRUE(compiled) << with_codes(compiled.error());
    return compiled ? std::move(*compiled) : Compiled{};
}

Plan plan_of(const std::string& name, const std::string& size) {
    return compile(name, {"world.size=" + size}).plan;
}

class EverySize : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

// A size must not act twice: on the resolved text it finds its own values.
TEST_P(EverySize, ResolvedTextCompilesToItself) {
    const auto [name, size] = GetParam();
    const Compiled first = compile(name, {std::string{"world.size="} + size});
    EXPECT_EQ(world_size_name(first.plan.size), size);
    const auto second = compile_text(first.resolved, "resolved.toml", ".");
    ASSERT_TRUE(second) << with_codes(second.error());
    EXPECT_EQ(first.resolved, second->resolved);
    EXPECT_EQ(first.plan.scenario_hash, second->plan.scenario_hash);
    EXPECT_TRUE(second->warnings.empty()) << with_codes(second->warnings);
    const Plan& a = first.plan;
    const Plan& b = second->plan;
    EXPECT_EQ(a.size, b.size);
    EXPECT_EQ(a.population.rows, b.population.rows);
    EXPECT_EQ(a.population.clock, b.population.clock);
    EXPECT_EQ(a.maker.clock, b.maker.clock);
    EXPECT_EQ(a.maker.levels, b.maker.levels);
    EXPECT_EQ(a.maker.inventory_max_share, b.maker.inventory_max_share);
    EXPECT_EQ(a.noise.orders_per_second, b.noise.orders_per_second);
    EXPECT_EQ(a.defi.usde.book, b.defi.usde.book);
    EXPECT_EQ(a.defi.usde.holders_share, b.defi.usde.holders_share);
    ASSERT_EQ(a.instruments.size(), b.instruments.size());
    for (std::size_t i = 0; i < a.instruments.size(); ++i) {
        EXPECT_EQ(a.instruments[i].name, b.instruments[i].name);
        EXPECT_EQ(a.instruments[i].held_coins, b.instruments[i].held_coins);
        EXPECT_EQ(a.instruments[i].depth_share, b.instruments[i].depth_share);
    }
    EXPECT_EQ(a.history.price, b.history.price);
    ASSERT_EQ(a.events.size(), b.events.size());
    for (std::size_t e = 0; e < a.events.size(); ++e) {
        EXPECT_EQ(a.events[e].sell_usd, b.events[e].sell_usd);
    }
}

INSTANTIATE_TEST_SUITE_P(Scenarios,
                         EverySize,
                         ::testing::Combine(::testing::Values("scenarios/2025-11-04.toml",
                                                              "scenarios/2025-10-10.toml",
                                                              "scenarios/2025-09-22.toml",
                                                              "scenarios/quiet-2025-11.toml",
                                                              "scenarios/flash.toml",
                                                              "tests/data/small-defi.toml"),
                                            ::testing::Values("full", "reduced", "preview")));

TEST(WorldSize, FullIsTheDefaultAndImpliesNothing) {
    const Compiled bare = compile("scenarios/2025-11-04.toml");
    EXPECT_EQ(bare.plan.size, WorldSize::full);
    EXPECT_EQ(bare.plan.population.rows, 500'000);
    EXPECT_EQ(bare.plan.maker.clock, seconds(1));
    EXPECT_EQ(bare.resolved.find("from world.size"), std::string::npos);
}

TEST(WorldSize, PreviewIsPartOfTheResolvedTextAndOfTheHash) {
    const Compiled full = compile("scenarios/2025-11-04.toml");
    const Compiled preview = compile("scenarios/2025-11-04.toml", {"world.size=preview"});
    EXPECT_NE(full.plan.scenario_hash, preview.plan.scenario_hash);
    EXPECT_EQ(preview.plan.population.rows, 20'000);
    EXPECT_EQ(preview.plan.population.clock, seconds(10));
    EXPECT_EQ(preview.plan.maker.clock, seconds(4));
    EXPECT_EQ(preview.plan.maker.levels, 6);
    EXPECT_EQ(preview.plan.patient.clock, seconds(60));
    EXPECT_EQ(preview.plan.patient.orders_per_side, 20);
    EXPECT_EQ(preview.plan.arbitrage.clock, seconds(4));
    EXPECT_EQ(preview.plan.trend.clock, seconds(60));
    EXPECT_EQ(preview.plan.panic.clock, seconds(60));
    EXPECT_EQ(preview.plan.dip_buyer.clock, seconds(60));
    EXPECT_EQ(preview.plan.factors.clock, seconds(4));
    EXPECT_DOUBLE_EQ(preview.plan.noise.orders_per_second, 0.0625);
    EXPECT_EQ(preview.plan.output.depth, minutes(1));
    EXPECT_EQ(preview.plan.output.bar, minutes(1));
    // Venues and coins are with_codes there.
    EXPECT_EQ(preview.plan.instruments.size(), full.plan.instruments.size());
    EXPECT_NE(preview.resolved.find("[world]\nsize = { value = \"preview\""), std::string::npos);
    EXPECT_NE(preview.resolved.find(
                  "clock = { value = \"4 s\", source = \"derived: from world.size preview\" }"),
              std::string::npos);
    EXPECT_NE(preview.resolved.find(
                  "accounts = { value = 20000, source = \"derived: from world.size preview\" }"),
              std::string::npos);
}

constexpr const char* quiet =
    "extends = \"builtin/quiet-2025-11.toml\"\n[meta]\nname = \"x\"\n[world]\nsize = \"preview\"\n";

TEST(WorldSize, WhatTheScenarioSetsItselfWins) {
    const auto own = compile_text(std::string{quiet} +
                                      "[agents.market_maker]\nclock = \"2 s\"\n"
                                      "[population]\naccounts = 30_000\n",
                                  "own.toml",
                                  ".");
    ASSERT_TRUE(own) << with_codes(own.error());
    EXPECT_EQ(own->plan.maker.clock, seconds(2));
    EXPECT_EQ(own->plan.population.rows, 30'000);
    EXPECT_EQ(own->plan.patient.clock, seconds(60));
    ASSERT_EQ(own->warnings.size(), 1U) << with_codes(own->warnings);
    EXPECT_EQ(own->warnings[0].code, "W404");
    EXPECT_NE(own->warnings[0].message.find("agents.market_maker.clock, population.accounts"),
              std::string::npos)
        << own->warnings[0].message;

    const auto typed = compile_text(quiet, "own.toml", ".", {"agents.market_maker.clock=2 s"});
    ASSERT_TRUE(typed) << with_codes(typed.error());
    EXPECT_EQ(typed->plan.maker.clock, seconds(2));
    EXPECT_TRUE(typed->warnings.empty()) << with_codes(typed->warnings);

    const auto same = compile_text(
        std::string{quiet} + "[agents.market_maker]\nclock = \"4 s\"\n", "own.toml", ".");
    ASSERT_TRUE(same) << with_codes(same.error());
    EXPECT_TRUE(same->warnings.empty()) << with_codes(same->warnings);
}

// What another size implied is not the scenario's own.
TEST(WorldSize, AResolvedPreviewCanBeMadeFullAgain) {
    const Compiled preview = compile("scenarios/quiet-2025-11.toml", {"world.size=preview"});
    const Compiled full = compile("scenarios/quiet-2025-11.toml");
    const auto again = compile_text(preview.resolved, "resolved.toml", ".", {"world.size=full"});
    ASSERT_TRUE(again) << with_codes(again.error());
    EXPECT_EQ(again->plan.size, WorldSize::full);
    EXPECT_EQ(again->plan.population.rows, full.plan.population.rows);
    EXPECT_EQ(again->plan.maker.clock, full.plan.maker.clock);
    EXPECT_EQ(again->plan.maker.levels, full.plan.maker.levels);
    EXPECT_EQ(again->plan.noise.orders_per_second, full.plan.noise.orders_per_second);
}

TEST(WorldSize, AResolvedReducedWorldCannotBeTakenApart) {
    const Compiled reduced = compile("scenarios/quiet-2025-11.toml", {"world.size=reduced"});
    const auto again = compile_text(reduced.resolved, "resolved.toml", ".", {"world.size=full"});
    ASSERT_FALSE(again);
    ASSERT_GE(again.error().size(), 2U);  // a coin and a venue
    for (const Error& error : again.error()) {
        EXPECT_EQ(error.code, "E308") << error.message;
    }
    EXPECT_NE(again.error()[0].message.find("T1, T2, T3, T4"), std::string::npos)
        << with_codes(again.error());
}

TEST(WorldSize, AnUnknownSizeIsRefusedWithAHint) {
    const auto compiled =
        compile_scenario(source_file("scenarios/quiet-2025-11.toml"), {"world.size=previw"});
    ASSERT_FALSE(compiled);
    ASSERT_EQ(compiled.error().size(), 1U) << with_codes(compiled.error());
    EXPECT_EQ(compiled.error()[0].code, "E204");
    EXPECT_NE(compiled.error()[0].hint.find("preview"), std::string::npos);
}

TEST(WorldSize, NamesOfRunsSayIt) {
    Plan plan;
    plan.name = "nov4";
    EXPECT_EQ(shown_title(plan), "nov4");
    EXPECT_EQ(sized_name(plan), "nov4");
    plan.title = "4 November";
    plan.size = WorldSize::reduced;
    EXPECT_EQ(shown_title(plan), "4 November (reduced)");
    EXPECT_EQ(sized_name(plan), "nov4-reduced");
    plan.size = WorldSize::preview;
    EXPECT_EQ(shown_title(plan), "4 November (preview)");
}

TEST(WorldSize, ReducedKeepsTheClocksOfMakersAndTheNumberOfNoiseOrders) {
    const Plan full = plan_of("scenarios/quiet-2025-11.toml", "full");
    const Plan reduced = plan_of("scenarios/quiet-2025-11.toml", "reduced");
    EXPECT_EQ(reduced.population.rows, 50'000);
    EXPECT_EQ(reduced.population.clock, full.population.clock);
    EXPECT_EQ(reduced.arbitrage.clock, seconds(2));
    EXPECT_EQ(reduced.trend.clock, seconds(20));
    EXPECT_EQ(reduced.panic.clock, seconds(20));
    EXPECT_EQ(reduced.dip_buyer.clock, seconds(20));
    EXPECT_EQ(reduced.defi.lending.rows, 500);
    EXPECT_EQ(reduced.output.depth, minutes(1));
    EXPECT_EQ(reduced.maker.clock, full.maker.clock);
    EXPECT_EQ(reduced.maker.levels, full.maker.levels);
    EXPECT_EQ(reduced.patient.clock, full.patient.clock);
    EXPECT_EQ(reduced.factors.clock, full.factors.clock);
    // BTC's noise orders a day, with_codes books.
    EXPECT_EQ(reduced.noise.metaorder_mean, full.noise.metaorder_mean);
    const auto orders = [](const Plan& plan) {
        double sum = 0.0;
        for (const InstrumentPlan& row : plan.instruments) {
            sum += row.instrument.base.raw() == 0
                       ? plan.noise.orders_per_second * std::sqrt(row.volume_share)
                       : 0.0;
        }
        return sum;
    };
    EXPECT_NEAR(orders(reduced) / orders(full), 1.0, 0.01);
}

// --- the merging of a reduced world keeps the totals ---

bool is_perp(const InstrumentPlan& row) {
    return row.instrument.kind == InstrumentKind::linear_perp;
}

struct Totals {
    double open_interest = 0, held = 0, volume = 0, depth = 0, patient = 0;
    double spot_volume = 0, spot_depth = 0, spot_patient = 0;
    double volatility = 0, beta = 0;  // by open interest
    double interest_by_kind[3] = {0, 0, 0};
    double fund_by_kind[3] = {0, 0, 0};
    double index_weight_by_kind[3] = {0, 0, 0};
    double depth_by_kind[3] = {0, 0, 0};
    double queue = 0, sold = 0;
};

Totals totals_of(const Plan& plan, bool tail) {
    Totals t;
    for (const AssetPlan& asset : plan.assets) {
        if (asset.tail == tail) {
            t.open_interest += asset.open_interest;
            t.volatility += asset.open_interest * asset.volatility;
            t.beta += asset.open_interest * asset.beta;
        }
    }
    for (const InstrumentPlan& row : plan.instruments) {
        const AssetPlan& asset = plan.assets[row.instrument.base.raw()];
        if (asset.tail != tail) {
            continue;
        }
        const double depth = row.depth_share * asset.depth_1pct;
        t.held += row.held_coins * asset.price;
        t.volume += row.volume_share * asset.volume;
        t.depth += depth;
        t.patient += depth * asset.patient_factor;
        t.depth_by_kind[static_cast<std::size_t>(plan.venues[row.instrument.venue.raw()].kind)] +=
            depth;
        if (!is_perp(row)) {
            t.spot_volume += row.volume_share * asset.volume;
            t.spot_depth += depth;
        }
    }
    for (const VenuePlan& venue : plan.venues) {
        const auto kind = static_cast<std::size_t>(venue.kind);
        t.interest_by_kind[kind] += venue.oi_share;
        t.fund_by_kind[kind] += static_cast<double>(venue.rules.fund.initial.raw());
        t.index_weight_by_kind[kind] += venue.spot_share > 0.0 ? venue.index_weight : 0.0;
        t.queue += static_cast<double>(venue.overload_queue);
    }
    for (const EventPlan& event : plan.events) {
        for (std::size_t a = 0; a < event.sell_usd.size(); ++a) {
            t.sold += plan.assets[a].tail == tail ? event.sell_usd[a] : 0.0;
        }
    }
    return t;
}

void expect_close(double found, double wanted, const char* what) {
    EXPECT_NEAR(found, wanted, 1e-6 * std::fabs(wanted)) << what;
}

class Merged : public ::testing::TestWithParam<const char*> {};

TEST_P(Merged, KeepsTheTotals) {
    const Plan full = plan_of(GetParam(), "full");
    const Plan reduced = plan_of(GetParam(), "reduced");
    for (const bool tail : {false, true}) {
        const Totals a = totals_of(full, tail);
        const Totals b = totals_of(reduced, tail);
        EXPECT_GT(a.open_interest, 0.0);
        expect_close(b.open_interest, a.open_interest, "open interest");
        expect_close(b.held, a.held, "open interest held still");
        expect_close(b.volume, a.volume, "volume");
        expect_close(b.spot_volume, a.spot_volume, "spot volume");
        expect_close(b.depth, a.depth, "depth");
        expect_close(b.spot_depth, a.spot_depth, "spot depth");
        expect_close(b.patient, a.patient, "patient depth");
        expect_close(b.volatility, a.volatility, "sigma by open interest");
        expect_close(b.beta, a.beta, "beta by open interest");
        expect_close(b.queue, a.queue, "message limits");
        expect_close(b.sold, a.sold, "flows");
        for (std::size_t kind = 0; kind < 3; ++kind) {
            expect_close(b.interest_by_kind[kind], a.interest_by_kind[kind], "shares");
            expect_close(b.fund_by_kind[kind], a.fund_by_kind[kind], "funds");
            expect_close(b.index_weight_by_kind[kind], a.index_weight_by_kind[kind], "index");
            expect_close(b.depth_by_kind[kind], a.depth_by_kind[kind], "depth by kind");
        }
    }
}

const InstrumentPlan& instrument(const Plan& plan, const std::string& name) {
    for (const InstrumentPlan& row : plan.instruments) {
        if (row.name == name) {
            return row;
        }
    }
    ADD_FAILURE() << name;
    return plan.instruments.front();
}

// B and D are of one kind and show with_codes of their liquidations; A shows one a second.
TEST_P(Merged, HasOneVenueOfEachKindAndFeedAndOneTailCoin) {
    const Plan plan = plan_of(GetParam(), "reduced");
    std::string venues;
    for (const VenuePlan& venue : plan.venues) {
        venues += venue.name + " ";
    }
    EXPECT_EQ(venues, "A C H U ");
    std::string coins;
    for (const AssetPlan& asset : plan.assets) {
        coins += asset.pegged ? "" : asset.name + " ";
    }
    EXPECT_EQ(coins, "BTC ETH SOL XRP tail ");
    // Rules are those of the largest member, D: A's with half the caps and a full feed.
    const Plan full = plan_of(GetParam(), "full");
    EXPECT_EQ(plan.venues[0].rules.feed, LiquidationFeed::one_per_second);
    EXPECT_EQ(plan.venues[1].rules.feed, LiquidationFeed::all);
    EXPECT_EQ(plan.venues[1].rules.liquidation.first_step,
              full.venues[2].rules.liquidation.first_step);
    const InstrumentPlan& merged = instrument(plan, "C:BTC-PERP");
    const InstrumentPlan& largest = instrument(full, "D:BTC-PERP");
    EXPECT_EQ(merged.tiers.front().cap, largest.tiers.front().cap);
    EXPECT_EQ(merged.tiers.size(), largest.tiers.size());
    EXPECT_EQ(instrument(plan, "A:BTC-PERP").held_coins, instrument(full, "A:BTC-PERP").held_coins);
}

INSTANTIATE_TEST_SUITE_P(Scenarios,
                         Merged,
                         ::testing::Values("scenarios/2025-11-04.toml",
                                           "scenarios/2025-10-10.toml",
                                           "scenarios/quiet-2025-11.toml"));

// Limits of inventory are per book; the coin's books are 8 before and 6 after.
TEST(MergedGlobals, WhatCountsBooksOrNamesAVenueKeepsItsDollars) {
    const Plan full = plan_of("scenarios/2025-10-10.toml", "full");
    const Plan reduced = plan_of("scenarios/2025-10-10.toml", "reduced");
    EXPECT_DOUBLE_EQ(full.maker.inventory_max_share, 0.3);
    EXPECT_DOUBLE_EQ(reduced.maker.inventory_max_share, 0.4);
    // 89 m on the deepest of three books with 30, 10 and 40 parts.
    EXPECT_NEAR(reduced.defi.usde.book, 89e6 * 50.0 / 40.0, 1.0);
    // A is alone, and so are its accounts that pledge the coin.
    EXPECT_EQ(reduced.defi.usde.holders_share, full.defi.usde.holders_share);
    const Plan one = compile("scenarios/2025-10-10.toml",
                             {"world.size=reduced", "venues.*.feed.liquidations=all"})
                         .plan;
    ASSERT_EQ(one.venues.size(), 3U);
    EXPECT_EQ(one.venues[0].name, "C");
    EXPECT_DOUBLE_EQ(one.maker.inventory_max_share, 0.6);
    EXPECT_NEAR(one.defi.usde.book, 89e6 * 80.0 / 40.0, 1.0);
    // 5 % of A's cross accounts, 22 of 94 parts.
    EXPECT_NEAR(one.defi.usde.holders_share, 0.05 * 22.0 / 94.0, 1e-9);
}

constexpr const char* tail_events = R"(
extends = "builtin/quiet-2025-11.toml"
[world]
size = "reduced"
[[events]]
at = 2025-11-03T02:00:00Z
until = 2025-11-03T03:00:00Z
type = "flow"
cause = "news"
sell = { BTC = "1 m USD", T2 = "3 m USD", T4 = "2,000,000 T4", tail = "1 m USD" }
[[events]]
at = 2025-11-03T03:00:00Z
type = "fair_value"
cause = "news"
shift = { T1 = "-10 %" }
)";

TEST(MergedEvents, DollarsOfTailCoinsAddUpAndShiftsAreMeansByOpenInterest) {
    const auto compiled = compile_text(tail_events, "tail.toml", ".");
    ASSERT_TRUE(compiled) << with_codes(compiled.error());
    const Plan& plan = compiled->plan;
    ASSERT_EQ(plan.events.size(), 2U);
    EXPECT_EQ(plan.assets[4].name, "tail");
    EXPECT_DOUBLE_EQ(plan.events[0].sell_usd[0], 1e6);
    EXPECT_DOUBLE_EQ(plan.events[0].sell_usd[4], 6e6);
    EXPECT_NEAR(std::expm1(plan.events[1].d_fair_value[4]), -0.1 * rank_sizes(20, 0.8)[0], 1e-9);
}

TEST(Events, AFlowIsScaledAndARowIsFoundByItsNameOrNumber) {
    const std::string named = std::string{tail_events} + R"(
[[events]]
name = "First sellers"
at = 2025-11-03T04:00:00Z
until = 2025-11-03T05:00:00Z
type = "flow"
cause = "news"
sell = { BTC = "4 m USD" }
buy = { ETH = "2 m USD" }
scale = 0.5
profile = [1, 2.5]
)";
    const auto flow = [&](const Overrides& set) {
        const auto compiled = compile_text(named, "tail.toml", ".", set);
        EXPECT_TRUE(compiled) << with_codes(compiled.error());
        return compiled ? compiled->plan.events.at(2) : EventPlan{};
    };
    const EventPlan plain = flow({});
    EXPECT_DOUBLE_EQ(plain.sell_usd[0], 2e6);
    EXPECT_DOUBLE_EQ(plain.sell_usd[1], -1e6);
    EXPECT_EQ(plain.profile, (std::vector<double>{1.0, 2.5}));
    EXPECT_DOUBLE_EQ(flow({"events.First sellers.scale=2"}).sell_usd[0], 8e6);
    EXPECT_DOUBLE_EQ(flow({"events.2.scale=3"}).sell_usd[0], 12e6);
    for (const char* const nobody : {"events.Second sellers.scale=2", "events.3.scale=2"}) {
        const auto compiled = compile_text(named, "tail.toml", ".", {nobody});
        ASSERT_FALSE(compiled) << nobody;
        EXPECT_EQ(compiled.error().front().code, "E111") << nobody;
    }
}

// A row of any type can be taken out, or made larger, and keeps its place among the others.
TEST(Events, EveryTypeIsScaled) {
    const auto events = [](const Overrides& set) {
        return compile("scenarios/2025-11-04.toml", set).plan.events;
    };
    const auto named = [](const std::vector<EventPlan>& rows, std::string_view name) {
        return *std::ranges::find(rows, name, &EventPlan::name);
    };
    const std::vector<EventPlan> plain = events({});
    const std::vector<EventPlan> other = events({"events.US open, 3 November.scale=2",
                                                 "events.Balancer drained.scale=0",
                                                 "events.ETH own news.scale=0.5",
                                                 "events.Stream xUSD fails.scale=3",
                                                 "events.xUSD off its price.scale=0.5"});
    ASSERT_EQ(other.size(), plain.size());
    EXPECT_DOUBLE_EQ(named(other, "US open, 3 November").d_equities, 2 * -0.0073);
    EXPECT_DOUBLE_EQ(named(other, "US open, 3 November").d_p_cut, 2 * -0.01);
    EXPECT_EQ(named(other, "Balancer drained").reported_usd, 0.0);
    EXPECT_NEAR(named(other, "ETH own news").d_fair_value[1], 0.5 * std::log(0.97), 1e-12);
    EXPECT_DOUBLE_EQ(named(other, "Stream xUSD fails").add_uncertainty, 0.3);
    EXPECT_DOUBLE_EQ(named(other, "xUSD off its price").collateral_value, 1.0 - 0.5 * 0.79);
    const auto part_of_a_hack = compile_scenario(source_file("scenarios/2025-11-04.toml"),
                                                 {"events.Balancer drained.scale=0.5"});
    ASSERT_FALSE(part_of_a_hack);
    EXPECT_EQ(part_of_a_hack.error().front().code, "E203");

    const Compiled october =
        compile("scenarios/2025-10-10.toml", {"events.Withdrawals stand still on A.scale=0"});
    EXPECT_FALSE(named(october.plan.events, "Withdrawals stand still on A").stops_transfers);
}

// Two coins of the tail in a list are one, and so are groups of a fund.
TEST(MergedLists, NameTheMergedCoinOnce) {
    const Compiled compiled =
        compile("scenarios/quiet-2025-11.toml",
                {"world.size=reduced", "venues.H.perps=[\"BTC\", \"T1\", \"T3\"]"});
    int chain = 0;
    for (const InstrumentPlan& row : compiled.plan.instruments) {
        chain += row.name.starts_with("H:") ? 1 : 0;
    }
    EXPECT_EQ(chain, 2);
    EXPECT_NE(compiled.resolved.find("perps = [\"BTC\", \"tail\"]"), std::string::npos);
}

TEST(MergedVenues, TheLargestAccountIsTheLargestOfAnyPart) {
    const auto reduced = compile_text(
        "extends = \"builtin/quiet-2025-11.toml\"\n[world]\nsize = \"reduced\"", "r.toml", ".");
    const auto full = compile_text("extends = \"builtin/quiet-2025-11.toml\"", "f.toml", ".");
    ASSERT_TRUE(reduced && full);
    double interest = 0.0, largest = 0.0;
    for (const VenuePlan& venue : full->plan.venues) {
        if (venue.name == "B" || venue.name == "D") {
            interest += venue.oi_share;
            largest = std::max(largest, venue.oi_share / venue.stands_for);
        }
    }
    EXPECT_GT(full->plan.venues[2].stands_for, 1.0);  // D stands for many
    const auto& venues = reduced->plan.venues;
    const auto c = std::find_if(
        venues.begin(), venues.end(), [](const VenuePlan& v) { return v.name == "C"; });
    ASSERT_NE(c, venues.end());
    EXPECT_NEAR(c->oi_share, interest, 1e-12);
    EXPECT_NEAR(c->oi_share / c->stands_for, largest, 1e-9);
}

// A name that is taken gets another letter; venues that are alone of their kind keep theirs.
TEST(MergedVenues, NeverTakeANameThatIsThere) {
    const Compiled compiled = compile_text(
                                  "extends = \"builtin/quiet-2025-11.toml\"\n"
                                  "[world]\nsize = \"reduced\"\n"
                                  "[venues.C]\nkind = \"spot-only\"\nspot_share = \"0 %\"\n"
                                  "rules = \"builtin/rules/spot-us.toml\"\n",
                                  "c.toml",
                                  ".")
                                  .value_or(Compiled{});
    ASSERT_EQ(compiled.plan.venues.size(), 4U);
    EXPECT_EQ(compiled.plan.venues[1].name, "C_");
    EXPECT_EQ(compiled.plan.venues[3].name, "S");
}

}  // namespace
}  // namespace margincall
