#include "market/instrument.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <type_traits>

#include "base/random.hpp"
#include "market/order.hpp"

namespace margincall {
namespace {

static_assert(std::is_trivially_copyable_v<Command> && sizeof(Command) <= 64);
static_assert(std::is_trivially_copyable_v<Fill>);

// A Bitcoin perp: ticks of 0.1 USD, lots of 0.001 BTC, so one tick of one lot is worth 100
// micro-USD.
Instrument btc_perp() {
    Instrument inst;
    inst.kind = InstrumentKind::linear_perp;
    inst.tick_value = Money::from_raw(100);
    inst.tick_usd = 0.1;
    inst.lot_base = 0.001;
    inst.price_max = Ticks::from_raw(10'000'000);
    inst.qty_max = Lots::from_raw(1'000'000);
    return inst;
}

TEST(Notional, IsExact) {
    const Instrument inst = btc_perp();
    // 98,944.4 USD times 0.123 BTC
    EXPECT_EQ(notional(inst, Ticks::from_raw(989'444), Lots::from_raw(123)).raw(), 12'170'161'200);
    EXPECT_EQ(notional(inst, Ticks::from_raw(989'444), Lots::from_raw(-123)).raw(),
              -12'170'161'200);
    EXPECT_EQ(notional(inst, Ticks::from_raw(989'444), Lots{}).raw(), 0);
}

TEST(NotionalDeathTest, OverflowStopsTheProgram) {
    const Instrument inst = btc_perp();
    const auto big = std::numeric_limits<std::int64_t>::max() / 1000;
    EXPECT_DEATH((void)notional(inst, Ticks::from_raw(1000), Lots::from_raw(big)), "CHECK failed");
}

TEST(QuantizePrice, RoundsInTheNamedDirection) {
    const Instrument inst = btc_perp();
    EXPECT_EQ(quantize_price(98'944.44, inst, Round::down), Ticks::from_raw(989'444));
    EXPECT_EQ(quantize_price(98'944.44, inst, Round::up), Ticks::from_raw(989'445));
    // 98,944.4 is not a double, but it is a tick: neither direction moves it.
    EXPECT_EQ(quantize_price(98'944.4, inst, Round::down), Ticks::from_raw(989'444));
    EXPECT_EQ(quantize_price(98'944.4, inst, Round::up), Ticks::from_raw(989'444));
}

TEST(QuantizePrice, GivesNothingOutsideTheRange) {
    const Instrument inst = btc_perp();
    const double inf = std::numeric_limits<double>::infinity();
    for (const double usd : {0.0, -1.0, 0.0999, 1'000'000.1, 1e300, inf, -inf, std::nan("")}) {
        EXPECT_FALSE(quantize_price(usd, inst, Round::down).has_value()) << usd;
        EXPECT_FALSE(quantize_price(usd, inst, Round::up).has_value()) << usd;
    }
    EXPECT_EQ(quantize_price(0.1, inst, Round::down), Ticks::from_raw(1));
    EXPECT_EQ(quantize_price(1'000'000.0, inst, Round::up), inst.price_max);
}

TEST(QuantizePrice, EveryTickSurvivesTheRoundTrip) {
    const Instrument inst = btc_perp();
    Rng rng{3, 0, Purpose::test};
    for (int i = 0; i < 20'000; ++i) {
        const auto tick = Ticks::from_raw(1 + static_cast<std::int64_t>(rng.below(10'000'000)));
        ASSERT_EQ(quantize_price(to_usd(inst, tick), inst, Round::down), tick) << tick.raw();
        ASSERT_EQ(quantize_price(to_usd(inst, tick), inst, Round::up), tick) << tick.raw();
    }
}

TEST(QuantizeQty, NobodyTradesMoreThanHeAskedFor) {
    const Instrument inst = btc_perp();
    EXPECT_EQ(quantize_qty(0.1239, inst), Lots::from_raw(123));
    EXPECT_EQ(quantize_qty(0.123, inst), Lots::from_raw(123));
    EXPECT_EQ(quantize_qty(0.001, inst), Lots::from_raw(1));
    EXPECT_EQ(quantize_qty(0.00099, inst), Lots{});
    EXPECT_EQ(quantize_qty(0.0, inst), Lots{});
    EXPECT_EQ(quantize_qty(-1.0, inst), Lots{});
    EXPECT_EQ(quantize_qty(std::nan(""), inst), Lots{});
    EXPECT_EQ(quantize_qty(1e300, inst), inst.qty_max);
    EXPECT_EQ(quantize_qty(std::numeric_limits<double>::infinity(), inst), inst.qty_max);
}

TEST(Side, OppositeAndSign) {
    EXPECT_EQ(opposite(Side::buy), Side::sell);
    EXPECT_EQ(opposite(Side::sell), Side::buy);
    EXPECT_EQ(sign(Side::buy), 1);
    EXPECT_EQ(sign(Side::sell), -1);
}

}  // namespace
}  // namespace margincall
