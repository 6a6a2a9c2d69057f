// Owners who close at a profit through the patient layer.
#include "sim/profit_takers.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "sim/world.hpp"
#include "support/acts_once.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

using testing::acts_once;
using testing::small_plan;

ProfitTakers::Position short_of(std::uint32_t account) {
    return {.account = AccountId::from_raw(account),
            .instrument = InstrumentId::from_raw(0),
            .side = Side::sell};
}

TEST(ProfitTakers, HalfOfTheOwnersWantOutTwoToFifteenPercentBeyondTheirEntry) {
    const Plan plan = small_plan();
    const ProfitTakers takers{plan};
    const double entry = 1.02 * plan.assets[0].price;
    int some = 0;
    double sum = 0.0;
    constexpr int rows = 4'000;
    for (std::uint32_t k = 0; k < rows; ++k) {
        const Ticks price = takers.wish_price(short_of(k), entry, false);
        if (price.raw() > 0) {
            const double away = 1.0 - to_usd(plan.instruments[0].instrument, price) / entry;
            EXPECT_GE(away, 0.02);
            EXPECT_LE(away, 0.1501);
            sum += away;
            ++some;
        }
    }
    EXPECT_NEAR(some, rows / 2, 130);  // four standard deviations
    EXPECT_NEAR(sum / some, 0.085, 0.004);

    // Who opened before the start at a worse price than the start's wants out beyond the start.
    ProfitTakers::Position position = short_of(7);
    while (takers.wish_price(position, entry, false).raw() == 0) {
        position.account = AccountId::from_raw(position.account.raw() + 1);
    }
    EXPECT_LT(takers.wish_price(position, entry, true), takers.wish_price(position, entry, false));
    ProfitTakers::Position mirrored = position;
    mirrored.side = Side::buy;
    EXPECT_GT(to_usd(plan.instruments[0].instrument, takers.wish_price(mirrored, entry, false)),
              1.02 * entry);
}

const auto btc_perp = InstrumentId::from_raw(0);

AgentSetup trader(const char* name, std::uint32_t entity, Duration first) {
    AgentSetup s;
    s.name = name;
    s.entity = entity_name(entity, 0);
    s.instruments = {btc_perp};
    s.cash_usd_per_venue = 1e10;
    s.first_wake = SimTime{} + first;
    return s;
}

// One patient bid of 100 coins far below, and somebody who sells 14 of them.
std::vector<std::unique_ptr<Agent>> bid_and_seller(Ticks bid) {
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(acts_once(trader("patient bid", 910, seconds(1)), [bid](AgentContext& c) {
        c.limit(btc_perp,
                Side::buy,
                bid,
                quantize_qty(100, c.instrument(btc_perp)),
                TimeInForce::gtc,
                PostOnly::no,
                Cause::patient);
    }));
    agents.push_back(acts_once(trader("seller", 911, seconds(10)), [](AgentContext& c) {
        c.market(btc_perp, Side::sell, quantize_qty(14, c.instrument(btc_perp)), Cause::news);
    }));
    return agents;
}

// Asks what owners want at some prices, as shares of the start price.
std::unique_ptr<Agent> asks(std::vector<double>& coins) {
    AgentSetup s;
    s.name = "asks";
    s.entity = entity_name(912, 0);
    s.first_wake = SimTime{} + seconds(2);
    return acts_once(s, [&coins](AgentContext& c) {
        const Instrument& inst = c.instrument(btc_perp);
        const double start = c.plan().assets[0].price;
        const auto ask = [&](Side side, double share) {
            const Ticks price = *quantize_price(share * start, inst, Round::down);
            const Lots lots = c.profit_wanted(btc_perp, side, price);
            coins.push_back(static_cast<double>(lots.raw()) * inst.lot_base);
        };
        for (const double share : {0.5, 0.8, 0.9, 0.94, 0.96, 1.5}) {
            ask(Side::buy, share);
        }
        for (const double share : {0.9, 1.04, 1.06, 2.0}) {
            ask(Side::sell, share);
        }
    });
}

TEST(ProfitTakers, WhatTheLayerBuysClosesShortsTheHighestWishFirst) {
    Plan plan = small_plan(minutes(2));
    plan.population.profit_share = 1.0;
    plan.population.profit_from = 0.05;
    plan.population.profit_to = 0.05;
    const Instrument& inst = plan.instruments[0].instrument;
    const double start = plan.assets[0].price;
    std::vector<AccountSeed> rows;
    const auto add = [&](Side side, double coins, double entry) {
        AccountSeed s;
        s.instrument = inst.id;
        s.side = side;
        s.mode = MarginMode::isolated;
        s.qty = quantize_qty(coins, inst);
        s.entry = *quantize_price(entry, inst, Round::down);
        s.margin = Money::from_raw(static_cast<std::int64_t>(coins * entry * 1e6));
        rows.push_back(s);
    };
    add(Side::sell, 10, 0.98 * start);  // wants out at 0.931 of the start
    add(Side::sell, 10, 1.05 * start);  // at 0.95: opened worse than the start
    add(Side::sell, 10, 0.90 * start);  // at 0.855: not met
    add(Side::buy, 40, start);
    add(Side::sell, 10, 1.10 * start);  // a hedger wants nothing
    rows.back().hedger = 1;
    const Ticks bid = *quantize_price(0.93 * start, inst, Round::down);

    std::vector<std::unique_ptr<Agent>> agents = bid_and_seller(bid);
    std::vector<double> wanted;
    agents.push_back(asks(wanted));
    World world(plan, std::move(agents), rows);
    world.set_verify(Verify::every_event);
    const RunTotals totals = world.run(nullptr);

    // Shorts want out at 0.931, 0.95 and 0.855 of the start, the long of 40 at 1.05, the hedger never.
    EXPECT_EQ(wanted, (std::vector<double>{30, 30, 20, 10, 0, 0, 0, 0, 40, 40}));
    const ClearingHouse& house = world.clearing();
    std::vector<double> left;
    for (const Row& r : house.rows()) {
        left.push_back(static_cast<double>(house.state(r).qty.raw()) * inst.lot_base);
    }
    ASSERT_EQ(left.size(), 5U);
    EXPECT_NEAR(left[1], 0.0, 1e-9);   // highest wish: all of it
    EXPECT_NEAR(left[0], -6.0, 1e-9);  // the next one: the rest of the 14
    EXPECT_NEAR(left[2], -10.0, 1e-9);
    EXPECT_NEAR(left[3], 40.0, 1e-9);
    EXPECT_NEAR(left[4], -10.0, 1e-9);
    EXPECT_EQ(house.rows()[1].state, RowState::closed);
    EXPECT_NEAR(totals.profit_taken_usd, 14 * to_usd(inst, bid), 1.0);
    // The agent that showed the order holds nothing of it; open interest moved to the seller.
    EXPECT_EQ(
        house.position(world.agent(AgentId::from_raw(0)).account[inst.venue.raw()], inst.id).raw(),
        0);
    EXPECT_EQ(world.agent(AgentId::from_raw(0)).confirmed[0], 0);
}

// A portfolio is short in two coins; what the layer buys of one closes that position and leaves the
// other.
TEST(ProfitTakers, APositionOfAnAccountInTwoCoinsIsClosedByItself) {
    Plan plan = small_plan(minutes(2));
    plan.population.profit_share = 1.0;
    plan.population.profit_from = 0.05;
    plan.population.profit_to = 0.05;
    const InstrumentId perps[] = {InstrumentId::from_raw(0), InstrumentId::from_raw(5)};
    std::vector<AccountSeed> seeds;
    for (const std::uint32_t portfolio : {0U, 1U}) {
        for (const InstrumentId i : perps) {
            const Instrument& inst = plan.instruments[i.raw()].instrument;
            const double price = plan.assets[inst.base.raw()].price;
            AccountSeed s;
            s.instrument = i;
            s.side = portfolio == 0 ? Side::buy : Side::sell;
            s.mode = MarginMode::cross;
            s.qty = quantize_qty(10, inst);
            s.entry = *quantize_price(price, inst, Round::down);
            s.margin = Money::from_raw(static_cast<std::int64_t>(10 * price * 1e6));
            s.portfolio = portfolio;
            seeds.push_back(s);
        }
    }
    const Instrument& inst = plan.instruments[0].instrument;
    const Ticks bid = *quantize_price(0.93 * plan.assets[0].price, inst, Round::down);

    std::vector<std::unique_ptr<Agent>> agents = bid_and_seller(bid);
    World world(plan, std::move(agents), seeds);
    world.set_verify(Verify::every_event);
    const RunTotals totals = world.run(nullptr);

    const ClearingHouse& house = world.clearing();
    ASSERT_EQ(house.cross_accounts().accounts().size(), 1U);
    const AccountId portfolio = house.cross_accounts().accounts()[0].account;
    EXPECT_EQ(house.position(portfolio, perps[0]).raw(), 0);
    EXPECT_EQ(house.position(portfolio, perps[1]),
              -quantize_qty(10, plan.instruments[5].instrument));
    EXPECT_NEAR(totals.profit_taken_usd, 10 * to_usd(inst, bid), 1.0);
}

}  // namespace
}  // namespace margincall
