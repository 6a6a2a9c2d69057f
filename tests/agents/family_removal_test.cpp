// Model 14.12: each agent is real. One family is switched off at a time and a named metric moves in
// the stated direction; everything else keeps its own draws.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "agents/make_agents.hpp"
#include "sim/world.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

using testing::small_plan;

constexpr AssetId btc = AssetId::from_raw(0);
constexpr InstrumentId perp_a = InstrumentId::from_raw(0);

struct FamilySeen {
    double depth_1 = 0;  // USD within 1 %, A's perp, mean of both sides and all samples
    double depth_4 = 0;  // within 4 %
    double spread_bps = 0;
    double volume = 0;  // USD, all books of BTC
    double basis = 0;   // mean |perp / index - 1|
    double low = 0;     // of the index, log, relative to the start
    double sigma = 0;   // of one-minute returns, per day
    double messages = 0;
};

class Watch final : public RunMonitor {
  public:
    explicit Watch(const World& world) : world_{world} {}
    [[nodiscard]] bool keep_going(SimTime now, std::uint64_t messages) override {
        const double index = world_.index_usd(btc);
        if (now >= SimTime{} + minutes(3)) {
            const InstrumentFeed& feed = world_.feed(perp_a);
            const Quote quote = feed.quote_at(now);
            const double mid = mid_usd(quote, world_.instrument(perp_a));
            seen_.depth_1 += 0.5 * (feed.depth(Side::buy, 0.01) + feed.depth(Side::sell, 0.01));
            seen_.depth_4 += 0.5 * (feed.depth(Side::buy, 0.04) + feed.depth(Side::sell, 0.04));
            seen_.spread_bps +=
                static_cast<double>((quote.ask - quote.bid).raw()) * 0.1 / mid * 1e4;
            seen_.basis += std::abs(mid / index - 1.0);
            seen_.low = std::min(seen_.low, std::log(index / 100'000.0));
            const double r = std::log(index / last_);
            seen_.sigma += r * r;
            ++samples_;
        }
        last_ = index;
        seen_.messages = static_cast<double>(messages);
        return true;
    }
    [[nodiscard]] FamilySeen seen(const Plan& plan) {
        for (double* sum : {&seen_.depth_1, &seen_.depth_4, &seen_.spread_bps, &seen_.basis}) {
            *sum /= samples_;
        }
        seen_.sigma = std::sqrt(seen_.sigma / samples_ * 1440.0);
        for (const InstrumentPlan& row : plan.instruments) {
            if (row.instrument.base == btc) {
                seen_.volume +=
                    world_.feed(row.instrument.id).volume(SimTime{} + plan.length, minutes(59));
            }
        }
        return seen_;
    }

  private:
    const World& world_;
    FamilySeen seen_;
    double last_ = 100'000.0;
    double samples_ = 0;
};

Plan calm_plan(Duration length) {
    Plan plan = small_plan(length);
    plan.population.turnover_per_day = 0.0;  // no leveraged owners here
    return plan;
}

FamilySeen run(const Plan& plan) {
    World world(plan, make_agents(plan), {});
    world.set_verify(Verify::never);
    Watch watch(world);
    (void)world.run(&watch);
    return watch.seen(plan);
}

// Sells part of BTC's V on perps within ten minutes from minute 5 on.
EventPlan hard_sale(double usd) {
    return testing::perp_sale(usd, minutes(5), minutes(15));
}

TEST(FamilyRemoval, CalmBooksAreAsDeepAndTightAsPlanned) {
    const Plan plan = calm_plan(minutes(20));

    const FamilySeen seen = run(plan);

    // l0 * D1 * depth share, less the few percent that ordinary volatility costs.
    const double planned =
        plan.maker.depth_state * plan.assets[0].depth_1pct * plan.instruments[0].depth_share;
    EXPECT_GT(seen.depth_1, 0.85 * planned);
    EXPECT_LT(seen.depth_1, 1.15 * planned);
    EXPECT_LT(seen.spread_bps, 1.0);
    EXPECT_LT(seen.basis, 0.0005);
    EXPECT_GT(seen.sigma, 0.3 * plan.assets[0].volatility);
    EXPECT_LT(seen.sigma, 2.0 * plan.assets[0].volatility);
}

TEST(FamilyRemoval, WithoutMakersTheNearBookIsEmpty) {
    Plan plan = calm_plan(minutes(8));
    const FamilySeen with = run(plan);
    plan.maker.enabled = false;
    const FamilySeen without = run(plan);

    EXPECT_LT(without.depth_1, 0.2 * with.depth_1);
}

TEST(FamilyRemoval, WithoutPatientOrdersTheFarBookIsThinner) {
    Plan plan = calm_plan(minutes(8));
    const FamilySeen with = run(plan);
    plan.patient.enabled = false;
    const FamilySeen without = run(plan);

    // D_pat(4 %) = 0.64 D1 is missing, the makers' own depth is not.
    const double d1 = plan.assets[0].depth_1pct * plan.instruments[0].depth_share;
    EXPECT_NEAR(with.depth_4 - without.depth_4, 0.64 * d1, 0.15 * d1);
    EXPECT_NEAR(with.depth_1, without.depth_1, 0.1 * with.depth_1);
}

TEST(FamilyRemoval, WithoutNoiseThereIsHardlyAnyTrading) {
    Plan plan = calm_plan(minutes(10));
    const FamilySeen with = run(plan);
    plan.noise.enabled = false;
    const FamilySeen without = run(plan);

    EXPECT_LT(without.volume, 0.4 * with.volume);
}

TEST(FamilyRemoval, WithoutArbitrageAPerpSaleLeavesAWiderBasis) {
    // Six times D1 on perps in ten minutes: below that the makers, who quote both kinds of book,
    // keep the basis inside the arbitrageurs' threshold by themselves.
    Plan plan = calm_plan(minutes(18));
    plan.events = {hard_sale(600e6)};
    double with = 0, without = 0;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        plan.seed = seed;
        plan.arbitrage.enabled = true;
        with += run(plan).basis;
        plan.arbitrage.enabled = false;
        without += run(plan).basis;
    }

    EXPECT_GT(without, 1.2 * with);
}

TEST(FamilyRemoval, FlowsMoveThePriceAndAHardSaleMovesItFar) {
    Plan plan = calm_plan(minutes(16));
    const FamilySeen calm = run(plan);
    plan.events = {hard_sale(100e6)};  // D1 itself, in ten minutes
    const FamilySeen sold = run(plan);

    // The square-root law gives 0.9 * 2.2 % * sqrt(100 m / 5 bn) = 0.28 %.
    EXPECT_LT(sold.low, calm.low - 0.0028);
    EXPECT_GT(sold.low, -0.25);
}

TEST(FamilyRemoval, NothingDependsOnTheRunItself) {
    const Plan plan = calm_plan(minutes(3));
    World first(plan, make_agents(plan), {});
    World second(plan, make_agents(plan), {});

    EXPECT_EQ(first.run(nullptr).digest, second.run(nullptr).digest);
}

// The slower families, on the mean of a few seeds.
FamilySeen mean_of_seeds(Plan plan) {
    FamilySeen sum;
    constexpr int seeds = 6;
    for (int s = 1; s <= seeds; ++s) {
        plan.seed = static_cast<std::uint64_t>(s);
        const FamilySeen seen = run(plan);
        sum.low += seen.low / seeds;
        sum.volume += seen.volume / seeds;
    }
    return sum;
}

TEST(SlowFamilyRemoval, TrendAndPanicDeepenAFallAndDipBuyersStopIt) {
    Plan plan = calm_plan(minutes(90));
    plan.events = {hard_sale(600e6)};
    plan.events[0].until = SimTime{} + minutes(60);
    const FamilySeen all = mean_of_seeds(plan);
    Plan without_trend = plan, without_panic = plan, without_dip = plan;
    without_trend.trend.enabled = false;
    without_panic.panic.enabled = false;
    without_dip.dip_buyer.enabled = false;

    Plan neither = without_trend, behaviour_off = plan;
    neither.panic.enabled = false;
    behaviour_off.switches.behaviour = false;

    // As without both families, but for the order of what happens at equal times: they are still woken.
    EXPECT_NEAR(mean_of_seeds(behaviour_off).low, mean_of_seeds(neither).low, 2e-4);
    EXPECT_GT(mean_of_seeds(behaviour_off).low, all.low + 2e-3);
    EXPECT_GT(mean_of_seeds(without_trend).low, all.low);
    EXPECT_GT(mean_of_seeds(without_panic).low, all.low);
    EXPECT_LT(mean_of_seeds(without_dip).low, all.low);
}

// A venue in front of which requests wait makes firms leave it; those that are frozen stay.
TEST(FamilyRemoval, FrozenMakersStayWhereOthersLeaveASlowVenue) {
    Plan plan = calm_plan(minutes(20));
    plan.venues[0].overload_queue = 1'000;
    plan.venues[0].calm_messages = 2'000;  // its queue is always full: five seconds
    plan.maker.stop_latency_ms = 4'000;
    const double left = run(plan).depth_1;
    plan.switches.makers_frozen = true;
    const double stayed = run(plan).depth_1;
    plan.maker.stop_latency_ms = 6'000;
    EXPECT_DOUBLE_EQ(run(plan).depth_1, stayed);
    EXPECT_LT(left, 0.5 * stayed);
    plan.switches.makers_frozen = false;
    EXPECT_GT(run(plan).depth_1, 2.0 * left) << "nobody waits longer than a request lives";
}

// --- the parts of price formation, one at a time ---

// Log index of BTC at the end, mean of a few seeds, without and with market orders for `usd`.
double index_at_end(Plan plan, double usd) {
    if (usd > 0.0) {
        plan.events = {hard_sale(usd)};
        plan.events[0].forced = true;
    }
    double sum = 0;
    constexpr int seeds = 4;
    for (int s = 1; s <= seeds; ++s) {
        plan.seed = static_cast<std::uint64_t>(s);
        World world(plan, make_agents(plan), {});
        world.set_verify(Verify::never);
        (void)world.run(nullptr);
        sum += std::log(world.index_usd(btc) / 100'000.0) / seeds;
    }
    return sum;
}

TEST(PriceFormation, WhatTakersSoldStaysInProportionAtAnyVolatility) {
    Plan plan = calm_plan(minutes(75));  // an hour after the sale
    const auto stays = [&](double permanent, double usd) {
        plan.maker.flow_permanent = permanent;
        return index_at_end(plan, 0) - index_at_end(plan, usd);
    };
    const double sigma = plan.assets[0].volatility;
    const double volume = plan.assets[0].volume;
    for (const double usd : {50e6, 100e6}) {
        const double stated = 20.0 * sigma * usd / volume;
        EXPECT_NEAR(stays(20.0, usd) - stays(0.0, usd), stated, 0.35 * stated) << usd;
    }
}

TEST(PriceFormation, MakersFollowAPriceThatIsImposed) {
    Plan plan = calm_plan(minutes(20));
    plan.imposed.from = minutes(5);
    plan.imposed.step = minutes(1);
    plan.imposed.log_return = {{0.0, -0.02, -0.05, -0.1}, {}};
    World world(plan, make_agents(plan), {});
    world.set_verify(Verify::never);
    (void)world.run(nullptr);
    EXPECT_NEAR(std::log(world.index_usd(btc) / 100'000.0), -0.1, 0.01) << "its last value stays";
    // A coin without a path forms its own price, with what it hears of bitcoin.
    EXPECT_GT(std::log(world.index_usd(AssetId::from_raw(1)) / 4'000.0), -0.09);
}

// Largest distance of A's perp from B's while the price falls fast, percent.
double largest_venue_gap(const Plan& plan) {
    struct Gap final : RunMonitor {
        explicit Gap(const World& w) : world{w} {}
        [[nodiscard]] bool keep_going(SimTime now, std::uint64_t) override {
            const auto mid = [&](std::uint32_t i) {
                const auto id = InstrumentId::from_raw(i);
                return mid_usd(world.feed(id).quote_at(now), world.instrument(id));
            };
            largest = std::max(largest, 100.0 * std::abs(mid(0) / mid(1) - 1.0));
            return true;
        }
        const World& world;
        double largest = 0;
    };
    World world(plan, make_agents(plan), {});
    world.set_verify(Verify::never);
    Gap gap(world);
    (void)world.run(&gap);
    return gap.largest;
}

TEST(PriceFormation, AVenueThatCannotAnswerPartsFromTheOthers) {
    Plan plan = calm_plan(minutes(16));
    plan.events = {hard_sale(400e6)};
    plan.events[0].forced = true;
    plan.venues[0].overload_queue = 10'000;  // five times an ordinary market's
    EXPECT_LT(plan.venues[0].calm_messages, 10'000);
    const double loaded = largest_venue_gap(plan);
    plan.switches.overload = false;
    const double alone = largest_venue_gap(plan);
    EXPECT_GT(loaded, 1.5 * alone);
    // An ordinary market fills no queue.
    Plan calm = calm_plan(minutes(8));
    const double before = largest_venue_gap(calm);
    calm.venues[0].overload_queue = 10'000;
    EXPECT_DOUBLE_EQ(largest_venue_gap(calm), before);
}

// Taker flow of each perp of BTC after a minute and at the end.
struct FlowWatch final : public RunMonitor {
    explicit FlowWatch(const World& w) : world{w} {}
    [[nodiscard]] bool keep_going(SimTime now, std::uint64_t) override {
        for (std::uint32_t i = 0; i < 3; ++i) {
            const double net = world.feed(InstrumentId::from_raw(i)).taker_net_usd;
            at_end.at(i) = net;
            if (now <= SimTime{} + minutes(2)) {
                early.at(i) = net;
            }
        }
        return true;
    }
    const World& world;
    std::array<double, 3> early{}, at_end{};
};

// Nobody else trades: what the books show are the programme's market orders, by volume.
TEST(ForcedFlow, SellsInEveryBookByVolumeAndToTheLastLot) {
    Plan plan = calm_plan(minutes(6));
    plan.noise.enabled = plan.trend.enabled = plan.panic.enabled = plan.dip_buyer.enabled = false;
    plan.arbitrage.enabled = false;
    plan.instruments[1].volume_share = 0.5;
    EventPlan event = hard_sale(12e6);
    event.at = SimTime{} + minutes(1);
    event.until = SimTime{} + minutes(5);
    event.forced = true;
    event.participation = 1e-9;  // does not hold back who may not wait
    event.profile = {3.0, 0.0, 0.0, 1.0};
    plan.events = {event};

    World world(plan, make_agents(plan), {});
    world.set_verify(Verify::never);
    FlowWatch watch(world);
    (void)world.run(&watch);

    const std::array<double, 3> share{0.25, 0.5, 0.25};
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_NEAR(watch.early.at(i), -9e6 * share.at(i), 0.15e6) << i;
        EXPECT_NEAR(watch.at_end.at(i), -12e6 * share.at(i), 0.06e6) << i;
    }
}

}  // namespace
}  // namespace margincall
