// The local reproduction number of forced selling: K and R of numbers worked by hand, of a small market
// whose books and accounts are known, its limits, and that looking changes nothing.
#include "sim/reproduction.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <memory>

#include "sim/world.hpp"
#include "support/quiet_recorder.hpp"
#include "support/quotes_all_books.hpp"
#include "support/small_plan.hpp"

namespace margincall {
namespace {

using testing::small_plan;

constexpr std::size_t bitcoin = 0;

// Two coins: 100 and 40 m USD stand against half a percent, 30 and 20 m are closed by it; ether follows
// bitcoin 1.2 times.
ForcedStep two_coins() {
    ForcedStep step(2);
    step.closes = {30e6, 0.0, 0.0, 20e6};
    step.resting = {80e6, 25e6};
    step.refill = {20e6, 15e6};
    return step;
}
constexpr std::array passed = {1.0, 1.2};

TEST(Reproduction, KernelOfTwoCoinsIsClosedOverWhatStandsAgainstIt) {
    const std::vector<double> k = reproduction_kernel(two_coins(), passed, CountStops::no);
    EXPECT_DOUBLE_EQ(k[0], 0.3);   // 30 / 100
    EXPECT_DOUBLE_EQ(k[1], 0.0);   // nobody's quotes of bitcoin follow ether
    EXPECT_DOUBLE_EQ(k[2], 0.24);  // 20 x 1.2 / 100
    EXPECT_DOUBLE_EQ(k[3], 0.5);   // 20 / 40
    // A dollar sold of ether never comes back to bitcoin: the larger of the two by themselves.
    EXPECT_NEAR(spectral_radius(k), 0.5, 1e-9);
}

// All generations of a dollar of bitcoin: x = 0.3 + 0.3 x, y = 0.24 + 0.24 x + 0.5 y.
TEST(Reproduction, ForcedDollarsOfAllGenerations) {
    const std::vector<double> k = reproduction_kernel(two_coins(), passed, CountStops::no);
    const double x = 0.3 / 0.7;
    EXPECT_NEAR(forced_per_dollar(k, 0), x + (0.24 + 0.24 * x) / 0.5, 1e-9);
    EXPECT_NEAR(forced_per_dollar(k, 1), 0.5 / 0.5, 1e-9);
    EXPECT_TRUE(std::isinf(forced_per_dollar(std::vector{1.0}, 0)));
    EXPECT_EQ(forced_per_dollar(std::vector{0.0}, 0), 0.0);
}

TEST(Reproduction, StopOrdersAddToTheirCoin) {
    ForcedStep step = two_coins();
    step.stops = {40e6, 0.0};
    EXPECT_NEAR(spectral_radius(reproduction_kernel(step, passed, CountStops::yes)), 0.7, 1e-9);
    EXPECT_NEAR(spectral_radius(reproduction_kernel(step, passed, CountStops::no)), 0.5, 1e-9);
}

// Accounts in both coins tie them: 10 m of bitcoin are closed by ether's fall, 8 m of ether by bitcoin's.
TEST(Reproduction, AccountsInTwoCoinsCloseTheLoop) {
    ForcedStep step = two_coins();
    step.closes[1] = 10e6;
    step.closes[2] = 8e6;
    const std::vector<double> k = reproduction_kernel(step, passed, CountStops::no);
    EXPECT_DOUBLE_EQ(k[0], 0.42);  // 30 / 100 + 10 x 1.2 / 100
    EXPECT_DOUBLE_EQ(k[1], 0.25);  // 10 / 40
    EXPECT_DOUBLE_EQ(k[2], 0.32);  // 8 / 100 + 20 x 1.2 / 100
    EXPECT_DOUBLE_EQ(k[3], 0.5);
    // Roots of x^2 - 0.92 x + 0.21 - 0.08.
    EXPECT_NEAR(spectral_radius(k), 0.5 * (0.92 + std::sqrt(0.92 * 0.92 - 4 * 0.13)), 1e-9);
}

TEST(Reproduction, WithoutAccountsItIsZeroAndWithoutBidsUnbounded) {
    ForcedStep nobody = two_coins();
    nobody.closes = {0.0, 0.0, 0.0, 0.0};
    nobody.resting = nobody.refill = {0.0, 0.0};
    EXPECT_EQ(spectral_radius(reproduction_kernel(nobody, passed, CountStops::yes)), 0.0);
    ForcedStep no_bids = two_coins();
    no_bids.resting[1] = no_bids.refill[1] = 0.0;
    EXPECT_TRUE(std::isinf(spectral_radius(reproduction_kernel(no_bids, passed, CountStops::no))));
}

TEST(Reproduction, SpectralRadiusOfMatricesThatAreKnown) {
    const auto radius = [](std::vector<double> m) { return spectral_radius(m); };
    EXPECT_EQ(radius({}), 0.0);
    EXPECT_EQ(radius({-0.7}), 0.7);
    EXPECT_NEAR(radius({0.0, -0.8, 0.8, 0.0}), 0.8, 1e-9) << "a turn: complex eigenvalues";
    EXPECT_NEAR(radius({0.5, 1.0, 0.0, 0.5}), 0.5, 1e-6) << "one eigenvector for two eigenvalues";
    EXPECT_EQ(radius({0.0, 1.0, 0.0, 0.0}), 0.0) << "nilpotent";
    EXPECT_NEAR(radius({0, 1, 0, 0, 0, 2, 4, 0, 0}), 2.0, 1e-8) << "a ring: cube root of 1 x 2 x 4";
    EXPECT_NEAR(radius({1e-12, 2e-12, 3e-12, 2e-12}), 4e-12, 1e-20);
    EXPECT_NEAR(radius({1e12, 2e12, 3e12, 2e12}), 4e12, 1e4);
    EXPECT_NEAR(radius({1.0, -2.0, 1.0, -2.0}), 1.0, 1e-9) << "what is bought back has a sign";
}

// Quotes every book of both coins once and then stands still: 2 coins of a maker 0.1 % off, 1 and 5 coins
// of patient owners 0.4 % and 0.7 % off.
class StandingBook final : public AgentOf<StandingBook> {
  public:
    explicit StandingBook(const Plan& plan) : plan_{plan} {}
    [[nodiscard]] AgentSetup setup() const override {
        return testing::quotes_all_books(plan_, "standing", entity_name(911, 0));
    }
    void wake(AgentContext& c) override {
        for (const InstrumentPlan& p : plan_.instruments) {
            put(c, p.instrument, 0.001, 2.0, Cause::maker);
            put(c, p.instrument, 0.004, 1.0, Cause::patient);
            put(c, p.instrument, 0.007, 5.0, Cause::patient);
        }
    }

  private:
    void put(AgentContext& c, const Instrument& inst, double away, double coins, Cause cause) {
        const double price = plan_.assets[inst.base.raw()].price;
        for (const Side side : {Side::buy, Side::sell}) {
            const double at = price * (side == Side::buy ? 1.0 - away : 1.0 + away);
            c.limit(inst.id,
                    side,
                    Ticks::from_raw(std::llround(at / inst.tick_usd)),
                    quantize_qty(coins, inst),
                    TimeInForce::gtc,
                    PostOnly::yes,
                    cause);
        }
    }
    const Plan& plan_;
};

// One bitcoin on venue A's perpetual, opened at 100,000: liquidated where `margin` is down to 0.4 % of it.
AccountSeed one_bitcoin(Side side, double margin_usd, double stop_usd = 0.0) {
    AccountSeed s;
    s.instrument = InstrumentId::from_raw(0);
    s.side = side;
    s.qty = Lots::from_raw(1'000);
    s.entry = Ticks::from_raw(1'000'000);
    s.leverage_e2 = 10'000;
    s.margin = Money::from_raw(std::llround(margin_usd * 1e6));
    s.stop = Ticks::from_raw(std::llround(stop_usd * 10.0));
    return s;
}
// Margin with which a long from 100,000 is liquidated at `price`.
double margin_for(double price) {
    return 100'000.0 - 0.996 * price;
}

std::unique_ptr<World> standing_world(const Plan& plan, std::vector<AccountSeed> longs) {
    const std::size_t count = longs.size();
    for (std::size_t k = 0; k < count; ++k) {
        longs.push_back(one_bitcoin(Side::sell, 90'000.0));
    }
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(std::make_unique<StandingBook>(plan));
    auto world = std::make_unique<World>(plan, std::move(agents), longs);
    EXPECT_TRUE(world->advance(SimTime{} + seconds(15), nullptr));
    EXPECT_EQ(world->clearing().margin_price(InstrumentId::from_raw(0)).raw(), 1'000'000);
    return world;
}

TEST(Reproduction, OfABookAndAccountsThatAreKnown) {
    const Plan plan = small_plan();
    const auto world = standing_world(
        plan,
        {one_bitcoin(Side::buy, margin_for(99'700.0)),              // in the first step
         one_bitcoin(Side::buy, margin_for(99'400.0)),              // in the second
         one_bitcoin(Side::buy, margin_for(99'200.0), 99'600.0)});  // its stop is first
    const LocalReproduction now = local_reproduction(*world);
    ASSERT_EQ(now.coins.size(), 2U);
    const CoinReproduction& coin = now.coins[bitcoin];
    // Five books of bitcoin: three perpetuals, two spots.
    const double makers = 5.0 * 2.0 * 99'900.0;
    EXPECT_NEAR(coin.resting_usd, makers + 5.0 * 99'600.0, 0.01);
    EXPECT_NEAR(coin.refill_usd, makers * (1.0 - 1.0 / 64.0), 0.01);  // six half-lives of 10 s
    EXPECT_NEAR(coin.liquidation_usd, 99'700.0, 0.2);
    EXPECT_NEAR(coin.stop_usd, 99'600.0, 0.01);
    EXPECT_NEAR(now.liquidations, 99'700.0 / (coin.resting_usd + coin.refill_usd), 1e-6);
    EXPECT_NEAR(now.with_stops, 199'300.0 / (coin.resting_usd + coin.refill_usd), 1e-6);
    EXPECT_EQ(coin.own, now.liquidations);
    EXPECT_EQ(now.coins[1].own, 0.0) << "nobody holds ether";

    const std::vector<LocalReproduction> curve = reproduction_curve(*world);
    ASSERT_EQ(curve.size(), reproduction_steps);
    EXPECT_DOUBLE_EQ(curve[1].fall, 0.005);
    EXPECT_DOUBLE_EQ(curve.back().fall, 0.3);
    // Half a percent lower the makers' quotes stand again, with what rests there.
    EXPECT_NEAR(curve[1].coins[bitcoin].resting_usd, makers + 5.0 * 5.0 * 99'300.0, 0.01);
    EXPECT_NEAR(curve[1].coins[bitcoin].liquidation_usd, 99'400.0, 0.2);
    EXPECT_EQ(curve[1].coins[bitcoin].stop_usd, 0.0) << "who was stopped above is gone";
    EXPECT_EQ(curve[2].liquidations, 0.0);
}

// The lower end of a step belongs to it, a tick below to the next.
TEST(Reproduction, AStepHoldsItsLowerEnd) {
    const Plan plan = small_plan();
    const auto at_end = standing_world(plan, {one_bitcoin(Side::buy, 20'000.0, 99'500.0)});
    EXPECT_NEAR(local_reproduction(*at_end).coins[bitcoin].stop_usd, 99'500.0, 0.01);
    const auto below = standing_world(plan, {one_bitcoin(Side::buy, 20'000.0, 99'499.9)});
    EXPECT_EQ(local_reproduction(*below).coins[bitcoin].stop_usd, 0.0);
    EXPECT_NEAR(reproduction_curve(*at_end)[0].coins[bitcoin].stop_usd, 99'500.0, 0.01);
    EXPECT_NEAR(reproduction_curve(*below)[1].coins[bitcoin].stop_usd, 99'499.9, 0.01);
}

TEST(Reproduction, StopOrdersThatAreSwitchedOffDoNotCount) {
    Plan plan = small_plan();
    plan.switches.stops = false;
    const auto world =
        standing_world(plan, {one_bitcoin(Side::buy, margin_for(99'550.0), 99'700.0)});
    const LocalReproduction now = local_reproduction(*world);
    EXPECT_EQ(now.coins[bitcoin].stop_usd, 0.0);
    EXPECT_NEAR(now.coins[bitcoin].liquidation_usd, 99'550.0, 0.2);
}

TEST(Reproduction, NoAccountsGiveZero) {
    const Plan plan = small_plan();
    const auto world = standing_world(plan, {});
    EXPECT_EQ(local_reproduction(*world).with_stops, 0.0);
    for (const LocalReproduction& step : reproduction_curve(*world)) {
        EXPECT_EQ(step.with_stops, 0.0);
    }
}

// Accounts in both coins, found through their safe boxes, and by looking at all of them.
TEST(Reproduction, AccountsInTwoCoinsAreFoundThroughTheirBoxes) {
    const Plan plan = small_plan();
    std::vector<AccountSeed> rows;
    std::uint32_t number = 0;
    for (int k = 0; k < 40; ++k) {
        ++number;
        for (const std::uint32_t coin : {0U, 1U}) {
            AccountSeed s = one_bitcoin(Side::buy, 500.0 + 10.0 * k);
            s.instrument = InstrumentId::from_raw(5 * coin);
            s.qty = Lots::from_raw(coin == 0 ? 1'000 : 10'000);
            s.entry = Ticks::from_raw(coin == 0 ? 1'000'000 : 400'000);
            s.mode = MarginMode::cross;
            s.portfolio = number;
            rows.push_back(s);
        }
    }
    std::vector<AccountSeed> all;
    for (AccountSeed s : rows) {
        s.side = Side::sell;
        s.margin = Money::from_raw(90'000'000'000);
        s.portfolio = 0;
        s.mode = MarginMode::isolated;
        all.push_back(s);
    }
    all.insert(all.end(), rows.begin(), rows.end());
    std::vector<std::unique_ptr<Agent>> agents;
    agents.push_back(std::make_unique<StandingBook>(plan));
    World world(plan, std::move(agents), all);
    ASSERT_TRUE(world.advance(SimTime{} + seconds(15), nullptr));
    ASSERT_EQ(world.clearing().cross_accounts().accounts().size(), 40U);

    const LocalReproduction near = local_reproduction(world);
    const std::vector<LocalReproduction> curve = reproduction_curve(world);
    EXPECT_NEAR(near.coins[bitcoin].liquidation_usd, 13e5, 1.0) << "13 of 40";
    double closed = 0.0;
    for (const LocalReproduction& step : curve) {
        closed += step.coins[bitcoin].liquidation_usd;
    }
    EXPECT_GT(closed, 2.0 * near.coins[bitcoin].liquidation_usd);
    for (const std::size_t coin : {0U, 1U}) {
        EXPECT_DOUBLE_EQ(near.coins[coin].liquidation_usd, curve[0].coins[coin].liquidation_usd);
        EXPECT_DOUBLE_EQ(near.coins[coin].own, curve[0].coins[coin].own);
    }
    EXPECT_DOUBLE_EQ(near.liquidations, curve[0].liquidations);
    EXPECT_GT(near.liquidations, std::max(near.coins[0].own, near.coins[1].own))
        << "a fall of one coin closes the other";
}

class OnlyReproduction final : public testing::QuietRecorder {
  public:
    using QuietRecorder::on;
    void on(const ReproductionRecord& r) override { samples.push_back(r); }
    void on(const CoinReproductionRecord& r) override { coins.push_back(r); }
    std::vector<ReproductionRecord> samples;
    std::vector<CoinReproductionRecord> coins;
};

TEST(Reproduction, SamplingDoesNotChangeTheDigest) {
    Plan plan = small_plan(minutes(4));
    plan.output.map = minutes(2);
    const std::vector<AccountSeed> longs = {one_bitcoin(Side::buy, margin_for(99'700.0))};
    const auto plain = standing_world(plan, longs);
    const auto looked_at = standing_world(plan, longs);
    const std::uint64_t before = looked_at->state_digest();
    (void)local_reproduction(*looked_at);
    (void)reproduction_curve(*looked_at);
    EXPECT_EQ(looked_at->state_digest(), before);
    OnlyReproduction recorder;
    looked_at->set_recorder(&recorder);
    EXPECT_EQ(looked_at->run(nullptr).digest, plain->run(nullptr).digest);

    // Once a bar as prices stand, and the lower ones with each map.
    std::size_t now = 0;
    std::size_t lower = 0;
    for (const ReproductionRecord& r : recorder.samples) {
        (r.fall == 0.0 ? now : lower) += 1;
        EXPECT_EQ(r.time_ns % minutes(1).raw(), 0);
    }
    EXPECT_EQ(now, 4U);
    EXPECT_EQ(lower % (reproduction_steps - 1), 0U);
    EXPECT_GT(lower, 0U);
    EXPECT_EQ(recorder.coins.size(), 2 * recorder.samples.size());
    EXPECT_GT(recorder.samples.front().reproduction, 0.0);
}

}  // namespace
}  // namespace margincall
