// Coins drawn from one template, and rows that serve the whole tail.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "scenario/compile.hpp"
#include "scenario/compiler.hpp"
#include "scenario/error_text.hpp"

namespace margincall {
namespace {

Compiled compiled_text(const std::string& more, const Overrides& set = {}) {
    auto compiled = compile_text("extends = \"builtin/blank.toml\"\n" + more, "x.toml", ".", set);
    EXPECT_TRUE(compiled) << errors_text(compiled.error(), "x.toml", "");
    return compiled ? std::move(*compiled) : Compiled{};
}

std::vector<AssetPlan> tail_of(const Plan& plan) {
    std::vector<AssetPlan> out;
    std::ranges::copy_if(plan.assets, std::back_inserter(out), &AssetPlan::tail);
    return out;
}

TEST(Copies, SizesFallWithTheRankAndAddUp) {
    const std::vector<double> sizes = rank_sizes(20, 0.8);
    EXPECT_NEAR(std::accumulate(sizes.begin(), sizes.end(), 0.0), 1.0, 1e-12);
    EXPECT_NEAR(sizes[3] / sizes[0], std::pow(4.0, -0.8), 1e-12);
    EXPECT_EQ(rank_sizes(4, 0.0), (std::vector<double>{0.25, 0.25, 0.25, 0.25}));
}

TEST(Copies, TheTailIsTwentyCoinsWithBooksOfTheirOwnAndTheTotalsOfItsRow) {
    const Plan plan = compiled_text("").plan;
    const std::vector<AssetPlan> tail = tail_of(plan);
    ASSERT_EQ(tail.size(), 20U);
    EXPECT_EQ(tail.front().name, "T1");
    EXPECT_EQ(tail.back().name, "T20");
    double interest = 0, volume = 0, depth = 0;
    for (const AssetPlan& coin : tail) {
        interest += coin.open_interest;
        volume += coin.volume;
        depth += coin.depth_1pct;
        EXPECT_NEAR(coin.depth_1pct / coin.open_interest, 400e6 / 27e9, 1e-6);
        const auto perps = std::ranges::count_if(plan.instruments, [&](const InstrumentPlan& row) {
            return plan.assets[row.instrument.base.raw()].name == coin.name &&
                   row.instrument.kind == InstrumentKind::linear_perp;
        });
        EXPECT_EQ(perps, 4) << coin.name;
    }
    EXPECT_NEAR(interest, 27e9, 1e6);
    EXPECT_NEAR(volume, 18e9, 1e6);
    EXPECT_NEAR(depth, 400e6, 1e4);
}

TEST(Copies, TheirNumberIsAKeyAndOneIsTheRowItself) {
    EXPECT_EQ(tail_of(compiled_text("", {"assets.T.copies=3"}).plan).size(), 3U);
    const auto one = tail_of(compiled_text("", {"assets.T.copies=1"}).plan);
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one[0].name, "T");
    EXPECT_EQ(one[0].open_interest, 27e9);
    const auto none =
        compile_text("extends = \"builtin/blank.toml\"\n", "x.toml", ".", {"assets.T.copies=0"});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error()[0].code, "E203");
}

TEST(Copies, AResolvedTextHasThemWrittenOut) {
    const Compiled first = compiled_text("");
    EXPECT_NE(first.resolved.find("[assets.T20]"), std::string::npos);
    const auto again = compile_text(first.resolved, "resolved.toml", ".");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->resolved, first.resolved);
}

TEST(TailRows, AFlowOfTheTailIsSpreadByVolume) {
    const Plan plan = compiled_text(R"(
[[events]]
at = 2025-11-03T02:00:00Z
until = 2025-11-03T03:00:00Z
type = "flow"
cause = "holders"
sell = { tail = "90 m USD" }
)")
                          .plan;
    double sum = 0;
    for (std::size_t a = 0; a < plan.assets.size(); ++a) {
        const double usd = plan.events[0].sell_usd[a];
        EXPECT_NEAR(usd, plan.assets[a].tail ? 90e6 * plan.assets[a].volume / 18e9 : 0.0, 1.0);
        sum += usd;
    }
    EXPECT_NEAR(sum, 90e6, 1.0);
}

TEST(VenueEvents, NameVenuesAndWhatHappensThere) {
    const std::string row = R"(
[[events]]
name = "queue"
at = 2025-11-03T02:00:00Z
until = 2025-11-03T03:00:00Z
type = "venue"
cause = "arbitrage"
)";
    const Plan plan =
        compiled_text(row + "venues = [\"B\", \"D\"]\nstops_transfers = true\nload = 3").plan;
    ASSERT_EQ(plan.events.size(), 1U);
    EXPECT_EQ(plan.events[0].type, EventType::venue);
    ASSERT_EQ(plan.events[0].venues.size(), 2U);
    EXPECT_EQ(plan.venues[plan.events[0].venues[1].raw()].name, "D");
    EXPECT_TRUE(plan.events[0].stops_transfers);
    EXPECT_EQ(plan.events[0].load, 3.0);

    const auto code_of = [&](const std::string& more) {
        const auto wrong =
            compile_text("extends = \"builtin/blank.toml\"\n" + row + more, "x.toml", ".");
        return wrong ? std::string{"none"} : wrong.error()[0].code;
    };
    EXPECT_EQ(code_of("load = 3"), "E107");                    // which venues
    EXPECT_EQ(code_of("venues = [\"Q\"]\nload = 3"), "E110");  // no such venue
    EXPECT_EQ(code_of("venues = [\"A\"]"), "E107");            // nothing happens
    EXPECT_EQ(code_of("venues = [\"A\"]\nsell = { BTC = \"1 m USD\" }"), "E306");
}

TEST(VenueEvents, AMergedVenueHasWhatHappensAtHalfOfIt) {
    const auto text = [](const char* venues) {
        return std::string{R"(
[[events]]
at = 2025-11-03T02:00:00Z
until = 2025-11-03T03:00:00Z
type = "venue"
cause = "arbitrage"
stops_transfers = true
)"} +
               "venues = " + venues;
    };
    const Overrides reduced = {"world.size=reduced"};
    const Plan most = compiled_text(text("[\"A\", \"D\"]"), reduced).plan;  // B and D are one
    ASSERT_EQ(most.events.size(), 1U);
    EXPECT_EQ(most.events[0].venues.size(), 2U);
    EXPECT_TRUE(compiled_text(text("[\"B\"]"), reduced).plan.events.empty());
}

TEST(ObservedPaths, ARowOfTheTailIsEveryTailCoins) {
    const Plan plan = compiled_text(
                          "[observed_paths]\nsource = \"measured: here\"\nstep = \"1 min\"\n"
                          "BTC = [2, 1]\ntail = [1, 0.5]\n")
                          .plan;
    EXPECT_EQ(plan.observed_paths.size(), 21U);
    for (const ObservedPath& path : plan.observed_paths) {
        EXPECT_EQ(path.price.back(), path.asset == "BTC" ? 1.0 : 0.5);
    }
}

}  // namespace
}  // namespace margincall
