// Who keeps the part of a micro-dollar: fees go up, the cost that a trade releases goes down.
#include <gtest/gtest.h>

#include "clearing/clearing_house.hpp"
#include "clearing/world.hpp"
#include "support/states.hpp"

namespace margincall::test {
namespace {

// One micro-dollar per tick and lot; agents with plenty of money trade with each other.
struct Trade {
    Trade(std::int64_t taker_fee_ppm, std::int64_t maker_fee_ppm)
        : house(config(taker_fee_ppm, maker_fee_ppm), 8) {
        house.finish_opening();
        maker = house.open_agent(venue_a);
        taker = house.open_agent(venue_a);
        house.deposit(maker, usd(1), Reason::deposit);
        house.deposit(taker, usd(1), Reason::deposit);
    }
    static ClearingConfig config(std::int64_t taker_fee_ppm, std::int64_t maker_fee_ppm) {
        ClearingConfig out;
        out.instruments.push_back(perp(1.0, 1e-6));
        out.tiers.push_back(flat_tier(10'000));
        VenueRules rules;
        rules.taker_fee_ppm = taker_fee_ppm;
        rules.maker_fee_ppm = maker_fee_ppm;
        out.venues.push_back(rules);
        out.assets = 1;
        return out;
    }
    void buy(std::int64_t lots, std::int64_t price, Cause cause = Cause::noise) {
        Fill fill;
        fill.instrument = btc;
        fill.maker = maker;
        fill.taker = taker;
        fill.taker_side = lots > 0 ? Side::buy : Side::sell;
        fill.taker_cause = cause;
        fill.price = Ticks::from_raw(price);
        fill.qty = Lots::from_raw(lots > 0 ? lots : -lots);
        house.settle(fill);
        check_clearing(house);
    }
    // Cash over the deposit, micro-dollars.
    [[nodiscard]] std::int64_t gain(AccountId a) const { return (house.cash(a) - usd(1)).raw(); }

    ClearingHouse house;
    AccountId maker, taker;
};

TEST(ClearingRounding, TradingFeesAreRoundedUpRebatesDown) {
    States states{105};
    for (const std::int64_t taker_ppm : {0, 1, 333'333, 450, 500'000}) {
        for (const std::int64_t maker_ppm : {-333'333, 0, 150}) {
            for (std::int64_t value = 1; value <= 7; ++value) {
                states.next();
                Trade t{taker_ppm, maker_ppm};
                t.buy(1, value);
                std::int64_t taker_fee = 0;  // the least that is not below the rate
                while (taker_fee * 1'000'000 < value * taker_ppm) {
                    ++taker_fee;
                }
                std::int64_t maker_fee = -value;
                while (maker_fee * 1'000'000 < value * maker_ppm) {
                    ++maker_fee;
                }
                ASSERT_EQ(t.gain(t.taker), -taker_fee) << value << " at " << taker_ppm;
                ASSERT_EQ(t.gain(t.maker), -maker_fee) << value << " at " << maker_ppm;
            }
        }
    }
}

TEST(ClearingRounding, LiquidationOrdersPayNoTradingFee) {
    Trade t{500'000, 150};
    t.buy(2, 1'000, Cause::liquidation);
    EXPECT_EQ(t.gain(t.taker), 0);
    EXPECT_EQ(t.gain(t.maker), -1);
}

// Three lots bought or sold at two prices, closed one by one: each releases its share of the cost
// rounded down (toward minus infinity), and the last one what is left, so that nothing is lost.
TEST(ClearingRounding, ReleasedCostIsRoundedDownAndTheLastLotTakesTheRest) {
    States states{2 * 6 * 6 * 3};
    for (const std::int64_t sign : {1, -1}) {
        for (std::int64_t first = 10; first < 16; ++first) {
            for (std::int64_t second = 10; second < 16; ++second) {
                for (std::int64_t closed = 1; closed <= 3; ++closed) {
                    states.next();
                    Trade t{0, 0};
                    t.buy(sign, first);
                    t.buy(2 * sign, second);
                    const std::int64_t cost = sign * (first + 2 * second);
                    ASSERT_EQ(t.house.cost(t.taker, btc).raw(), cost);
                    t.buy(-closed * sign, 12);
                    std::int64_t released = -200;
                    while ((released + 1) * 3 <= cost * closed) {
                        ++released;
                    }
                    ASSERT_EQ(t.gain(t.taker), sign * closed * 12 - released);
                    ASSERT_EQ(t.house.cost(t.taker, btc).raw(), cost - released);
                    if (closed < 3) {
                        t.buy((closed - 3) * sign, 12);
                    }
                    ASSERT_EQ(t.gain(t.taker), sign * 36 - cost);
                    ASSERT_EQ(t.house.cost(t.taker, btc).raw(), 0);
                }
            }
        }
    }
}

// A trade through zero closes the old position and opens the new one at its own price.
TEST(ClearingRounding, TurningAPositionClosesAllOfIt) {
    Trade t{0, 0};
    t.buy(3, 11);
    t.buy(-5, 13);
    EXPECT_EQ(t.gain(t.taker), 3 * 2);
    EXPECT_EQ(t.house.cost(t.taker, btc).raw(), -2 * 13);
    EXPECT_EQ(t.house.position(t.taker, btc).raw(), -2);
    EXPECT_EQ(t.gain(t.maker), -3 * 2);
}

}  // namespace
}  // namespace margincall::test
