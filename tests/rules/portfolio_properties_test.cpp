// What must hold for every portfolio under every rule row: prices of liquidation and bankruptcy are
// the boundaries that a search of every tick finds, partial steps help, funding loses nothing.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "clearing/world.hpp"
#include "rules/funding.hpp"
#include "rules/liquidation_price.hpp"
#include "rules/portfolio_liquidation.hpp"
#include "rules/reduction.hpp"

namespace margincall::test {
namespace {

constexpr std::int64_t price_max = 240;  // few ticks, so that every one can be looked at

std::int64_t between(std::int64_t low, std::int64_t high) {
    return *rc::gen::inRange<std::int64_t>(low, high);
}

MarginSchedule random_schedule() {
    MarginSchedule s;
    s.style = static_cast<MarginStyle>(between(0, 4));
    s.measure = static_cast<TierMeasure>(between(0, 2));
    s.valuation = static_cast<MarginValuation>(between(0, 3));
    const std::int64_t tiers = between(1, 5);
    Amount floor;
    std::int64_t rate = between(1, 40);
    for (std::int64_t n = 0; n < tiers; ++n) {
        const Amount cap = floor + Amount::from_raw(between(1, 60'000));
        s.tiers.push_back({.floor = floor,
                           .cap = cap,
                           .maintenance = make_fraction(rate, 1000),
                           .initial = make_fraction(2 * rate, 1000),
                           .deduction = {}});
        floor = cap;
        rate = std::min<std::int64_t>(499, rate + between(0, 120));
    }
    if (s.style == MarginStyle::marginal) {
        s.measure = TierMeasure::value;
        fill_deductions(s);
    }
    s.step_above = Amount::from_raw(between(0, 30'000));
    s.step_size = Amount::from_raw(between(1, 30'000));
    s.step_rate = {between(0, 20), 1000};
    s.slope = {between(0, 20), 100'000};
    if (s.style == MarginStyle::stepped) {
        s.step_size = Amount::from_raw(between(5'000, 50'000));  // rates stay below 100 %
        s.step_rate = {between(0, 5), 1000};
    }
    s.close_fee_in = static_cast<CloseFeeIn>(between(0, 3));
    s.close_fee = {between(0, 10), 10'000};
    return s;
}

struct RandomWorld {
    PortfolioRules rules;
    PortfolioAccount account;
    PortfolioPrices prices;

    RandomWorld() {
        const auto instruments = static_cast<std::size_t>(between(1, 4));
        const bool own_coin = between(0, 2) == 0;  // the second asset is the first contract's coin
        for (std::size_t i = 0; i < instruments; ++i) {
            Contract c;
            c.kind = between(0, 4) == 0 ? ContractKind::inverse : ContractKind::linear;
            c.unit = c.kind == ContractKind::inverse ? Fraction{between(1'000, 50'000), 1}
                                                     : Fraction{between(2, 9), between(1, 3)};
            c.settle = static_cast<std::uint32_t>(own_coin ? 0 : between(0, 2));
            if (own_coin && i == 0 && c.kind == ContractKind::linear) {
                c.coin = 1;
            }
            c.price_max = Ticks::from_raw(price_max);
            rules.contracts.push_back(c);
            rules.schedules.push_back(random_schedule());
            prices.mark.push_back(Ticks::from_raw(between(1, price_max + 1)));
        }
        for (int a = 0; a < 2; ++a) {
            CollateralRule rule;
            rule.measure = static_cast<CollateralMeasure>(between(0, 2));
            rule.tiers = {{.cap = Amount::from_raw(between(1, 50'000)), .ratio = {19, 20}},
                          {.cap = {}, .ratio = {between(0, 19), 20}}};
            rules.collateral.push_back(rule);
            prices.assets.push_back({.index = {between(1, 40), 10}, .conversion = {}});
            account.collateral.push_back({.asset = static_cast<std::uint32_t>(a),
                                          .balance = Amount::from_raw(between(-5'000, 60'000))});
        }
        rules.pnl = static_cast<PnlIn>(between(0, 2));
        rules.trigger = static_cast<Trigger>(between(0, 2));
        const std::int64_t positions = between(1, 5);
        for (std::int64_t k = 0; k < positions; ++k) {
            PortfolioPosition p;
            p.instrument =
                static_cast<std::uint32_t>(between(0, static_cast<std::int64_t>(instruments)));
            p.mode = between(0, 3) == 0 ? MarginMode::isolated : MarginMode::cross;
            p.qty = Lots::from_raw(between(0, 2) == 0 ? between(1, 300) : -between(1, 300));
            p.entry_value = value_at(
                rules.contracts[p.instrument], p.qty, Ticks::from_raw(between(1, price_max + 1)));
            p.margin = Amount::from_raw(between(0, 20'000));
            account.positions.push_back(p);
        }
    }

    [[nodiscard]] PortfolioMargin at(std::size_t position, std::int64_t tick) const {
        PortfolioPrices moved = prices;
        const PortfolioPosition& p = account.positions[position];
        moved.mark[p.instrument] = Ticks::from_raw(tick);
        if (rules.contracts[p.instrument].coin != no_asset) {
            Fraction& price = moved.assets[rules.contracts[p.instrument].coin].index;
            price = {price.num * tick, price.den * prices.mark[p.instrument].raw()};
        }
        return p.mode == MarginMode::isolated ? isolated_margin(rules, p, moved)
                                              : cross_margin(rules, account, moved);
    }
    [[nodiscard]] bool hit(std::size_t position, std::int64_t tick) const {
        return liquidatable(rules.trigger, at(position, tick));
    }
    [[nodiscard]] bool negative(std::size_t position, std::int64_t tick) const {
        return at(position, tick).equity < Amount{};
    }
};

// Looks at every tick: the definition of first_liquidatable, spelled out.
template <class Hit>
std::optional<std::int64_t> by_looking(std::int64_t start, std::int64_t step, Hit&& hit) {
    std::int64_t tick = start;
    if (!hit(tick)) {
        for (tick += step; tick >= 1 && tick <= price_max; tick += step) {
            if (hit(tick)) {
                return tick;
            }
        }
        return std::nullopt;
    }
    for (tick -= step; tick >= 1 && tick <= price_max; tick -= step) {
        if (!hit(tick)) {
            return tick + step;
        }
    }
    return std::nullopt;
}

// The search relies on one boundary within a piece. Rounded values of a few units can flicker
// around it; then the price found must still be a boundary: liquidatable, and not one tick before.
TEST(PortfolioProperty, LiquidationPriceIsTheFirstTickFromTheSolventSide) {
    const bool held = rc::check("first liquidatable tick", [] {
        const RandomWorld w;
        const auto position = static_cast<std::size_t>(
            between(0, static_cast<std::int64_t>(w.account.positions.size())));
        const bool rising = between(0, 2) == 0;
        const std::int64_t step = rising ? 1 : -1;
        const std::int64_t mark = w.prices.mark[w.account.positions[position].instrument].raw();
        const auto hit = [&](std::int64_t tick) { return w.hit(position, tick); };
        const auto expected = by_looking(mark, step, hit);
        const auto found = first_liquidatable({&w.rules, &w.account, &w.prices, position},
                                              rising ? PriceMove::rising : PriceMove::falling);
        RC_LOG() << "mark " << mark << " step " << step << " expected " << expected.value_or(0)
                 << " found " << (found ? found->raw() : 0) << "\n";
        RC_ASSERT(expected == (found ? std::optional{found->raw()} : std::nullopt));
    });
    EXPECT_TRUE(held);
}

TEST(PortfolioProperty, BankruptcyPriceIsTheLastTickWithoutAShortfall) {
    const bool held = rc::check("last tick without shortfall", [] {
        const RandomWorld w;
        const auto position = static_cast<std::size_t>(
            between(0, static_cast<std::int64_t>(w.account.positions.size())));
        const PricePoint point{&w.rules, &w.account, &w.prices, position};
        const auto price = bankruptcy_price(point);
        const std::int64_t step = w.account.positions[position].qty.raw() < 0 ? 1 : -1;
        if (price) {
            RC_ASSERT(!w.negative(position, price->raw()));
            RC_ASSERT(w.negative(position, price->raw() + step));
        }
    });
    EXPECT_TRUE(held);
}

// The rule of reduction.hpp on random positions of the simulation's accounts.
TEST(PortfolioProperty, PartialStepDoesNotWorsenTheRatioElseAllIsClosed) {
    const bool held = rc::check("partial steps", [] {
        Rng rng{static_cast<std::uint64_t>(between(0, 1'000'000'000)), 1, Purpose::test};
        RandomPosition r = random_position(rng);
        const Ticks first = liquidation_price(r.inst, r.tiers, r.state, false);
        if (first.raw() == 0) {
            return;
        }
        // Up to 2 % beyond the price at which the venue steps in.
        const std::int64_t beyond = mul_div(first.raw(), between(0, 200), 10'000, Round::down);
        const Ticks mark = Ticks::from_raw(std::clamp<std::int64_t>(
            first.raw() + (r.state.qty.raw() < 0 ? beyond : -beyond), 1, r.inst.price_max.raw()));
        LiquidationRule rule;
        rule.first_step = static_cast<LiquidationFirstStep>(between(0, 3));
        rule.fee_ppm = between(0, 20'000);
        rule.partial_above = Money::from_raw(between(0, 1'000'000'000'000));
        if (!liquidatable(r.inst, r.tiers, r.state, mark, false)) {
            return;
        }
        const Lots whole = r.state.qty.raw() < 0 ? -r.state.qty : r.state.qty;
        const Lots lots = liquidation_size(
            r.inst, r.tiers, rule, r.state, mark, false, LiquidationAttempt::first);
        RC_ASSERT(lots.raw() >= 1);
        RC_ASSERT(lots <= whole);
        const i128 have = equity(r.inst, r.state, mark).raw();
        const i128 value = position_notional(r.inst, r.state, mark).raw();
        const bool helps = have * 1'000'000 > value * rule.fee_ppm;
        if (lots == whole || rule.first_step == LiquidationFirstStep::market_then_rest) {
            return;
        }
        RC_ASSERT(helps);  // otherwise the whole position goes
        const PositionState after = after_close(r.inst, r.state, lots, mark, rule.fee_ppm);
        const i128 have_after = equity(r.inst, after, mark).raw();
        const i128 value_after = position_notional(r.inst, after, mark).raw();
        // The fee is rounded up by less than a micro-dollar.
        RC_ASSERT((have_after + 1) * value >= have * value_after);
        RC_TAG("partial");
    });
    EXPECT_TRUE(held);
}

TEST(PortfolioProperty, FundingSumsToZeroApartFromTheCrumbs) {
    const bool held = rc::check("funding", [] {
        const Instrument inst = btc_perp();
        const Ticks price = Ticks::from_raw(between(1, 3'000'000));
        const std::int64_t rate = between(-40'000'000, 40'000'000);
        const std::int64_t holders = between(2, 20);
        std::int64_t net = 0;
        i128 paid = 0;
        for (std::int64_t k = 0; k < holders; ++k) {
            const std::int64_t lots = k + 1 == holders ? -net : between(-100'000, 100'000);
            net += lots;
            paid += funding_payment(inst, Lots::from_raw(lots), price, rate).raw();
        }
        RC_ASSERT(net == 0);
        RC_ASSERT(paid >= 0);  // the venue keeps the crumbs, it never adds money
        RC_ASSERT(paid < holders);
    });
    EXPECT_TRUE(held);
}

}  // namespace
}  // namespace margincall::test
