// Patient orders in a market of their own: what was eaten comes back around the price of the book,
// owners whose price has been reached join the touch.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "agents/patient.hpp"
#include "sim/world.hpp"
#include "support/acts_once.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

using testing::acts_once;
using testing::small_plan;

const auto perp = InstrumentId::from_raw(0);
const auto spot = InstrumentId::from_raw(3);

// Holds the index at the start price by a narrow spot book; sells down to `ask` on the perp, leaves
// the rest resting there and shows a small bid 100 USD below.
std::unique_ptr<Agent> one_seller(double ask, double dump_coins) {
    AgentSetup setup;
    setup.name = "seller";
    setup.entity = entity_name(920, 0);
    setup.instruments = {perp, spot};
    setup.cash_usd_per_venue = 1e11;
    setup.wants_fills = true;
    setup.first_wake = SimTime{} + seconds(1);
    return acts_once(setup, [ask, dump_coins](AgentContext& c) {
        const auto rest = [&](InstrumentId id, Side side, double price, double coins) {
            const Instrument& inst = c.instrument(id);
            c.limit(id,
                    side,
                    *quantize_price(price, inst, Round::down),
                    quantize_qty(coins, inst),
                    TimeInForce::gtc,
                    PostOnly::no,
                    Cause::test);
        };
        rest(spot, Side::buy, 99'990.0, 1.0);
        rest(spot, Side::sell, 100'010.0, 1.0);
        rest(perp, Side::sell, ask, dump_coins);
        rest(perp, Side::buy, ask - 100.0, 0.01);
    });
}

Plan one_coin(Duration length) {
    Plan plan = small_plan(length);
    plan.population.turnover_per_day = 0.0;
    plan.output.depth = seconds(10);
    return plan;
}

double shown(const OrderBook& book, Side side, double from, double to, const Instrument& inst) {
    double coins = 0.0;
    book.for_each_level(side, Ticks{}, [&](Ticks price, Lots qty) {
        const double usd = to_usd(inst, price);
        coins += usd >= from && usd <= to ? static_cast<double>(qty.raw()) * inst.lot_base : 0.0;
        return true;
    });
    return coins;
}

TEST(PatientWorld, OrdersComeBackAroundThePriceOfTheirOwnPerp) {
    // The seller eats all bids down to 3 % below the index and leaves 2,000 coins for sale there.
    struct Seen {
        double left = 0;  // of the seller's coins
        double asks = 0;  // of the layer, between the perp's price and the index
    };
    const auto after = [](Duration length) {
        const Plan plan = one_coin(length);
        std::vector<std::unique_ptr<Agent>> agents = make_patient_orders(plan);
        agents.push_back(one_seller(97'000.0, 5'000.0));
        World world(plan, std::move(agents), {});
        world.set_verify(Verify::periodic);
        (void)world.run(nullptr);
        const Instrument& inst = plan.instruments[0].instrument;
        return Seen{.left = shown(world.book(perp), Side::sell, 96'900.0, 97'100.0, inst),
                    .asks = shown(world.book(perp), Side::sell, 98'100.0, 99'900.0, inst)};
    };
    const Seen at_first = after(minutes(1));
    const Seen later = after(hours(2));
    EXPECT_GT(at_first.left, 1'000.0);
    EXPECT_EQ(later.left, at_first.left);  // no bid comes back above the perp's ask
    EXPECT_EQ(at_first.asks, 0.0);
    EXPECT_GT(later.asks, 10.0);
}

TEST(PatientWorld, OwnersWhosePriceIsReachedJoinTheTouchUpToTheMeasuredDepth) {
    const auto bid_at_touch = [](double profit_share, double profit_at) {
        Plan plan = one_coin(minutes(3));
        plan.population.profit_share = profit_share;
        plan.population.profit_from = plan.population.profit_to = profit_at;
        const Instrument& inst = plan.instruments[0].instrument;
        constexpr double coins = 5'000.0;
        std::vector<AccountSeed> rows;
        for (const Side side : {Side::buy, Side::sell}) {
            AccountSeed s;
            s.instrument = perp;
            s.side = side;
            s.mode = MarginMode::isolated;
            s.qty = quantize_qty(coins, inst);
            s.entry = *quantize_price(100'000.0, inst, Round::down);
            s.margin = Money::from_raw(static_cast<std::int64_t>(coins * 100'000.0 * 1e6));
            rows.push_back(s);
        }
        std::vector<std::unique_ptr<Agent>> agents = make_patient_orders(plan);
        agents.push_back(one_seller(97'100.0, 5'000.0));
        World world(plan, std::move(agents), rows);
        (void)world.run(nullptr);
        return shown(world.book(perp), Side::buy, 96'999.0, 97'099.0, inst);
    };
    const double without = bid_at_touch(0.0, 0.02);  // nobody wants to: one line of the layer
    EXPECT_EQ(bid_at_touch(1.0, 0.05), without);     // at 95,000: not reached
    // At 98,000: reached. The book's calm depth is l0 x D1 x its share = 0.7 x 100 m x 0.25 = 17.5 m:
    // 180 coins, as volatility leaves of them, and a tenth.
    const double reached = bid_at_touch(1.0, 0.02);
    EXPECT_LT(reached, without + 198.5);
    EXPECT_GT(reached, without + 5.0);
}

}  // namespace
}  // namespace margincall
