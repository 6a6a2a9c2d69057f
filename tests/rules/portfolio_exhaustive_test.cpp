// Accounts of several positions: values, margins and the prices of liquidation and bankruptcy, at
// every tick of a short price line.
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "rules/portfolio_liquidation.hpp"
#include "rules/quantities.hpp"
#include "support/states.hpp"

namespace margincall::test {
namespace {

constexpr std::int64_t top = 40;  // ticks

i128 down(i128 num, i128 den) {
    return num / den - (num % den != 0 && num < 0 ? 1 : 0);
}
i128 up(i128 num, i128 den) {
    return -down(-num, den);
}

MarginSchedule schedule_in(MarginStyle style) {
    MarginSchedule s;
    s.style = style;
    s.tiers = {{.floor = {},
                .cap = amount(60'000),
                .maintenance = {1, 10},
                .initial = {1, 5},
                .deduction = {}},
               {.floor = amount(60'000),
                .cap = amount(140'000),
                .maintenance = {1, 4},
                .initial = {1, 2},
                .deduction = {}},
               {.floor = amount(140'000),
                .cap = amount(900'000),
                .maintenance = {2, 5},
                .initial = {1, 1},
                .deduction = {}}};
    if (style == MarginStyle::marginal) {
        fill_deductions(s);
    }
    s.step_above = amount(50'000);
    s.step_size = amount(30'000);
    s.step_rate = {1, 20};
    s.slope = {1, 100};
    return s;
}

// Two instruments settled in asset 0 (a dollar) or asset 1 (a coin with a haircut), and everything
// else from the digits of a number.
struct World {
    explicit World(std::int64_t code) {
        const auto digit = [&](std::int64_t base) {
            const std::int64_t out = code % base;
            code /= base;
            return out;
        };
        const auto style = static_cast<MarginStyle>(digit(4));
        const bool inverse = digit(2) == 1;
        rules.contracts.resize(2);
        rules.contracts[0].kind = inverse ? ContractKind::inverse : ContractKind::linear;
        rules.contracts[0].unit = inverse ? Fraction{300'000, 1} : Fraction{1'000, 1};
        rules.contracts[0].price_max = Ticks::from_raw(top);
        rules.contracts[0].settle = inverse ? 1 : 0;
        rules.contracts[0].close_fee = digit(2) == 1 ? Fraction{1, 20} : Fraction{};
        rules.contracts[1].price_max = Ticks::from_raw(top);
        rules.contracts[1].unit = {1'000, 1};
        rules.schedules = {schedule_in(style), schedule_in(MarginStyle::marginal)};
        rules.collateral.resize(2);
        rules.collateral[1].tiers = {{.cap = amount(100'000), .ratio = {9, 10}},
                                     {.cap = {}, .ratio = {1, 2}}};
        rules.trigger = digit(2) == 1 ? Trigger::at_or_below : Trigger::below;
        rules.pnl = digit(2) == 1 ? PnlIn::collateral : PnlIn::at_par;
        prices.assets.resize(2);
        prices.assets[1].index = {3, 2};
        prices.mark = {
            Ticks::from_raw(std::array<std::int64_t, 2>{9, 27}[static_cast<std::size_t>(digit(2))]),
            Ticks::from_raw(10)};

        if (rules.pnl == PnlIn::collateral) {  // the other one is judged by its oracle
            rules.schedules[1].valuation = MarginValuation::oracle;
            prices.oracle = {prices.mark[0], Ticks::from_raw(13)};
        }

        PortfolioPosition p;
        p.qty = Lots::from_raw(
            std::array<std::int64_t, 4>{-7, -2, 3, 8}[static_cast<std::size_t>(digit(4))]);
        p.entry_value = value_at(rules.contracts[0], p.qty, Ticks::from_raw(20));
        p.mode = digit(2) == 1 ? MarginMode::isolated : MarginMode::cross;
        p.margin = amount(25'000);
        account.positions.push_back(p);
        if (digit(2) == 1) {  // hedged: a smaller leg the other way
            p.qty = p.qty.raw() > 0 ? Lots::from_raw(-2) : Lots::from_raw(1);
            p.mode = MarginMode::cross;
            p.entry_value = value_at(rules.contracts[0], p.qty, Ticks::from_raw(25));
            account.positions.push_back(p);
        }
        if (digit(2) == 1) {  // another instrument, at a loss
            PortfolioPosition other;
            other.instrument = 1;
            other.qty = Lots::from_raw(3);
            other.entry_value = amount(36'000);
            account.positions.push_back(other);
        }
        const std::int64_t wallet =
            std::array<std::int64_t, 3>{5, 60, -15}[static_cast<std::size_t>(digit(3))];
        account.collateral = {{.asset = 0, .balance = amount(1'000 * wallet)},
                              {.asset = 1, .balance = amount(11'000)}};
    }
    [[nodiscard]] PortfolioMargin at(std::int64_t tick) const {
        PortfolioPrices there = prices;
        there.mark[0] = Ticks::from_raw(tick);
        if (!there.oracle.empty()) {
            there.oracle[0] = there.mark[0];
        }
        return account.positions[0].mode == MarginMode::isolated
                   ? isolated_margin(rules, account.positions[0], there)
                   : cross_margin(rules, account, there);
    }
    // Fee to close what the question is about, in the equity's money.
    [[nodiscard]] i128 fee_at(std::int64_t tick) const {
        i128 fee = 0;
        const bool alone = account.positions[0].mode == MarginMode::isolated;
        for (const PortfolioPosition& p : account.positions) {
            if (p.instrument != 0 || (alone && &p != &account.positions[0])) {
                continue;
            }
            const i128 part =
                fee_on(exact_value(rules.contracts[0], magnitude(p.qty), Ticks::from_raw(tick)),
                       rules.contracts[0].close_fee)
                    .raw();
            fee += alone || rules.contracts[0].settle == 0 ? part : up(part * 3, 2);
        }
        return fee;
    }
    [[nodiscard]] PricePoint point() const {
        return {.rules = &rules, .account = &account, .prices = &prices, .position = 0};
    }

    PortfolioRules rules;
    PortfolioAccount account;
    PortfolioPrices prices;
};
constexpr std::int64_t worlds = 4 * 2 * 2 * 2 * 2 * 2 * 4 * 2 * 2 * 2 * 3;

// From the mark along `step` to the first tick that is hit; from a mark that is hit, back to the
// last one before solvency.
template <class Hit>
std::optional<Ticks> walked(std::int64_t mark, std::int64_t step, Hit hit) {
    if (hit(mark)) {
        for (std::int64_t tick = mark; tick >= 1 && tick <= top; tick -= step) {
            if (!hit(tick)) {
                return Ticks::from_raw(tick + step);
            }
        }
        return std::nullopt;
    }
    for (std::int64_t tick = mark; tick >= 1 && tick <= top; tick += step) {
        if (hit(tick)) {
            return Ticks::from_raw(tick);
        }
    }
    return std::nullopt;
}

TEST(PortfolioExhaustive, LiquidationIsTheFirstTickThatAWalkMeets) {
    States states{2 * worlds};
    for (std::int64_t code = 0; code < worlds; ++code) {
        const World w{code};
        std::array<bool, top + 1> hits{};
        for (std::int64_t tick = 1; tick <= top; ++tick) {
            hits[static_cast<std::size_t>(tick)] = liquidatable(w.rules.trigger, w.at(tick));
        }
        const auto hit = [&](std::int64_t tick) { return hits[static_cast<std::size_t>(tick)]; };
        for (const std::int64_t step : {-1, 1}) {
            states.next();
            const PriceMove direction = step > 0 ? PriceMove::rising : PriceMove::falling;
            ASSERT_EQ(first_liquidatable(w.point(), direction),
                      walked(w.prices.mark[0].raw(), step, hit))
                << "world " << code << (step > 0 ? " rising" : " falling");
        }
        // The harm of a hedge pair is that of its net size; an account that other positions keep is
        // liquidatable on the other side, if anywhere.
        const bool alone = w.account.positions[0].mode == MarginMode::isolated;
        std::int64_t net = 0;
        for (const PortfolioPosition& p : w.account.positions) {
            net +=
                p.instrument == 0 && (!alone || &p == w.account.positions.data()) ? p.qty.raw() : 0;
        }
        const std::int64_t harm = net > 0 ? -1 : 1;
        std::optional<Ticks> expected = walked(w.prices.mark[0].raw(), harm, hit);
        if (!expected && !alone) {
            expected = walked(w.prices.mark[0].raw(), -harm, hit);
        }
        ASSERT_EQ(liquidation_price(w.point()), expected) << code;
    }
}

TEST(PortfolioExhaustive, BankruptcyIsTheLastTickThatCoversTheFee) {
    States states{worlds};
    for (std::int64_t code = 0; code < worlds; ++code) {
        states.next();
        const World w{code};
        const std::int64_t step = w.account.positions[0].qty.raw() > 0 ? -1 : 1;
        const std::optional<Ticks> beyond =
            walked(w.prices.mark[0].raw(), step, [&](std::int64_t tick) {
                return w.at(tick).equity.raw() < w.fee_at(tick);
            });
        const std::optional<Ticks> expected =
            beyond ? std::optional{Ticks::from_raw(beyond->raw() - step)} : std::nullopt;
        ASSERT_EQ(bankruptcy_price(w.point()), expected) << "world " << code;
    }
}

TEST(PortfolioExhaustive, WithoutAPositionThereIsNoPrice) {
    World w{0};
    w.account.positions[0].qty = {};
    EXPECT_FALSE(liquidation_price(w.point()).has_value());
    EXPECT_FALSE(bankruptcy_price(w.point()).has_value());
}

// Profit is never rounded up: linear values of longs and inverse values of shorts down in favour of
// nobody, the others against the owner; or everything toward zero.
TEST(PortfolioExhaustive, ValuesAndProfitAreRoundedAgainstTheAccount) {
    States states{2 * 2 * 13 * 9 * 3};
    for (const ContractKind kind : {ContractKind::linear, ContractKind::inverse}) {
        for (const ValueRounding rounding : {ValueRounding::down, ValueRounding::toward_zero}) {
            for (std::int64_t qty = -6; qty <= 6; ++qty) {
                for (std::int64_t price = 1; price <= 9; ++price) {
                    for (const Fraction unit : {Fraction{1, 1}, Fraction{7, 3}, Fraction{1, 4}}) {
                        states.next();
                        const Contract c{.kind = kind, .rounding = rounding, .unit = unit};
                        const bool linear = kind == ContractKind::linear;
                        const i128 num = i128{qty} * unit.num * (linear ? price : 1);
                        const i128 den = i128{unit.den} * (linear ? 1 : price);
                        i128 value = num / den;  // toward zero
                        if (rounding == ValueRounding::down) {
                            value = linear ? down(num, den) : up(num, den);
                        }
                        ASSERT_TRUE(
                            value_at(c, Lots::from_raw(qty), Ticks::from_raw(price)).raw() ==
                            value);
                        PortfolioPosition p;
                        p.qty = Lots::from_raw(qty);
                        p.entry_value = amount(2 * qty);
                        ASSERT_TRUE(unrealised(c, p, Ticks::from_raw(price)).raw() ==
                                    (linear ? value - 2 * qty : 2 * qty - value));
                        const i128 size = qty < 0 ? -num : num;
                        ASSERT_TRUE(
                            fee_on(exact_value(c, magnitude(p.qty), Ticks::from_raw(price)), {1, 3})
                                .raw() == up(size, den * 3));
                    }
                }
            }
        }
    }
}

// One position with and without a coin behind it: what counts, at which price, and the
// requirements.
TEST(PortfolioExhaustive, CrossMarginAddsUpWhatEachPartCounts) {
    States states{2 * 3 * 2 * 2 * 9 * 5 * 3};
    for (const PnlIn pnl : {PnlIn::at_par, PnlIn::collateral}) {
        for (const auto valuation :
             {MarginValuation::mark, MarginValuation::entry, MarginValuation::oracle}) {
            for (const auto rounding : {ValueRounding::down, ValueRounding::toward_zero}) {
                for (const bool with_oracle : {false, true}) {
                    for (std::int64_t qty = -4; qty <= 4; ++qty) {
                        for (const std::int64_t coins : {-7, 0, 3, 10, 25}) {
                            for (const std::int64_t frozen : {0, 4, 9}) {
                                states.next();
                                PortfolioRules rules;
                                rules.pnl = pnl;
                                rules.contracts.resize(1);
                                rules.contracts[0].rounding = rounding;
                                rules.contracts[0].unit = {5, 3};
                                rules.schedules.resize(1);
                                rules.schedules[0].valuation = valuation;
                                rules.schedules[0].tiers.resize(1);
                                rules.schedules[0].tiers[0] = {.floor = {},
                                                               .cap = amount(999),
                                                               .maintenance = {1, 10},
                                                               .initial = {1, 4},
                                                               .deduction = {}};
                                rules.collateral.resize(1);
                                rules.collateral[0].tiers = {{.cap = amount(10), .ratio = {4, 5}},
                                                             {.cap = {}, .ratio = {1, 2}}};
                                PortfolioPrices prices;
                                prices.assets.resize(1);
                                prices.assets[0].index = {3, 2};
                                prices.mark = {Ticks::from_raw(7)};
                                if (with_oracle) {
                                    prices.oracle = {Ticks::from_raw(4)};
                                }
                                PortfolioAccount account;
                                account.frozen = amount(frozen);
                                account.collateral = {{.asset = 0, .balance = amount(coins - 1)},
                                                      {.asset = 0, .balance = amount(1)}};
                                account.positions.resize(2);
                                account.positions[0].qty = Lots::from_raw(qty);
                                account.positions[0].entry_value = amount(qty * 10);
                                account.positions[0].margin =
                                    amount(1'000);  // of isolated ones only
                                account.positions[1].mode = MarginMode::isolated;
                                account.positions[1].qty = Lots::from_raw(50);

                                const std::int64_t judged =
                                    valuation == MarginValuation::oracle && with_oracle ? 4 : 7;
                                const i128 exact = i128{qty} * judged * 5;  // thirds
                                const i128 value =
                                    rounding == ValueRounding::down ? down(exact, 3) : exact / 3;
                                const i128 profit = value - qty * 10;
                                i128 base = exact < 0 ? -exact : exact;
                                if (valuation == MarginValuation::entry) {
                                    base = (qty < 0 ? -qty : qty) * i128{30};
                                } else if (rounding == ValueRounding::toward_zero) {
                                    base = base / 3 * 3;
                                }
                                const auto counted = [&](i128 balance) -> i128 {
                                    if (balance <= 0) {
                                        return down(balance * 3, 2);  // owed in full
                                    }
                                    const i128 first = balance < 10 ? balance : i128{10};
                                    return down(down(first * 3, 2) * 4, 5) +
                                           down(down((balance - first) * 3, 2), 2);
                                };
                                const bool inside = pnl == PnlIn::collateral;
                                i128 equity =
                                    counted(inside ? coins + profit : i128{coins}) - frozen;
                                if (!inside) {
                                    equity += down(profit * 3, 2);
                                }
                                const PortfolioMargin got = cross_margin(rules, account, prices);
                                ASSERT_TRUE(got.equity.raw() == equity)
                                    << qty << " lots, " << coins << " coins";
                                ASSERT_TRUE(got.initial.raw() == up(up(base, 12) * 3, 2));
                                ASSERT_TRUE(got.maintenance.raw() == up(up(base, 30) * 3, 2));
                            }
                        }
                    }
                }
            }
        }
    }
}

TEST(PortfolioExhaustive, TriggersAndRatiosAtTheBounds) {
    States states{13 * 7 * 2};
    for (std::int64_t equity = -4; equity <= 8; ++equity) {
        for (std::int64_t need = 0; need <= 6; ++need) {
            const PortfolioMargin m{
                .equity = amount(equity), .initial = {}, .maintenance = amount(need)};
            for (const Trigger trigger : {Trigger::below, Trigger::at_or_below}) {
                states.next();
                const bool expected = need == 0                   ? equity < 0
                                      : trigger == Trigger::below ? equity < need
                                                                  : equity <= need;
                ASSERT_EQ(liquidatable(trigger, m), expected);
            }
            const double ratio = margin_ratio(m);
            if (equity > 0) {
                ASSERT_DOUBLE_EQ(ratio, static_cast<double>(need) / static_cast<double>(equity));
            } else {
                ASSERT_EQ(ratio, need > 0 ? std::numeric_limits<double>::infinity() : 0.0);
            }
            ASSERT_TRUE(transfer_requirement(amount(need), amount(10 + equity), {1, 3}).raw() ==
                        std::max<i128>(need, up(10 + equity, 3)));
        }
    }
}

}  // namespace
}  // namespace margincall::test
